/** Find frames that stand out of their neighbours: beam dumps, shutter errors, shots that were lost. */

/** A frame is compared with the median of at most this many frames on each side. */
const NEIGHBOURS = 7;
/** It stands out beyond this many robust standard deviations … */
const DEVIATIONS = 8;
/** … and beyond this share of the typical value, so that smooth data do not flag their own curvature. */
const SHARE = 0.005;
/** A frame at an end stands out if its step is this many times the steps beside it. */
const STEPS = 3;
/** Standard deviation of a normal distribution per median absolute deviation. */
const SIGMA_PER_MAD = 1.4826;

/** Indices (from 0) of frames whose value stands out. Values that are not finite stand out; a monotonic trend does not. */
export function outlyingFrames(values: Float64Array): number[] {
  const last = values.length - 1;
  const deviations = values.map((value, k) => {
    const reach = Math.min(NEIGHBOURS, k, last - k);
    return Math.abs(value - median(values.subarray(k - reach, k + reach + 1)));
  });
  if (last >= 3) {
    deviations[0] = endDeviation(values[0]!, values[1]!, values[2]!, values[3]!);
    deviations[last] = endDeviation(values[last]!, values[last - 1]!, values[last - 2]!, values[last - 3]!);
  }
  const spread = SIGMA_PER_MAD * median(deviations);
  const floor = Math.max(DEVIATIONS * spread, SHARE * Math.abs(median(values)));
  return [...values.keys()].filter((k) => !Number.isFinite(values[k]) || deviations[k]! > floor);
}

function endDeviation(end: number, next: number, second: number, third: number): number {
  const usual = STEPS * Math.max(Math.abs(next - second), Math.abs(second - third));
  return Math.max(0, Math.abs(end - next) - usual);
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
