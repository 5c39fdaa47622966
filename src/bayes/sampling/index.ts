/** The whole of sampling a two-time fit, from the mode to a verdict. */
export { logDensities } from './log-densities.ts';
export { PROBABILITIES, type Quantity, type Summary } from './quantities.ts';
export {
  sampleTwoTime,
  type ChainsSoFar,
  type Provisional,
  type SampledPosterior,
  type SampleOptions,
} from './sample-two-time.ts';
export { judgeChains, judgeWeights, type Verdict, type VerdictLevel } from './verdict.ts';
