/** Pareto-smoothed importance sampling around the mode, and whether its answer may stand. */
export {
  importanceSample,
  judgeImportance,
  type ImportanceCheck,
  type ImportanceOptions,
  type ImportanceSample,
  type ImportanceVerdict,
  type WeightedDraws,
} from './importance-sample.ts';
export { type Frame, type ProposalKind } from './proposal.ts';
export { resample, startingDraws } from './resample.ts';
