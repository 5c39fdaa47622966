/**
 * The principal directions of the information on the physical parameters, scaling projected out, in natural coordinates.
 *
 * A direction along which one standard error exceeds a natural step (a factor e in a rate, 1 in a slope, 10° in phi0) is
 * beyond what a quadratic can say: it is called not determined.
 */
import { changeOfChart, type Chart } from './coordinates.ts';
import type { ScoreMeat } from './errors/score-meat.ts';
import { cholesky, quadraticForm, solve, symmetricEigen, times } from './linear-algebra.ts';
import { borderOf, variancePerPoint, type Linearisation, type Objective } from './objective.ts';
import type { GroupFactor } from './scaling.ts';
import { quadraticIn } from './trust-region.ts';

/** Longer standard errors than this, in natural steps, count as not determined. */
const LARGEST_ERROR = 1;
/** Relative rounding of the entries of the information matrix, with room. */
const ROUNDING = 1e-13;

/** One direction of the covariance of the physical parameters. */
export interface Direction {
  /** One standard error along it, in natural steps. */
  readonly length: number;
  readonly determined: boolean;
  /** Unit vector in natural coordinates over the free parameters. */
  readonly natural: Float64Array;
  /** Change of every quantity over one standard error along it, at most one natural step, in the order of `names`. */
  readonly effect: Float64Array;
  /** θ one such step down and up, in the user's coordinates. */
  readonly ends: readonly [Float64Array, Float64Array];
}

/** Directions whose outer products make up the covariance, and what is left of that of the scaling coefficients. */
export interface PrincipalDirections {
  /** Weakest first. */
  readonly directions: readonly Direction[];
  /**
   * Change of each scaling coefficient (groups one after the other, offset terms first) over one standard error along each
   * direction, beyond the answer of the best scaling: shape (directions, coefficients). Null for independent errors.
   */
  readonly excess: readonly Float64Array[] | null;
}

/**
 * Directions over the free parameters of these indices in the coordinates of a chart at a minimum.
 *
 * Without `meat` the points are independent and the covariance s²·H⁻¹. With it the covariance is H⁻¹·B·H⁻¹: in the principal
 * axes H = V·Λ·Vᵀ, and with Q = Λ^−½·Vᵀ·B·V·Λ^−½ = L·Lᵀ (weakest axis first) the directions are the columns of V·Λ^−½·L. The
 * first is the weakest axis with little of the others; none has a part of an axis before it, so nothing cancels.
 * Null when B is not positive definite.
 */
export function principalDirections(
  objective: Objective,
  point: Linearisation,
  chart: Chart,
  open: readonly number[],
  meat: ScoreMeat | null = null,
): PrincipalDirections | null {
  const n = point.theta.length;
  const m = open.length;
  if (m === 0) return { directions: [], excess: meat === null ? null : [] };
  const variance = variancePerPoint(objective, point);
  const { hessian } = quadraticIn(chart, point);
  const information = Float64Array.from(
    { length: m * m },
    (_, at) => hessian[open[Math.floor(at / m)]! * n + open[at % m]!]!,
  );
  const { values, vectors } = symmetricEigen(information, m);
  const change = changeOfChart(point.chart, chart);
  const response = scalingResponse(objective, point);
  // What is left where large terms cancel may be rounding.
  const rounding = vectors.map((vector) => ROUNDING * quadraticForm(information.map(Math.abs), vector.map(Math.abs)));
  const axes = vectors.map((vector) => {
    const natural = new Float64Array(n);
    open.forEach((i, column) => (natural[i] = vector[column]!));
    return natural;
  });
  const spread = values.map((value, k) => 1 / Math.sqrt(Math.max(value, rounding[k]!, Number.MIN_VALUE)));
  const lost = vectors.map((_, k) => !(values[k]! > rounding[k]!));
  const steps = axes.map((axis) => times(change, axis));
  const factor = meat === null ? diagonal(m, Math.sqrt(variance)) : meatFactor(meat, steps, spread, lost, variance);
  if (factor === null) return null;
  const directions = axes.map((_, k) => {
    const along = new Float64Array(n);
    for (let i = k; i < m; i++) {
      for (let c = 0; c < n; c++) along[c] = along[c]! + axes[i]![c]! * spread[i]! * factor[i * m + k]!;
    }
    const length = norm(along);
    const natural = along.map((value) => value / length);
    return { length, natural, lost: lost[k]! };
  });
  const excess = meat === null ? null : scalingExcess(point, meat, steps, spread, lost, factor);
  return {
    excess,
    directions: directions.map(({ length, natural, lost: unknown }, k) => {
      const shortened = Math.min(length, LARGEST_ERROR);
      const step = natural.map((value) => shortened * value);
      const scaling = response(times(change, step));
      if (excess !== null) addCoefficients(scaling, point, excess[k]!, shortened / length);
      return {
        length,
        determined: length <= LARGEST_ERROR && !unknown,
        natural,
        effect: Float64Array.from([...times(chart.jacobian, step), ...scaling]),
        ends: [chart.at(step.map((value) => -value)), chart.at(step)],
      };
    }),
  };
}

function diagonal(size: number, value: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * (size + 1)] = value;
  return matrix;
}

function norm(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

/** L of Q = Λ^−½·Vᵀ·B·V·Λ^−½; axes that are lost in rounding have the independent error and no correlation. */
function meatFactor(
  { projected }: ScoreMeat,
  steps: readonly Float64Array[],
  spread: Float64Array,
  lost: readonly boolean[],
  variance: number,
): Float64Array | null {
  const m = steps.length;
  const q = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    const seen = times(projected, steps[i]!);
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let c = 0; c < seen.length; c++) sum += seen[c]! * steps[j]![c]!;
      if (lost[i] || lost[j]) q[i * m + j] = i === j ? variance : 0;
      else q[i * m + j] = sum * spread[i]! * spread[j]!;
    }
  }
  return cholesky(q, m);
}

/** N⁻¹·B_sz·V·Λ^−½·L⁻ᵀ, one row per direction. */
function scalingExcess(
  { best }: Linearisation,
  meat: ScoreMeat,
  steps: readonly Float64Array[],
  spread: Float64Array,
  lost: readonly boolean[],
  factor: Float64Array,
): Float64Array[] {
  const m = steps.length;
  const n = steps[0]!.length;
  const coefficients = meat.scaling.length === 0 ? 0 : Math.sqrt(meat.scaling.length);
  const rows = steps.map((step, k) => {
    const right = new Float64Array(coefficients);
    if (lost[k]) return right;
    for (let s = 0; s < coefficients; s++) {
      for (let c = 0; c < n; c++) right[s] = right[s]! + meat.coupling[c * coefficients + s]! * step[c]! * spread[k]!;
    }
    return solveGroups(best.factors, right);
  });
  // Each row minus those before it, as forward substitution with L.
  const excess: Float64Array[] = [];
  for (let k = 0; k < m; k++) {
    const row = rows[k]!;
    for (let j = 0; j < k; j++) {
      for (let s = 0; s < coefficients; s++) row[s] = row[s]! - factor[k * m + j]! * excess[j]![s]!;
    }
    excess.push(row.map((value) => value / factor[k * m + k]!));
  }
  return excess;
}

/** N⁻¹·right, group by group. */
export function solveGroups(factors: readonly GroupFactor[], right: Float64Array): Float64Array {
  const result = new Float64Array(right.length);
  let start = 0;
  for (const { group, factor } of factors) {
    const size = 2 * group.terms;
    result.set(solve(factor, right.subarray(start, start + size)), start);
    start += size;
  }
  return result;
}

/** Add `times` the change of the coefficients to contrast[0], offset[0], …. */
function addCoefficients(scaling: Float64Array, { best }: Linearisation, change: Float64Array, share: number): void {
  let start = 0;
  for (const { group } of best.factors) {
    const { angles, terms, basis } = group;
    angles.forEach((a, row) => {
      for (let t = 0; t < terms; t++) {
        const weight = share * basis[row * terms + t]!;
        scaling[2 * a] = scaling[2 * a]! + weight * change[start + terms + t]!;
        scaling[2 * a + 1] = scaling[2 * a + 1]! + weight * change[start + t]!;
      }
    });
    start += 2 * terms;
  }
}

/** How the best contrast and offset answer to a step z: −N⁻¹Bᵀz, as contrast[0], offset[0], …. */
function scalingResponse(objective: Objective, point: Linearisation): (z: Float64Array) => Float64Array {
  const { factors } = point.best;
  const borders = factors.map(({ group }) => borderOf(point, group));
  return (z) => {
    const response = new Float64Array(factors.length === 0 ? 0 : 2 * objective.weight.length);
    factors.forEach(({ group, factor }, g) => {
      const coefficients = 2 * group.terms;
      const right = new Float64Array(coefficients);
      z.forEach((step, i) => {
        for (let s = 0; s < coefficients; s++) right[s] = right[s]! - borders[g]![i * coefficients + s]! * step;
      });
      const answer = solve(factor, right);
      group.angles.forEach((a, row) => {
        for (let t = 0; t < group.terms; t++) {
          const basis = group.basis[row * group.terms + t]!;
          response[2 * a] = response[2 * a]! + basis * answer[group.terms + t]!;
          response[2 * a + 1] = response[2 * a + 1]! + basis * answer[t]!;
        }
      });
    });
    return response;
  };
}
