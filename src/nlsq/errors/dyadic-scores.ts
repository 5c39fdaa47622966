/**
 * The covariance of the scores without a model of the noise: products of the scores of all pairs that share a block of frames
 * (Aronow, Samii & Assenova, Political Analysis 23 (2015) 564).
 *
 *   B = Σ_b G_b·G_bᵀ − Σ_{b<d} S_bd·S_bdᵀ        S_bd: scores of the pairs between blocks b and d,  G_b = Σ_d S_bd
 */
import type { ResidualSums } from './residual-pass.ts';

/** Blocks are about one correlation time long, but there are no more than this. */
const MOST_BLOCKS = 64;
/** Fewer blocks than this say nothing. */
export const FEWEST_DYADIC_BLOCKS = 8;

/** B of the columns of one angle, shape (R, R); null where the window holds too few correlation times. */
export function dyadicScores(sums: ResidualSums, columns: number, correlationTimes: number): Float64Array | null {
  const fine = sums.blocks.count;
  const wanted = Math.min(MOST_BLOCKS, correlationTimes);
  let merged = 1;
  while (fine / merged > wanted) merged *= 2;
  const n = Math.ceil(fine / merged);
  if (n < FEWEST_DYADIC_BLOCKS) return null;
  const blocks = mergeScores(sums.scores, fine, columns, merged, n);
  const result = new Float64Array(columns * columns);
  const through = new Float64Array(n * columns);
  for (let b = 0; b < n; b++) {
    for (let d = b; d < n; d++) {
      const at = (b * n + d) * columns;
      const score = blocks.subarray(at, at + columns);
      for (let k = 0; k < columns; k++) {
        through[b * columns + k]! += score[k]!;
        if (d > b) through[d * columns + k]! += score[k]!;
      }
      if (d > b) addOuter(result, score, -1);
    }
  }
  for (let b = 0; b < n; b++) addOuter(result, through.subarray(b * columns, (b + 1) * columns), 1);
  return result;
}

function mergeScores(scores: Float64Array, fine: number, columns: number, merged: number, n: number): Float64Array {
  const result = new Float64Array(n * n * columns);
  for (let b = 0; b < fine; b++) {
    for (let d = b; d < fine; d++) {
      const to = (Math.floor(b / merged) * n + Math.floor(d / merged)) * columns;
      const from = (b * fine + d) * columns;
      for (let k = 0; k < columns; k++) result[to + k]! += scores[from + k]!;
    }
  }
  return result;
}

function addOuter(matrix: Float64Array, vector: Float64Array, sign: number): void {
  const n = vector.length;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) matrix[i * n + j]! += sign * vector[i]! * vector[j]!;
}
