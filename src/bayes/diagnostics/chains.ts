/** Draws of one quantity from several chains, and how they are cut and ranked before they are judged. */
import { normalQuantile } from '../distributions/normal.ts';
import { median } from '../../math/index.ts';

/** One array of draws per chain, all of the same length. */
export type Chains = readonly ArrayLike<number>[];

/** Whether there are enough numbers, and numbers only, to say anything. */
export function usable(chains: Chains, fewestChains: number): boolean {
  if (chains.length < fewestChains || (chains[0]?.length ?? 0) < 4) return false;
  return chains.every((draws) => {
    for (let k = 0; k < draws.length; k++) if (Number.isNaN(draws[k]!)) return false;
    return true;
  });
}

/** All draws in one array, chain after chain. */
export function pooled(chains: Chains): Float64Array {
  const length = chains[0]?.length ?? 0;
  const all = new Float64Array(chains.length * length);
  chains.forEach((draws, c) => {
    for (let k = 0; k < length; k++) all[c * length + k] = draws[k]!;
  });
  return all;
}

/** First halves and second halves as chains of their own; the middle draw of an odd number is left out. */
export function splitChains(chains: Chains): Float64Array[] {
  const length = chains[0]?.length ?? 0;
  const half = Math.floor(length / 2);
  const halves = (from: number): Float64Array[] =>
    chains.map((draws) => Float64Array.from({ length: half }, (_, k) => draws[from + k]!));
  return [...halves(0), ...halves(length - half)];
}

/** Apply `change` to every draw. */
export function mapDraws(chains: Chains, change: (value: number) => number): Float64Array[] {
  return chains.map((draws) => Float64Array.from({ length: draws.length }, (_, k) => change(draws[k]!)));
}

/** Distance of every draw from the median of all: turns differences in spread into differences in place. */
export function folded(chains: Chains): Float64Array[] {
  const centre = median(pooled(chains));
  return mapDraws(chains, (value) => Math.abs(value - centre));
}

/**
 * Normal scores of the ranks over all chains, ties sharing their mean rank: z = Φ⁻¹((rank − 3/8)/(S + 1/4)) (Blom 1958;
 * Vehtari, Gelman, Simpson, Carpenter & Bürkner, Bayesian Analysis 16, 667, 2021).
 */
export function rankNormalised(chains: Chains): Float64Array[] {
  const all = pooled(chains);
  const size = all.length;
  const order = Uint32Array.from(all, (_, k) => k).sort((a, b) => all[a]! - all[b]! || a - b);
  const scores = new Float64Array(size);
  for (let first = 0; first < size;) {
    let end = first + 1;
    while (end < size && all[order[end]!] === all[order[first]!]) end += 1;
    const rank = (first + 1 + end) / 2;
    const score = normalQuantile((rank - 0.375) / (size + 0.25));
    for (let k = first; k < end; k++) scores[order[k]!] = score;
    first = end;
  }
  const length = chains[0]?.length ?? 0;
  return chains.map((_, c) => scores.slice(c * length, (c + 1) * length));
}

/** Mean and unbiased variance, by two passes. */
export function meanAndVariance(values: ArrayLike<number>): { readonly mean: number; readonly variance: number } {
  const count = values.length;
  let sum = 0;
  for (let k = 0; k < count; k++) sum += values[k]!;
  const mean = sum / count;
  let squares = 0;
  for (let k = 0; k < count; k++) squares += (values[k]! - mean) * (values[k]! - mean);
  return { mean, variance: squares / (count - 1) };
}
