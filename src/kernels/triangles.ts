/**
 * Upper triangles of a stack of two-time matrices, the one layout the kernels read.
 *
 * Per angle the pairs i < j are stored row by row: (0,1), (0,2), …, (0,N−1), (1,2), …: N(N−1)/2 float32 numbers.
 * The diagonal (shot noise) is not stored. A pair that is excluded is NaN and nothing else is. The triangles lie in memory
 * or, when they are larger than that may be, in a file of the same layout.
 */
import { Defect } from '../base/errors.ts';

interface TriangleShape {
  /** N, frames of the support. */
  readonly frames: number;
  /** P, angles. */
  readonly angles: number;
  /** Excluded (NaN) pairs per angle, shape (P); angles with 0 take the faster kernels. */
  readonly excluded: Uint32Array;
}

/** Triangles in memory. */
export interface ResidentTriangles extends TriangleShape {
  /** P·N(N−1)/2 values of c2; for the compiled kernels a view of `KernelMemory`. */
  readonly values: Float32Array;
}

/** Triangles in a file. */
export interface StoredTriangles extends TriangleShape {
  readonly file: TriangleFile;
}

export type TriangleStack = ResidentTriangles | StoredTriangles;

/** P·N(N−1)/2 values on disk, in the order of the array they would be. Throws `InputRefused` when reading fails. */
export interface TriangleFile {
  /** Fill `into` with the values from index `first` on. */
  read(first: number, into: Float32Array): void;
  /** The same in the background; `into` must not be touched until it resolves. */
  readAhead(first: number, into: Float32Array): Promise<void>;
}

export function isResident(stack: TriangleStack): stack is ResidentTriangles {
  return 'values' in stack;
}

/** All values at once; only for data known to be in memory. */
export function valuesOf(stack: TriangleStack): Float32Array {
  if (!isResident(stack)) throw new Defect('the data lie in a file, not in memory');
  return stack.values;
}

/**
 * The pairs of rows `first` ≤ i < `end` of one angle, in triangle order: a view where the data are in memory, else a copy,
 * in `buffer` if that is given and large enough.
 */
export function readRows(
  stack: TriangleStack,
  angle: number,
  first: number,
  end: number,
  buffer?: Float32Array,
): Float32Array {
  const start = angle * pairsOf(stack.frames) + rowStart(stack.frames, first);
  const length = rowStart(stack.frames, end) - rowStart(stack.frames, first);
  if (isResident(stack)) return stack.values.subarray(start, start + length);
  const rows = buffer !== undefined && buffer.length >= length ? buffer.subarray(0, length) : new Float32Array(length);
  stack.file.read(start, rows);
  return rows;
}

/** Some rows of one angle: `first` ≤ i < `end`, pairs in triangle order; overwritten by the next. */
export interface RowBlock {
  readonly first: number;
  readonly end: number;
  readonly values: Float32Array;
}

/** Values of one block of rows read from a file, about. */
const BLOCK_VALUES = 2 ** 18;

/** All rows of one angle, from the first to the last: at once where they are in memory, else some at a time. */
export function* rowBlocks(stack: TriangleStack, angle: number): Generator<RowBlock> {
  const { frames } = stack;
  if (isResident(stack)) {
    yield { first: 0, end: frames, values: readRows(stack, angle, 0, frames) };
    return;
  }
  const start = angle * pairsOf(frames);
  const buffer = new Float32Array(Math.max(frames, Math.min(BLOCK_VALUES, pairsOf(frames))));
  for (let first = 0; first < frames - 1;) {
    let end = first + 1;
    while (end < frames && rowStart(frames, end + 1) - rowStart(frames, first) <= buffer.length) end++;
    const values = buffer.subarray(0, rowStart(frames, end) - rowStart(frames, first));
    stack.file.read(start + rowStart(frames, first), values);
    yield { first, end, values };
    first = end;
  }
}

/** N(N−1)/2. */
export function pairsOf(frames: number): number {
  return (frames * (frames - 1)) / 2;
}

/** Index of pair (i, i+1) inside one angle's triangle; pair (i, j) is at rowStart + j − i − 1. At i = N the number of pairs. */
export function rowStart(frames: number, i: number): number {
  return i * (frames - 1) - (i * (i - 1)) / 2;
}
