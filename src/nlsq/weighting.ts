/** Refine the ordinary fit with weights of some kind: its answer, errors, what speaks against it, and why it may not be used. */
import { isTwotimeError } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import { parameterInfo } from '../model/index.ts';
import { conditionNumber } from './condition.ts';
import { covarianceAt, type Covariance } from './covariance.ts';
import type { CovarianceFinding, ErrorEstimates } from './errors/estimate-errors.ts';
import type { ScoreMeat } from './errors/score-meat.ts';
import { defaultCovariance, type FittedErrors } from './fitted-errors.ts';
import { weakestDirections } from './identifiability.ts';
import type { Minimum } from './minima.ts';
import { linearise, type Linearisation, type Objective } from './objective.ts';
import type { FittedNoise, FittedWeights } from './outcome.ts';
import type { FitProblem, FitWeights } from './problem.ts';
import type { Refined } from './trust-region.ts';

/** What weights are asked for: the ordinary minimum and its errors. */
export interface WeightingQuestion {
  readonly objective: Objective;
  readonly minimum: Minimum;
  readonly errors: FittedErrors;
  readonly problem: FitProblem;
}

/** A minimum with weights. */
export interface WeightedFit {
  /** With the weights. */
  readonly objective: Objective;
  readonly refined: Refined;
  /** Passes over all data that it took, and that its errors will take. */
  readonly sweeps: number;
  readonly sweepsOfErrors: number;
  /** The covariance of its scores; a text says why it is not known. */
  readonly meat: () => Promise<ScoreMeat | string>;
  readonly noise: FittedNoise;
  /** Whether χ² is that of the weighted residuals. */
  readonly weighsSquares: boolean;
}

/** Why there is none, and what finding that took. */
export interface NotWeighted {
  readonly why: string;
  readonly sweeps: number;
}

/** One kind of weights. Throws `Cancelled` when stopped. */
export type Weigher = (
  question: WeightingQuestion & { readonly estimates: ErrorEstimates },
  context: TaskContext,
) => Promise<WeightedFit | NotWeighted>;

export interface Weighting {
  readonly minimum: Minimum;
  /** The weighted problem and its minimum; null when the weights were not used. */
  readonly fitted: { readonly objective: Objective; readonly point: Linearisation } | null;
  readonly errors: FittedErrors;
  /** Σ w·r² of each angle with the weights of its pairs, shape (P); null: χ² is that of all pairs alike. */
  readonly squares: Float64Array | null;
  readonly weights: FittedWeights;
  readonly warnings: readonly Warning[];
  /** Passes over all data that the weights took. */
  readonly sweeps: number;
  /** Whether it was stopped before it was done. */
  readonly stopped: boolean;
}

const NAMES = { lag: 'weights by lag', speckle: 'speckle weights' } as const;
/**
 * Weighted and ordinary estimate differ by less than the error of the ordinary one, if the noise is what the weights say;
 * by more than so many errors they contradict each other.
 */
const CONTRADICTION = 4;
/** A dyadic error of the ordinary fit beyond its speckle error by more than this is telling. */
const TELLING = 2;
const STOPPED = 'stopped on request';

/** The weighted minimum with its errors; where data or noise do not allow it the ordinary answer stays, and says why. */
export async function weigh(
  asked: Exclude<FitWeights, 'none'>,
  weigher: Weigher,
  question: WeightingQuestion,
  context: TaskContext,
): Promise<Weighting> {
  const { objective, minimum, errors, problem } = question;
  const { estimates } = errors;
  const unused = (why: string, sweeps = 0, stopped = false): Weighting => ({
    ...{ minimum, errors, fitted: null, squares: null, sweeps, stopped },
    weights: { asked, used: 'none', reason: why },
    warnings: [{ code: 'weights-not-used', text: `${NAMES[asked]} were asked for but not used: ${why}` }],
  });
  if (estimates === null) return unused(errors.reason ?? 'no errors are known');
  if (estimates.noise.reason !== null) return unused(estimates.noise.reason);
  try {
    const found = await weigher({ ...question, estimates }, context);
    if ('why' in found) return unused(found.why, found.sweeps);
    const { refined, sweeps } = found;
    if (refined.status === 'cancelled') return unused(STOPPED, sweeps, true);
    if (refined.status !== 'converged') return unused(`the weighted fit ended with: ${refined.reason}`, sweeps);
    const meat = await found.meat();
    const point = await ordinaryPoint(objective, refined.point, context);
    return {
      minimum: { ...minimum, point, reason: refined.reason, iterations: minimum.iterations + refined.iterations },
      fitted: { objective: found.objective, point: refined.point },
      errors: weightedErrors(found.objective, refined.point, meat, found.noise, problem),
      squares: found.weighsSquares ? refined.point.best.squares : null,
      weights: { asked, used: asked, reason: null },
      warnings: [
        ...contradictions(objective, minimum.point, point, estimates, NAMES[asked]),
        ...unlikeSpeckle(objective, estimates),
      ],
      sweeps: sweeps + found.sweepsOfErrors,
      stopped: false,
    };
  } catch (error) {
    if (!isTwotimeError(error, 'Cancelled')) throw error;
    return unused(STOPPED, 0, true);
  }
}

/** The errors of a weighted fit whose scores have the covariance `meat`; where that is not known, a text says why. */
function weightedErrors(
  objective: Objective,
  point: Linearisation,
  meat: ScoreMeat | string,
  noise: FittedNoise,
  problem: FitProblem,
): FittedErrors {
  const estimates: ErrorEstimates = {
    // As if the weighted residuals were independent.
    independent: covarianceAt(objective, point),
    speckle: speckleFinding(typeof meat === 'string' ? meat : covarianceAt(objective, point, meat)),
    dyadic: { covariance: null, reason: 'made for fits without weights only' },
    noise,
  };
  const weakest = weakestDirections({
    system: objective.system,
    values: point.values,
    covariance: defaultCovariance(estimates),
    times: problem.model.grid.times,
    unit: (name) => parameterInfo(name).unit,
  });
  return { estimates, condition: conditionNumber(objective, point), weakest, reason: null, stopped: false };
}

function speckleFinding(found: Covariance | string | null): CovarianceFinding {
  if (typeof found === 'string') return { covariance: null, reason: found };
  if (found === null) return { covariance: null, reason: 'the covariance of the scores is not positive definite' };
  return { covariance: found, reason: null };
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

/** Told where weighted and ordinary estimate are further apart than the noise allows. */
function contradictions(
  { system }: Objective,
  before: Linearisation,
  after: Linearisation,
  { speckle }: ErrorEstimates,
  weights: string,
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
        `the estimates with and without ${weights} differ by many standard errors of the latter: ${far.join(', ')}; ` +
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
