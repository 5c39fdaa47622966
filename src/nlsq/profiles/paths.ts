/** Paths outward from the minimum on which profiles are followed, measured in standard errors. */
import { exp, log } from '../../math/index.ts';
import { atBound, chartAt } from '../coordinates.ts';
import type { Linearisation, Objective } from '../objective.ts';
import { leastCostResponse } from './held-fit.ts';

export interface ProfilePath {
  /** Indices of θ that are held. */
  readonly indices: readonly number[];
  /** Their values at a place. */
  readonly at: (place: number) => Float64Array;
  /** Where the box ends; may be infinite, and 0 at a bound. */
  readonly edge: number;
  /** The longest first step: one natural step. */
  readonly firstStep: number;
}

/** A rate that may be 0 is followed on a logarithmic scale down to this share of its estimate, and 0 is next. */
const SMALLEST_SHARE = 1e-6;
/** How far to look for the edge of the box, in standard errors, and in which steps. */
const FARTHEST = 100;
const LOOK = 0.125;

/** The values of parameter i below (sign −1) or above it (+1); amplitudes of rates on a logarithmic scale. */
export function singlePath(
  objective: Objective,
  point: Linearisation,
  i: number,
  error: number,
  sign: 1 | -1,
): ProfilePath {
  const { system } = objective;
  const { free } = system;
  const estimate = point.theta[i]!;
  const bound = sign < 0 ? free.lower[i]! : free.upper[i]!;
  const isAmplitude = system.triples.some(({ amplitude }) => amplitude === free.names[i]);
  if (isAmplitude && estimate > 0 && free.lower[i]! >= 0) {
    const unit = (sign * error) / estimate;
    const end = Math.max(bound, SMALLEST_SHARE * estimate);
    const edge = estimate === bound ? 0 : log(end / estimate) / unit;
    return {
      indices: [i],
      at: (place) => Float64Array.of(place >= edge ? bound : estimate * exp(place * unit)),
      edge,
      firstStep: 1 / Math.abs(unit),
    };
  }
  const n = point.theta.length;
  const straight = new Set(system.triples.map(({ amplitude }) => amplitude));
  const natural = chartAt(system, point.theta, { straight }).jacobian[i * (n + 1)]!;
  const edge = (sign * (bound - estimate)) / error;
  return {
    indices: [i],
    at: (place) => Float64Array.of(place >= edge ? bound : estimate + sign * place * error),
    edge,
    firstStep: natural / error,
  };
}

/**
 * The path on which parameters i and j leave in the direction u (their change over one standard error), all others at least
 * cost, on a straight line in the bent coordinates of the minimum.
 */
export function pairPath(
  objective: Objective,
  point: Linearisation,
  [i, j]: readonly [number, number],
  u: Float64Array,
): ProfilePath {
  const { free } = objective.system;
  const n = point.theta.length;
  const others = free.names.map((_, k) => k).filter((k) => k !== i && k !== j && atBound(free, point.theta, k));
  const kept = [i, j, ...others];
  const response = leastCostResponse(objective, point, kept);
  const m = kept.length;
  const along = Float64Array.from({ length: n }, (_, k) => response[k * m]! * u[0]! + response[k * m + 1]! * u[1]!);
  const free2 = (place: number): Float64Array => {
    const theta = point.chart.at(along.map((value) => place * value));
    return Float64Array.of(theta[i]!, theta[j]!);
  };
  const inside = (place: number): boolean => {
    const [a, b] = free2(place) as unknown as [number, number];
    return a >= free.lower[i]! && a <= free.upper[i]! && b >= free.lower[j]! && b <= free.upper[j]!;
  };
  const edge = firstExit(inside);
  const clamp = (value: number, k: number): number => Math.min(Math.max(value, free.lower[k]!), free.upper[k]!);
  const length = Math.sqrt(along.reduce((sum, value) => sum + value * value, 0));
  return {
    indices: [i, j],
    at: (place) => {
      const [a, b] = free2(Math.min(place, edge)) as unknown as [number, number];
      return Float64Array.of(clamp(a, i), clamp(b, j));
    },
    edge,
    firstStep: 1 / length,
  };
}

/** The first place that is not inside; infinite when all are, as far as one looks. */
function firstExit(inside: (place: number) => boolean): number {
  let last = 0;
  for (let place = 1e-9; place <= FARTHEST; place = place < LOOK ? LOOK : place + LOOK) {
    if (inside(place)) {
      last = place;
      continue;
    }
    let out = place;
    while (out - last > 1e-10 * out && last > 0) {
      const middle = (last + out) / 2;
      if (inside(middle)) last = middle;
      else out = middle;
    }
    return last;
  }
  return Infinity;
}
