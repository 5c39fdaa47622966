/** Count the passes that one piece of work makes over its data. */
import type { Sweeps } from '../kernels/sweep.ts';
import type { Objective } from './objective.ts';

/** The same objective, and how many passes were made through it. */
export function countSweeps(objective: Objective): { readonly objective: Objective; readonly count: () => number } {
  const { sweeps } = objective.level;
  let count = 0;
  const counted =
    <A extends unknown[], R>(sweep: (...asked: A) => R) =>
    (...asked: A): R => {
      count += 1;
      return sweep(...asked);
    };
  const through: Sweeps = {
    data: sweeps.data,
    get count() {
      return sweeps.count;
    },
    sums: counted((...asked) => sweeps.sums(...asked)),
    adjoint: counted((...asked) => sweeps.adjoint(...asked)),
    slopes: counted((...asked) => sweeps.slopes(...asked)),
    normal: counted((...asked) => sweeps.normal(...asked)),
    shape: (...asked) => sweeps.shape(...asked),
  };
  return { objective: { ...objective, level: { ...objective.level, sweeps: through } }, count: () => count };
}
