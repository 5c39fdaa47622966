/**
 * `weights: speckle`: take the best minimum of the ordinary fit to that of generalised least squares, errors included.
 *
 * Where data or noise do not allow it the ordinary answer stays, and the answer says why.
 */
import { isTwotimeError } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import { parameterInfo } from '../model/index.ts';
import { covarianceAt } from './covariance.ts';
import { conditionNumber } from './condition.ts';
import type { ErrorEstimates } from './errors/estimate-errors.ts';
import { defaultCovariance, type FittedErrors } from './fitted-errors.ts';
import { refineWeighted, weightedMeat, whyNotWeighted, type SpeckleNoise, type Weighted } from './gls/index.ts';
import { weakestDirections } from './identifiability.ts';
import type { Minimum } from './minima.ts';
import { linearise, type Linearisation, type Objective } from './objective.ts';
import type { FittedNoise, FittedWeights } from './outcome.ts';
import type { FitProblem } from './problem.ts';

export interface Weighting {
  readonly minimum: Minimum;
  /** The weighted problem and its minimum; null when the weights were not used. */
  readonly fitted: { readonly objective: Objective; readonly point: Linearisation } | null;
  readonly errors: FittedErrors;
  readonly weights: FittedWeights;
  readonly warnings: readonly Warning[];
  /** Passes over all data that the weights took. */
  readonly sweeps: number;
  /** Whether it was stopped before it was done. */
  readonly stopped: boolean;
}

/** Iterations with each set of weights. */
const MOST_ITERATIONS = 30;
/**
 * Weighted and ordinary estimate differ by less than the error of the ordinary one, if the noise is what the weights say;
 * by more than so many errors they contradict each other.
 */
const CONTRADICTION = 4;
/** A dyadic error of the ordinary fit beyond its speckle error by more than this is telling. */
const TELLING = 2;

/** The weighted minimum of `minimum`, whose ordinary errors are `errors`; or both as they are, and why. */
export async function weightBySpeckle(
  objective: Objective,
  minimum: Minimum,
  errors: FittedErrors,
  problem: FitProblem,
  context: TaskContext,
): Promise<Weighting> {
  const unused = (why: string, sweeps = 0, stopped = false): Weighting => ({
    minimum,
    fitted: null,
    errors,
    weights: { asked: 'speckle', used: 'none', reason: why },
    warnings: [{ code: 'weights-not-used', text: `speckle weights were asked for but not used: ${why}` }],
    sweeps,
    stopped,
  });
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
    const answer = await weightedErrors(weighted, estimates, noise, problem, context);
    const point = await ordinaryPoint(objective, refined.point, context);
    return {
      minimum: { ...minimum, point, reason: refined.reason, iterations: minimum.iterations + refined.iterations },
      fitted: { objective: weighted.objective, point: refined.point },
      errors: answer,
      weights: { asked: 'speckle', used: 'speckle', reason: null },
      warnings: [...contradictions(objective, minimum.point, point, estimates), ...unlikeSpeckle(objective, estimates)],
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

async function weightedErrors(
  { objective, refined, weights }: Weighted,
  ordinary: ErrorEstimates,
  noise: SpeckleNoise,
  problem: FitProblem,
  context: TaskContext,
): Promise<FittedErrors> {
  const { point } = refined;
  const meat = await weightedMeat(objective, point, weights, noise, context);
  const covariance = covarianceAt(objective, point, meat);
  const estimates: ErrorEstimates = {
    // As if the weighted residuals were independent.
    independent: covarianceAt(objective, point),
    speckle:
      covariance === null
        ? { covariance, reason: 'the covariance of the scores is not positive definite' }
        : { covariance, reason: null },
    dyadic: { covariance: null, reason: 'made for fits without weights only' },
    noise: ordinary.noise,
  };
  const weakest = weakestDirections({
    system: objective.system,
    values: point.values,
    covariance: defaultCovariance(estimates),
    times: problem.model.grid.times,
    unit: (name) => parameterInfo(name).unit,
  });
  return { estimates, condition: conditionNumber(objective, point), weakest, reason: null };
}

/** The residuals of the ordinary problem at the weighted minimum, with the scaling found there. */
async function ordinaryPoint(
  objective: Objective,
  { theta, best }: Linearisation,
  context: TaskContext,
): Promise<Linearisation> {
  const point = await linearise(objective, theta, best, context);
  const { sums, guess } = point;
  const cost = guess.weight.reduce((sum, weight, a) => sum + 0.5 * weight * sums.rr[a]!, 0);
  const still = new Float64Array(guess.weight.length);
  const { contrast, offset } = guess;
  return {
    ...point,
    best: { ...point.best, contrast, offset, contrastStep: still, offsetStep: still, squares: sums.rr, cost },
  };
}

function contradictions(
  { system }: Objective,
  before: Linearisation,
  after: Linearisation,
  { speckle }: ErrorEstimates,
): Warning[] {
  if (speckle.covariance === null) return [];
  const { matrix, names, nearDegenerate } = speckle.covariance;
  const far = system.free.names.flatMap((name, i) => {
    const error = Math.sqrt(matrix[i * (names.length + 1)]!);
    const distance = Math.abs(after.theta[i]! - before.theta[i]!) / error;
    return distance > CONTRADICTION && !nearDegenerate[i]! ? [`${name} (${distance.toPrecision(2)})`] : [];
  });
  if (far.length === 0) return [];
  return [
    {
      code: 'weights-contradict',
      text:
        `the estimates with and without speckle weights differ by many standard errors of the latter: ${far.join(', ')}; ` +
        'the noise is not that of speckle alone (drift, beam motion), or the model does not hold between neighbouring frames',
    },
  ];
}

/** What the ordinary fit says against speckle noise: weighted fits have no dyadic errors of their own. */
function unlikeSpeckle({ system }: Objective, { speckle, dyadic }: ErrorEstimates): Warning[] {
  if (speckle.covariance === null || dyadic.covariance === null) return [];
  const [expected, found] = [speckle.covariance, dyadic.covariance];
  const larger = system.free.names.filter((_, i) => {
    const at = i * (expected.names.length + 1);
    return found.matrix[at]! > TELLING ** 2 * expected.matrix[at]!;
  });
  if (larger.length === 0) return [];
  return [
    {
      code: 'dyadic-exceeds-speckle',
      text:
        `without weights the dyadic errors, which assume no speckle model, exceed the speckle errors of ${larger.join(', ')}: ` +
        'the residuals are correlated in a way that speckle does not explain, and the errors of the weighted fit may be too small',
    },
  ];
}
