/** The profile of two parameters together: walks in all directions, and the contours through what they found. */
import { cos, sin } from '../../math/index.ts';
import type { ErrorEstimates } from '../errors/estimate-errors.ts';
import { cholesky } from '../linear-algebra.ts';
import type { Linearisation, Objective, Point } from '../objective.ts';
import { calibrate, scaleAlong, type Calibration } from './calibration.ts';
import { pairPath, type ProfilePath } from './paths.ts';
import { LEVELS, ROOTS_OF_TWO, type PairProfile, type ProfileContour } from './profile.ts';
import type { FollowedRay, Ray } from './rays.ts';
import { NOT_CALIBRATED, NOT_THE_BEST } from './single-profile.ts';

/** Walks around a minimum, and points of a contour for each. */
const DIRECTIONS = 24;
const POINTS_BETWEEN = 4;

export interface PairPlan {
  readonly indices: readonly [number, number];
  readonly calibration: Calibration | null;
  /** L of Σ = L·Lᵀ; directions are L·(cos, sin). */
  readonly axes: Float64Array | null;
  readonly rays: readonly Ray[];
}

export function planPair(
  objective: Objective,
  point: Linearisation,
  estimates: ErrorEstimates,
  names: readonly [string, string],
): PairPlan {
  const [i, j] = names.map((name) => objective.system.free.names.indexOf(name)) as [number, number];
  const calibration = calibrate(estimates, point, [i, j]);
  const axes = calibration === null ? null : cholesky(calibration.shown, 2);
  if (calibration === null || axes === null) return { indices: [i, j], calibration: null, axes: null, rays: [] };
  const rays = Array.from({ length: DIRECTIONS }, (_, k): Ray => {
    const u = directionAt(axes, k / DIRECTIONS);
    return {
      path: pairPath(objective, point, [i, j], u),
      ...{
        scaleAt: (there) => scaleAlong(calibration, displacement(point, there, [i, j]) ?? u),
        heights: ROOTS_OF_TWO,
      },
    };
  });
  return { indices: [i, j], calibration, axes, rays };
}

/** Change of both parameters over one standard error in the direction at a share of the full circle. */
function directionAt(axes: Float64Array, share: number): Float64Array {
  const angle = 2 * Math.PI * share;
  const [c, s] = [cos(angle), sin(angle)];
  return Float64Array.of(axes[0]! * c, axes[2]! * c + axes[3]! * s);
}

export function pairProfile(
  objective: Objective,
  point: Linearisation,
  { indices, calibration, axes }: PairPlan,
  followed: readonly FollowedRay[],
  lowerFound: boolean,
): PairProfile {
  const { names } = objective.system.free;
  const head = {
    names: indices.map((i) => names[i]!) as [string, string],
    estimate: indices.map((i) => point.theta[i]!) as [number, number],
  };
  if (calibration === null || axes === null) {
    return {
      ...head,
      ...{ covariance: null, reason: NOT_CALIBRATED, nearDegenerate: true },
      contours: LEVELS.map((level) => emptyContour(level, NOT_CALIBRATED)),
      ...{ values: new Float64Array(0), ratio: new Float64Array(0) },
    };
  }
  const between = (share: number): ProfilePath => pairPath(objective, point, indices, directionAt(axes, share));
  const samples = followed.flatMap(({ samples: all, points }, k) =>
    all.map(({ root }, s) => ({ root, theta: points[s]!.theta })).slice(k === 0 ? 0 : 1),
  );
  return {
    ...head,
    covariance: calibration.shown,
    reason: null,
    nearDegenerate: calibration.nearDegenerate,
    contours: LEVELS.map((level, k) =>
      lowerFound ? emptyContour(level, NOT_THE_BEST) : contour(level, k, followed, between),
    ),
    values: Float64Array.from(samples.flatMap(({ theta }) => indices.map((i) => theta[i]!))),
    ratio: Float64Array.from(samples, ({ root }) => root * root),
  };
}

function emptyContour(level: number, reason: string): ProfileContour {
  return { level, points: new Float64Array(0), onBound: [], reason };
}

/** The contour through the places that the walks found, smooth in the coordinates of the paths. */
function contour(
  level: number,
  k: number,
  followed: readonly FollowedRay[],
  between: (share: number) => ProfilePath,
): ProfileContour {
  const places = followed.map(({ crossings, end, ray }) => crossings[k] ?? (end === 'edge' ? ray.path.edge : null));
  const lost = places.filter((place) => place === null).length;
  if (lost > 0) return emptyContour(level, `${lost} of ${DIRECTIONS} walks did not reach it`);
  const points: number[] = [];
  const onBound: boolean[] = [];
  for (let p = 0; p < DIRECTIONS * POINTS_BETWEEN; p++) {
    const path =
      p % POINTS_BETWEEN === 0 ? followed[p / POINTS_BETWEEN]!.ray.path : between(p / POINTS_BETWEEN / DIRECTIONS);
    const place = around(places as readonly number[], p / POINTS_BETWEEN);
    points.push(...path.at(place));
    onBound.push(place >= path.edge);
  }
  const open = onBound.filter(Boolean).length > 0;
  const reason = open ? 'the scaled ratio stays below the threshold up to a bound on part of the way' : null;
  return { level, points: Float64Array.from(points), onBound, reason };
}

/** Periodic cubic interpolation without overshoot (tangents of Fritsch & Butland 1984). */
function around(values: readonly number[], place: number): number {
  const at = (index: number): number => values[(index + values.length) % values.length]!;
  const k = Math.floor(place);
  const t = place - k;
  const slope = (index: number): number => at(index + 1) - at(index);
  const tangent = (index: number): number => {
    const [before, after] = [slope(index - 1), slope(index)];
    return before * after <= 0 ? 0 : (2 * before * after) / (before + after);
  };
  const [p, q, rise] = [tangent(k), tangent(k + 1), slope(k)];
  return at(k) + t * (p + t * (3 * rise - 2 * p - q + t * (p + q - 2 * rise)));
}

/** The change of a pair from the minimum to a point, straightened: J_S·z; null where the coordinates do not reach it. */
function displacement(
  { chart, theta }: Linearisation,
  there: Point,
  indices: readonly [number, number],
): Float64Array | null {
  const n = theta.length;
  const z = chart.locate(there.theta);
  const change = Float64Array.from(indices, (i) =>
    z.reduce((sum, value, c) => sum + chart.jacobian[i * n + c]! * value, 0),
  );
  return change.every((value) => Number.isFinite(value)) && change.some((value) => value !== 0) ? change : null;
}
