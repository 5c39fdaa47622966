/**
 * Upper triangles of a stack of two-time matrices, the one layout the kernels read.
 *
 * Per angle the pairs i < j are stored row by row: (0,1), (0,2), …, (0,N−1), (1,2), …: N(N−1)/2 float32 numbers.
 * The diagonal (shot noise) is not stored. A pair that is excluded is NaN and nothing else is.
 */

export interface TriangleStack {
  /** N, frames of the support. */
  readonly frames: number;
  /** P, angles. */
  readonly angles: number;
  /** P·N(N−1)/2 values of c2; for the compiled kernels a view of `KernelMemory`. */
  readonly values: Float32Array;
  /** Excluded (NaN) pairs per angle, shape (P); angles with 0 take the faster kernels. */
  readonly excluded: Uint32Array;
}

/** N(N−1)/2. */
export function pairsOf(frames: number): number {
  return (frames * (frames - 1)) / 2;
}

/** Index of pair (i, i+1) inside one angle's triangle; pair (i, j) is at rowStart + j − i − 1. */
export function rowStart(frames: number, i: number): number {
  return i * (frames - 1) - (i * (i - 1)) / 2;
}
