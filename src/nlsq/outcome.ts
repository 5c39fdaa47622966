/** What a least-squares fit answers. */
import type { Warning } from '../base/events.ts';
import type { FitWeights } from './problem.ts';
import type { FitProfiles } from './profiles/profile.ts';

/**
 * Standard errors of one number by what is assumed of the noise. Each is a number, or `null` with the reason why it is not
 * known: `fixed`, `tied to D0`, `at lower bound`, `not determined by the data`. It is never a filler.
 */
export interface Uncertainty {
  /** Under thermal speckle with the fitted correlation and photon noise, both as large as the residuals say: the default. */
  readonly speckle: number | null;
  /** As if all points were independent: s²·H⁻¹. */
  readonly independent: number | null;
  /** From the scores of blocks of frames, without a model of the noise. */
  readonly dyadic: number | null;
  /** Why something above is null; null when everything is known. */
  readonly reason: string | null;
  /** The error is known, but owes much to a direction along which it is only roughly that of a quadratic. */
  readonly nearDegenerate: boolean;
}

/** An estimate with its standard error; null where there is none. */
export interface Estimate {
  readonly value: number | null;
  readonly error: number | null;
}

/** The noise of c2 at one angle, from the residuals. */
export interface AngleNoise {
  /** Effective number of independent speckles M; null when no speckle is seen in the noise. */
  readonly speckles: Estimate;
  /** σ_w, the white part of the noise of c2: photon counting. */
  readonly sigma: Estimate;
  /** Variance of c2 per unit of contrast that photon noise and speckle make together: 1/(M·photons). */
  readonly crossed: Estimate;
  /** Correlation times in the window. */
  readonly correlationTimes: number;
  /** Independent numbers that would have a mean square residual as certain as this one's. */
  readonly effectivePoints: number | null;
  /** Correlation coefficients of residuals `steps` frames apart, along lag and along age. */
  readonly correlation: { readonly steps: Int32Array; readonly lag: Float64Array; readonly age: Float64Array };
}

/** σ of c2 as a function of lag, from the residuals of the fit without weights. */
export interface LagNoise {
  /** Lags in s, ascending, shape (L); between them ln σ is a straight line in ln lag, outside it is constant. */
  readonly lags: Float64Array;
  /** σ of each angle at these lags, shape (P, L) row-major. */
  readonly sigma: Float64Array;
  /** Whether all angles have one course, each with its own size. */
  readonly pooled: boolean;
}

export interface FittedNoise {
  /** One per angle; empty when the residuals were not looked at. */
  readonly angles: readonly AngleNoise[];
  /** Whether all angles have one number of speckles. */
  readonly shared: boolean;
  /** How badly speckle and photon noise describe the residuals on all scales, in standard errors; null or absent without estimates. */
  readonly misfit?: number | null;
  /** The noise by lag; null or absent unless weights by lag were asked for and it could be had. */
  readonly byLag?: LagNoise | null;
  /** Why there are no estimates; null when there are. */
  readonly reason: string | null;
}

/** Which weights the estimate has. */
export interface FittedWeights {
  readonly asked: FitWeights;
  readonly used: FitWeights;
  /** Why those asked for were not used; null when they were. */
  readonly reason: string | null;
}

export type FitStatus = 'converged' | 'stalled' | 'max-iterations' | 'cancelled' | 'failed';

export interface FittedParameter {
  readonly name: string;
  readonly value: number;
  readonly vary: boolean;
  readonly tie: string | null;
  /** The user's start value; null when the start was found from the data. */
  readonly start: number | null;
  readonly bounds: readonly [number, number];
  readonly atBound: null | 'lower' | 'upper';
  readonly uncertainty: Uncertainty;
}

export interface FittedScaling {
  readonly contrast: { readonly value: number; readonly uncertainty: Uncertainty };
  readonly offset: { readonly value: number; readonly uncertainty: Uncertainty };
}

/** A direction in which the data say little. */
export interface WeakDirection {
  /**
   * Change of each free parameter over one standard error along the direction, at most one natural step, in the
   * parameter's unit.
   */
  readonly direction: Readonly<Record<string, number>>;
  /** One standard error in natural steps (a factor e in a rate, 1 in a slope, 10° in phi0); above 1: not determined. */
  readonly naturalSteps: number;
  /** What the data fix and what they leave open. */
  readonly text: string;
}

/** One step of the optimiser, for the convergence figure. */
export interface TraceEntry {
  readonly level: 'coarse' | 'full';
  readonly start: number;
  readonly iteration: number;
  readonly cost: number;
  readonly accepted: boolean;
}

export interface FitOutcome {
  readonly status: FitStatus;
  /** Which stopping rule held, or why the fit failed. */
  readonly reason: string;
  readonly parameters: readonly FittedParameter[];
  /** One entry per angle, in the order of the data set. */
  readonly scaling: readonly FittedScaling[];
  readonly cost: {
    /** Σ (r/σ)²; with weights by lag σ is that of the angle times a course by lag whose 1/σ² has the mean 1. */
    readonly chi2: number;
    /** χ²/(points − free parameters). */
    readonly reducedChi2: number;
    readonly degreesOfFreedom: number;
    readonly points: number;
    /** Root mean square of the unweighted residuals. */
    readonly rms: number;
    /** 1 − Σr²/Σ(c2 − mean per angle)². */
    readonly r2: number;
    /** χ² per angle divided by its points, shape (P). */
    readonly chi2PerPoint: Float64Array;
  };
  readonly covariance: {
    /** Free physical parameters first, then contrast and offset of each angle (`contrast[0]`, `offset[0]`, …). */
    readonly names: readonly string[];
    /** Row-major; NaN rows and columns where unknown, all NaN where there is no such estimate. */
    readonly speckle: Float64Array;
    readonly independent: Float64Array;
    readonly dyadic: Float64Array;
  };
  readonly noise: FittedNoise;
  readonly weights: FittedWeights;
  /** Null when none were asked for. */
  readonly profiles: FitProfiles | null;
  readonly solver: {
    readonly iterations: number;
    /** Passes over all data, trial steps and the final covariance included. */
    readonly fullSweeps: number;
    readonly starts: number;
    /** Starts that ended within 1e-6 relative cost of the best one. */
    readonly startsAtBest: number;
    readonly trace: readonly TraceEntry[];
    /** Final cost of every start, best first; coarse level for starts that were not refined. */
    readonly startCosts: readonly { readonly level: 'coarse' | 'full'; readonly cost: number }[];
  };
  readonly identifiability: {
    /** Condition number of the scaled information matrix (unit diagonal); null when there is no free parameter. */
    readonly condition: number | null;
    /** Weakest directions first, at most three. */
    readonly weakest: readonly WeakDirection[];
  };
  readonly warnings: readonly Warning[];
}
