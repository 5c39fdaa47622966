/**
 * Standard errors at a minimum: s²·H⁻¹ if all points were independent, else the sandwich H⁻¹·B·H⁻¹ with the covariance B of
 * the scores, of the free parameters, contrasts and offsets.
 *
 * A quantity that owes most of its variance to directions that are not determined, or whose error changes by more than a
 * factor of two within a natural step along one, has an unknown error, not a large number.
 */
import { atBound, chartAt, type Chart } from './coordinates.ts';
import { principalDirections, solveGroups, type Direction, type PrincipalDirections } from './directions.ts';
import type { ScoreMeat } from './errors/score-meat.ts';
import { invert } from './linear-algebra.ts';
import { openParameters, variancePerPoint, type Linearisation, type Objective } from './objective.ts';
import type { GroupFactor } from './scaling.ts';

/** Largest change of a variance along an undetermined direction that leaves an error meaningful: a factor of two in σ. */
const LARGEST_CHANGE = 4;
/**
 * A direction one standard error of which is longer than this, in natural steps, is determined, but not so well that errors
 * are those of a quadratic.
 */
const NEARLY_STRAIGHT = 0.25;
/** A parameter that owes this share of its variance to such a direction is near-degenerate. */
const NOTICED = 0.25;

export interface Covariance {
  /** Free physical parameters, then contrast[0], offset[0], contrast[1], … (none of them when the scaling is fixed). */
  readonly names: readonly string[];
  /** Row-major; NaN in the rows and columns of what is not known. */
  readonly matrix: Float64Array;
  /** Why a quantity's error is unknown: `at lower bound`, `not determined by the data`; null when it is known. */
  readonly reasons: readonly (string | null)[];
  /** Which known errors owe much of their variance to directions along which the problem is bent. */
  readonly nearDegenerate: readonly boolean[];
  /** Of all free parameters, those at a bound included; weakest first. */
  readonly directions: readonly Direction[];
}

/** The covariance at a minimum; null when `meat` gives one that is not positive definite. */
export function covarianceAt(objective: Objective, point: Linearisation): Covariance;
export function covarianceAt(objective: Objective, point: Linearisation, meat: ScoreMeat): Covariance | null;
export function covarianceAt(
  objective: Objective,
  point: Linearisation,
  meat: ScoreMeat | null = null,
): Covariance | null {
  const { system, groups, weight } = objective;
  const { free } = system;
  const angles = groups.length === 0 ? 0 : weight.length;
  const scalingNames = Array.from({ length: angles }, (_, a) => [`contrast[${a}]`, `offset[${a}]`]).flat();
  const names = [...free.names, ...scalingNames];
  const everything = free.names.map((_, i) => i);
  const open = openParameters(objective, point);
  const all = principalDirections(objective, point, point.chart, everything, meat);
  // A bound holds its parameter: the errors of the others are those at that value.
  const held = open.length < everything.length;
  const remaining = held ? principalDirections(objective, point, chartAt(system, point.theta), open, meat) : all;
  if (all === null || remaining === null) return null;
  const { directions } = all;
  const { factors } = point.best;
  const coefficients =
    meat === null
      ? independentCoefficients(factors, variancePerPoint(objective, point))
      : sandwichedCoefficients(factors, meat, remaining);
  const matrix = scalingBlock(free.names.length, names.length, factors, coefficients);
  const lost = lostScaling(free.names.length, factors);
  const fragile = fragileParameters(directions, point.chart);
  const undetermined = owesTo(matrix, directions, ({ determined }) => !determined, 0.5);
  const unknown = undetermined.map((is, i) => is || fragile[i] === true || lost.has(i));
  const long = ({ length, determined }: Direction): boolean => !determined || length > NEARLY_STRAIGHT;
  const along = owesTo(matrix, directions, long, NOTICED);
  const together = bentTogether(point.chart, directions.filter(long));
  const nearDegenerate = names.map((_, i) => along[i] === true || together.has(i));
  const size = names.length;
  for (const { effect } of remaining.directions) {
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
  return {
    names,
    matrix,
    reasons,
    nearDegenerate: nearDegenerate.map((is, i) => is && reasons[i] === null),
    directions,
  };
}

/** The members of rates A·t^p + B that such directions bend: where one of them is only roughly known, all are. */
function bentTogether({ bent }: Chart, directions: readonly Direction[]): Set<number> {
  const members = bent.filter(({ indices }) =>
    directions.some(({ natural }) => indices.reduce((sum, i) => sum + natural[i]! ** 2, 0) > NOTICED),
  );
  return new Set(members.flatMap(({ indices }) => [...indices]));
}

/** Which quantities owe more than a share of their variance to the directions that count, bounds or not. */
function owesTo(
  fixedPart: Float64Array,
  directions: readonly Direction[],
  counts: (direction: Direction) => boolean,
  share: number,
): boolean[] {
  const size = Math.sqrt(fixedPart.length);
  return Array.from({ length: size }, (_, i) => {
    let total = fixedPart[i * size + i]!;
    let part = 0;
    for (const direction of directions) {
      const square = direction.effect[i]! ** 2;
      total += square;
      if (counts(direction)) part += square;
    }
    return part > share * total;
  });
}

/**
 * Which physical parameters have an error that depends on where along an undetermined direction one stands: an exponent
 * near zero, for instance, whose amplitude is unknown by a factor.
 */
function fragileParameters(directions: readonly Direction[], chart: Chart): boolean[] {
  const variancesAt = (centre: Float64Array): Float64Array => {
    const variances = new Float64Array(centre.length);
    for (const { natural, length, determined } of directions) {
      if (!determined) continue;
      const up = chart.at(centre.map((z, i) => z + length * natural[i]!));
      const down = chart.at(centre.map((z, i) => z - length * natural[i]!));
      for (let i = 0; i < variances.length; i++) variances[i] = variances[i]! + ((up[i]! - down[i]!) / 2) ** 2;
    }
    return variances;
  };
  const open = directions.filter(({ determined }) => !determined);
  const size = chart.lower.length;
  const here = variancesAt(new Float64Array(size));
  const there = open.flatMap(({ natural }) => [variancesAt(natural), variancesAt(natural.map((z) => -z))]);
  return Array.from({ length: size }, (_, i) => there.some((variances) => variances[i]! > LARGEST_CHANGE * here[i]!));
}

/** s²·N⁻¹ of the scaling coefficients at fixed physical parameters, group by group. */
function independentCoefficients(factors: readonly GroupFactor[], variance: number): Float64Array {
  const size = factors.reduce((sum, { group }) => sum + 2 * group.terms, 0);
  const matrix = new Float64Array(size * size);
  let start = 0;
  for (const { group, factor } of factors) {
    const terms = 2 * group.terms;
    const inverse = invert(factor);
    for (let s = 0; s < terms; s++) {
      for (let t = 0; t < terms; t++) matrix[(start + s) * size + start + t] = variance * inverse[s * terms + t]!;
    }
    start += terms;
  }
  return matrix;
}

/** N⁻¹·B·N⁻¹ of the scaling coefficients, less what the directions already hold of it. */
function sandwichedCoefficients(
  factors: readonly GroupFactor[],
  { scaling }: ScoreMeat,
  { excess }: PrincipalDirections,
): Float64Array {
  const size = Math.sqrt(scaling.length);
  const half = new Float64Array(size * size);
  for (let s = 0; s < size; s++) half.set(solveGroups(factors, scaling.subarray(s * size, (s + 1) * size)), s * size);
  const matrix = new Float64Array(size * size);
  const column = new Float64Array(size);
  for (let s = 0; s < size; s++) {
    for (let t = 0; t < size; t++) column[t] = half[t * size + s]!;
    matrix.set(solveGroups(factors, column), s * size);
  }
  for (const row of excess ?? []) {
    for (let s = 0; s < size; s++) {
      for (let t = 0; t < size; t++) matrix[s * size + t] = matrix[s * size + t]! - row[s]! * row[t]!;
    }
  }
  return matrix;
}

/** F·X·Fᵀ in a matrix of the full size: contrast and offset of each angle from the covariance X of the coefficients. */
function scalingBlock(
  n: number,
  size: number,
  factors: readonly GroupFactor[],
  coefficients: Float64Array,
): Float64Array {
  const matrix = new Float64Array(size * size);
  const all = Math.sqrt(coefficients.length);
  const entries: { readonly row: number; readonly coefficient: number; readonly basis: number }[] = [];
  let start = 0;
  for (const { group } of factors) {
    const { angles, terms, basis } = group;
    angles.forEach((a, row) => {
      for (let t = 0; t < terms; t++) {
        const value = basis[row * terms + t]!;
        // Offset coefficients come first in a group, contrast first among the quantities of an angle.
        entries.push({ row: n + 2 * a + 1, coefficient: start + t, basis: value });
        entries.push({ row: n + 2 * a, coefficient: start + terms + t, basis: value });
      }
    });
    start += 2 * terms;
  }
  for (const one of entries) {
    for (const other of entries) {
      const at = one.row * size + other.row;
      matrix[at] = matrix[at]! + one.basis * other.basis * coefficients[one.coefficient * all + other.coefficient]!;
    }
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
