/** The score weights 𝒲J of one angle as whole matrices: what a pair's error adds to the weighted normal equations. */
import { diagonalInnovations, solveFromInnovations, type MarkovWeight } from './markov-weight.ts';
import type { RowSource } from './weighted-products.ts';

/**
 * 𝒲J = W⁻¹(J − diag x)·W⁻¹ with x such that the diagonal is 0, for `count` matrices J given by rows; each of shape (N, N)
 * row-major.
 */
export function weightedColumns(weight: MarkovWeight, count: number, fill: RowSource): Float64Array[] {
  const { frames } = weight;
  const columns = Array.from({ length: count }, () => new Float64Array(frames * frames));
  const load = (): void => {
    for (let i = 0; i < frames; i++) {
      fill(
        i,
        columns.map((matrix) => matrix.subarray(i * frames, (i + 1) * frames)),
      );
    }
  };
  load();
  const missing = columns.map((matrix) => {
    applyInverse(weight, matrix);
    const diagonal = Float64Array.from({ length: frames }, (_, i) => matrix[i * (frames + 1)]!);
    diagonalInnovations(weight, diagonal);
    solveFromInnovations(weight, diagonal);
    return diagonal;
  });
  load();
  columns.forEach((matrix, k) => {
    for (let i = 0; i < frames; i++) matrix[i * (frames + 1)] = -missing[k]![i]!;
    applyInverse(weight, matrix);
    // Zero up to rounding, by construction.
    for (let i = 0; i < frames; i++) matrix[i * (frames + 1)] = 0;
  });
  return columns;
}

/** X ← W⁻¹XW⁻¹ for a symmetric matrix of shape (N, N). */
function applyInverse(weight: MarkovWeight, matrix: Float64Array): void {
  const { frames } = weight;
  for (let i = 0; i < frames; i++) applyToVector(weight, matrix.subarray(i * frames, (i + 1) * frames));
  applyToColumns(weight, matrix);
}

/** x ← W⁻¹x. */
function applyToVector({ keep, gain, variance }: MarkovWeight, x: Float64Array): void {
  let state = 0;
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    x[i] = (value - state) / variance[i]!;
    state = keep[i]! * state + gain[i]! * value;
  }
  state = 0;
  for (let i = x.length - 1; i >= 0; i--) {
    const value = x[i]!;
    x[i] = value - gain[i]! * state;
    state = value + keep[i]! * state;
  }
}

/** W⁻¹X, the same along the columns, row by row. */
function applyToColumns({ frames, keep, gain, variance }: MarkovWeight, matrix: Float64Array): void {
  const state = new Float64Array(frames);
  for (let i = 0; i < frames; i++) {
    const [a, b, scale] = [keep[i]!, gain[i]!, 1 / variance[i]!];
    for (let j = 0, at = i * frames; j < frames; j++, at++) {
      const value = matrix[at]!;
      matrix[at] = (value - state[j]!) * scale;
      state[j] = a * state[j]! + b * value;
    }
  }
  state.fill(0);
  for (let i = frames - 1; i >= 0; i--) {
    const [a, b] = [keep[i]!, gain[i]!];
    for (let j = 0, at = i * frames; j < frames; j++, at++) {
      const value = matrix[at]!;
      matrix[at] = value - b * state[j]!;
      state[j] = value + a * state[j]!;
    }
  }
}
