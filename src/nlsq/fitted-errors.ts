/** The errors of a fit as its answer gives them: three kinds per number, each with its reason where it is not known. */
import { isTwotimeError } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import { physicalParameters } from '../model/index.ts';
import { conditionNumber } from './condition.ts';
import { covarianceAt, type Covariance } from './covariance.ts';
import { estimateErrors, type ErrorEstimates } from './errors/estimate-errors.ts';
import { weakestDirections } from './identifiability.ts';
import type { Minimum } from './minima.ts';
import type { Objective } from './objective.ts';
import type { FitOutcome, FittedNoise, Uncertainty, WeakDirection } from './outcome.ts';
import type { FitProblem } from './problem.ts';

export interface FittedErrors {
  /** Null when nothing is known. */
  readonly estimates: ErrorEstimates | null;
  readonly condition: number | null;
  readonly weakest: readonly WeakDirection[];
  /** Why nothing is known; null when `estimates` is there. */
  readonly reason: string | null;
  /** Whether the fit was stopped while they were estimated. */
  readonly stopped: boolean;
}

export async function fittedErrors(
  objective: Objective,
  best: Minimum | undefined,
  problem: FitProblem,
  context: TaskContext,
): Promise<FittedErrors> {
  const unknown = (reason: string, stopped = false): FittedErrors => ({
    ...{ estimates: null, condition: null, weakest: [], reason, stopped },
  });
  if (best === undefined || !best.full) return unknown('stopped before all data were fitted');
  if (best.status === 'cancelled') return unknown('stopped before the fit converged');
  if (best.status === 'failed') return unknown('the fit failed');
  const estimates = await estimatesOrNull(objective, best, problem, context);
  if (estimates === null) return unknown('stopped before errors were estimated', true);
  const units = new Map(physicalParameters('laminar_flow').map(({ name, unit }) => [name, unit]));
  const weakest = weakestDirections({
    system: objective.system,
    values: best.point.values,
    covariance: defaultCovariance(estimates),
    times: problem.model.grid.times,
    unit: (name) => units.get(name) ?? '',
  });
  return { estimates, condition: conditionNumber(objective, best.point), weakest, reason: null, stopped: false };
}

/** Null when stopped: a fit without errors is not whole, so that a resume goes on with them. */
async function estimatesOrNull(
  objective: Objective,
  best: Minimum,
  { model, tasks, options }: FitProblem,
  context: TaskContext,
): Promise<ErrorEstimates | null> {
  if (options.errors === 'independent')
    return onlyIndependent(objective, best, 'not asked for (fit.errors: independent)');
  try {
    return await estimateErrors(objective, best.point, model, tasks ?? null, context);
  } catch (error) {
    if (!isTwotimeError(error, 'Cancelled')) throw error;
    return null;
  }
}

/** The errors that cost nothing, and why there are no others. */
function onlyIndependent(objective: Objective, best: Minimum, reason: string): ErrorEstimates {
  const missing = { covariance: null, reason };
  const noise: FittedNoise = { angles: [], shared: false, misfit: null, reason };
  return { independent: covarianceAt(objective, best.point), speckle: missing, dyadic: missing, noise };
}

/** The covariance that tables show and words are about: under speckle, or if that is not known as if independent. */
export function defaultCovariance({ speckle, independent }: ErrorEstimates): Covariance {
  return speckle.covariance ?? independent;
}

/** The errors of one quantity; `fallback` is the reason of one that is not fitted. */
export function uncertaintyOf({ estimates, reason }: FittedErrors, name: string, fallback: string): Uncertainty {
  if (estimates === null) return unknownError(reason ?? fallback);
  const { independent, speckle, dyadic } = estimates;
  const i = independent.names.indexOf(name);
  if (i < 0) return unknownError(fallback);
  const of = (
    covariance: Covariance | null,
    missing: string | null,
  ): { value: number | null; reason: string | null } => {
    const why = covariance === null ? missing : covariance.reasons[i]!;
    const value = covariance === null || why !== null ? null : errorIn(covariance, i);
    return { value, reason: why };
  };
  const kinds = {
    speckle: of(speckle.covariance, speckle.reason),
    independent: of(independent, null),
    dyadic: of(dyadic.covariance, dyadic.reason),
  };
  return {
    speckle: kinds.speckle.value,
    independent: kinds.independent.value,
    dyadic: kinds.dyadic.value,
    reason: reasonOf(kinds),
    nearDegenerate: defaultCovariance(estimates).nearDegenerate[i]!,
  };
}

export function unknownError(reason: string): Uncertainty {
  return { speckle: null, independent: null, dyadic: null, reason, nearDegenerate: false };
}

function errorIn({ matrix, names }: Covariance, i: number): number {
  return Math.sqrt(matrix[i * (names.length + 1)]!);
}

function reasonOf(kinds: Readonly<Record<string, { readonly reason: string | null }>>): string | null {
  const missing = Object.entries(kinds).filter(([, { reason }]) => reason !== null);
  if (missing.length === 0) return null;
  const first = missing[0]![1].reason;
  const alike = missing.every(([, { reason }]) => reason === first);
  if (alike && missing.length === Object.keys(kinds).length) return first;
  if (kinds['independent']!.reason !== null) return kinds['independent']!.reason;
  return missing.map(([kind, { reason }]) => `${kind}: ${reason}`).join('; ');
}

/** The covariance matrices of the answer; all NaN where there is none of a kind. */
export function covarianceMatrices({ estimates }: FittedErrors): FitOutcome['covariance'] {
  const names = estimates?.independent.names ?? [];
  const matrix = (covariance: Covariance | null | undefined): Float64Array =>
    covariance?.matrix ?? new Float64Array(names.length ** 2).fill(NaN);
  return {
    names,
    speckle: matrix(estimates?.speckle.covariance),
    independent: matrix(estimates?.independent),
    dyadic: matrix(estimates?.dyadic.covariance),
  };
}
