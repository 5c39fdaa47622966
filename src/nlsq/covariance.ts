/**
 * Standard errors at a minimum if all points were independent: s²·H⁻¹ of the free parameters, contrasts and offsets.
 *
 * The information on the physical parameters, scaling projected out, is cut into its principal directions in the natural
 * coordinates of `coordinates.ts`. A direction along which one standard error exceeds a natural step (a factor e in a
 * rate, 1 in a slope, 10° in phi0) is beyond what a quadratic can say: it is called not determined, and so is every
 * quantity that owes most of its variance to one natural step along such directions. Their errors are unknown, not large
 * numbers.
 */
import { atBound, chartAt, type CoordinateSystem } from './coordinates.ts';
import { congruence, invert, solve, symmetricEigen } from './linear-algebra.ts';
import { followMap, type Linearisation, type Objective } from './objective.ts';
import { coupling, type GroupFactor, type ScalingGroup } from './scaling.ts';

/** Longer standard errors than this, in natural steps, count as not determined. */
const LARGEST_ERROR = 1;
/** Directions with less than this share of the largest information are null. */
const NULL_DIRECTION = 1e-15;

/** One principal direction of the information on the physical parameters. */
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

export interface Covariance {
  /** Free physical parameters, then contrast[0], offset[0], contrast[1], … (none of them when the scaling is fixed). */
  readonly names: readonly string[];
  /** Row-major; NaN in the rows and columns of what is not known. */
  readonly matrix: Float64Array;
  /** Why a quantity's error is unknown: `at lower bound`, `not determined by the data`; null when it is known. */
  readonly reasons: readonly (string | null)[];
  /** Of all free parameters, those at a bound included; weakest first. */
  readonly directions: readonly Direction[];
}

/** The covariance at a minimum; `variance` is s², the variance of a point of unit weight. */
export function covarianceAt(
  objective: Objective,
  system: CoordinateSystem,
  point: Linearisation,
  variance: number,
): Covariance {
  const { free, groups, weight } = objective;
  const angles = groups.length === 0 ? 0 : weight.length;
  const scalingNames = Array.from({ length: angles }, (_, a) => [`contrast[${a}]`, `offset[${a}]`]).flat();
  const names = [...free.names, ...scalingNames];
  const everything = free.names.map((_, i) => i);
  const open = openParameters(objective, point);
  const directions = principalDirections(objective, system, point, variance, everything);
  // A bound holds its parameter: the errors of the others are those at that value.
  const held = open.length < everything.length;
  const remaining = held ? principalDirections(objective, system, point, variance, open) : directions;
  const matrix = scalingBlock(free.names.length, names.length, point.best.factors, variance);
  const unknown = undetermined(matrix, directions, lostScaling(free.names.length, point.best.factors));
  const size = names.length;
  for (const { effect } of remaining) {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) matrix[i * size + j] = matrix[i * size + j]! + effect[i]! * effect[j]!;
    }
  }
  const reasons = names.map((_, i) => {
    if (i < free.names.length && atBound(free, point.theta, i)) {
      return point.theta[i] === free.lower[i] ? 'at lower bound' : 'at upper bound';
    }
    return unknown[i] || !(matrix[i * size + i]! > 0) ? 'not determined by the data' : null;
  });
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      if (reasons[i] !== null || reasons[j] !== null) matrix[i * size + j] = NaN;
    }
  }
  return { names, matrix, reasons, directions };
}

/** Which quantities owe most of their variance to directions the data leave open, bounds or not. */
function undetermined(fixedPart: Float64Array, directions: readonly Direction[], lost: ReadonlySet<number>): boolean[] {
  const size = Math.sqrt(fixedPart.length);
  return Array.from({ length: size }, (_, i) => {
    let total = fixedPart[i * size + i]!;
    let open = 0;
    for (const { effect, determined } of directions) {
      total += effect[i]! ** 2;
      if (!determined) open += effect[i]! ** 2;
    }
    return lost.has(i) || open > 0.5 * total;
  });
}

/** Condition number of the full information matrix, scaling included, scaled to unit diagonal; null without parameters. */
export function conditionNumber(objective: Objective, point: Linearisation): number | null {
  const { free, groups } = objective;
  const open = openParameters(objective, point);
  if (open.length === 0) return null;
  const n = free.names.length;
  const follow = followMap(free, point.sums.parameters);
  const physical = congruence(point.sums.hessian, point.sums.parameters.length, follow, n);
  const size = open.length + groups.reduce((sum, group) => sum + 2 * group.terms, 0);
  const full = new Float64Array(size * size);
  open.forEach((i, a) => open.forEach((j, b) => (full[a * size + b] = physical[i * n + j]!)));
  let start = open.length;
  for (const { group, matrix } of point.best.factors) {
    const coefficients = 2 * group.terms;
    const border = borderOf(objective, point, group);
    for (let s = 0; s < coefficients; s++) {
      open.forEach((i, a) => {
        full[a * size + start + s] = border[i * coefficients + s]!;
        full[(start + s) * size + a] = border[i * coefficients + s]!;
      });
      for (let t = 0; t < coefficients; t++) {
        full[(start + s) * size + start + t] = matrix[s * coefficients + t]!;
      }
    }
    start += coefficients;
  }
  const scale = Float64Array.from({ length: size }, (_, i) => 1 / Math.sqrt(full[i * size + i]!));
  if (!scale.every(Number.isFinite)) return 1 / NULL_DIRECTION;
  const { values } = symmetricEigen(full.map((value, at) => value * scale[Math.floor(at / size)]! * scale[at % size]!), size);
  const largest = values[size - 1]!;
  return largest / Math.max(values[0]!, NULL_DIRECTION * largest);
}

/** Free parameters that are not at a bound. */
function openParameters({ free }: Objective, point: Linearisation): number[] {
  return free.names.map((_, i) => i).filter((i) => !atBound(free, point.theta, i));
}

/** Coupling of θ to a group's coefficients, shape (n, 2·terms). */
function borderOf({ free }: Objective, { sums, guess }: Linearisation, group: ScalingGroup): Float64Array {
  const coefficients = 2 * group.terms;
  const columns = coupling(group, sums, guess);
  const border = new Float64Array(free.names.length * coefficients);
  sums.parameters.forEach((name, k) => {
    const i = free.source(name);
    for (let s = 0; s < coefficients; s++) {
      border[i * coefficients + s] = border[i * coefficients + s]! + columns[k * coefficients + s]!;
    }
  });
  return border;
}

function principalDirections(
  objective: Objective,
  system: CoordinateSystem,
  point: Linearisation,
  variance: number,
  open: readonly number[],
): Direction[] {
  const n = objective.free.names.length;
  const m = open.length;
  if (m === 0) return [];
  const chart = chartAt(system, point.theta, new Set(), m === n);
  const toUser = new Float64Array(n * m);
  for (let i = 0; i < n; i++) open.forEach((j, column) => (toUser[i * m + column] = chart.jacobian[i * n + j]!));
  const { values, vectors } = symmetricEigen(congruence(point.information, n, toUser, m), m);
  const floor = NULL_DIRECTION * values[m - 1]!;
  const response = scalingResponse(objective, point);
  return vectors.map((vector, k) => {
    const information = Math.max(values[k]!, floor, Number.MIN_VALUE);
    const length = Math.sqrt(variance / information);
    const step = Math.min(length, LARGEST_ERROR);
    const natural = new Float64Array(n);
    open.forEach((i, column) => (natural[i] = vector[column]!));
    const theta = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let column = 0; column < m; column++) theta[i] = theta[i]! + step * toUser[i * m + column]! * vector[column]!;
    }
    return {
      length,
      determined: length <= LARGEST_ERROR && values[k]! > floor,
      natural,
      effect: Float64Array.from([...theta, ...response(theta)]),
      ends: [chart.at(natural.map((value) => -step * value)), chart.at(natural.map((value) => step * value))],
    };
  });
}

/** How the best contrast and offset answer to a change of θ: −N⁻¹Bᵀδθ, as contrast[0], offset[0], …. */
function scalingResponse(objective: Objective, point: Linearisation): (theta: Float64Array) => Float64Array {
  const { factors } = point.best;
  const borders = factors.map(({ group }) => borderOf(objective, point, group));
  return (theta) => {
    const response = new Float64Array(factors.length === 0 ? 0 : 2 * objective.weight.length);
    factors.forEach(({ group, factor }, g) => {
      const coefficients = 2 * group.terms;
      const right = new Float64Array(coefficients);
      theta.forEach((change, i) => {
        for (let s = 0; s < coefficients; s++) right[s] = right[s]! - borders[g]![i * coefficients + s]! * change;
      });
      const step = solve(factor, right);
      group.angles.forEach((a, row) => {
        for (let t = 0; t < group.terms; t++) {
          const basis = group.basis[row * group.terms + t]!;
          response[2 * a] = response[2 * a]! + basis * step[group.terms + t]!;
          response[2 * a + 1] = response[2 * a + 1]! + basis * step[t]!;
        }
      });
    });
    return response;
  };
}

/** s²·F·N⁻¹·Fᵀ: the errors of contrast and offset at fixed physical parameters, in a matrix of the full size. */
function scalingBlock(n: number, size: number, factors: readonly GroupFactor[], variance: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (const { group, factor } of factors) {
    const { angles, terms, basis } = group;
    const inverse = invert(factor);
    angles.forEach((a, rowA) => {
      angles.forEach((b, rowB) => {
        for (let s = 0; s < 2 * terms; s++) {
          for (let t = 0; t < 2 * terms; t++) {
            // Offset coefficients come first in a group, contrast first among the quantities of an angle.
            const i = n + 2 * a + (s < terms ? 1 : 0);
            const j = n + 2 * b + (t < terms ? 1 : 0);
            const product = basis[rowA * terms + (s % terms)]! * basis[rowB * terms + (t % terms)]!;
            matrix[i * size + j] = matrix[i * size + j]! + variance * product * inverse[s * 2 * terms + t]!;
          }
        }
      });
    });
  }
  return matrix;
}

/** Indices of contrasts and offsets whose coefficients the data do not determine at fixed physical parameters. */
function lostScaling(n: number, factors: readonly GroupFactor[]): Set<number> {
  const lost = new Set<number>();
  for (const { group, factor } of factors) {
    for (const coefficient of factor.order.slice(factor.rank)) {
      const term = coefficient % group.terms;
      group.angles.forEach((a, row) => {
        if (group.basis[row * group.terms + term] !== 0) lost.add(n + 2 * a + (coefficient < group.terms ? 1 : 0));
      });
    }
  }
  return lost;
}
