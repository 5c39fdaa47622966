/** The no-U-turn sampler: trajectories, warmup, chains that can stop and go on, and when to stop. */
export {
  advanceChain,
  CHAIN_DEFAULTS,
  startChain,
  type Advance,
  type ChainDivergence,
  type ChainSettings,
  type ChainState,
  type Draw,
} from './chain.ts';
export { applyFactor, cholesky, solveFactor, unitMetric, type MetricFactor } from './metric.ts';
export {
  advanceHere,
  agree,
  AGREEMENT,
  coordinates,
  oneAfterTheOther,
  sampleChains,
  sideBySide,
  startChains,
  type AdvanceChain,
  type Agreement,
  type Chain,
  type ChainMethod,
  type SampleChainsOptions,
  type SampledChains,
  type StoppingRule,
} from './sample-chains.ts';
export type { Divergence } from './trajectory.ts';
