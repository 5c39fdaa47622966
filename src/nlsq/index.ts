/**
 * The least-squares fit: contrast and offset eliminated, bounded trust-region steps, starts, errors, identifiability.
 *
 * ```ts
 * const warnings = validateFit(plan);                     // before any data are read
 * const outcome = await fitTwoTime(problem, { signal });
 * ```
 */
export { readFitCheckpoint, type Checkpoints, type FitCheckpoint } from './checkpoint.ts';
export { fitTwoTime } from './fit.ts';
export { shownCovariance, shownKind, type ShownKind } from './shown-errors.ts';
export type {
  AngleNoise,
  Estimate,
  FitOutcome,
  FitStatus,
  FittedNoise,
  FittedParameter,
  FittedScaling,
  FittedWeights,
  TraceEntry,
  Uncertainty,
  WeakDirection,
} from './outcome.ts';
export type {
  CoarseKernels,
  FitOptions,
  FitProblem,
  FitWeights,
  NoiseEstimate,
  ParameterSetting,
  ScalingChoice,
} from './problem.ts';
export { LEVELS, ROOTS_OF_ONE, ROOTS_OF_TWO } from './profiles/index.ts';
export type { FitProfiles, PairProfile, ParameterProfile, ProfileContour, ProfileInterval } from './profiles/index.ts';
export { validateFit, type FitPlan } from './validate.ts';
