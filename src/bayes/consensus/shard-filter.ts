/** Which shards are combined: whole draws count or not, never single parameters of them. */
import { fromPlain } from '../../nlsq/checkpoint.ts';
import type { ShardChains } from './shard-task.ts';

/** Share of draws that diverged from which a shard is left out. */
export const MOST_DIVERGENT = 0.1;
/** R̂ from which, and bulk effective size up to which a shard is left out. */
export const LARGEST_SHARD_R_HAT = 1.05;
export const LEAST_SHARD_SIZE = 100;

/** Why a shard is left out; null if it is combined. Its chains decide, whatever they say of the parameters. */
export function whyLeftOut(chains: ShardChains): string | null {
  const total = chains.draws.reduce((sum, draws) => sum + draws.length, 0);
  if (chains.divergent > MOST_DIVERGENT * total) return `${chains.divergent} of its ${total} draws diverged`;
  const rHat = fromPlain(chains.rHat);
  if (!(rHat < LARGEST_SHARD_R_HAT)) return `its chains disagree: R-hat ${rHat.toFixed(3)}`;
  const size = fromPlain(chains.essBulk);
  if (!(size > LEAST_SHARD_SIZE)) return `its chains are worth ${Math.round(size)} draws`;
  return null;
}
