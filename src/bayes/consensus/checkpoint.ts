/**
 * A checkpoint of a consensus: every finished shard, and the identity of what all shards were asked.
 *
 * That identity covers the data too: shards start at the mode of all of them.
 */
import { checksum } from '../../base/checksum.ts';
import { InputRefused, type ErrorLocation } from '../../base/errors.ts';
import type { ShardChains, ShardShape } from './shard-task.ts';

export const CONSENSUS_CHECKPOINT_FORMAT = 'twotime-consensus-checkpoint/1';

/** Plain data; JSON in any writing of it reads back as the same checkpoint. */
export interface ConsensusCheckpoint {
  readonly format: typeof CONSENSUS_CHECKPOINT_FORMAT;
  readonly identity: string;
  readonly shards: readonly FinishedShard[];
}

/** What a finished shard says. */
export interface ShardAnswer {
  readonly shard: number;
  readonly points: number;
  readonly shape: ShardShape;
  readonly chains: ShardChains;
}

export interface FinishedShard {
  readonly answer: ShardAnswer;
  /** Checksum of the JSON of the answer. */
  readonly check: string;
}

export function finishedShard(answer: ShardAnswer): FinishedShard {
  return { answer, check: checksum(JSON.stringify(answer)) };
}

/**
 * Check that a parsed JSON value is a checkpoint, whole and undamaged. Throws `InputRefused` with `where` otherwise. Whether
 * it is one of the question at hand is told by `sampleByConsensus`.
 */
export function readConsensusCheckpoint(value: unknown, where: ErrorLocation = {}): ConsensusCheckpoint {
  const refuse = (what: string): InputRefused =>
    new InputRefused(`the checkpoint of the shards cannot be used: ${what}`, {
      where,
      help: 'delete it and sample from the beginning',
    });
  const { format, identity, shards } = (value ?? {}) as Partial<Record<keyof ConsensusCheckpoint, unknown>>;
  if (!Array.isArray(shards) || typeof identity !== 'string') throw refuse('it is damaged');
  if (format !== CONSENSUS_CHECKPOINT_FORMAT) {
    throw refuse(`its format is ${JSON.stringify(format)}, not '${CONSENSUS_CHECKPOINT_FORMAT}'`);
  }
  for (const [k, shard] of (shards as Partial<Record<keyof FinishedShard, unknown>>[]).entries()) {
    if (shard?.answer === undefined || shard.check !== checksum(JSON.stringify(shard.answer))) {
      throw refuse(`shard ${k + 1} is damaged`);
    }
  }
  return value as ConsensusCheckpoint;
}

/** Finished shards by their number. Throws `InputRefused` for a checkpoint of another question. */
export function takeUp(checkpoint: ConsensusCheckpoint | undefined, identity: string): Map<number, ShardAnswer> {
  if (checkpoint === undefined) return new Map();
  if (checkpoint.identity !== identity) {
    throw new InputRefused('the checkpoint of the shards belongs to other data or another question', {
      help: 'delete it, or ask what was asked when it was written',
    });
  }
  return new Map(checkpoint.shards.map(({ answer }) => [answer.shard, answer]));
}
