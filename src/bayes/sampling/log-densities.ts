/** The posterior density at the draws that were kept. */
import { resample } from '../importance/index.ts';
import { streamKey } from '../streams.ts';
import type { SampledPosterior } from './sample-two-time.ts';

/**
 * ln density in the sampling coordinates, up to a constant, of each draw, shape (chains, draws); null where the draws were
 * put together from parts of the data and have none.
 */
export function logDensities(
  sampled: Pick<SampledPosterior, 'method' | 'chains' | 'importance' | 'quantities' | 'settings'>,
): Float64Array[] | null {
  const { method, chains, importance, quantities, settings } = sampled;
  const [first] = quantities;
  const count = first?.draws[0]?.length ?? 0;
  if (chains !== null) {
    return chains.chains.map(({ draws }) => Float64Array.from(draws.slice(0, count), (draw) => draw.logDensity));
  }
  if (method !== 'psis' || importance === null) return null;
  const { mixture, logDensity } = importance.sample;
  // The draws were picked with these very arguments (`sample-two-time.ts`).
  const picked = resample(mixture.logWeights, count, streamKey(settings.seed, 'resampling'));
  return [Float64Array.from(picked, (k) => logDensity[k]!)];
}
