/**
 * The matrices of one angle that enter weighted products: 1, M, the residual, and ∂M/∂parameter.
 *
 * M and its derivatives with respect to ΔC, ΔG and h are computed once per pair and kept for one angle.
 */
import { pairsOf, rowStart } from '../../kernels/triangles.ts';
import type { Physics, Sensitivities } from '../../model/two-time-model.ts';
import { pairRows } from '../errors/pair-row.ts';
import type { RowSource } from './weighted-products.ts';

/** M and its derivatives for the pairs i < j of one angle, each of shape N(N−1)/2 in triangle order. */
export interface PairTables {
  readonly m: Float64Array;
  /** ∂M/∂ΔC. */
  readonly c: Float64Array;
  /** ∂M/∂ΔG and ∂M/∂h; null without shear. */
  readonly g: Float64Array | null;
  readonly h: Float64Array | null;
}

export function pairTables(physics: Physics, angle: number): PairTables {
  const frames = physics.c.length;
  const make = (): Float64Array => new Float64Array(pairsOf(frames));
  const tables = { m: make(), c: make(), ...(physics.g === null ? { g: null, h: null } : { g: make(), h: make() }) };
  const rowOf = pairRows(physics, angle);
  for (let i = 0; i + 1 < frames; i++) {
    const start = rowStart(frames, i);
    const row = rowOf(i);
    for (const key of ['m', 'c', 'g', 'h'] as const) tables[key]?.set(row[key].subarray(i + 1), start);
  }
  return tables;
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
    if (c.length > 0) fillFromTriangle(tables.c, frames, i, slopes);
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

/** Row i of the residual c2 − offset − contrast·M; `values`: c2 in triangle order, `m`: row i of M. */
export function fillResidual(
  values: Float32Array,
  { contrast, offset }: { readonly contrast: number; readonly offset: number },
  i: number,
  m: Float64Array,
  row: Float64Array,
): void {
  fillFromTriangle(values, row.length, i, row);
  for (let j = 0; j < row.length; j++) row[j] = row[j]! - offset - contrast * m[j]!;
  row[i] = 0;
}
