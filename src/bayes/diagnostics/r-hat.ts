/** Rank-normalised split R̂: do the chains agree in place and in spread? */
import { folded, meanAndVariance, rankNormalised, splitChains, usable, type Chains } from './chains.ts';

/**
 * The larger of the split R̂ of the normal scores and of the folded ones (Vehtari et al. 2021, section 4). NaN with fewer
 * than two chains or four draws, with NaN among the draws, and when no draw differs from another.
 */
export function rHat(chains: Chains): number {
  if (!usable(chains, 2)) return NaN;
  const halves = splitChains(chains);
  return Math.max(
    potentialScaleReduction(rankNormalised(halves)),
    potentialScaleReduction(rankNormalised(folded(halves))),
  );
}

/** √((B/W + n − 1)/n) of chains as they are (Gelman & Rubin 1992). */
function potentialScaleReduction(chains: Chains): number {
  const draws = chains[0]!.length;
  const moments = chains.map(meanAndVariance);
  const within = moments.reduce((sum, { variance }) => sum + variance, 0) / chains.length;
  const between = draws * meanAndVariance(moments.map(({ mean }) => mean)).variance;
  return Math.sqrt((between / within + draws - 1) / draws);
}
