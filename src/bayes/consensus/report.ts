/** What became of the shards of a consensus, and how far it may be trusted; plain data. */
import type { ShardAgreement } from './agreement.ts';

export interface ShardReport {
  /** Number of the shard, from 0. */
  readonly shard: number;
  readonly points: number;
  /** Frames of its strips, first ≤ frame < end. */
  readonly strips: readonly { readonly first: number; readonly end: number }[];
  /** Why it was left out of the combination; null if it was not. */
  readonly leftOut: string | null;
  /** k̂ of weights around its own mode, and the share of them that is effective; null where the shard was lost. */
  readonly kHat: number | null;
  readonly effectiveShare: number | null;
  /** Draws of all chains, those that diverged, R̂ and bulk effective size of the worst coordinate; null without chains. */
  readonly draws: number | null;
  readonly divergent: number | null;
  readonly rHat: number | null;
  readonly essBulk: number | null;
  /** Mean and standard deviation of each coordinate; null without chains. */
  readonly mean: readonly number[] | null;
  readonly sd: readonly number[] | null;
  /** Passes over its data. */
  readonly sweeps: number;
  /** Whether it was taken from a checkpoint. */
  readonly resumed: boolean;
}

export interface ConsensusReport {
  readonly shards: readonly ShardReport[];
  /** Strips per shard. */
  readonly strips: number;
  /** Whether shards were worked on side by side. */
  readonly pool: boolean;
  /** Shards that were combined, and that were not. */
  readonly used: number;
  readonly leftOut: number;
  /** √K times the common lean of the shards, in standard deviations of the posterior: what skewness is expected to cost. */
  readonly lean: number;
  /** Names of the coordinates, in which everything here is. */
  readonly coordinates: readonly string[];
  readonly combined: {
    readonly mean: readonly number[];
    readonly sd: readonly number[];
    /** Mean minus that of the certified answer, in its standard deviations, and ratio of the standard deviations. */
    readonly shift: readonly number[];
    readonly stretch: readonly number[];
  };
  readonly agreement: ShardAgreement;
  /** Whether the weights of the full data certify the answer. */
  readonly accepted: boolean;
}
