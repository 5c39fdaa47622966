/**
 * The function the optimiser sees: from free parameters θ to the cost with the scaling eliminated, at one level of detail.
 */
import type { TaskContext } from '../base/task-context.ts';
import type { AngleScaling, AngleSums, NormalSums } from '../kernels/sweep.ts';
import type { ParameterValues } from '../model/transport-law.ts';
import { atBound, chartAt, type Chart, type CoordinateSystem } from './coordinates.ts';
import type { Level } from './levels.ts';
import { congruence, transposeTimes } from './linear-algebra.ts';
import { naturalColumns } from './natural-columns.ts';
import {
  contrastPower,
  coupling,
  eliminate,
  projectedGradient,
  projectedInformation,
  type Elimination,
  type ScalingGroup,
} from './scaling.ts';

/** Sweeps asked for at once: enough to share a pass over the data, few enough to keep their vectors in memory. */
export const SWEEPS_AT_ONCE = 32;

/** Contrast and offset of each angle, shape (P). */
export type ScalingGuess = Pick<AngleScaling, 'contrast' | 'offset'>;

/** One point of parameter space, the best scaling and the cost there. */
export interface Point {
  readonly theta: Float64Array;
  readonly values: ParameterValues;
  readonly best: ScalingGuess & Pick<Elimination, 'cost'>;
}

/** A point with the sums of its sweep. */
export interface Value extends Point {
  readonly sums: AngleSums;
  /** The scaling the sums were made with. */
  readonly guess: AngleScaling;
  readonly best: Elimination;
}

/** The cost at one point with its quadratic model in natural coordinates z around it. */
export interface Linearisation extends Value {
  readonly sums: NormalSums;
  /** The coordinates, bounds ignored. */
  readonly chart: Chart;
  /** How the columns of the sweep move with z, shape (K, n) row-major. */
  readonly columns: Float64Array;
  /** Gradient of the projected cost with respect to z, shape (n). */
  readonly gradient: Float64Array;
  /** Projected Gauss–Newton matrix in z, shape (n, n) row-major. */
  readonly information: Float64Array;
}

/** One fit at one level: what stays the same while θ moves. */
export interface Objective {
  readonly level: Level;
  readonly system: CoordinateSystem;
  readonly groups: readonly ScalingGroup[];
  /** 1/σ_a², shape (P). */
  readonly weight: Float64Array;
}

/** Points that take part in the fit at this level. */
export function pointsOf(objective: Objective): number {
  const { frames, angles, excluded } = objective.level.sweeps.data;
  return (angles * frames * (frames - 1)) / 2 - excluded.reduce((sum, count) => sum + count, 0);
}

/** s² at a point: the variance of a datum of unit weight. */
export function variancePerPoint(objective: Objective, { best, theta }: Point): number {
  const coefficients = objective.groups.reduce((sum, group) => sum + 2 * group.terms, 0);
  return (2 * best.cost) / Math.max(1, pointsOf(objective) - theta.length - coefficients);
}

/** (Signal/noise)² at a point: the χ², in units of the noise, that the correlations explain beyond a constant. */
export function signalOf(objective: Objective, value: Value): number {
  const { sums, best } = value;
  return contrastPower(sums, objective.weight, best.contrast) / variancePerPoint(objective, value);
}

/** One value sweep. `guess` should be near the best scaling, to keep rounding small; any finite one is right. */
export async function evaluate(
  objective: Objective,
  theta: Float64Array,
  guess: ScalingGuess,
  context: TaskContext,
): Promise<Value> {
  const { level, system, groups, weight } = objective;
  const values = system.free.values(theta);
  const scaling: AngleScaling = { contrast: guess.contrast, offset: guess.offset, weight };
  const sums = await level.sweeps.sums(level.model.physics(values), scaling, context);
  return { theta, values, sums, guess: scaling, best: eliminate(groups, sums, scaling) };
}

/** One sweep of normal equations. The information matrix is exact when `guess` is the best scaling. */
export async function linearise(
  objective: Objective,
  theta: Float64Array,
  guess: ScalingGuess,
  context: TaskContext,
): Promise<Linearisation> {
  const { level, system, groups, weight } = objective;
  const { free } = system;
  const values = free.values(theta);
  const scaling: AngleScaling = { contrast: guess.contrast, offset: guess.offset, weight };
  const chart = chartAt(system, theta, { ignoreBounds: true });
  const { sensitivities, columns } = naturalColumns(free, chart, level.model.sensitivities(values, free.moving));
  const sums = await level.sweeps.normal(level.model.physics(values), sensitivities, scaling, context);
  const best = eliminate(groups, sums, scaling);
  const n = free.names.length;
  const count = sums.parameters.length;
  return {
    theta,
    values,
    sums,
    guess: scaling,
    best,
    chart,
    columns,
    gradient: transposeTimes(columns, count, n, projectedGradient(sums, scaling, best)),
    information: congruence(projectedInformation(sums, scaling, best), count, columns, n),
  };
}

/** Coupling of z to a group's coefficients, shape (n, 2·terms) row-major: a border of the arrowhead. */
export function borderOf({ theta, sums, guess, columns }: Linearisation, group: ScalingGroup): Float64Array {
  const n = theta.length;
  const coupled = coupling(group, sums, guess);
  const coefficients = 2 * group.terms;
  const border = new Float64Array(n * coefficients);
  sums.parameters.forEach((_, k) => {
    for (let i = 0; i < n; i++) {
      for (let s = 0; s < coefficients; s++) {
        const at = i * coefficients + s;
        border[at] = border[at]! + columns[k * n + i]! * coupled[k * coefficients + s]!;
      }
    }
  });
  return border;
}

/** Free parameters that are not at a bound, as indices of θ. */
export function openParameters({ system }: Objective, { theta }: Value): number[] {
  return system.free.names.map((_, i) => i).filter((i) => !atBound(system.free, theta, i));
}
