/** The posterior of the two-time model: coordinates, marginal likelihood, and exact draws of what was integrated out. */
export { curvatureAdjustment, type Adjustment } from './curvature-adjustment.ts';
export { drawScalingGiven, fitAdjustment, type FitAdjustment, type ScalingGiven } from './fit-adjustment.ts';
export type { MarginalModel } from './marginal-likelihood.ts';
export { samplingCoordinates, type SamplingCoordinates } from './sampling-coordinates.ts';
export { drawScaling, type ScalingDraw } from './scaling-draws.ts';
export {
  DEFAULT_SCALING_PRIOR,
  parameterPriors,
  twoTimePosterior,
  type PosteriorOptions,
  type PosteriorOrigin,
  type PosteriorProblem,
  type TwoTimePosterior,
} from './two-time-posterior.ts';
