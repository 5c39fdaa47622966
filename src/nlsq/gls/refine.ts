/**
 * Generalised least squares after the ordinary fit: the errors of the estimate itself shrink.
 *
 * Weights follow from the model, so they are renewed at each minimum until it stays where it is. For fixed weights the
 * minimum is that of an unbiased linear-weighted least-squares problem, whether or not the weights are right.
 */
import type { TaskContext } from '../../base/task-context.ts';
import type { ExecutionBackend } from '../../parallel/protocol.ts';
import { linearise, variancePerPoint, type Linearisation, type Objective } from '../objective.ts';
import { quadraticForm } from '../linear-algebra.ts';
import { refine, type Refined, type StepRecorder } from '../trust-region.ts';
import { speckleWeights, type SpeckleNoise, type SpeckleWeights } from './speckle-weights.ts';
import { weightedSweeps } from './weighted-sweeps.ts';

/** Weights are settled when the minimum moves by less than this many standard errors. */
const SETTLED = 0.05;
const MOST_ROUNDS = 8;
/** Each round stops this near to its minimum, in standard errors. */
const NEAR = { tolerance: 1e-3, smallestGain: 1e-5 } as const;
/** The errors take N² numbers for each parameter of an angle. */
const MOST_FRAMES = 2000;

export interface Weighted {
  readonly refined: Refined;
  /** The objective with the weights of the last round. */
  readonly objective: Objective;
  readonly weights: SpeckleWeights;
  /** Times the weights were renewed, and whether the last one moved the minimum no more. */
  readonly rounds: number;
  readonly settled: boolean;
  /** Weighted passes over all data. */
  readonly sweeps: number;
}

/** Why data or noise do not allow speckle weights; null when they do. */
export function whyNotWeighted(objective: Objective, point: Linearisation, noise: SpeckleNoise): string | null {
  const { excluded, frames } = objective.level.sweeps.data;
  if (frames > MOST_FRAMES) return `they are for up to ${MOST_FRAMES} frames`;
  if (excluded.some((count) => count > 0)) return 'pairs are excluded, and the weights need every pair of the frames';
  if (![noise.speckle, noise.crossed, noise.white].every((values) => values.every((value) => value >= 0))) {
    return 'the speckle noise of the data is not known';
  }
  if (!noise.speckle.every((value) => value > 0)) return 'the residuals show no speckle noise';
  if (!point.best.contrast.every((value) => value > 0)) return 'a contrast is not positive';
  return null;
}

/** The weighted minimum next to the ordinary one. `whyNotWeighted` must have said null. Throws `Cancelled`. */
export async function refineWeighted(
  objective: Objective,
  start: Linearisation,
  noise: SpeckleNoise,
  options: { readonly maxIterations: number; readonly record: StepRecorder },
  threads: ExecutionBackend | null,
  context: TaskContext,
): Promise<Weighted> {
  let theta = start.theta;
  let scaling = { contrast: start.best.contrast, offset: start.best.offset };
  let iterations = 0;
  let sweeps = 0;
  for (let rounds = 1; ; rounds++) {
    const physics = objective.level.model.physics(objective.system.free.values(theta));
    const weights = speckleWeights(physics, scaling.contrast, noise);
    const weighted = weightedObjective(objective, weights, threads);
    const from = await linearise(weighted, theta, scaling, context);
    const refined = await refine(weighted, from, { ...NEAR, ...options }, context);
    iterations += refined.iterations;
    const { point } = refined;
    const distance = quadraticForm(point.information, point.chart.locate(theta));
    const settled = distance <= SETTLED ** 2 * variancePerPoint(weighted, point);
    theta = point.theta;
    scaling = { contrast: point.best.contrast, offset: point.best.offset };
    sweeps += weighted.level.sweeps.count;
    const usable = scaling.contrast.every((value) => value > 0);
    if (settled || rounds === MOST_ROUNDS || refined.status !== 'converged' || !usable) {
      return {
        refined: { ...refined, iterations },
        objective: weighted,
        weights,
        rounds,
        settled: settled && usable,
        sweeps,
      };
    }
  }
}

function weightedObjective(objective: Objective, weights: SpeckleWeights, threads: ExecutionBackend | null): Objective {
  const level = { ...objective.level, sweeps: weightedSweeps(objective.level.sweeps, weights.angles, threads) };
  return { ...objective, level, weight: weights.amplitude };
}
