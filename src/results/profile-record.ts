/** Profiles of a fit as `result.json` holds them. */
import { parameterInfo } from '../model/index.ts';
import type { FitProfiles, PairProfile, ParameterProfile, ProfileContour } from '../nlsq/index.ts';
import type { ShownKind } from '../nlsq/shown-errors.ts';

/** One end of an interval; null with a reason where there is no limit. */
export interface IntervalEndRecord {
  readonly value: number | null;
  readonly reason: string | null;
  /** Which other parameters are at a bound there, or null. */
  readonly note: string | null;
}

export interface IntervalRecord {
  /** Probability. */
  readonly level: number;
  readonly lower: IntervalEndRecord;
  readonly upper: IntervalEndRecord;
}

export interface ParameterProfileRecord {
  readonly name: string;
  readonly unit: string;
  readonly estimate: number;
  /** Standard error of the quadratic that the scaled ratio follows near the minimum. */
  readonly error: number | null;
  /** By what the ratio of independent points is multiplied. */
  readonly scale: number | null;
  /** Why there is no profile, or null. */
  readonly reason: string | null;
  readonly nearDegenerate: boolean;
  readonly intervals: readonly IntervalRecord[];
  /** The curve: values, ascending, and the scaled likelihood ratio there. */
  readonly values: readonly number[];
  readonly ratio: readonly number[];
}

export interface ContourRecord {
  readonly level: number;
  readonly points: readonly (readonly [number, number])[];
  /** Why the line is not all of the contour, or null. */
  readonly reason: string | null;
}

export interface PairProfileRecord {
  readonly names: readonly [string, string];
  readonly units: readonly [string, string];
  readonly estimate: readonly [number, number];
  /** Of the quadratic near the minimum, row-major. */
  readonly covariance: readonly number[] | null;
  readonly reason: string | null;
  readonly nearDegenerate: boolean;
  readonly contours: readonly ContourRecord[];
}

export interface ProfilesRecord {
  /** Which covariance scales the ratios. */
  readonly errors: ShownKind;
  /** Why there are none although they were asked for, or null. */
  readonly reason: string | null;
  readonly parameters: readonly ParameterProfileRecord[];
  readonly pairs: readonly PairProfileRecord[];
}

export function profilesRecord(profiles: FitProfiles | null): ProfilesRecord | null {
  if (profiles === null) return null;
  const { errors, reason, parameters, pairs } = profiles;
  return { errors, reason, parameters: parameters.map(parameterRecord), pairs: pairs.map(pairRecord) };
}

function parameterRecord(profile: ParameterProfile): ParameterProfileRecord {
  const { name, estimate, error, scale, reason, nearDegenerate, intervals, values, ratio } = profile;
  return {
    ...{ name, unit: parameterInfo(name).unit, estimate, error, scale, reason, nearDegenerate, intervals },
    values: Array.from(values),
    ratio: Array.from(ratio),
  };
}

function pairRecord({ names, estimate, covariance, reason, nearDegenerate, contours }: PairProfile): PairProfileRecord {
  const [a, b] = names;
  return {
    names,
    units: [parameterInfo(a).unit, parameterInfo(b).unit],
    estimate,
    covariance: covariance === null ? null : Array.from(covariance),
    reason,
    nearDegenerate,
    contours: contours.map(({ level, points, reason: why }) => ({ level, points: pointsOf(points), reason: why })),
  };
}

function pointsOf(points: ProfileContour['points']): [number, number][] {
  return Array.from({ length: points.length / 2 }, (_, k) => [points[2 * k]!, points[2 * k + 1]!]);
}
