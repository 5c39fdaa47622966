/** Monte Carlo standard errors of means, standard deviations and quantiles. */
import { betaQuantile } from '../distributions/gamma.ts';
import { mapDraws, meanAndVariance, pooled, usable, type Chains } from './chains.ts';
import { essMean, essQuantile } from './effective-sample-size.ts';

/** Of the mean: sd/√ESS. */
export function mcseMean(chains: Chains): number {
  if (!usable(chains, 1)) return NaN;
  return Math.sqrt(meanAndVariance(pooled(chains)).variance / essMean(chains));
}

/**
 * Of the standard deviation: from the variance of the squared deviations and *their* effective size, by the delta method
 * (Kenney & Keeping 1951; as ArviZ 0.23 and the R package posterior; ArviZ 1.x takes the effective size of the mean).
 */
export function mcseSd(chains: Chains): number {
  if (!usable(chains, 1)) return NaN;
  const { mean } = meanAndVariance(pooled(chains));
  const squares = mapDraws(chains, (value) => (value - mean) * (value - mean));
  const all = pooled(squares);
  const average = all.reduce((sum, value) => sum + value, 0) / all.length;
  const power = all.reduce((sum, value) => sum + value * value, 0) / all.length;
  return Math.sqrt((power - average * average) / essMean(squares) / average / 4);
}

/** One standard deviation of the normal distribution to either side, as probabilities. */
const LOWER = 0.1586553;
const UPPER = 0.8413447;

/** Of the quantile at `probability`: half the distance of the order statistics one standard error to either side. */
export function mcseQuantile(chains: Chains, probability: number): number {
  if (!usable(chains, 1)) return NaN;
  const size = essQuantile(chains, probability);
  const sorted = pooled(chains).sort();
  const position = (p: number): number =>
    betaQuantile(p, size * probability + 1, size * (1 - probability) + 1) * sorted.length - 1;
  const low = sorted[Math.floor(Math.max(position(LOWER), 0))]!;
  const high = sorted[Math.ceil(Math.min(position(UPPER), sorted.length - 1))]!;
  return (high - low) / 2;
}
