/**
 * `weights: speckle`: take the best minimum of the ordinary fit to that of generalised least squares, errors included.
 *
 * Where data or noise do not allow it the ordinary answer stays, and the answer says why.
 */
import { isTwotimeError } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { FittedErrors } from './fitted-errors.ts';
import { refineWeighted, weightedMeat, whyNotWeighted, type SpeckleNoise } from './gls/index.ts';
import type { Minimum } from './minima.ts';
import type { Objective } from './objective.ts';
import type { FittedNoise } from './outcome.ts';
import type { FitProblem } from './problem.ts';
import {
  contradictions,
  ordinaryPoint,
  unlikeSpeckle,
  unusedWeights,
  weightedErrors,
  type Weighting,
} from './weighting.ts';

/** Iterations with each set of weights. */
const MOST_ITERATIONS = 30;
/** The weighted minimum of `minimum`, whose ordinary errors are `errors`; or both as they are, and why. */
export async function weightBySpeckle(
  objective: Objective,
  minimum: Minimum,
  errors: FittedErrors,
  problem: FitProblem,
  context: TaskContext,
): Promise<Weighting> {
  const unused = (why: string, sweeps = 0, stopped = false): Weighting =>
    unusedWeights('speckle', { minimum, errors }, why, { sweeps, stopped });
  const { estimates } = errors;
  const noise = estimates === null ? null : noiseOf(estimates.noise);
  const why = whyNotWeighted(objective, minimum.point, noise);
  if (why !== null || estimates === null || noise === null)
    return unused(why ?? errors.reason ?? 'no errors are known');
  try {
    const options = { maxIterations: MOST_ITERATIONS, record: () => {} };
    const weighted = await refineWeighted(objective, minimum.point, noise, options, context);
    const { refined, sweeps } = weighted;
    if (refined.status === 'cancelled') return unused('stopped on request', sweeps, true);
    if (refined.status !== 'converged') return unused(`the weighted fit ended with: ${refined.reason}`, sweeps);
    if (!weighted.settled) return unused(`the weights did not settle in ${weighted.rounds} rounds`, sweeps);
    const meat = await weightedMeat(weighted.objective, refined.point, weighted.weights, noise, context);
    const answer = weightedErrors(weighted.objective, refined.point, meat, estimates.noise, problem);
    const point = await ordinaryPoint(objective, refined.point, context);
    return {
      minimum: { ...minimum, point, reason: refined.reason, iterations: minimum.iterations + refined.iterations },
      fitted: { objective: weighted.objective, point: refined.point },
      errors: answer,
      squares: null,
      weights: { asked: 'speckle', used: 'speckle', reason: null },
      warnings: [
        ...contradictions(objective, minimum.point, point, estimates, 'speckle weights'),
        ...unlikeSpeckle(objective, estimates),
      ],
      sweeps: sweeps + 1,
      stopped: false,
    };
  } catch (error) {
    if (!isTwotimeError(error, 'Cancelled')) throw error;
    return unused('stopped on request', 0, true);
  }
}

/** The amplitudes of the noise; null when they are not known. No speckle seen is 0. */
function noiseOf({ angles, reason }: FittedNoise): SpeckleNoise | null {
  if (reason !== null || angles.length === 0) return null;
  return {
    speckle: Float64Array.from(angles, ({ speckles }) => (speckles.value === null ? 0 : 1 / speckles.value)),
    crossed: Float64Array.from(angles, ({ crossed }) => crossed.value ?? NaN),
    white: Float64Array.from(angles, ({ sigma }) => (sigma.value === null ? NaN : sigma.value ** 2)),
  };
}
