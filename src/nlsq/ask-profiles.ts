/** The profiles that a fit was asked for, or why there are none. */
import { Cancelled } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { FitWork } from './fit-work.ts';
import type { FittedErrors } from './fitted-errors.ts';
import type { Linearisation, Objective } from './objective.ts';
import type { FitProblem } from './problem.ts';
import { fitProfiles, type FitProfiles } from './profiles/index.ts';

export interface ProfilesAsked {
  readonly problem: FitProblem;
  /** All data with ordinary weights. */
  readonly level: Objective;
  /** What the estimate is the minimum of, and that minimum; null when there is none. */
  readonly fitted: { readonly objective: Objective; readonly point: Linearisation } | null;
  readonly errors: FittedErrors;
  readonly work: FitWork;
}

export interface Profiling {
  /** Null when none were asked for. */
  readonly profiles: FitProfiles | null;
  readonly warnings: readonly Warning[];
  readonly cancelled: boolean;
}

export async function askProfiles(
  { problem, level, fitted, errors, work }: ProfilesAsked,
  context: TaskContext,
): Promise<Profiling> {
  const targets = problem.options.profile ?? [];
  if (targets.length === 0) return { profiles: null, warnings: [], cancelled: false };
  const { estimates } = errors;
  if (fitted === null || estimates === null) return none(errors.reason ?? 'there is no fit', false);
  try {
    const question = { ...{ level, estimates, targets }, objective: fitted.objective, minimum: fitted.point };
    return { ...(await fitProfiles(question, work, context)), cancelled: false };
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    return none('stopped before they were done', true);
  }
}

function none(reason: string, cancelled: boolean): Profiling {
  const profiles: FitProfiles = { errors: 'speckle', names: [], parameters: [], pairs: [], reason };
  const warnings = cancelled
    ? []
    : [{ code: 'no-profiles', text: `profiles were asked for, but there are none: ${reason}` }];
  return { profiles, warnings, cancelled };
}
