/**
 * Products of the matrices behind the speckle covariance of scores: the contract, its plain twin, and the compiled one,
 * which has the same bits.
 */
import type { KernelMemory } from './memory.ts';

/** Matrices of shape (n, n), row-major, in room of their own. */
export interface BandedProducts {
  /** So many numbers, whatever they are. What is asked for is given back by `free`, all at once. */
  room(length: number): Float64Array;
  free(): void;
  /**
   * A·B in `result`, for B whose row k has entries that count from reach[2k] to reach[2k + 1]; four entries of A in a row that are
   * all at most `share` of its largest are left out.
   */
  timesBanded(
    a: Float64Array,
    b: Float64Array,
    reach: Float64Array,
    n: number,
    share: number,
    result: Float64Array,
  ): void;
  /** bᵀ·W·b over the places first ≤ k < end, W symmetric. */
  quadraticForm(w: Float64Array, n: number, b: Float64Array, first: number, end: number): number;
  /** Σ a·b of so many numbers. */
  dot(a: Float64Array, b: Float64Array, length: number): number;
}

/** The plain twin, in memory of its own. */
export function referenceProducts(): BandedProducts {
  return { room: (length) => new Float64Array(length), free: () => undefined, timesBanded, quadraticForm, dot };
}

function timesBanded(
  a: Float64Array,
  b: Float64Array,
  reach: Float64Array,
  n: number,
  share: number,
  result: Float64Array,
): void {
  result.fill(0);
  const least = share * largest(a);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let k = 0; k < n; k += 4) {
      // Past the end the last row stands in, with factor 0.
      const k1 = Math.min(k + 1, n - 1);
      const k2 = Math.min(k + 2, n - 1);
      const k3 = Math.min(k + 3, n - 1);
      const f0 = a[row + k]!;
      const f1 = k1 === k ? 0 : a[row + k1]!;
      const f2 = k2 === k1 ? 0 : a[row + k2]!;
      const f3 = k3 === k2 ? 0 : a[row + k3]!;
      if (Math.max(Math.abs(f0), Math.abs(f1), Math.abs(f2), Math.abs(f3)) <= least) continue;
      const first = Math.min(reach[2 * k]!, reach[2 * k1]!, reach[2 * k2]!, reach[2 * k3]!);
      const end = Math.max(reach[2 * k + 1]!, reach[2 * k1 + 1]!, reach[2 * k2 + 1]!, reach[2 * k3 + 1]!);
      const [b0, b1, b2, b3] = [k * n, k1 * n, k2 * n, k3 * n];
      for (let j = first; j < end; j++) {
        result[row + j]! += f0 * b[b0 + j]! + f1 * b[b1 + j]! + (f2 * b[b2 + j]! + f3 * b[b3 + j]!);
      }
    }
  }
}

function largest(a: Float64Array): number {
  let most = 0;
  for (let at = 0; at < a.length; at++) most = Math.max(most, Math.abs(a[at]!));
  return most;
}

/** Two sums at a time, as two lanes have them. */
function quadraticForm(w: Float64Array, n: number, b: Float64Array, first: number, end: number): number {
  let sum = 0;
  for (let k = first; k < end; k++) {
    const row = k * n;
    let even = 0.5 * w[row + k]! * b[k]!;
    let odd = 0;
    let l = k + 1;
    for (; l + 1 < end; l += 2) {
      even += w[row + l]! * b[l]!;
      odd += w[row + l + 1]! * b[l + 1]!;
    }
    if (l < end) even += w[row + l]! * b[l]!;
    sum += (even + odd) * b[k]!;
  }
  return 2 * sum;
}

/** Four sums at a time. */
function dot(a: Float64Array, b: Float64Array, length: number): number {
  const sums = new Float64Array(4);
  let at = 0;
  for (; at + 3 < length; at += 4) {
    for (let lane = 0; lane < 4; lane++) sums[lane]! += a[at + lane]! * b[at + lane]!;
  }
  let sum = sums[0]! + sums[2]! + (sums[1]! + sums[3]!);
  for (; at < length; at++) sum += a[at]! * b[at]!;
  return sum;
}

/** The part of the compiled module that does the same; addresses are bytes in the kernel memory. */
export interface BandedExports {
  timesBanded(a: number, b: number, reach: number, n: number, share: number, result: number): void;
  quadraticForm(w: number, n: number, b: number, first: number, end: number): number;
  dot(a: number, b: number, length: number): number;
}

/** In room of `memory`, which is asked for once and used again after `free`. */
export function compiledProducts(kernels: BandedExports, memory: KernelMemory): BandedProducts {
  const rooms: Float64Array[] = [];
  let used = 0;
  return {
    room(length) {
      let room = rooms[used];
      if (room === undefined || room.length < length) rooms[used] = room = memory.float64(length);
      used += 1;
      return room.subarray(0, length);
    },
    free() {
      used = 0;
    },
    timesBanded: (a, b, reach, n, share, result) =>
      kernels.timesBanded(a.byteOffset, b.byteOffset, reach.byteOffset, n, share, result.byteOffset),
    quadraticForm: (w, n, b, first, end) => kernels.quadraticForm(w.byteOffset, n, b.byteOffset, first, end),
    dot: (a, b, length) => kernels.dot(a.byteOffset, b.byteOffset, length),
  };
}
