/** Generalised least squares with the covariance of thermal speckle as weight, after an ordinary fit. */
export { refineWeighted, whyNotWeighted, type Weighted } from './refine.ts';
export { weightedMeat } from './score-meat.ts';
export { speckleWeights, type SpeckleNoise, type SpeckleWeights } from './speckle-weights.ts';
