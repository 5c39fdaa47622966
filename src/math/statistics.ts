/** Sums, means and quantiles with a fixed order of additions. */

/** Sum by a fixed binary tree: the error grows with log n, and the bits depend on the numbers and their order alone. */
export function pairwiseSum(values: ArrayLike<number>, from: number = 0, to: number = values.length): number {
  if (to - from <= 16) {
    let sum = 0;
    for (let k = from; k < to; k++) sum += values[k]!;
    return sum;
  }
  const middle = from + Math.floor((to - from) / 2);
  return pairwiseSum(values, from, middle) + pairwiseSum(values, middle, to);
}

/** Arithmetic mean; NaN for no values. */
export function mean(values: ArrayLike<number>): number {
  return pairwiseSum(values) / values.length;
}

/**
 * The quantile at `probability` with linear interpolation between order statistics (type 7 of Hyndman & Fan 1996, the
 * default of numpy). NaN for no values; values must be finite.
 */
export function quantile(values: ArrayLike<number>, probability: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return NaN;
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const lower = sorted[below]!;
  const upper = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return lower + (position - below) * (upper - lower);
}

/** The median. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}
