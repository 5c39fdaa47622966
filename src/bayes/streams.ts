/** Streams of random numbers of one seed, so that no two uses of it share a number. */
import { fold, keyFromSeed, uniformAt, type RandomKey } from '../math/index.ts';

const STREAMS = {
  chains: 1,
  proposals: 2,
  resampling: 3,
  starts: 4,
  scaling: 5,
  predictive: 6,
  prior: 7,
  shards: 8,
} as const;

/** The key of one use of a seed. */
export function streamKey(seed: number, use: keyof typeof STREAMS): RandomKey {
  return fold(keyFromSeed(seed), STREAMS[use]);
}

/** A seed of its own for one of several parts of the work that a seed rules. */
export function seedOf(seed: number, part: number): number {
  return Math.floor(uniformAt(fold(streamKey(seed, 'shards'), part), 0) * 2 ** 53);
}
