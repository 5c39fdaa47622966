/**
 * `weights: lag`: refine the best minimum of the ordinary fit with weights 1/σ²(lag), σ from its residuals, errors included.
 *
 * Weights follow from the ordinary fit alone and are not renewed. Between angles they stay as they were: the mean weight of an
 * angle is 1. Where the residuals do not show how σ depends on lag the ordinary answer stays, and the answer says why.
 */
import { isTwotimeError } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { FittedErrors } from './fitted-errors.ts';
import { lagAxis, lagMeat, lagSquares, lagSweeps, lagVariance, lagWeights } from './lag/index.ts';
import type { Minimum } from './minima.ts';
import { linearise, type Objective } from './objective.ts';
import type { FittedNoise } from './outcome.ts';
import type { FitProblem } from './problem.ts';
import { EXACTLY, refine } from './trust-region.ts';
import {
  contradictions,
  ordinaryPoint,
  unlikeSpeckle,
  unusedWeights,
  weightedErrors,
  type Weighting,
} from './weighting.ts';

const MOST_ITERATIONS = 30;

/** The weighted minimum of `minimum`, whose ordinary errors are `errors`; or both as they are, and why. */
export async function weightByLag(
  objective: Objective,
  minimum: Minimum,
  errors: FittedErrors,
  problem: FitProblem,
  context: TaskContext,
): Promise<Weighting> {
  const unused = (why: string, sweeps = 0, stopped = false): Weighting =>
    unusedWeights('lag', { minimum, errors }, why, { sweeps, stopped });
  const { estimates } = errors;
  if (estimates === null) return unused(errors.reason ?? 'no errors are known');
  const effective = effectivePoints(estimates.noise);
  if (effective === null) return unused(estimates.noise.reason ?? 'the noise of the data is not known');
  try {
    const { sweeps } = objective.level;
    const { point: ordinary } = minimum;
    const { grid } = problem.model;
    const physics = problem.model.physics(ordinary.values);
    const squares = await lagSquares(physics, sweeps.data, ordinary.best, lagAxis(grid), context);
    const found = lagVariance(squares, effective);
    if (typeof found === 'string') return unused(found, 1);
    const weights = lagWeights(found.variance, squares);
    const weighted = { ...objective, level: { ...objective.level, sweeps: lagSweeps(sweeps, weights) } };
    const from = await linearise(weighted, ordinary.theta, ordinary.best, context);
    const options = { ...EXACTLY, maxIterations: MOST_ITERATIONS, record: () => {} };
    const refined = await refine(weighted, from, options, context);
    const passes = 1 + weighted.level.sweeps.count;
    if (refined.status === 'cancelled') return unused('stopped on request', passes, true);
    if (refined.status !== 'converged') return unused(`the weighted fit ended with: ${refined.reason}`, passes);
    const { point: best } = refined;
    const noise: FittedNoise = { ...estimates.noise, byLag: found.noise };
    const amplitudes = noise.angles.map(({ speckles, crossed }) => ({
      speckle: speckles.value === null ? 0 : 1 / speckles.value,
      crossed: crossed.value ?? 0,
    }));
    const question = { objective: weighted, point: best, weights, variance: found.variance, amplitudes, grid };
    const meat = (await lagMeat(question, context)) ?? 'no contrast is between 0 and 1, as that of speckle is';
    const point = await ordinaryPoint(objective, best, context);
    return {
      minimum: { ...minimum, point, reason: refined.reason, iterations: minimum.iterations + refined.iterations },
      fitted: { objective: weighted, point: best },
      errors: weightedErrors(weighted, best, meat, noise, problem),
      squares: best.best.squares,
      weights: { asked: 'lag', used: 'lag', reason: null },
      warnings: [
        ...contradictions(objective, ordinary, point, estimates, 'weights by lag'),
        ...unlikeSpeckle(objective, estimates),
      ],
      // The amplitudes of the errors take two more passes.
      sweeps: passes + 3,
      stopped: false,
    };
  } catch (error) {
    if (!isTwotimeError(error, 'Cancelled')) throw error;
    return unused('stopped on request', 0, true);
  }
}

/** Independent numbers among the residuals of each angle; null when that is not known. */
function effectivePoints({ angles, reason }: FittedNoise): number[] | null {
  if (reason !== null || angles.length === 0) return null;
  const known = angles.map(({ effectivePoints: value }) => value ?? NaN);
  return known.every((value) => value > 0) ? known : null;
}
