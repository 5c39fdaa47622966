/**
 * The function the optimiser sees: from free parameters θ to the cost with the scaling eliminated, at one level of detail.
 */
import type { TaskContext } from '../base/task-context.ts';
import type { AngleScaling, AngleSums, NormalSums } from '../kernels/sweep.ts';
import type { ParameterValues } from '../model/transport-law.ts';
import type { FreeParameters } from './free-parameters.ts';
import type { Level } from './levels.ts';
import { congruence, transposeTimes } from './linear-algebra.ts';
import {
  contrastPower,
  coupling,
  eliminate,
  projectedGradient,
  projectedInformation,
  type Elimination,
  type ScalingGroup,
} from './scaling.ts';

/** Contrast and offset of each angle, shape (P). */
export type ScalingGuess = Pick<AngleScaling, 'contrast' | 'offset'>;

/** The cost at one point. */
export interface Value {
  readonly theta: Float64Array;
  readonly values: ParameterValues;
  readonly sums: AngleSums;
  /** The scaling the sums were made with. */
  readonly guess: AngleScaling;
  readonly best: Elimination;
}

/** The cost at one point with its quadratic model in θ. */
export interface Linearisation extends Value {
  readonly sums: NormalSums;
  /** Gradient of the projected cost, shape (n). */
  readonly gradient: Float64Array;
  /** Projected Gauss–Newton matrix, shape (n, n) row-major. */
  readonly information: Float64Array;
}

/** One fit at one level: what stays the same while θ moves. */
export interface Objective {
  readonly level: Level;
  readonly free: FreeParameters;
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
export function variancePerPoint(objective: Objective, { best, theta }: Value): number {
  const coefficients = objective.groups.reduce((sum, group) => sum + 2 * group.terms, 0);
  return (2 * best.cost) / Math.max(1, pointsOf(objective) - theta.length - coefficients);
}

/** (Signal/noise)² at a point: the χ², in units of the noise, that the correlations explain beyond a constant. */
export function signalOf(objective: Objective, value: Value): number {
  const { sums, best } = value;
  return contrastPower(sums, objective.weight, best.contrast) / variancePerPoint(objective, value);
}

/** The map ∂moving/∂θ: a moving parameter follows its source, shape (moving, n). */
export function followMap(free: FreeParameters, moving: readonly string[]): Float64Array {
  const n = free.names.length;
  const map = new Float64Array(moving.length * n);
  moving.forEach((name, k) => (map[k * n + free.source(name)] = 1));
  return map;
}

/** One value sweep. `guess` should be near the best scaling, to keep rounding small; any finite one is right. */
export async function evaluate(
  objective: Objective,
  theta: Float64Array,
  guess: ScalingGuess,
  context: TaskContext,
): Promise<Value> {
  const { level, free, groups, weight } = objective;
  const values = free.values(theta);
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
  const { level, free, groups, weight } = objective;
  const values = free.values(theta);
  const scaling: AngleScaling = { contrast: guess.contrast, offset: guess.offset, weight };
  const sensitivities = level.model.sensitivities(values, free.moving);
  const sums = await level.sweeps.normal(level.model.physics(values), sensitivities, scaling, context);
  const best = eliminate(groups, sums, scaling);
  const n = free.names.length;
  const moving = sums.parameters.length;
  const follow = followMap(free, sums.parameters);
  return {
    theta,
    values,
    sums,
    guess: scaling,
    best,
    gradient: transposeTimes(follow, moving, n, projectedGradient(sums, scaling, best)),
    information: congruence(projectedInformation(sums, scaling, best), moving, follow, n),
  };
}

/** Coupling of θ to a group's coefficients, shape (n, 2·terms) row-major: a border of the arrowhead. */
export function borderOf({ free }: Objective, { sums, guess }: Linearisation, group: ScalingGroup): Float64Array {
  const n = free.names.length;
  const follow = followMap(free, sums.parameters);
  const columns = coupling(group, sums, guess);
  const coefficients = 2 * group.terms;
  const border = new Float64Array(n * coefficients);
  sums.parameters.forEach((_, k) => {
    for (let i = 0; i < n; i++) {
      for (let s = 0; s < coefficients; s++) {
        const at = i * coefficients + s;
        border[at] = border[at]! + follow[k * n + i]! * columns[k * coefficients + s]!;
      }
    }
  });
  return border;
}

/** Free parameters that are not at a bound, as indices of θ. */
export function openParameters({ free }: Objective, { theta }: Value): number[] {
  return free.names.map((_, i) => i).filter((i) => theta[i] !== free.lower[i] && theta[i] !== free.upper[i]);
}
