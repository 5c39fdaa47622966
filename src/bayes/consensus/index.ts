/** Consensus Monte Carlo: shards sampled side by side, combined, and certified by the weights of the full data. */
export { shardAgreement, type ShardAgreement } from './agreement.ts';
export {
  CONSENSUS_CHECKPOINT_FORMAT,
  readConsensusCheckpoint,
  type ConsensusCheckpoint,
  type FinishedShard,
  type ShardAnswer,
} from './checkpoint.ts';
export { combineNormals, momentsOf, type Combined, type Moments } from './combine.ts';
export { refuseSmallShards, type ShardSkew } from './near-normal.ts';
export { planShards, pointsOfRows, type AskedShards, type ShardPlan } from './plan-shards.ts';
export type { ConsensusReport, ShardReport } from './report.ts';
export { whyLeftOut } from './shard-filter.ts';
export type { ShardChains, ShardShape } from './shard-task.ts';
export { sampleByConsensus, type ConsensusOptions, type SampledByConsensus } from './sample-by-consensus.ts';
export { ShardsAtWorkers, type ShardContent } from './shards-at-workers.ts';
