/**
 * One shard: its own posterior with the K-th root of the priors, its mode, its shape, and chains if it is near normal.
 *
 * Contrast, offset and noise are integrated out within the shard, so that shards need not know of each other; how contrast and
 * offset follow from the parameters is told with the draws, for the combination. Shards share nothing but the coordinates, the
 * place to start from, and the adjustment of the likelihood, which is a linear map of the coordinates.
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
import { openTaskKernels, type DataRef, type Task, type TaskFunctionContext } from '../../parallel/index.ts';
import { fromPlain, toPlain, type PlainNumber } from '../../nlsq/checkpoint.ts';
import { essBulk, rHat } from '../diagnostics/index.ts';
import { importanceSample, startingDraws } from '../importance/index.ts';
import { findMode, type Mode } from '../laplace/find-mode.ts';
import type { LogDensity } from '../log-density.ts';
import { advanceHere, coordinates, sampleChains, startChains, type ChainSettings } from '../nuts/index.ts';
import { bindPosterior, type PlainPosterior } from '../sampling/plain-posterior.ts';
import { streamKey } from '../streams.ts';
import { momentsOf, type Moments } from './combine.ts';
import { LARGEST_SHARD_K, leanOf } from './near-normal.ts';
import { scalingLinks, type LinkedDraw, type ScalingLink } from './scaling-links.ts';

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

/** What a finished shard says: plain data that JSON keeps to the bit. */
export interface ShardAnswer {
  readonly shard: number;
  readonly points: number;
  /** Null where it has no mode with a usable Hessian. */
  readonly shape: ShardShapeAnswer | null;
  /** Null where it is not near normal: no chains were run. */
  readonly chains: ShardChains | null;
  /** Passes over its data. */
  readonly sweeps: number;
}

export interface ShardShapeAnswer {
  /** Of the mixture of proposals around its mode. */
  readonly kHat: PlainNumber;
  readonly effectiveShare: PlainNumber;
  /** Mean (of chains, or else of the weights) minus mode in whitened coordinates, shape (d). */
  readonly lean: readonly PlainNumber[];
  readonly failed: number;
}

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
}

export const shardTask: Task<ShardQuestion, ShardAnswer> = {
  name: 'sample.shard',
  version: 1,
  module: import.meta.url,
  export: 'sampleShard',
};

/** Throws `Cancelled` when stopped, and what `bindPosterior` and `findMode` refuse. */
export async function sampleShard(question: ShardQuestion, context: TaskFunctionContext): Promise<ShardAnswer> {
  const { problem, shard, tiles, points, excluded } = question;
  const arrays = await context.data(question.data);
  const { kernels, region } = await openTaskKernels();
  using own = region;
  const { phi, grid } = problem.posterior;
  const stack = { frames: grid.positions.length, angles: phi.length, excluded };
  const data = packTiles(arrays, tiles, stack, (length) => own.float32(length));
  const engine = new CompiledEngine(kernels, own, data, { packedTiles: tiles });
  const sweeps = createSweeps(new SequentialExecutor(engine), points);
  const posterior = await bindPosterior(problem.posterior, sweeps, context);
  const evaluate = posterior.density(context);
  const density: LogDensity = (position) => {
    context.beat();
    return evaluate(position);
  };
  const finish = (shape: ShardShapeAnswer | null, chains: ShardChains | null): ShardAnswer => ({
    ...{ shard, points: points.reduce((sum, count) => sum + count, 0), shape, chains, sweeps: sweeps.count },
  });
  const found = await findMode(density, problem.start, { scale: problem.scale });
  if ('reason' in found) return finish(null, null);
  const frame = { centre: found.position, factor: found.factor };
  const value = posterior.value(context);
  const { seed } = question.settings;
  const sample = await importanceSample(
    (position) => {
      context.beat();
      return value(position);
    },
    frame,
    { seed, draws: problem.proposals },
  );
  const { mixture, failed } = sample;
  const shapeOf = (mean: Float64Array): ShardShapeAnswer => ({
    kHat: toPlain(mixture.kHat),
    effectiveShare: toPlain(mixture.effectiveSize / mixture.positions.length),
    lean: Array.from(leanOf(found.position, found.factor, mean), toPlain),
    failed,
  });
  if (!(mixture.kHat < LARGEST_SHARD_K) || failed > 0) return finish(shapeOf(mixture.mean), null);
  const starts = startingDraws(mixture.logWeights, problem.chains, streamKey(seed, 'starts'));
  const positions = starts.map((k) => mixture.positions[k]!);
  const linksOf = (draws: readonly LinkedDraw[], moments: Moments): ScalingLink[] =>
    scalingLinks(posterior.marginal, points, draws, moments);
  const chains = await runChains(density, positions, found, linksOf, question, context);
  return finish(shapeOf(momentsOf(chains.draws.flat()).mean), chains);
}

async function runChains(
  density: LogDensity,
  starts: readonly Float64Array[],
  { factor }: Mode,
  linksOf: (draws: readonly LinkedDraw[], moments: Moments) => ScalingLink[],
  { settings, problem }: ShardQuestion,
  context: TaskFunctionContext,
): Promise<ShardChains> {
  const begun = await startChains(density, starts, factor, settings);
  const { chains } = await sampleChains(begun, advanceHere(density, settings, context.signal), {
    rule: { until: null, maxDraws: problem.draws },
    signal: context.signal,
  });
  throwIfCancelled(context);
  const draws = chains.map((chain) => chain.draws);
  const quantities = coordinates(draws);
  const all = draws.flat();
  return {
    draws: draws.map((chain) => chain.map(({ position }) => position)),
    links: linksOf(all, momentsOf(all.map(({ position }) => position))),
    divergent: all.filter(({ diverging }) => diverging).length,
    rHat: toPlain(largest(quantities.map((quantity) => rHat(quantity)))),
    essBulk: toPlain(-largest(quantities.map((quantity) => -essBulk(quantity)))),
    leapfrogs: all.reduce((sum, draw) => sum + draw.leapfrogs, 0),
  };
}

/** NaN if one is. */
function largest(values: readonly number[]): number {
  return values.reduce((most, value) => (Number.isNaN(value) ? NaN : Math.max(most, value)), -Infinity);
}

/** The lean as numbers; NaN where there is none. */
export function leanNumbers({ lean }: ShardShapeAnswer): Float64Array {
  return Float64Array.from(lean, fromPlain);
}
