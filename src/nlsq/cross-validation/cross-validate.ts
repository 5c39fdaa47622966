/**
 * How well models predict pairs that they were not fitted to: cross-validation with blocks of frames.
 *
 * Block b is left out: the model is fitted again to all pairs of the other frames, from the parameters it had, and scored on
 * the pairs with a frame in b,
 *
 *   S_b = Σ_a 1/σ_a² · [ Σ_{both frames in b} r² + ½·Σ_{one frame in b} r² ]
 *
 * with contrast and offset as fitted too. A pair of two blocks is left out twice and counts half each time, so Σ_b S_b holds
 * every pair once. Errors of pairs under speckle are correlated where both frames of one are near those of the other; with
 * blocks longer than a correlation time that couples pairs left out to fitted ones at the edges of a block alone.
 */
import type { TaskContext } from '../../base/task-context.ts';
import { Cancelled } from '../../base/errors.ts';
import type { AngleScaling, Sweeps } from '../../kernels/sweep.ts';
import { pairsOf, type TriangleStack } from '../../kernels/triangles.ts';
import { makeTimeGrid } from '../../model/time-grid.ts';
import type { ParameterValues } from '../../model/transport-law.ts';
import type { TwoTimeModel } from '../../model/two-time-model.ts';
import { coordinateSystem } from '../coordinates.ts';
import { freeParameters } from '../free-parameters.ts';
import type { Objective, Point } from '../objective.ts';
import { pickFrames } from '../pick-frames.ts';
import type { CoarseKernels, ParameterSetting, ScalingChoice } from '../problem.ts';
import { scalingGroups } from '../scaling.ts';
import { descend } from '../trust-region.ts';

/** A model with the minimum it was brought to on all data. */
export interface Candidate {
  readonly model: TwoTimeModel;
  readonly parameters: readonly ParameterSetting[];
  readonly scaling: ScalingChoice;
  readonly values: ParameterValues;
  /** Per angle, shape (P). */
  readonly contrast: Float64Array;
  readonly offset: Float64Array;
}

export interface CrossValidation {
  readonly candidates: readonly Candidate[];
  /** Over all data. */
  readonly sweeps: Sweeps;
  /** Per angle, shape (P); the same for all candidates. */
  readonly sigma: Float64Array;
  /** Blocks of frames, shape (B + 1). */
  readonly edges: Int32Array;
  /** Lends room for the pairs of some of the frames until `work` is done. */
  readonly withRoom: <T>(work: (kernels: CoarseKernels) => Promise<T>) => Promise<T>;
}

/** Scores of one candidate. */
export interface BlockScores {
  /** S_b, shape (B). */
  readonly scores: Float64Array;
  /** Blocks without which the fit did not converge. */
  readonly unconverged: number;
}

export interface CrossValidated {
  readonly candidates: readonly BlockScores[];
  /** Pairs behind each S_b, those of two blocks half each, shape (B). */
  readonly points: Float64Array;
}

/**
 * Where a fit without a block may stop. A score is known to many units of s²: a valley along which the cost falls by hundredths
 * of one need not be walked to its end.
 */
const STOPPING = { maxIterations: 100, tolerance: 1e-2, smallestGain: 1e-2, record: () => {} };

/** Scores of all candidates on the same pairs. Throws `Cancelled` when stopped. */
export async function crossValidate(request: CrossValidation, context: TaskContext = {}): Promise<CrossValidated> {
  const { candidates, edges, withRoom } = request;
  const count = edges.length - 1;
  const points = new Float64Array(count);
  const found = candidates.map(() => ({ scores: new Float64Array(count), unconverged: 0 }));
  for (let b = 0; b < count; b++) {
    await withRoom(async (kernels) => {
      const fold = makeFold(request, b, kernels);
      points[b] = halved(fold.all.data, fold.rest.data, fold.block.data);
      for (const [k, candidate] of candidates.entries()) {
        const { score, converged } = await scoreOf(candidate, fold, request.sigma, context);
        found[k]!.scores[b] = score;
        if (!converged) found[k]!.unconverged += 1;
        const [done, total] = [b * candidates.length + k + 1, count * candidates.length];
        context.progress?.({ kind: 'progress', stage: 'compare', done, total });
      }
    });
  }
  return { candidates: found, points };
}

/** All pairs, those without the block, those inside it; with the frames of each. */
interface Fold {
  readonly all: Sweeps;
  readonly rest: Sweeps;
  readonly block: Sweeps;
  readonly restFrames: Int32Array;
  readonly blockFrames: Int32Array;
}

function makeFold({ sweeps, edges }: CrossValidation, b: number, kernels: CoarseKernels): Fold {
  const frames = Array.from({ length: sweeps.data.frames }, (_, k) => k);
  const isInside = (k: number): boolean => k >= edges[b]! && k < edges[b + 1]!;
  const restFrames = Int32Array.from(frames.filter((k) => !isInside(k)));
  const blockFrames = Int32Array.from(frames.filter(isInside));
  const pick = (picked: Int32Array): Sweeps => kernels.sweeps(pickFrames(sweeps.data, picked, kernels.allocate));
  return { all: sweeps, rest: pick(restFrames), block: pick(blockFrames), restFrames, blockFrames };
}

async function scoreOf(
  { model, parameters, scaling, values, contrast, offset }: Candidate,
  { all, rest, block, restFrames, blockFrames }: Fold,
  sigma: Float64Array,
  context: TaskContext,
): Promise<{ score: number; converged: boolean }> {
  const free = freeParameters(parameters);
  const weight = sigma.map((value) => 1 / (value * value));
  const objective: Objective = {
    level: { full: false, sweeps: rest, model: onFrames(model, restFrames) },
    system: coordinateSystem(model, free),
    groups: scalingGroups(scaling, model.phi),
    weight,
  };
  const theta = Float64Array.from(free.names, (name) => values[name]!);
  const start: Point = { theta, values: free.values(theta), best: { contrast, offset, cost: Infinity } };
  const refined = await descend(objective, start, STOPPING, context);
  if (refined === null || refined.status === 'cancelled') throw new Cancelled('stopped on request');
  const { point } = refined;
  const fitted: AngleScaling = { contrast: point.best.contrast, offset: point.best.offset, weight };
  const outside = await rest.sums(objective.level.model.physics(point.values), fitted, context);
  const inside = await block.sums(onFrames(model, blockFrames).physics(point.values), fitted, context);
  const total = await all.sums(model.physics(point.values), fitted, context);
  let score = 0;
  for (let a = 0; a < weight.length; a++) {
    score += (weight[a]! * (total.rr[a]! - outside.rr[a]! + inside.rr[a]!)) / 2;
  }
  return { score, converged: refined.status === 'converged' };
}

function onFrames(model: TwoTimeModel, picked: Int32Array): TwoTimeModel {
  const { dt, t0, positions } = model.grid;
  return model.on(
    makeTimeGrid(
      dt,
      t0,
      Float64Array.from(picked, (k) => positions[k]!),
    ),
  );
}

/** Pairs of the block: those inside once, those with one frame in it half. */
function halved(all: TriangleStack, rest: TriangleStack, block: TriangleStack): number {
  const fitted = ({ frames, angles, excluded }: TriangleStack): number =>
    angles * pairsOf(frames) - excluded.reduce((sum, count) => sum + count, 0);
  return (fitted(all) - fitted(rest) + fitted(block)) / 2;
}
