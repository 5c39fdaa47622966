/**
 * Profiles of a fit: every walk of every target is a piece of the fit's work, side by side with the others.
 *
 * A walk goes from the minimum outward, each fit beginning at the one before. What a checkpoint holds of a finished walk is
 * not fitted again.
 */
import { Cancelled } from '../../base/errors.ts';
import type { Warning } from '../../base/events.ts';
import type { TaskContext } from '../../base/task-context.ts';
import type { ErrorEstimates } from '../errors/estimate-errors.ts';
import type { FitWork } from '../fit-work.ts';
import { variancePerPoint, type Linearisation, type Objective, type Point } from '../objective.ts';
import { descend, EXACTLY } from '../trust-region.ts';
import { pairProfile, planPair } from './pair-profile.ts';
import type { FitProfiles } from './profile.ts';
import { followRay, walkAgain, type FollowedRay, type Ray } from './rays.ts';
import { planSingle, rounded, singleProfile } from './single-profile.ts';

export interface ProfileQuestion {
  /** What was fitted, on all data; with the weights the estimate has. */
  readonly objective: Objective;
  /** All data as `work` knows them. */
  readonly level: Objective;
  readonly minimum: Linearisation;
  readonly estimates: ErrorEstimates;
  /** Names of free parameters, one or two each. */
  readonly targets: readonly (readonly string[])[];
}

export interface ProfileAnswer {
  readonly profiles: FitProfiles;
  readonly warnings: readonly Warning[];
}

/** Iterations on the way to a lower minimum. */
const MOST_ITERATIONS = 100;

/** Throws `Cancelled` when stopped. */
export async function fitProfiles(
  question: ProfileQuestion,
  work: FitWork,
  context: TaskContext,
): Promise<ProfileAnswer> {
  const { objective, minimum, estimates, targets } = question;
  const singles = targets.flatMap(([name, other]) =>
    other === undefined ? [planSingle(objective, minimum, estimates, name!)] : [],
  );
  const pairs = targets.flatMap(([name, other]) =>
    other === undefined ? [] : [planPair(objective, minimum, estimates, [name!, other])],
  );
  const followed = await followAll(
    question,
    [...singles, ...pairs].flatMap(({ rays }) => rays),
    work,
    context,
  );
  const lowest = followed.reduce<Point | null>(
    (best, { lower }) => (lower !== null && (best === null || lower.best.cost < best.best.cost) ? lower : best),
    null,
  );
  const of = (rays: readonly Ray[]): FollowedRay[] => rays.map((ray) => followed.find((one) => one.ray === ray)!);
  const found = lowest !== null;
  return {
    profiles: {
      errors: estimates.speckle.covariance === null ? 'independent' : 'speckle',
      names: objective.system.free.names,
      parameters: singles.map((plan) => singleProfile(objective, minimum, plan, of(plan.rays), found)),
      pairs: pairs.map((plan) => pairProfile(objective, minimum, plan, of(plan.rays), found)),
      reason: null,
    },
    warnings: lowest === null ? [] : [await lowerMinimum(question, lowest, work, context)],
  };
}

async function followAll(
  { objective, level, minimum }: ProfileQuestion,
  rays: readonly Ray[],
  work: FitWork,
  context: TaskContext,
): Promise<FollowedRay[]> {
  const points = await work.points(
    rays.map((ray) => ({
      objective: level,
      run: (counted) => followRay(onLevel(objective, level, counted), minimum, ray, work.advance, context),
    })),
  );
  return rays.map((ray, k) => walkAgain(objective, minimum, ray, points[k]!));
}

/** The objective through which passes over the ordinary level are counted. */
function onLevel(objective: Objective, level: Objective, counted: Objective): Objective {
  return objective === level ? counted : objective;
}

/** Follow a point below the minimum to the bottom and say where that is. */
async function lowerMinimum(
  { objective, level, minimum }: ProfileQuestion,
  from: Point,
  work: FitWork,
  context: TaskContext,
): Promise<Warning> {
  const run = async (counted: Objective): Promise<readonly Point[]> => {
    const options = { ...EXACTLY, maxIterations: MOST_ITERATIONS, record: work.advance };
    const refined = await descend(onLevel(objective, level, counted), from, options, context);
    if (refined === null || refined.status === 'cancelled') throw new Cancelled('stopped on request');
    return [refined.point];
  };
  const [points] = await work.points([{ objective: level, run }]);
  const point = points![0]!;
  const values = objective.system.free.names.map((name, i) => `${name} ${Number(point.theta[i]!.toPrecision(6))}`);
  const gain = (2 * (minimum.best.cost - point.best.cost)) / variancePerPoint(objective, minimum);
  const text =
    `while profiles were followed a lower minimum was found, with χ² lower by ${rounded(gain)} in units of the noise of one ` +
    `point: ${values.join(', ')}; the fit is not at its best minimum and no profile interval is given: fit again with these ` +
    'values as start, or with more starts';
  return { code: 'lower-minimum', text };
}
