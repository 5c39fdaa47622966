/** A posterior as plain data, so that whoever has the values of c2 can bind it again, on any worker, to the same bits. */
import type { TaskContext } from '../../base/task-context.ts';
import type { Sweeps } from '../../kernels/sweep.ts';
import { bindModel, makeTimeGrid, type Convention, type Mode } from '../../model/index.ts';
import {
  twoTimePosterior,
  type Adjustment,
  type PosteriorOptions,
  type PosteriorOrigin,
  type PosteriorProblem,
  type TwoTimePosterior,
} from '../posterior/index.ts';

export interface PlainPosterior extends Omit<PosteriorProblem, 'model' | 'sweeps'> {
  readonly mode: Mode;
  readonly convention: Convention;
  readonly q: number;
  readonly gap: number | null;
  readonly phi: Float64Array;
  readonly grid: { readonly dt: number; readonly t0: number; readonly positions: Float64Array };
  readonly origin: PosteriorOrigin;
  readonly adjustment: Adjustment | null;
  /** Amplitudes of triples whose members have coordinates of their own. */
  readonly straight: readonly string[];
  /** Power of the priors. */
  readonly priorPower: number;
}

/** What `bindPosterior` needs to make the posterior of a problem again. */
export function plainPosterior(
  { model, sigma, parameters, priors, scaling, scalingPrior }: PosteriorProblem,
  origin: PosteriorOrigin,
  { adjustment, straight, priorPower = 1 }: PosteriorOptions,
): PlainPosterior {
  const { mode, convention, q, gap, phi, grid } = model;
  const { dt, t0, positions } = grid;
  return {
    ...{ mode, convention, q, gap, phi: Float64Array.from(phi), grid: { dt, t0, positions } },
    ...{ sigma, parameters, priors, scaling, scalingPrior, origin },
    adjustment: adjustment === undefined ? null : plainAdjustment(adjustment),
    straight: [...(straight ?? [])],
    priorPower,
  };
}

/** The posterior over the data of `sweeps`. Throws what `twoTimePosterior` refuses. */
export function bindPosterior(
  { mode, convention, q, gap, phi, grid, origin, adjustment, straight, priorPower, ...problem }: PlainPosterior,
  sweeps: Sweeps,
  context: TaskContext,
): Promise<TwoTimePosterior> {
  const times = makeTimeGrid(grid.dt, grid.t0, grid.positions);
  const model = bindModel({ mode, convention, q, gap, phi, grid: times });
  const options = { straight: new Set(straight), adjustment: adjustment ?? undefined, priorPower };
  return twoTimePosterior({ ...problem, model, sweeps }, origin, options, context);
}

/** Without what only the draws of contrast and offset need. */
export function plainAdjustment({ independent, adjusted, peak }: Adjustment): Adjustment {
  return { independent, adjusted, peak };
}
