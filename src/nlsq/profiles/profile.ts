/** What a profile likelihood answers: intervals and curves of single parameters, contours of pairs. */
import type { ShownKind } from '../shown-errors.ts';

/** Probabilities of the intervals and contours. */
export const LEVELS = [0.6827, 0.95] as const;
/** Square roots of the thresholds of the scaled ratio: quantiles of χ² with one and with two degrees of freedom. */
export const ROOTS_OF_ONE = [1, 1.9599639845400545] as const;
export const ROOTS_OF_TWO = [1.5151728, 2.4477468306808166] as const;

/** One end of an interval; where the data set no limit on this side, null and the reason. */
export interface IntervalEnd {
  readonly value: number | null;
  readonly reason: string | null;
  /** Which other parameters are at a bound there, so that the limit may owe to it; null where none is. */
  readonly note: string | null;
}

export interface ProfileInterval {
  /** Probability, one of `LEVELS`. */
  readonly level: number;
  readonly lower: IntervalEnd;
  readonly upper: IntervalEnd;
}

/**
 * The profile of one parameter: at each value the lowest cost over all others. The scaled ratio is
 * Λ = [χ²(value) − χ²(minimum)]/s² · Var_independent/Var_speckle, near the minimum (value − estimate)²/Var_speckle.
 */
export interface ParameterProfile {
  readonly name: string;
  readonly estimate: number;
  /** Standard error of the quadratic that the scaled ratio follows near the minimum; null when there is no profile. */
  readonly error: number | null;
  /** Var_independent/Var_speckle; 1 where the calibration is `independent`. */
  readonly scale: number | null;
  /** Why there is no profile; null when there is. */
  readonly reason: string | null;
  /** Whether the standard error itself is only rough or unknown, so that the scale is one at the minimum only. */
  readonly nearDegenerate: boolean;
  readonly intervals: readonly ProfileInterval[];
  /** Where the others were optimised, ascending, the estimate included, and Λ there; both of shape (K). */
  readonly values: Float64Array;
  readonly ratio: Float64Array;
  /** All free parameters at these values, shape (K, n) row-major. */
  readonly theta: Float64Array;
}

/** A line around the estimate along which Λ has the threshold of a level. */
export interface ProfileContour {
  readonly level: number;
  /** Points of both parameters going round, shape (K, 2) row-major. */
  readonly points: Float64Array;
  /** Which of them stand on a bound, because Λ does not reach the threshold before it. */
  readonly onBound: readonly boolean[];
  /** Why the line is not all of the contour; null when it is. */
  readonly reason: string | null;
}

/** The profile of two parameters together. */
export interface PairProfile {
  readonly names: readonly [string, string];
  readonly estimate: readonly [number, number];
  /** Of the quadratic that Λ follows near the minimum, (2, 2) row-major; null when there is no profile. */
  readonly covariance: Float64Array | null;
  readonly reason: string | null;
  readonly nearDegenerate: boolean;
  readonly contours: readonly ProfileContour[];
  /** Where the others were optimised, shape (K, 2) row-major, and Λ there, shape (K). */
  readonly values: Float64Array;
  readonly ratio: Float64Array;
}

export interface FitProfiles {
  /** Which covariance calibrates them: that of the tables. */
  readonly errors: ShownKind;
  /** Names of the columns of `theta`. */
  readonly names: readonly string[];
  readonly parameters: readonly ParameterProfile[];
  readonly pairs: readonly PairProfile[];
  /** Why there are none although they were asked for; null when there are. */
  readonly reason: string | null;
}
