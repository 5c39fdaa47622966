/**
 * From minima on the coarsest data to the best minimum on all data.
 *
 * Minima that the data reject clearly are left behind; the rest climb level by level, side by side, and only the last
 * level is a result.
 */
import type { FitWork } from './fit-work.ts';
import { merge, sortByCost, worthwhile, type Minimum } from './minima.ts';
import type { Objective } from './objective.ts';
import { EXACTLY, ROUGHLY } from './trust-region.ts';

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
  work: FitWork,
): Promise<Climbed> {
  let current = minima;
  const left: Minimum[] = [];
  let below = objectives[0]!;
  for (const objective of objectives.length === 1 ? objectives : objectives.slice(1)) {
    const { full } = objective.level;
    const [kept, dropped] = worthwhile(below, current);
    left.unshift(...dropped);
    const rule = full ? { ...EXACTLY, maxIterations } : ROUGHLY;
    const ends = await work.descents(
      kept.map(({ origin, point: from }) => ({ objective, origin, rule, from, linearised: objective === below })),
    );
    const climbed = kept.flatMap(({ origin, starts, iterations }, k): Minimum[] => {
      const end = ends[k]!;
      return end === null ? [] : [{ ...end, iterations: iterations + end.iterations, origin, starts, full }];
    });
    if (ends.some((end) => end === null || end.status === 'cancelled')) {
      const waiting = kept.filter((_, k) => ends[k] === null);
      return { minima: [...sortByCost(climbed), ...waiting, ...left], cancelled: true };
    }
    current = merge(objective, climbed);
    below = objective;
  }
  return { minima: [...current, ...left], cancelled: false };
}
