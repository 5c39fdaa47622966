/**
 * Standard errors at a minimum if all points were independent: s²·H⁻¹ of the free parameters, contrasts and offsets.
 *
 * A quantity that owes most of its variance to directions that are not determined, or whose error changes by more than a
 * factor of two within a natural step along one, has an unknown error, not a large number.
 */
import { atBound, chartAt, type Chart } from './coordinates.ts';
import { principalDirections, type Direction } from './directions.ts';
import { invert } from './linear-algebra.ts';
import { openParameters, variancePerPoint, type Linearisation, type Objective } from './objective.ts';
import type { GroupFactor } from './scaling.ts';

/** Largest change of a variance along an undetermined direction that leaves an error meaningful: a factor of two in σ. */
const LARGEST_CHANGE = 4;

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

/** The covariance at a minimum. */
export function covarianceAt(objective: Objective, point: Linearisation): Covariance {
  const { system, groups, weight } = objective;
  const { free } = system;
  const angles = groups.length === 0 ? 0 : weight.length;
  const scalingNames = Array.from({ length: angles }, (_, a) => [`contrast[${a}]`, `offset[${a}]`]).flat();
  const names = [...free.names, ...scalingNames];
  const everything = free.names.map((_, i) => i);
  const open = openParameters(objective, point);
  const directions = principalDirections(objective, point, point.chart, everything);
  // A bound holds its parameter: the errors of the others are those at that value.
  const held = open.length < everything.length;
  const remaining = held ? principalDirections(objective, point, chartAt(system, point.theta), open) : directions;
  const variance = variancePerPoint(objective, point);
  const matrix = scalingBlock(free.names.length, names.length, point.best.factors, variance);
  const lost = lostScaling(free.names.length, point.best.factors);
  const fragile = fragileParameters(directions, point.chart);
  const unknown = undetermined(matrix, directions).map((is, i) => is || fragile[i] === true || lost.has(i));
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
function undetermined(fixedPart: Float64Array, directions: readonly Direction[]): boolean[] {
  const size = Math.sqrt(fixedPart.length);
  return Array.from({ length: size }, (_, i) => {
    let total = fixedPart[i * size + i]!;
    let open = 0;
    for (const { effect, determined } of directions) {
      total += effect[i]! ** 2;
      if (!determined) open += effect[i]! ** 2;
    }
    return open > 0.5 * total;
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
