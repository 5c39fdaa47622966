/** Streams of random numbers of one seed, so that no two uses of it share a number. */
import { fold, keyFromSeed, type RandomKey } from '../math/index.ts';

const STREAMS = { chains: 1, proposals: 2, resampling: 3, starts: 4, scaling: 5, predictive: 6, prior: 7 } as const;

/** The key of one use of a seed. */
export function streamKey(seed: number, use: keyof typeof STREAMS): RandomKey {
  return fold(keyFromSeed(seed), STREAMS[use]);
}
