/** Turn the minima of a search into the answer of a fit: values, errors, quality, identifiability, warnings. */
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { CoordinateSystem } from './coordinates.ts';
import type { Climbed } from './climb.ts';
import type { Explored } from './explore.ts';
import type { FitWork } from './fit-work.ts';
import {
  covarianceMatrices,
  defaultCovariance,
  fittedErrors,
  uncertaintyOf,
  unknownError,
  type FittedErrors,
} from './fitted-errors.ts';
import type { Objective, Point, Value } from './objective.ts';
import type { FitOutcome, FittedParameter, FittedScaling } from './outcome.ts';
import type { FitProblem } from './problem.ts';
import { askProfiles } from './ask-profiles.ts';
import { weightByLag } from './lag-weighting.ts';
import { weightBySpeckle } from './speckle-weighting.ts';
import { findWarnings } from './warnings.ts';
import { weigh } from './weighting.ts';

export interface Finished {
  readonly problem: FitProblem;
  /** Coarsest level first, all data last. */
  readonly objectives: readonly Objective[];
  readonly explored: Explored;
  readonly climbed: Climbed;
  readonly work: FitWork;
  readonly warnings: readonly Warning[];
}

/** Starts within this relative cost of the best one reached it. */
const AT_BEST = 1e-6;
const WEIGHERS = { lag: weightByLag, speckle: weightBySpeckle } as const;

export async function summarise(finished: Finished, context: TaskContext): Promise<FitOutcome> {
  const { problem, objectives, explored, climbed } = finished;
  const objective = objectives.at(-1)!;
  const { system } = objective;
  const ordinary = climbed.minima[0];
  const ordinaryErrors = await fittedErrors(objective, ordinary, problem, context);
  const asked = problem.options.weights ?? 'none';
  const weighting =
    asked !== 'none' && ordinary !== undefined
      ? await weigh(asked, WEIGHERS[asked], { objective, minimum: ordinary, errors: ordinaryErrors, problem }, context)
      : null;
  const best = weighting?.minimum ?? ordinary;
  const errors = weighting?.errors ?? ordinaryErrors;
  const fitted = weighting?.fitted ?? (ordinary === undefined ? null : { objective, point: ordinary.point });
  const profiling = await askProfiles({ problem, level: objective, fitted, errors, work: finished.work }, context);
  // Stopped before any start was linearised: the first start is the best point there is.
  const point: Point = best?.point ?? explored.starts[0]!;
  const cancelled = { status: 'cancelled', reason: 'stopped on request' } as const;
  const stopped = climbed.cancelled || errors.stopped || weighting?.stopped === true || profiling.cancelled;
  const { status, reason } = stopped || best === undefined ? cancelled : best;
  const parameters = fittedParameters(problem, system, point, errors);
  const scaling = fittedScaling(problem, point, errors);
  const cost = quality(objective, best?.full === true ? best.point : null, weighting?.squares ?? null);
  const outcome = { status, reason, parameters, scaling, cost };
  return {
    ...outcome,
    covariance: covarianceMatrices(errors),
    noise: errors.estimates?.noise ?? { angles: [], shared: false, misfit: null, reason: errors.reason },
    weights: weighting?.weights ?? { asked, used: 'none', reason: asked === 'none' ? null : 'there is no fit' },
    profiles: profiling.profiles,
    solver: {
      iterations: best?.iterations ?? 0,
      fullSweeps: finished.work.fullSweeps + (weighting?.sweeps ?? 0),
      starts: explored.starts.length,
      ...startsSummary(climbed),
      trace: finished.work.trace,
    },
    identifiability: { condition: errors.condition, weakest: errors.weakest },
    warnings: [
      ...finished.warnings,
      ...(weighting?.warnings ?? []),
      ...profiling.warnings,
      ...findWarnings({
        outcome,
        phi: problem.model.phi,
        covariance: errors.estimates === null ? null : defaultCovariance(errors.estimates),
        estimates: errors.estimates,
        weakest: errors.weakest,
        minima: climbed.minima,
        objective,
      }),
    ],
  };
}

function fittedParameters(
  { parameters }: FitProblem,
  { free }: CoordinateSystem,
  point: Point,
  errors: FittedErrors,
): FittedParameter[] {
  return parameters.map(({ name, value: start, vary, bounds, tie }) => {
    const i = free.names.indexOf(name);
    const value = point.values[name]!;
    const atBound = i < 0 ? null : value === free.lower[i] ? 'lower' : value === free.upper[i] ? 'upper' : null;
    const fixed = free.reason(name);
    return {
      name,
      value,
      vary: vary && tie === undefined,
      tie: tie ?? null,
      start: start ?? null,
      bounds,
      atBound,
      uncertainty: fixed === null ? uncertaintyOf(errors, name, 'fixed') : unknownError(fixed),
    };
  });
}

function fittedScaling({ model }: FitProblem, point: Point, errors: FittedErrors): FittedScaling[] {
  return Array.from(model.phi, (_, a) => ({
    contrast: { value: point.best.contrast[a]!, uncertainty: uncertaintyOf(errors, `contrast[${a}]`, 'fixed') },
    offset: { value: point.best.offset[a]!, uncertainty: uncertaintyOf(errors, `offset[${a}]`, 'fixed') },
  }));
}

/** Numbers about the residuals at a point on all data; NaN when there is none. `weighted`: Σ w·r² of each angle for χ². */
function quality(objective: Objective, point: Value | null, weighted: Float64Array | null): FitOutcome['cost'] {
  const { weight, groups, system } = objective;
  const unknowns = system.free.names.length + groups.reduce((sum, group) => sum + 2 * group.terms, 0);
  let points = 0;
  let squares = 0;
  let variation = 0;
  const chi2PerPoint = new Float64Array(weight.length);
  const { frames, excluded } = objective.level.sweeps.data;
  for (let a = 0; a < weight.length; a++) {
    const count = (frames * (frames - 1)) / 2 - excluded[a]!;
    points += count;
    if (point === null) continue;
    const { sums, guess, best } = point;
    squares += best.squares[a]!;
    chi2PerPoint[a] = (weight[a]! * (weighted ?? best.squares)[a]!) / count;
    const contrast = guess.contrast[a]!;
    const rr = sums.rr[a]! - (sums.r[a]! * sums.r[a]!) / count;
    const rm = sums.rm[a]! - (sums.r[a]! * sums.m[a]!) / count;
    const mm = sums.mm[a]! - (sums.m[a]! * sums.m[a]!) / count;
    variation += rr + 2 * contrast * rm + contrast * contrast * mm;
  }
  const degreesOfFreedom = points - unknowns;
  const chi2 =
    point === null
      ? NaN
      : weighted === null
        ? 2 * point.best.cost
        : weighted.reduce((sum, value, a) => sum + weight[a]! * value, 0);
  return {
    chi2,
    reducedChi2: chi2 / degreesOfFreedom,
    degreesOfFreedom,
    points,
    rms: point === null ? NaN : Math.sqrt(squares / points),
    r2: point === null ? NaN : 1 - squares / variation,
    chi2PerPoint: point === null ? chi2PerPoint.fill(NaN) : chi2PerPoint,
  };
}

function startsSummary({ minima }: Climbed): Pick<FitOutcome['solver'], 'startsAtBest' | 'startCosts'> {
  const best = minima[0];
  if (best === undefined) return { startsAtBest: 0, startCosts: [] };
  const atBest = minima.filter(
    ({ full, point }) => full === best.full && point.best.cost <= best.point.best.cost * (1 + AT_BEST),
  );
  const startCosts = minima.flatMap(({ starts, full, point }) =>
    starts.map(() => ({ level: full ? ('full' as const) : ('coarse' as const), cost: point.best.cost })),
  );
  return { startsAtBest: atBest.reduce((sum, { starts }) => sum + starts.length, 0), startCosts };
}
