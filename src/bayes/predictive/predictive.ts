/** What the posterior predicts for single points of c2, beside what was measured. */

/** One cut c2(t1, t1 + lag) at one angle. */
export interface PredictiveCut {
  /** Index of the angle in the order of the data. */
  readonly angle: number;
  /** Index of the first frame t1 in the support, and its time, s. */
  readonly frame: number;
  readonly time: number;
  /** s, shape (L). */
  readonly lags: Float64Array;
  /** c2 as measured, shape (L); NaN where the pair is excluded. */
  readonly observed: Float64Array;
  /** c2 of the model at some draws, shape (S, L) row-major. */
  readonly model: Float64Array;
  /** The same with the noise of one point, shape (S, L). */
  readonly replicate: Float64Array;
  /** Probability of a replicate below what was observed, shape (L): uniform where model and noise are right. */
  readonly pit: Float64Array;
}

/** How many points of the cuts of one angle lie within central predictive intervals. */
export interface PredictiveShares {
  /** Points that are not excluded. */
  readonly points: number;
  /** Share of them within the central intervals of 50, 90 and 95 %. */
  readonly within50: number;
  readonly within90: number;
  readonly within95: number;
}

export interface PosteriorPredictive {
  /** Draws that were used, S. */
  readonly draws: number;
  readonly cuts: readonly PredictiveCut[];
  /** One per angle. */
  readonly angles: readonly PredictiveShares[];
}
