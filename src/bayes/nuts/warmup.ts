/**
 * The plan of a warmup that also learns the metric: a fast start, slow windows that double, a fast end.
 *
 * Stan's schedule: 75 transitions, windows of 25, 50, 100, …, 50 transitions, or 15 %, 75 % and 10 % of a short warmup.
 * The covariance of each window becomes the metric of what follows.
 */
import { cholesky } from './metric.ts';

/** Transitions after which the metric is renewed, ascending; none for fewer than 20. */
export function windowEnds(warmup: number): number[] {
  if (warmup < 20) return [];
  const long = warmup >= 150;
  const start = long ? 75 : Math.floor(0.15 * warmup);
  const end = warmup - (long ? 50 : Math.floor(0.1 * warmup));
  const ends: number[] = [];
  let size = long ? 25 : end - start;
  for (let at = start; at < end; size *= 2) {
    // A last window that would leave no room for one twice its size takes the rest.
    const next = at + size + 2 * size > end ? end : at + size;
    ends.push(next);
    at = next;
  }
  return ends;
}

/** First transition of the first window. */
export function firstWindow(warmup: number): number {
  return warmup >= 150 ? 75 : Math.floor(0.15 * warmup);
}

/** Running mean and scatter of positions (Welford 1962); plain numbers. */
export interface Scatter {
  readonly count: number;
  readonly mean: readonly number[];
  /** Σ (x − x̄)(x − x̄)ᵀ, row-major. */
  readonly products: readonly number[];
}

export function emptyScatter(size: number): Scatter {
  return {
    count: 0,
    mean: Array.from({ length: size }, () => 0),
    products: Array.from({ length: size * size }, () => 0),
  };
}

export function addPosition({ count, mean, products }: Scatter, position: Float64Array): Scatter {
  const size = mean.length;
  const before = mean.map((value, k) => position[k]! - value);
  const moved = mean.map((value, k) => value + before[k]! / (count + 1));
  return {
    count: count + 1,
    mean: moved,
    products: products.map((value, at) => {
      const [i, j] = [Math.floor(at / size), at % size];
      return value + before[i]! * (position[j]! - moved[j]!);
    }),
  };
}

/** The metric of a window, shrunk towards 0.001·identity as Stan does; null when no more than one draw was made. */
export function metricOf({ count, products }: Scatter): number[] | null {
  if (count < 2) return null;
  const size = Math.round(Math.sqrt(products.length));
  const covariance = products.map((_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    const mean = (products[at]! + products[j * size + i]!) / (2 * (count - 1));
    return (count / (count + 5)) * mean + (i === j ? 1e-3 * (5 / (count + 5)) : 0);
  });
  return cholesky(covariance, size);
}
