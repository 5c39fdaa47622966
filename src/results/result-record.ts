/**
 * The content of `result.json`, the page scripts rely on: every number with its unit and, where it is not known, the reason.
 *
 * NaN and infinities do not exist here: a number that is not finite is null, and a reason stands beside it.
 * The published JSON Schema is `schema/twotime-result.schema.json`, made from `result-schema.ts`.
 */
import type { Warning } from '../base/events.ts';
import type { Convention, Mode } from '../model/two-time-model.ts';
import type { FitStatus, FittedWeights } from '../nlsq/outcome.ts';
import type { ShownKind } from '../nlsq/shown-errors.ts';
import type { ScalingChoice } from '../nlsq/problem.ts';
import type { PosteriorRecord } from './posterior-record.ts';
import type { ProfilesRecord } from './profile-record.ts';

export type * from './profile-record.ts';

export const RESULT_SCHEMA = 'twotime/result@1';

/** Standard errors of one number by the way they were estimated; null where one is not known. */
export interface UncertaintyRecord {
  /** Under thermal speckle with the fitted correlation and photon noise, as large as the residuals say: the one to use. */
  readonly speckle: number | null;
  /** As if all points were independent: too small for real speckle data. */
  readonly independent: number | null;
  /** Cluster-robust over pairs that share a frame. */
  readonly dyadic: number | null;
  /** Why something above is null; null when everything is known. */
  readonly reason: string | null;
  /** The error is known, but owes much to a direction along which it is only roughly that of a quadratic. */
  readonly nearDegenerate: boolean;
}

export interface QuantityRecord {
  readonly value: number;
  readonly unit: string;
}

export interface ParameterRecord {
  /** Null only when the fit failed before it had a value. */
  readonly value: number | null;
  /** Empty for pure numbers. */
  readonly unit: string;
  readonly vary: boolean;
  /** Name of the parameter this one equals, or null. */
  readonly tie: string | null;
  /** The user's start value; null when the start was found from the data. */
  readonly start: number | null;
  /** Null stands for no bound on that side. */
  readonly bounds: readonly [lower: number | null, upper: number | null];
  readonly atBound: null | 'lower' | 'upper';
  readonly uncertainty: UncertaintyRecord;
}

export interface ScalingValueRecord {
  readonly value: number | null;
  readonly uncertainty: UncertaintyRecord;
}

export interface AngleRecord {
  /** Azimuthal angle, degrees. */
  readonly phi: number;
  readonly contrast: ScalingValueRecord;
  readonly offset: ScalingValueRecord;
}

export interface ExclusionRecord {
  readonly nan: number;
  readonly framesOutsideWindow: number;
  readonly framesExcluded: number;
  readonly frameAtTimeZero: number;
  readonly angles: number;
  readonly otherQ: number;
}

export interface SupportRecord {
  /** Pairs i < j that were fitted, all angles together. */
  readonly points: number;
  readonly angles: number;
  /** Frames of the support. */
  readonly frameCount: number;
  /** First and last frame number of the support as the file counts them (1-based). */
  readonly frames: readonly [first: number, last: number];
  /** Time between frames and time of the first frame of the window, s. */
  readonly dt: QuantityRecord;
  readonly t0: QuantityRecord;
  readonly excluded: ExclusionRecord;
}

export interface CostRecord {
  readonly chi2: number | null;
  readonly reducedChi2: number | null;
  readonly rms: number | null;
  readonly r2: number | null;
  readonly degreesOfFreedom: number;
  /** χ² of each angle divided by its points. */
  readonly chi2PerPoint: readonly (number | null)[];
  /** Why a number above is null, or null. */
  readonly reason: string | null;
  readonly noise: {
    readonly source: string;
    /** False: σ is only a relative weight between angles, and χ² says nothing about the quality of the fit. */
    readonly absolute: boolean;
    /** Per angle. */
    readonly sigma: readonly (number | null)[];
  };
}

export interface EstimateRecord {
  readonly value: number | null;
  readonly error: number | null;
}

/** The noise of c2 at one angle, from the residuals. */
export interface AngleNoiseRecord {
  /** Degrees. */
  readonly phi: number;
  /** Effective number of independent speckles M; null when no speckle is seen in the noise. */
  readonly speckles: EstimateRecord;
  /** σ_w, the white part of the noise of c2. */
  readonly sigma: EstimateRecord;
  /** 1/(M·photons), from what photon noise and speckle make together. */
  readonly crossed: EstimateRecord;
  readonly correlationTimes: number | null;
  readonly effectivePoints: number | null;
  /** Correlation coefficients of residuals `steps` frames apart, along lag and along age. */
  readonly correlation: {
    readonly steps: readonly number[];
    readonly lag: readonly (number | null)[];
    readonly age: readonly (number | null)[];
  };
}

export interface NoiseRecord {
  readonly angles: readonly AngleNoiseRecord[];
  /** Whether all angles have one number of speckles. */
  readonly shared: boolean;
  /** How badly speckle and photon noise describe the residuals on all scales, in standard errors. */
  readonly misfit: number | null;
  /** σ of c2 by lag, from the residuals of the fit without weights; null without weights by lag. */
  readonly byLag: {
    /** Lags in s, ascending; between them ln σ is a straight line in ln lag. */
    readonly lags: readonly number[];
    /** σ at these lags, one list per angle. */
    readonly sigma: readonly (readonly number[])[];
    /** Whether all angles have one course, each with its own size. */
    readonly pooled: boolean;
  } | null;
  /** Why there are no estimates; null when there are. */
  readonly reason: string | null;
}

export interface SolverRecord {
  /** Which stopping rule held, or why the fit failed. */
  readonly reason: string;
  readonly iterations: number;
  /** Passes over all data, trial steps included. */
  readonly fullSweeps: number;
  readonly starts: number;
  readonly startsAtBest: number;
  /** Final cost of every start, best first. */
  readonly startCosts: readonly { readonly level: 'coarse' | 'full'; readonly cost: number | null }[];
}

export interface IdentifiabilityRecord {
  /** Condition number of the scaled information matrix; null when no parameter is free or it is not finite. */
  readonly condition: number | null;
  readonly weakest: readonly { readonly direction: Readonly<Record<string, number>>; readonly text: string }[];
}

export interface TimingsRecord {
  readonly readSeconds: number;
  readonly fitSeconds: number;
  /** From the start of the command until this record was made. */
  readonly totalSeconds: number;
  readonly [stage: string]: number;
}

export interface ResourcesRecord {
  /** Largest resident memory of the process until this record was made, in 1e6 bytes. */
  readonly peakMegabytes: number;
}

export interface ResultRecord {
  readonly schema: typeof RESULT_SCHEMA;
  readonly status: FitStatus;
  readonly model: Mode;
  readonly convention: Convention;
  readonly data: { readonly file: string; readonly layout: string; readonly contentHash: string };
  readonly q: QuantityRecord;
  /** Rotor–stator gap; null in static mode. */
  readonly gap: QuantityRecord | null;
  readonly parameters: Readonly<Record<string, ParameterRecord>>;
  readonly scaling: { readonly mode: ScalingChoice['mode']; readonly angles: readonly AngleRecord[] };
  readonly support: SupportRecord;
  readonly cost: CostRecord;
  readonly noise: NoiseRecord;
  /** Weights of the pairs: those asked for, those the values have, and why they differ if they do. */
  readonly weights: FittedWeights;
  /** The kind of standard error that tables, figures and words of this run use. */
  readonly shownErrors: ShownKind;
  /** Profile-likelihood intervals; null when none were asked for. */
  readonly profiles: ProfilesRecord | null;
  /** Null when it was not sampled; a warning `not-sampled` says why if it was asked for. */
  readonly posterior: PosteriorRecord | null;
  readonly solver: SolverRecord;
  readonly identifiability: IdentifiabilityRecord;
  readonly timings: TimingsRecord;
  readonly resources: ResourcesRecord;
  /** sha256 of the numerical result, hex; see `digest.ts`. */
  readonly digest: string;
  readonly warnings: readonly Warning[];
  /** `twotime`, `node` and whatever else decides the numbers. */
  readonly versions: Readonly<Record<string, string>>;
}
