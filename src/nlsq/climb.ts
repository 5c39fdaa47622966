/**
 * From minima on the coarsest data to the best minimum on all data.
 *
 * Minima that the data reject clearly are left behind; the rest climb level by level, best first, and only the last level
 * is a result.
 */
import type { TaskContext } from '../base/task-context.ts';
import { merge, sortByCost, worthwhile, type Minimum } from './minima.ts';
import type { Objective } from './objective.ts';
import { descend, EXACTLY, refine, ROUGHLY, type StepRecorder } from './trust-region.ts';

export interface Climbed {
  /** Best first; the first ones on all data, then those that were left behind. */
  readonly minima: readonly Minimum[];
  readonly cancelled: boolean;
}

/** Take `minima` of the first of `objectives` (coarsest first, all data last) to the last. */
export async function climb(
  objectives: readonly Objective[],
  minima: readonly Minimum[],
  maxIterations: number,
  recorder: (objective: Objective, start: number) => StepRecorder,
  context: TaskContext,
): Promise<Climbed> {
  let current = minima;
  const left: Minimum[] = [];
  let below = objectives[0]!;
  for (const objective of objectives.length === 1 ? objectives : objectives.slice(1)) {
    const { full } = objective.level;
    const [kept, dropped] = worthwhile(below, current);
    left.unshift(...dropped);
    const climbed: Minimum[] = [];
    for (const [k, minimum] of kept.entries()) {
      const record = recorder(objective, minimum.origin);
      const options = { ...(full ? { ...EXACTLY, maxIterations } : ROUGHLY), record };
      const refined =
        objective === below
          ? await refine(objective, minimum.point, options, context)
          : await descend(objective, minimum.point, options, context);
      const iterations = minimum.iterations + (refined?.iterations ?? 0);
      if (refined !== null)
        climbed.push({ ...refined, iterations, origin: minimum.origin, starts: minimum.starts, full });
      if (refined === null || refined.status === 'cancelled') {
        return { minima: [...sortByCost(climbed), ...kept.slice(k), ...left], cancelled: true };
      }
    }
    current = merge(objective, climbed);
    below = objective;
  }
  return { minima: [...current, ...left], cancelled: false };
}
