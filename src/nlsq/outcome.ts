/** What a least-squares fit answers. */
import type { Warning } from '../base/events.ts';

/**
 * An uncertainty is a number, or `null` with the reason why it is not known: `fixed`, `tied to D0`, `at lower bound`,
 * `not determined by the data`. It is never a filler.
 */
export interface Uncertainty {
  /** Standard error if all points were independent: s²·H⁻¹. */
  readonly independent: number | null;
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
    /** Σ (r/σ)². */
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
    /** Independent-error covariance, row-major; NaN rows and columns where unknown. */
    readonly independent: Float64Array;
  };
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
