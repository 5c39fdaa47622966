/**
 * The coordinates in which the optimiser steps: straight where the user's are bent.
 *
 * The members of a rate A·t^p + B go through the bent coordinates of `rate-triple.ts`. A unit step in any coordinate is a
 * natural step (a factor e, a slope of 1, one share, 10°), so one trust radius serves all of them.
 *
 * The user's bounds are a box in the user's coordinates only. A triple with a member that is fixed, tied or at a bound, and
 * any parameter outside a triple, is therefore stepped in the user's coordinates, scaled to natural steps.
 */
import type { ParameterValues } from '../model/transport-law.ts';
import type { TwoTimeModel } from '../model/two-time-model.ts';
import type { FreeParameters } from './free-parameters.ts';
import { product } from './linear-algebra.ts';
import { bentTriple, rateState, type BentTriple, type RateTriple } from './rate-triple.ts';

/** What coordinates need to know of the experiment. */
export interface CoordinateSystem {
  readonly free: FreeParameters;
  /** Reference time, s: the geometric mean of the first and the last time. */
  readonly referenceTime: number;
  readonly triples: readonly RateTriple[];
}

/** The coordinates of a model: one triple for J and, under shear, one for γ̇. */
export function coordinateSystem(model: TwoTimeModel, free: FreeParameters): CoordinateSystem {
  const { q, gap, grid } = model;
  const first = grid.times[0]!;
  const last = grid.times.at(-1)!;
  const transport = { amplitude: 'D0', exponent: 'alpha', offset: 'D_offset', scale: 1 / (q * q * last) };
  const shear = { amplitude: 'gamma_dot_t0', exponent: 'beta', offset: 'gamma_dot_t_offset' };
  const triples = gap === null ? [transport] : [transport, { ...shear, scale: 2 / (q * gap * last) }];
  return {
    free,
    referenceTime: Math.sqrt(first * last),
    triples: triples.filter(({ amplitude, exponent, offset }) =>
      [amplitude, exponent, offset].every((name) => model.parameters.includes(name)),
    ),
  };
}

/** Natural step of an angle, degrees. */
const ANGLE_STEP = 10;

/** Local coordinates z around one θ, with θ at z = 0. */
export interface Chart {
  /** ∂θ/∂z at z = 0, shape (n, n) row-major. */
  readonly jacobian: Float64Array;
  /** ∂z/∂θ at z = 0, shape (n, n) row-major. */
  readonly inverse: Float64Array;
  /** Box of z; infinite for coordinates in which the user's bounds are no box. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** θ at z. */
  readonly at: (z: Float64Array) => Float64Array;
  /** z of another θ; NaN where these coordinates do not reach it. */
  readonly locate: (theta: Float64Array) => Float64Array;
  /** The triples that are stepped in bent coordinates: their amplitude's name and the indices of their members in θ. */
  readonly bent: readonly { readonly amplitude: string; readonly indices: readonly [number, number, number] }[];
}

/** Natural step of one free parameter in its own unit. */
function naturalStep(system: CoordinateSystem, name: string, values: ParameterValues): number {
  for (const triple of system.triples) {
    if (name === triple.exponent) return 1;
    const state = rateState(triple, values, system.referenceTime);
    if (name === triple.amplitude) return state.scale / state.factor;
    if (name === triple.offset) return state.scale;
  }
  return ANGLE_STEP;
}

export interface ChartOptions {
  /** Amplitudes of triples to be stepped in the user's coordinates. */
  readonly straight?: ReadonlySet<string>;
  /** Bend triples at a bound as well: to ask what the data alone would say. */
  readonly ignoreBounds?: boolean;
}

/** Coordinates around θ. Triples with a member at a bound are stepped in the user's coordinates, unless bounds are ignored. */
export function chartAt(
  system: CoordinateSystem,
  theta: Float64Array,
  { straight = new Set(), ignoreBounds = false }: ChartOptions = {},
): Chart {
  const { free } = system;
  const n = free.names.length;
  const values = free.values(theta);
  const jacobian = new Float64Array(n * n);
  const inverse = new Float64Array(n * n);
  const lower = new Float64Array(n);
  const upper = new Float64Array(n);
  const bent: BentTriple[] = [];
  const covered = new Set<number>();
  for (const triple of system.triples) {
    if (straight.has(triple.amplitude)) continue;
    const members = [triple.amplitude, triple.exponent, triple.offset].map((name) => free.names.indexOf(name));
    const movable = (i: number): boolean =>
      (ignoreBounds || !atBound(free, theta, i)) && !free.isFollowed(free.names[i]!);
    const whole = members.every((i) => i >= 0 && movable(i));
    if (!whole) continue;
    const indices = members as [number, number, number];
    const bend = bentTriple(indices, rateState(triple, values, system.referenceTime), system.referenceTime, triple);
    bent.push(bend);
    indices.forEach((i, row) => {
      covered.add(i);
      lower[i] = -Infinity;
      upper[i] = Infinity;
      indices.forEach((j, column) => {
        jacobian[i * n + j] = bend.jacobian[row * 3 + column]!;
        inverse[i * n + j] = bend.inverse[row * 3 + column]!;
      });
    });
  }
  for (let i = 0; i < n; i++) {
    if (covered.has(i)) continue;
    const step = naturalStep(system, free.names[i]!, values);
    jacobian[i * n + i] = step;
    inverse[i * n + i] = 1 / step;
    lower[i] = (free.lower[i]! - theta[i]!) / step;
    upper[i] = (free.upper[i]! - theta[i]!) / step;
  }
  const at = (z: Float64Array): Float64Array => {
    const moved = Float64Array.from(theta);
    for (let i = 0; i < n; i++) {
      if (covered.has(i)) continue;
      if (z[i] === lower[i]) moved[i] = free.lower[i]!;
      else if (z[i] === upper[i]) moved[i] = free.upper[i]!;
      else moved[i] = theta[i]! + z[i]! * jacobian[i * n + i]!;
    }
    for (const { indices, move } of bent) {
      const members = move(z[indices[0]]!, z[indices[1]]!, z[indices[2]]!);
      indices.forEach((i, k) => (moved[i] = members[k]!));
    }
    return moved;
  };
  const locate = (other: Float64Array): Float64Array => {
    const z = other.map((value, i) => (value - theta[i]!) / jacobian[i * n + i]!);
    for (const { indices, locate: locateTriple } of bent) {
      const members = locateTriple(other[indices[0]]!, other[indices[1]]!, other[indices[2]]!);
      indices.forEach((i, k) => (z[i] = members[k]!));
    }
    return z;
  };
  return { jacobian, inverse, lower, upper, at, locate, bent };
}

/** ∂z/∂z' of two charts around the same θ, shape (n, n) row-major; exactly 1 where they agree. */
export function changeOfChart(from: Chart, to: Chart): Float64Array {
  const n = from.lower.length;
  const change = product(from.inverse, to.jacobian, n);
  for (const { amplitude, indices } of to.bent) {
    if (!from.bent.some((other) => other.amplitude === amplitude)) continue;
    for (const i of indices) for (const j of indices) change[i * n + j] = i === j ? 1 : 0;
  }
  return change;
}

/** Amplitudes of the bent triples with a member outside the box, or beyond all numbers, at θ. */
export function triplesOutside(system: CoordinateSystem, chart: Chart, theta: Float64Array): string[] {
  const { free } = system;
  const outside = (name: string): boolean => {
    const i = free.names.indexOf(name);
    return !(theta[i]! >= free.lower[i]! && theta[i]! <= free.upper[i]! && Number.isFinite(theta[i]!));
  };
  return system.triples
    .filter((triple) => chart.bent.some(({ amplitude }) => amplitude === triple.amplitude))
    .filter((triple) => [triple.amplitude, triple.exponent, triple.offset].some(outside))
    .map((triple) => triple.amplitude);
}

export function atBound(free: FreeParameters, theta: Float64Array, i: number): boolean {
  return theta[i] === free.lower[i] || theta[i] === free.upper[i];
}
