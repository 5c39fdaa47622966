/** A problem whose sweeps are seen from outside. */
import type { Sweeps } from '../../src/kernels/index.ts';
import type { FitProblem } from '../../src/nlsq/index.ts';

/** The same problem; every sweep over any of its levels goes through `around`, which must return what `sweep` does. */
export function watched(problem: FitProblem, around: <R>(sweep: () => Promise<R>) => Promise<R>): FitProblem {
  const through = (sweeps: Sweeps): Sweeps => ({
    data: sweeps.data,
    get count() {
      return sweeps.count;
    },
    sums: (...asked) => around(() => sweeps.sums(...asked)),
    adjoint: (...asked) => around(() => sweeps.adjoint(...asked)),
    slopes: (...asked) => around(() => sweeps.slopes(...asked)),
    normal: (...asked) => around(() => sweeps.normal(...asked)),
    shape: (...asked) => sweeps.shape(...asked),
  });
  const { allocate, sweeps } = problem.coarse;
  return {
    ...problem,
    sweeps: through(problem.sweeps),
    coarse: { allocate, sweeps: (data) => through(sweeps(data)) },
  };
}
