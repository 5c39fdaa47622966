/** The profile of one parameter from the walks to both sides. */
import { atBound } from '../coordinates.ts';
import type { Linearisation, Objective } from '../objective.ts';
import { calibrate, scaleAlong, type Calibration } from './calibration.ts';
import type { ErrorEstimates } from '../errors/estimate-errors.ts';
import { singlePath } from './paths.ts';
import { LEVELS, ROOTS_OF_ONE, type IntervalEnd, type ParameterProfile } from './profile.ts';
import type { FollowedRay, Ray } from './rays.ts';

/** The root to which curves are drawn. */
const DRAWN = 2.4;
export const NOT_THE_BEST = 'a lower minimum was found: the fit is not at its best one';
export const NOT_CALIBRATED = 'not determined by the data';

export interface SinglePlan {
  readonly index: number;
  readonly calibration: Calibration | null;
  /** Downward, upward; none where there is no calibration. */
  readonly rays: readonly Ray[];
}

export function planSingle(
  objective: Objective,
  point: Linearisation,
  estimates: ErrorEstimates,
  name: string,
): SinglePlan {
  const index = objective.system.free.names.indexOf(name);
  const calibration = calibrate(estimates, point, [index]);
  if (calibration === null) return { index, calibration, rays: [] };
  const error = Math.sqrt(calibration.shown[0]!);
  const scale = scaleAlong(calibration, Float64Array.of(1));
  const rays = ([-1, 1] as const).map((sign): Ray => ({
    path: singlePath(objective, point, index, error, sign),
    ...{ scaleAt: () => scale, heights: ROOTS_OF_ONE, beyond: DRAWN },
  }));
  return { index, calibration, rays };
}

export function singleProfile(
  objective: Objective,
  { theta }: Linearisation,
  { index, calibration }: SinglePlan,
  followed: readonly FollowedRay[],
  lowerFound: boolean,
): ParameterProfile {
  const { free } = objective.system;
  const name = free.names[index]!;
  const estimate = theta[index]!;
  const [down, up] = followed;
  if (calibration === null || down === undefined || up === undefined) {
    const unknown = { value: null, reason: NOT_CALIBRATED, note: null };
    return {
      ...{ name, estimate, error: null, scale: null, reason: NOT_CALIBRATED, nearDegenerate: true },
      intervals: LEVELS.map((level) => ({ level, lower: unknown, upper: unknown })),
      ...{ values: new Float64Array(0), ratio: new Float64Array(0), theta: new Float64Array(0) },
    };
  }
  const end = (side: FollowedRay, k: number): IntervalEnd => {
    if (lowerFound) return { value: null, reason: NOT_THE_BEST, note: null };
    const crossing = side.crossings[k]!;
    if (crossing !== null)
      return { value: side.ray.path.at(crossing)[0]!, reason: null, note: boundsAt(side, crossing) };
    const word = side === down ? 'lower' : 'upper';
    return { value: null, reason: whyNot(side, ROOTS_OF_ONE[k]! ** 2, name, word), note: null };
  };
  /** Parameters at a bound on either side of a place. */
  const boundsAt = ({ samples: all, points }: FollowedRay, place: number): string | null => {
    const beyond = all.findIndex(({ at }) => at >= place);
    const around = points.slice(...(beyond < 0 ? [-1] : [Math.max(0, beyond - 1), beyond + 1])).map((one) => one.theta);
    const held = free.names.flatMap((other, i) => {
      const there = around.find((one) => i !== index && atBound(free, one, i));
      if (there === undefined) return [];
      return [`${other} at its ${there[i] === free.lower[i] ? 'lower' : 'upper'} bound ${rounded(there[i]!)}`];
    });
    return held.length === 0 ? null : `with ${held.join(' and ')}`;
  };
  const samples = [...rows(down).toReversed(), ...rows(up).slice(1)];
  return {
    ...{
      name,
      estimate,
      error: Math.sqrt(calibration.shown[0]!),
      scale: scaleAlong(calibration, Float64Array.of(1)),
      reason: null,
    },
    nearDegenerate: calibration.nearDegenerate,
    intervals: LEVELS.map((level, k) => ({ level, lower: end(down, k), upper: end(up, k) })),
    values: Float64Array.from(samples, ({ point }) => point[index]!),
    ratio: Float64Array.from(samples, ({ root }) => root * root),
    theta: Float64Array.from(samples.flatMap(({ point }) => [...point])),
  };
}

function rows({ samples, points }: FollowedRay): { readonly root: number; readonly point: Float64Array }[] {
  return samples.map(({ root }, k) => ({ root, point: points[k]!.theta }));
}

/** Why a walk did not reach a threshold of Λ. */
function whyNot({ end, samples, last, ray }: FollowedRay, threshold: number, name: string, side: string): string {
  const farthest = samples.at(-1)!;
  const value = (place: number): string => rounded(ray.path.at(place)[0]!);
  switch (end) {
    case 'edge':
      if (farthest.at === 0) return `the estimate is at the ${side} bound ${value(0)}`;
      return (
        `the scaled ratio is ${rounded(farthest.root ** 2)} at the ${side} bound ${value(farthest.at)}, ` +
        `below the threshold ${rounded(threshold)}`
      );
    case 'failed':
      return `the fit with ${name} held at ${value(last)} did not converge`;
    case 'lower-minimum':
      return NOT_THE_BEST;
    default:
      return (
        `the scaled ratio is ${rounded(farthest.root ** 2)} at ${value(farthest.at)}, below the threshold ` +
        `${rounded(threshold)}, and was followed no farther`
      );
  }
}

export function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}
