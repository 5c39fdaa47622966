/**
 * How far a fit is, for progress bars: passes over points done, of those a fit usually takes.
 *
 * A fit cannot know how many steps it will need. The total is what fits of this kind take, and grows when one takes more,
 * so that a bar may slow down but never runs backwards past its end.
 */
import type { TaskContext } from '../base/task-context.ts';
import { pointsOf, type Objective } from './objective.ts';

/** Sweeps of the coarsest level per start, of every level in between, and of all data. */
const SWEEPS_PER_START = 150;
const SWEEPS_BETWEEN = 8;
const SWEEPS_OF_ALL_DATA = 6;

/**
 * A function to call after every step of the fit; it tells `context.progress`. `passes` are those made over a level, `later`
 * those over all data that usually follow the fit itself.
 */
export function fitProgress(
  objectives: readonly Objective[],
  { starts, later }: { readonly starts: number; readonly later: number },
  passes: (level: number) => number,
  context: TaskContext,
): () => void {
  const usual = objectives.map((_, k) => {
    const after = k === objectives.length - 1 ? later : 0;
    if (k === objectives.length - 1 && k > 0) return SWEEPS_OF_ALL_DATA + after;
    return (k === 0 ? starts * SWEEPS_PER_START : SWEEPS_BETWEEN) + after;
  });
  return () => {
    let done = 0;
    let total = 0;
    for (const [k, objective] of objectives.entries()) {
      const points = pointsOf(objective);
      done += points * passes(k);
      total += points * Math.max(passes(k) + 1, usual[k]!);
    }
    context.progress?.({ kind: 'progress', stage: 'fit', done, total });
  };
}
