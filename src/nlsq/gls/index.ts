/**
 * Generalised least squares with the covariance of thermal speckle as weight, after an ordinary fit.
 *
 * ```ts
 * if (whyNotWeighted(objective, point, noise) === null) {
 *   const weighted = await refineWeighted(objective, point, noise, options, context);
 *   const { names, matrix } = await weightedCovariance(weighted.objective, weighted.refined.point, weighted.weights, noise, context);
 * }
 * ```
 */
export { weightedCovariance, type WeightedCovariance } from './covariance.ts';
export { refineWeighted, whyNotWeighted, type Weighted } from './refine.ts';
export { speckleWeights, type SpeckleNoise, type SpeckleWeights } from './speckle-weights.ts';
