/** Find frames that stand out of their neighbours: beam dumps, shutter errors, shots that were lost. */

/** A frame is compared with the median of this many frames on each side. */
const NEIGHBOURS = 7;
/** It stands out beyond this many robust standard deviations … */
const DEVIATIONS = 8;
/** … and beyond this share of the typical value, so that smooth data do not flag their own curvature. */
const SHARE = 0.005;
/** Standard deviation of a normal distribution per median absolute deviation. */
const SIGMA_PER_MAD = 1.4826;

/** Indices (from 0) of frames whose value stands out. Values that are not finite stand out. */
export function outlyingFrames(values: Float64Array): number[] {
  const count = values.length;
  const deviations = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const window = values.subarray(Math.max(0, k - NEIGHBOURS), Math.min(count, k + NEIGHBOURS + 1));
    deviations[k] = values[k]! - median(window);
  }
  const floor = Math.max(
    DEVIATIONS * SIGMA_PER_MAD * median(deviations.map(Math.abs)),
    SHARE * Math.abs(median(values)),
  );
  return [...values.keys()].filter((k) => !(Math.abs(deviations[k]!) <= floor));
}

/** Mean of all finite pairs a frame takes part in, from one triangle of N frames, shape (N); NaN where there is none. */
export function frameMeans(triangle: Float32Array, frames: number): Float64Array {
  const sums = new Float64Array(frames);
  const counts = new Int32Array(frames);
  let at = 0;
  for (let i = 0; i < frames; i++) {
    for (let j = i + 1; j < frames; j++) {
      const x = triangle[at++]!;
      if (Number.isNaN(x)) continue;
      sums[i]! += x;
      sums[j]! += x;
      counts[i]!++;
      counts[j]!++;
    }
  }
  return sums.map((sum, k) => sum / counts[k]!);
}

/** Median of the finite values; NaN if there is none. */
function median(values: Float64Array): number {
  const sorted = values.filter(Number.isFinite).toSorted();
  return sorted.length === 0 ? NaN : (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
