/** E-BFMI: whether new momenta reach the energies that the posterior has. */
import { meanAndVariance } from './chains.ts';

/**
 * The estimated Bayesian fraction of missing information of one chain, Σ(E_n − E_{n−1})²/Σ(E_n − Ē)² with the energies H
 * at the start of each trajectory (Betancourt, arXiv:1604.00695). Below 0.3 the chain crawls through the tails.
 */
export function energyFraction(energies: ArrayLike<number>): number {
  const count = energies.length;
  if (count < 2) return NaN;
  let steps = 0;
  for (let k = 1; k < count; k++) {
    const step = energies[k]! - energies[k - 1]!;
    steps += step * step;
  }
  return steps / (count - 1) / meanAndVariance(energies).variance;
}
