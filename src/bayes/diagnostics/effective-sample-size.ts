/** Effective sample size: how many independent draws would say as much about a mean, a tail or a quantile. */
import { log, quantile } from '../../math/index.ts';
import { mapDraws, meanAndVariance, pooled, rankNormalised, splitChains, usable, type Chains } from './chains.ts';

/** Of the mean of the normal scores: how well the bulk is known (Vehtari et al. 2021). */
export function essBulk(chains: Chains): number {
  return usable(chains, 1) ? effectiveSize(rankNormalised(splitChains(chains))) : NaN;
}

/** The smaller one of the 5 % and the 95 % quantile. */
export function essTail(chains: Chains): number {
  return Math.min(essQuantile(chains, 0.05), essQuantile(chains, 0.95));
}

/** Of the mean of the draws as they are. */
export function essMean(chains: Chains): number {
  return usable(chains, 1) ? effectiveSize(splitChains(chains)) : NaN;
}

/** Of the quantile at `probability`. */
export function essQuantile(chains: Chains, probability: number): number {
  if (!usable(chains, 1)) return NaN;
  const limit = quantile(pooled(chains), probability);
  return effectiveSize(splitChains(mapDraws(chains, (value) => (value <= limit ? 1 : 0))));
}

/** Chains whose draws differ by less than this are constant: every draw says all there is. */
const CONSTANT = 1e-15;

/**
 * Draws over the integrated autocorrelation time of all chains together, with Geyer's initial positive and monotone
 * sequence (Geyer 1992; Gelman et al., BDA3, section 11.5; Vehtari et al. 2021, equations 10 to 13).
 */
function effectiveSize(chains: readonly Float64Array[]): number {
  const draws = chains[0]!.length;
  const size = chains.length * draws;
  const all = pooled(chains);
  let [lowest, highest] = [Infinity, -Infinity];
  for (const value of all) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  if (highest - lowest < CONSTANT) return size;

  const centred = chains.map((values) => {
    const { mean } = meanAndVariance(values);
    return { mean, deviations: values.map((value) => value - mean) };
  });
  const covariance = (lag: number): number => {
    let total = 0;
    for (const { deviations } of centred) {
      let sum = 0;
      for (let k = lag; k < draws; k++) sum += deviations[k]! * deviations[k - lag]!;
      total += sum / draws;
    }
    return total / chains.length;
  };
  const biased = covariance(0);
  const within = (biased * draws) / (draws - 1);
  const variance = biased + (chains.length > 1 ? meanAndVariance(centred.map(({ mean }) => mean)).variance : 0);
  const correlation = (lag: number): number => 1 - (within - covariance(lag)) / variance;

  const rho = new Float64Array(draws + 2);
  let [even, odd] = [1, correlation(1)];
  rho[0] = even;
  rho[1] = odd;
  let lag = 1;
  while (lag < draws - 3 && even + odd > 0) {
    even = correlation(lag + 1);
    odd = correlation(lag + 2);
    if (even + odd >= 0) {
      rho[lag + 1] = even;
      rho[lag + 2] = odd;
    }
    lag += 2;
  }
  const last = lag - 2;
  if (even > 0) rho[last + 1] = even;
  for (let k = 1; k <= last - 2; k += 2) {
    const before = rho[k - 1]! + rho[k]!;
    if (rho[k + 1]! + rho[k + 2]! > before) rho[k + 1] = rho[k + 2] = before / 2;
  }
  let time = -1 + rho[last + 1]!;
  for (let k = 0; k <= last; k++) time += 2 * rho[k]!;
  // The size of antithetic chains is limited, since its estimate is noisy (Vehtari et al. 2021).
  return size / Math.max(time, Math.LN10 / log(size));
}
