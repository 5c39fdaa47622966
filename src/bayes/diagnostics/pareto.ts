/** The tail of importance weights: a generalised Pareto fit, its index k̂, and weights smoothed with it (PSIS). */
import { exp, expm1, log, log1p } from '../../math/index.ts';

export interface ParetoFit {
  /** Tail index k: moments up to order 1/k exist. */
  readonly k: number;
  readonly sigma: number;
}

/** Weight of the prior on k, centred at 0.5 (Vehtari, Simpson, Gelman, Yao & Gabry, JMLR 25(72), 2024). */
const PRIOR_COUNT = 10;

/**
 * Fit a generalised Pareto distribution to exceedances in ascending order, all > 0 (Zhang & Stephens, Technometrics 51,
 * 316, 2009), with a weak prior on k.
 */
export function fitPareto(exceedances: ArrayLike<number>): ParetoFit {
  const n = exceedances.length;
  const grid = 30 + Math.floor(Math.sqrt(n));
  const quartile = exceedances[Math.floor(n / 4 + 0.5) - 1]!;
  const largest = exceedances[n - 1]!;
  const meanLog = (b: number): number => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += log1p(-b * exceedances[k]!);
    return sum / n;
  };
  const candidates = Float64Array.from(
    { length: grid },
    (_, m) => (1 - Math.sqrt(grid / (m + 0.5))) / (3 * quartile) + 1 / largest,
  );
  const likelihoods = candidates.map((b) => {
    const k = meanLog(b);
    return n * (log(-b / k) - k - 1);
  });
  const highest = likelihoods.reduce((most, value) => Math.max(most, value), -Infinity);
  const raw = likelihoods.map((value) => exp(value - highest));
  const total = raw.reduce((sum, value) => sum + value, 0);
  let [weights, b] = [0, 0];
  candidates.forEach((candidate, m) => {
    const weight = raw[m]! / total;
    if (!(weight >= 10 * Number.EPSILON)) return;
    weights += weight;
    b += weight * candidate;
  });
  b /= weights;
  const k = meanLog(b);
  return { k: (n * k + PRIOR_COUNT * 0.5) / (n + PRIOR_COUNT), sigma: -k / b };
}

/** Quantile of a generalised Pareto distribution that starts at 0. */
export function paretoQuantile(probability: number, { k, sigma }: ParetoFit): number {
  const x = log1p(-probability);
  return Math.abs(k) < Number.EPSILON ? -sigma * x : (sigma * expm1(-k * x)) / k;
}

/** Number of largest weights that count as the tail: min(S/5, 3√S), rounded up (Vehtari et al. 2024, section 3). */
export function paretoTailLength(size: number): number {
  return Math.ceil(Math.min(size / 5, 3 * Math.sqrt(size)));
}

export interface SmoothedWeights {
  /** Logarithms of the smoothed weights, normalised to Σ weights = 1; −∞ where a weight is 0. */
  readonly logWeights: Float64Array;
  /**
   * Tail index of the raw weights: below 0.7 importance sampling works. −∞ when all weights are equal; ∞ when there are
   * fewer than five different ones in the tail, so that nothing can be said for it.
   */
  readonly kHat: number;
  /** 1/Σ weight², the effective number of draws. */
  readonly effectiveSize: number;
}

/** Log weights that differ by less than this are equal: rounding. */
const EQUAL = 1e-9;

/**
 * Pareto-smoothed importance sampling: the largest weights are replaced by the quantiles of the distribution fitted to
 * them, none above the largest raw one. Log weights may be −∞, not NaN or +∞.
 */
export function smoothWeights(raw: Float64Array, tailLength: number = paretoTailLength(raw.length)): SmoothedWeights {
  const size = raw.length;
  const order = Uint32Array.from(raw, (_, k) => k).sort((a, b) => raw[a]! - raw[b]! || a - b);
  const highest = raw[order[size - 1]!]!;
  const logWeights = raw.map((value) => value - highest);
  const kHat = smoothTail(logWeights, order, tailLength);
  const total = log(logWeights.reduce((sum, value) => sum + exp(value), 0));
  let squares = 0;
  for (let k = 0; k < size; k++) {
    logWeights[k] = logWeights[k]! - total;
    squares += exp(2 * logWeights[k]!);
  }
  return { logWeights, kHat, effectiveSize: 1 / squares };
}

/** Smallest logarithm whose exponential is a normal number. */
const SMALLEST = -708.3964185322641;

function smoothTail(logWeights: Float64Array, order: Uint32Array, tailLength: number): number {
  const size = logWeights.length;
  if (-logWeights[order[0]!]! < EQUAL) return -Infinity;
  if (tailLength >= size) return Infinity;
  const cutoff = Math.max(logWeights[order[size - tailLength - 1]!]!, SMALLEST);
  const tail = Array.from(order.subarray(size - tailLength)).filter((k) => logWeights[k]! > cutoff);
  if (tail.length <= 4) return Infinity;
  const floor = exp(cutoff);
  const fit = fitPareto(tail.map((k) => exp(logWeights[k]!) - floor));
  if (!Number.isFinite(fit.k)) return Infinity;
  tail.forEach((k, rank) => {
    logWeights[k] = Math.min(0, log(paretoQuantile((rank + 0.5) / tail.length, fit) + floor));
  });
  return fit.k;
}
