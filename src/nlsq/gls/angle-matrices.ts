/**
 * The matrices of one angle that enter weighted products: 1, M, the residual, and ∂M/∂parameter.
 *
 * M and its derivatives with respect to ΔC, ΔG and h are computed once per pair and kept for one angle.
 */
import { readRows, rowStart, type TriangleStack } from '../../kernels/triangles.ts';
import { pairDerivatives } from '../../model/pair-function.ts';
import type { Physics, Sensitivities } from '../../model/two-time-model.ts';
import type { RowSource } from './weighted-products.ts';

/** M and, where asked for, its derivatives for the pairs i < j of one angle, each of shape N(N−1)/2 in triangle order. */
export interface PairTables {
  readonly m: Float64Array;
  /** ∂M/∂ΔC. */
  readonly c: Float64Array | null;
  /** ∂M/∂ΔG and ∂M/∂h; null without shear. */
  readonly g: Float64Array | null;
  readonly h: Float64Array | null;
}

/** `shape` gives M of all pairs of an angle. */
export function pairTables(
  physics: Physics,
  angle: number,
  shape: (physics: Physics, angle: number) => Float64Array,
  derivatives: boolean,
): PairTables {
  const { pairFunction, kappa, c, g } = physics;
  const m = shape(physics, angle);
  if (!derivatives) return { m, c: null, g: null, h: null };
  if (pairFunction === 'published' && g === null) return { m, c: m.map((value) => -kappa * value), g: null, h: null };
  const factor = physics.h[angle]!;
  const frames = c.length;
  const [slopeC, slopeG, slopeH] = [0, 0, 0].map(() => new Float64Array(m.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let at = 0;
  for (let i = 0; i < frames; i++) {
    for (let j = i + 1; j < frames; j++, at++) {
      const deltaG = g === null ? 0 : g[j]! - g[i]!;
      const pair = pairDerivatives(pairFunction, kappa, Math.max(0, c[j]! - c[i]!), deltaG, factor);
      slopeC[at] = pair.c;
      slopeG[at] = pair.g;
      slopeH[at] = pair.h;
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

/** Rows of ∂M/∂parameter in the order of the sweep (c, g, h), then of 1 and of M. */
export function columnRows(tables: PairTables, sensitivities: Sensitivities, angle: number, frames: number): RowSource {
  const { c, g, h } = sensitivities;
  const slopes = new Float64Array(frames);
  return (i, rows) => {
    let k = 0;
    if (c.length > 0) fillFromTriangle(tables.c!, frames, i, slopes);
    for (const { vector } of c) fillDifference(slopes, vector, i, rows[k++]!);
    if (g.length > 0) fillFromTriangle(tables.g!, frames, i, slopes);
    for (const { vector } of g) fillDifference(slopes, vector, i, rows[k++]!);
    if (h.length > 0) fillFromTriangle(tables.h!, frames, i, slopes);
    for (const { vector } of h) {
      const row = rows[k++]!;
      for (let j = 0; j < frames; j++) row[j] = slopes[j]! * vector[angle]!;
    }
    rows[k]!.fill(1);
    rows[k]![i] = 0;
    fillFromTriangle(tables.m, frames, i, rows[k + 1]!);
  };
}

/** Row i of slope·(v_j − v_i), both halves. */
function fillDifference(slopes: Float64Array, vector: Float64Array, i: number, row: Float64Array): void {
  const own = vector[i]!;
  for (let j = 0; j < i; j++) row[j] = slopes[j]! * (own - vector[j]!);
  for (let j = i; j < row.length; j++) row[j] = slopes[j]! * (vector[j]! - own);
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
