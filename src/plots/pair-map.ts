/**
 * Reduce the pairs of one angle to square images a page can hold: measured, model and residual/σ.
 *
 * Pixels are means over blocks of frame pairs. Rows and columns count frames of the window, so frames that were left
 * out are blank lines and the time axes stay linear. The diagonal and excluded pairs are NaN.
 */
import { rowStart } from '../kernels/triangles.ts';
import type { TimeGrid } from '../model/time-grid.ts';

/** Measured c2, contrast·M + offset, and σ of one angle, in triangle order. */
export interface AnglePairs {
  readonly measured: Float32Array;
  readonly shape: Float64Array;
  readonly contrast: number;
  readonly offset: number;
  readonly sigma: number;
}

export interface PairMaps {
  /** Pixels per side; row 0 is the earliest t2. */
  readonly size: number;
  /** Frames per pixel along a side. */
  readonly block: number;
  readonly measured: Float32Array;
  readonly model: Float32Array;
  /** Mean of (measured − model)/σ. */
  readonly residual: Float32Array;
}

/** Frames per pixel that keep a map within `pixels` per side. */
export function blockFor(grid: TimeGrid, pixels: number): number {
  const { positions } = grid;
  return Math.max(1, Math.ceil((positions[positions.length - 1]! - positions[0]! + 1) / pixels));
}

export function mapPairs(grid: TimeGrid, pairs: AnglePairs, block: number): PairMaps {
  const { positions } = grid;
  const frames = positions.length;
  const first = positions[0]!;
  const size = Math.floor((positions[frames - 1]! - first) / block) + 1;
  const pixel = Int32Array.from(positions, (k) => Math.floor((k - first) / block));
  const sums: PixelSums = {
    measured: new Float64Array(size * size),
    shape: new Float64Array(size * size),
    count: new Uint32Array(size * size),
  };
  for (let i = 0; i < frames; i++) addRow(sums, pairs, pixel, i, pixel[i]! * size);
  const { contrast, offset, sigma } = pairs;
  const maps = {
    measured: new Float32Array(size * size).fill(Number.NaN),
    model: new Float32Array(size * size).fill(Number.NaN),
    residual: new Float32Array(size * size).fill(Number.NaN),
  };
  for (let a = 0; a < size; a++) {
    for (let b = a; b < size; b++) {
      const at = a * size + b;
      const n = sums.count[at]!;
      if (n === 0) continue;
      const mirror = b * size + a;
      const mean = sums.measured[at]! / n;
      const model = offset + (contrast * sums.shape[at]!) / n;
      maps.measured[at] = maps.measured[mirror] = mean;
      maps.model[at] = maps.model[mirror] = model;
      maps.residual[at] = maps.residual[mirror] = (mean - model) / sigma;
    }
  }
  // Garbage collection would let hundreds of these gather first.
  for (const sum of [sums.measured, sums.shape]) sum.buffer.transfer(0);
  return { size, block, ...maps };
}

/** Sums over the pairs of each pixel, and how many pairs there were. */
interface PixelSums {
  readonly measured: Float64Array<ArrayBuffer>;
  readonly shape: Float64Array<ArrayBuffer>;
  readonly count: Uint32Array;
}

/** Add the pairs (i, j) to a row of pixels that starts at `row`. A function of its own: so it is optimised sooner. */
function addRow(sums: PixelSums, pairs: AnglePairs, pixel: Int32Array, i: number, row: number): void {
  const { measured, shape } = pairs;
  const frames = pixel.length;
  let p = rowStart(frames, i);
  for (let j = i + 1; j < frames;) {
    const column = pixel[j]!;
    let sum = 0;
    let sumOfShapes = 0;
    let n = 0;
    for (; j < frames && pixel[j] === column; j++, p++) {
      const y = measured[p]!;
      if (Number.isNaN(y)) continue;
      sum += y;
      sumOfShapes += shape[p]!;
      n++;
    }
    sums.measured[row + column]! += sum;
    sums.shape[row + column]! += sumOfShapes;
    sums.count[row + column]! += n;
  }
}

/** The quantiles of the finite values, from an even sample of at most `limit` of them; null when there are none. */
export function quantiles(
  arrays: readonly Float32Array[],
  fractions: readonly number[],
  limit = 20_000,
): number[] | null {
  const total = arrays.reduce((sum, one) => sum + one.length, 0);
  const stride = Math.max(1, Math.ceil(total / limit));
  const sample = new Float32Array(Math.ceil(total / stride) + arrays.length);
  let n = 0;
  for (const one of arrays) {
    for (let k = 0; k < one.length; k += stride) if (Number.isFinite(one[k])) sample[n++] = one[k]!;
  }
  if (n === 0) return null;
  const sorted = sample.subarray(0, n).sort();
  return fractions.map((fraction) => sorted[Math.round(fraction * (n - 1))]!);
}
