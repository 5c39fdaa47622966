/**
 * Model choice by cross-validation with blocks of frames.
 *
 * ```ts
 * const edges = frameBlocks(candidates.map(({ model, values }) => model.physics(values)));
 * const scores = await crossValidate({ candidates, sweeps, sigma, edges, withRoom });
 * const { best, preferred } = compareScores(scores, [5, 9]);
 * ```
 */
export { compareScores, type ComparedCandidate, type Comparison } from './compare-scores.ts';
export {
  crossValidate,
  type BlockScores,
  type Candidate,
  type CrossValidated,
  type CrossValidation,
} from './cross-validate.ts';
export { FEWEST_BLOCKS, frameBlocks } from './frame-blocks.ts';
