/**
 * One shard as two tasks: its shape, from which it is known whether it is near normal, and chains on it.
 *
 * A shard has the likelihood of its points times the K-th root of the priors. Contrast, offset and noise are integrated out
 * within the shard, so that shards need not know of each other; how contrast and offset follow from the parameters is told with
 * the draws, for the combination. Shards share nothing but the coordinates, the place to start from, and the adjustment of the
 * likelihood, which is a linear map of the coordinates.
 */
import { throwIfCancelled } from '../../base/task-context.ts';
import {
  CompiledEngine,
  createSweeps,
  packTiles,
  SequentialExecutor,
  type Tile,
  type TileArrays,
} from '../../kernels/index.ts';
import { openTaskKernels } from '../../parallel/index.ts';
import type { Task } from '../../parallel/protocol.ts';
import type { TaskFunctionContext } from '../../parallel/run-named-task.ts';
import type { DataRef } from '../../parallel/shared-data.ts';
import { toPlain, type PlainNumber } from '../../nlsq/checkpoint.ts';
import { essBulk, rHat } from '../diagnostics/index.ts';
import { importanceSample, startingDraws } from '../importance/index.ts';
import { findMode } from '../laplace/find-mode.ts';
import type { LogDensity, LogValue } from '../log-density.ts';
import { advanceHere, coordinates, sampleChains, startChains, type ChainSettings } from '../nuts/index.ts';
import type { TwoTimePosterior } from '../posterior/index.ts';
import { bindPosterior, type PlainPosterior } from '../sampling/plain-posterior.ts';
import { streamKey } from '../streams.ts';
import { momentsOf } from './combine.ts';
import { leanOf } from './near-normal.ts';
import { scalingLinks, type ScalingLink } from './scaling-links.ts';

/** What all shards are asked alike; plain data. */
export interface ShardedProblem {
  /** With the priors to the power 1/K. */
  readonly posterior: PlainPosterior;
  /** Where every shard starts, and a length to start with, shape (d). */
  readonly start: Float64Array;
  readonly scale: Float64Array;
  readonly chains: number;
  readonly draws: number;
  /** Draws per proposal of the look at the shape. */
  readonly proposals: number;
}

export interface ShardQuestion {
  readonly problem: ShardedProblem;
  readonly shard: number;
  readonly settings: ChainSettings;
  /** The values of the tiles (`tileArrays`), numbered from 0. */
  readonly data: DataRef<TileArrays>;
  readonly tiles: readonly Tile[];
  /** Pairs of each angle that are fitted, and that are excluded, within the tiles, shape (P). */
  readonly points: Float64Array;
  readonly excluded: Uint32Array;
}

/** What a shard looks like around its mode: plain data that JSON keeps to the bit. */
export interface ShardShape {
  /** Of the mixture of proposals around its mode; infinite where the density of a draw was not a number. */
  readonly kHat: PlainNumber;
  readonly effectiveShare: PlainNumber;
  /** Mean minus mode in whitened coordinates, shape (d). */
  readonly lean: readonly PlainNumber[];
  /** Factor of the covariance at the mode, shape (d, d), and where chains may start, shape (chains, d). */
  readonly factor: readonly number[];
  readonly starts: readonly (readonly number[])[];
  /** Passes over the data of the shard. */
  readonly sweeps: number;
}

export interface ChainsQuestion extends ShardQuestion {
  readonly shape: ShardShape;
}

/** Chains on a shard: plain data that JSON keeps to the bit. */
export interface ShardChains {
  /** Positions, shape (chains, draws, d). */
  readonly draws: readonly (readonly (readonly number[])[])[];
  /** Draws whose trajectory diverged. */
  readonly divergent: number;
  /** How contrast and offset follow from the position, by group of angles. */
  readonly links: readonly ScalingLink[];
  /** Largest and smallest over the coordinates. */
  readonly rHat: PlainNumber;
  readonly essBulk: PlainNumber;
  readonly leapfrogs: number;
  readonly sweeps: number;
}

/** Null where the shard has no mode with a usable Hessian. */
export const shapeTask: Task<ShardQuestion, ShardShape | null> = {
  name: 'sample.shard-shape',
  version: 1,
  module: import.meta.url,
  export: 'lookAtShape',
};

export const chainsTask: Task<ChainsQuestion, ShardChains> = {
  name: 'sample.shard-chains',
  version: 1,
  module: import.meta.url,
  export: 'runChains',
};

/** Throws `Cancelled` when stopped, and what `bindPosterior` and `findMode` refuse. */
export async function lookAtShape(question: ShardQuestion, context: TaskFunctionContext): Promise<ShardShape | null> {
  const { start, scale, proposals, chains } = question.problem;
  const { seed } = question.settings;
  return withShard(question, context, async ({ density, value, passes }) => {
    const found = await findMode(density, start, { scale });
    if ('reason' in found) return null;
    const { position, factor } = found;
    const { mixture, failed } = await importanceSample(value, { centre: position, factor }, { seed, draws: proposals });
    const starts =
      mixture.effectiveSize > 0 ? startingDraws(mixture.logWeights, chains, streamKey(seed, 'starts')) : [];
    return {
      kHat: toPlain(failed > 0 ? Infinity : mixture.kHat),
      effectiveShare: toPlain(mixture.effectiveSize / mixture.positions.length),
      lean: Array.from(leanOf(position, factor, mixture.mean), toPlain),
      factor,
      starts: starts.map((k) => Array.from(mixture.positions[k]!)),
      sweeps: passes(),
    };
  });
}

/** Throws `Cancelled` when stopped. */
export async function runChains(question: ChainsQuestion, context: TaskFunctionContext): Promise<ShardChains> {
  const { settings, problem, points, shape } = question;
  return withShard(question, context, async ({ density, posterior, passes }) => {
    const starts = shape.starts.map((position) => Float64Array.from(position));
    const begun = await startChains(density, starts, shape.factor, settings);
    const { chains } = await sampleChains(begun, advanceHere(density, settings, context.signal), {
      rule: { until: null, maxDraws: problem.draws },
      signal: context.signal,
    });
    throwIfCancelled(context);
    const draws = chains.map((chain) => chain.draws);
    const quantities = coordinates(draws);
    const all = draws.flat();
    const moments = momentsOf(all.map(({ position }) => position));
    return {
      draws: draws.map((chain) => chain.map(({ position }) => position)),
      links: scalingLinks(posterior.marginal, points, all, moments),
      divergent: all.filter(({ diverging }) => diverging).length,
      rHat: toPlain(largest(quantities.map((quantity) => rHat(quantity)))),
      essBulk: toPlain(-largest(quantities.map((quantity) => -essBulk(quantity)))),
      leapfrogs: all.reduce((sum, draw) => sum + draw.leapfrogs, 0),
      sweeps: passes(),
    };
  });
}

interface BoundShard {
  readonly posterior: TwoTimePosterior;
  readonly density: LogDensity;
  readonly value: LogValue;
  /** Passes over the data so far. */
  readonly passes: () => number;
}

/** Do `work` on the posterior of a shard, in room of its own; every evaluation is a sign of life. */
async function withShard<T>(
  { problem, tiles, points, excluded, data: ref }: ShardQuestion,
  context: TaskFunctionContext,
  work: (shard: BoundShard) => Promise<T>,
): Promise<T> {
  const arrays = await context.data(ref);
  const { kernels, region } = await openTaskKernels();
  using own = region;
  const { phi, grid } = problem.posterior;
  const stack = { frames: grid.positions.length, angles: phi.length, excluded };
  const data = packTiles(arrays, tiles, stack, (length) => own.float32(length));
  const engine = new CompiledEngine(kernels, own, data, { packedTiles: tiles });
  const sweeps = createSweeps(new SequentialExecutor(engine), points);
  const posterior = await bindPosterior(problem.posterior, sweeps, context);
  const beating =
    <R>(evaluate: (position: Float64Array) => Promise<R>) =>
    (position: Float64Array): Promise<R> => {
      context.beat();
      return evaluate(position);
    };
  return await work({
    posterior,
    density: beating(posterior.density(context)),
    value: beating(posterior.value(context)),
    passes: () => sweeps.count,
  });
}

/** NaN if one is. */
function largest(values: readonly number[]): number {
  return values.reduce((most, value) => (Number.isNaN(value) ? NaN : Math.max(most, value)), -Infinity);
}
