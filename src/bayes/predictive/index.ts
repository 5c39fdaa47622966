/** Posterior prediction: what the posterior says about points of c2. */
export type { PosteriorPredictive, PredictiveCut, PredictiveShares } from './predictive.ts';
