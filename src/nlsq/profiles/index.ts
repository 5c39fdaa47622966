/** Profile likelihood: intervals that follow the shape of the cost, calibrated by the speckle covariance. */
export { passesOf } from './expected-passes.ts';
export { fitProfiles, type ProfileAnswer, type ProfileQuestion } from './fit-profiles.ts';
export type {
  FitProfiles,
  IntervalEnd,
  PairProfile,
  ParameterProfile,
  ProfileContour,
  ProfileInterval,
} from './profile.ts';
export { LEVELS, ROOTS_OF_ONE, ROOTS_OF_TWO } from './profile.ts';
