/**
 * The matrices of one angle that enter weighted products: 1, M, the residual, and ∂M/∂parameter.
 *
 * M and its derivatives with respect to ΔC, ΔG and h are computed once per pair and kept for one angle.
 */
import { pairsOf, readRows, rowStart, type TriangleStack } from '../../kernels/triangles.ts';
import { pairDerivatives } from '../../model/pair-function.ts';
import type { Physics, Sensitivities } from '../../model/two-time-model.ts';
import type { RowSource } from './weighted-products.ts';

/** M and its derivatives for the pairs i < j of one angle, each of shape N(N−1)/2 in triangle order. */
export interface PairTables {
  readonly m: Float64Array;
  /** ∂M/∂ΔC; null when only M was asked for. */
  readonly c: Float64Array | null;
  /** ∂M/∂ΔG and ∂M/∂h; null without shear. */
  readonly g: Float64Array | null;
  readonly h: Float64Array | null;
}

export function pairTables(physics: Physics, angle: number, derivatives: boolean): PairTables {
  const { pairFunction, kappa, c, g } = physics;
  const factor = physics.h[angle]!;
  const frames = c.length;
  const make = (): Float64Array => new Float64Array(pairsOf(frames));
  const m = make();
  const slopeC = derivatives ? make() : null;
  const sheared = derivatives && g !== null;
  const slopeG = sheared ? make() : null;
  const slopeH = sheared ? make() : null;
  let at = 0;
  for (let i = 0; i < frames; i++) {
    for (let j = i + 1; j < frames; j++, at++) {
      const pair = pairDerivatives(
        pairFunction,
        kappa,
        Math.max(0, c[j]! - c[i]!),
        g === null ? 0 : g[j]! - g[i]!,
        factor,
      );
      m[at] = pair.m;
      if (slopeC !== null) slopeC[at] = pair.c;
      if (slopeG !== null) slopeG[at] = pair.g;
      if (slopeH !== null) slopeH[at] = pair.h;
    }
  }
  return { m, c: slopeC, g: slopeG, h: slopeH };
}

/** Row i of a symmetric matrix with diagonal 0 from its triangle. */
function fillFromTriangle(triangle: ArrayLike<number>, frames: number, i: number, row: Float64Array): void {
  for (let j = 0, at = i - 1; j < i; j++) {
    row[j] = triangle[at]!;
    at += frames - j - 2;
  }
  row[i] = 0;
  const start = rowStart(frames, i) - i - 1;
  for (let j = i + 1; j < frames; j++) row[j] = triangle[start + j]!;
}

/** Row i of slope·(v_j − v_i), both halves. */
function fillDifference(
  triangle: Float64Array,
  vector: Float64Array,
  frames: number,
  i: number,
  row: Float64Array,
): void {
  fillFromTriangle(triangle, frames, i, row);
  const own = vector[i]!;
  for (let j = 0; j < i; j++) row[j] = row[j]! * (own - vector[j]!);
  for (let j = i + 1; j < frames; j++) row[j] = row[j]! * (vector[j]! - own);
}

/** Rows of ∂M/∂parameter in the order of the sweep (c, g, h), then of 1 and of M. */
export function columnRows(tables: PairTables, sensitivities: Sensitivities, angle: number, frames: number): RowSource {
  const { c, g, h } = sensitivities;
  return (i, rows) => {
    let k = 0;
    for (const { vector } of c) fillDifference(tables.c!, vector, frames, i, rows[k++]!);
    for (const { vector } of g) fillDifference(tables.g!, vector, frames, i, rows[k++]!);
    for (const { vector } of h) {
      const row = rows[k++]!;
      fillFromTriangle(tables.h!, frames, i, row);
      for (let j = 0; j < frames; j++) row[j] = row[j]! * vector[angle]!;
    }
    rows[k]!.fill(1);
    rows[k]![i] = 0;
    fillFromTriangle(tables.m, frames, i, rows[k + 1]!);
  };
}

/** Rows of 1, M and the residual c2 − offset − contrast·M. */
export function residualRows(
  tables: PairTables,
  data: TriangleStack,
  angle: number,
  contrast: number,
  offset: number,
): RowSource {
  const { frames } = data;
  const values = readRows(data, angle, 0, frames);
  const measured = new Float64Array(frames);
  return (i, [ones, m, residual]) => {
    ones!.fill(1);
    ones![i] = 0;
    fillFromTriangle(tables.m, frames, i, m!);
    fillFromTriangle(values, frames, i, measured);
    for (let j = 0; j < frames; j++) residual![j] = measured[j]! - offset - contrast * m![j]!;
    residual![i] = 0;
  };
}
