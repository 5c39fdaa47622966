/** Prediction: what posterior and prior say before, and about, points of c2. */
export { judgePredictive } from './judge-predictive.ts';
export { spreadEvenly } from './picked.ts';
export { posteriorPredictive, type PredictiveInput } from './posterior-predictive.ts';
export type { PosteriorPredictive, PredictiveCut, PredictiveShares } from './predictive.ts';
export { priorDraws } from './prior-draws.ts';
