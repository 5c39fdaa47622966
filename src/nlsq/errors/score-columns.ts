/**
 * The columns of the least-squares problem seen from one angle: derivatives of c2 with respect to what the sweep calls its
 * parameters, then the offset (1) and the contrast (M).
 */
import { pairDerivatives, sinc, type PairDerivatives } from '../../model/pair-function.ts';
import type { Physics, Sensitivities } from '../../model/two-time-model.ts';

/** Columns of one angle; c2 = offset + contrast·M. */
export interface AngleColumns {
  readonly physics: Physics;
  readonly angle: number;
  readonly contrast: number;
  /** ∂C/∂parameter and ∂G/∂parameter, each of shape (N); ∂h/∂parameter of this angle. In the order of the sweep: c, g, h. */
  readonly c: readonly Float64Array[];
  readonly g: readonly Float64Array[];
  readonly h: readonly number[];
  /** Columns in all: c, g, h, offset, contrast. */
  readonly count: number;
  /** Weight of the pairs between two places on the frame axis; absent: 1. */
  readonly weight?: ((from: number, to: number) => number) | undefined;
}

export function angleColumns(
  physics: Physics,
  sensitivities: Sensitivities,
  angle: number,
  contrast: number,
): AngleColumns {
  const c = sensitivities.c.map(({ vector }) => vector);
  const g = sensitivities.g.map(({ vector }) => vector);
  const h = sensitivities.h.map(({ vector }) => vector[angle]!);
  return { physics, angle, contrast, c, g, h, count: c.length + g.length + h.length + 2 };
}

/** A vector of shape (N) at a place between frames, by linear interpolation. */
export function between(vector: Float64Array | Int32Array, place: number): number {
  const below = Math.min(Math.floor(place), vector.length - 1);
  const above = Math.min(below + 1, vector.length - 1);
  return vector[below]! + (place - below) * (vector[above]! - vector[below]!);
}

/** What the columns are, times the weight, between two places on the frame axis: `into` gets one number per column. Returns M. */
export function fillColumns(columns: AngleColumns, from: number, to: number, into: Float64Array): number {
  const { contrast, c, g, h, weight } = columns;
  const pair = derivativesBetween(columns, from, to);
  let k = 0;
  for (const vector of c) into[k++] = contrast * pair.c * (between(vector, to) - between(vector, from));
  for (const vector of g) into[k++] = contrast * pair.g * (between(vector, to) - between(vector, from));
  for (const slope of h) into[k++] = contrast * pair.h * slope;
  into[k] = 1;
  into[k + 1] = pair.m;
  if (weight !== undefined) {
    const factor = weight(from, to);
    for (k = 0; k < columns.count; k++) into[k] = into[k]! * factor;
  }
  return pair.m;
}

function derivativesBetween({ physics, angle }: AngleColumns, from: number, to: number): PairDerivatives {
  const { pairFunction, kappa, c, g, h } = physics;
  const deltaC = Math.max(0, between(c, to) - between(c, from));
  return g === null
    ? pairDerivatives(pairFunction, kappa, deltaC, 0, 0)
    : pairDerivatives(pairFunction, kappa, deltaC, between(g, to) - between(g, from), h[angle]!);
}

/** The field correlation g1 between two places whose intensity correlation is m; K² = M, with the sign of the field. */
export function fieldCorrelation(physics: Physics, angle: number, m: number, from: number, to: number): number {
  const size = Math.sqrt(Math.max(0, m));
  if (physics.g === null || physics.pairFunction === 'homodyne2') return size;
  const phase = physics.h[angle]! * (between(physics.g, to) - between(physics.g, from));
  return sinc(phase) < 0 ? -size : size;
}
