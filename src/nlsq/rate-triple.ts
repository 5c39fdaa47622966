/**
 * Bent coordinates for the members of a rate A·t^p + B, in which the problem is nearly straight.
 *
 * Amplitude A, exponent p and offset B are strongly and non-linearly correlated. With t_ref inside the window and
 * F = A·t_ref^p + B the triple
 *
 *   lnF = ln F,   s = d ln rate/d ln t at t_ref,   u = ln(A·t_ref^p / F)
 *   A·t_ref^p = F·e^u,   p = s·e^(−u),   B = F·(1 − e^u)
 *
 * stays straight also towards p → 0, where A·t^p + B becomes a straight line in ln t while A and B run away. Where the
 * rate may vanish at t_ref, F and the slope s·F enter linearly, in units of a scale R: the signed triple
 * (F/R, s·F/R, ln A·t_ref^p), or (F/R, p, A·t_ref^p/R) where the power-law part itself may vanish.
 */
import { exp, log, pow } from '../math/index.ts';
import type { ParameterValues } from '../model/transport-law.ts';

/** A rate A·t^p + B whose members are parameters of the model. */
export interface RateTriple {
  readonly amplitude: string;
  readonly exponent: string;
  readonly offset: string;
  /** A rate that would just be seen in this experiment: the scale when all members are 0. */
  readonly scale: number;
}

/** Below this share of the rate, or of its slope, the power-law part may vanish and change sign. */
const SMALLEST_SHARE = 0.15;

/** Values and natural scales of a triple at one point. */
export interface RateState {
  /** Value of the power-law part at t_ref. */
  readonly power: number;
  readonly rate: number;
  readonly exponent: number;
  /** t_ref^p. */
  readonly factor: number;
  /** Scale of the rate, R. */
  readonly scale: number;
}

export function rateState(triple: RateTriple, values: ParameterValues, referenceTime: number): RateState {
  const exponent = values[triple.exponent]!;
  const factor = pow(referenceTime, exponent);
  const power = values[triple.amplitude]! * factor;
  const offset = values[triple.offset]!;
  const size = Math.abs(power) + Math.abs(offset);
  return { power, rate: power + offset, exponent, factor, scale: Math.max(size, 1e-3 * triple.scale) };
}

export interface BentTriple {
  readonly amplitude: string;
  readonly indices: readonly [number, number, number];
  /** ∂(A, p, B)/∂z, 3×3 row-major. */
  readonly jacobian: Float64Array;
  /** ∂z/∂(A, p, B), 3×3 row-major. */
  readonly inverse: Float64Array;
  /** (A, p, B) at z, and back. */
  readonly move: (z0: number, z1: number, z2: number) => readonly [number, number, number];
  readonly locate: (amplitude: number, exponent: number, offset: number) => readonly [number, number, number];
}

export function bentTriple(
  indices: readonly [number, number, number],
  state: RateState,
  referenceTime: number,
  { amplitude }: RateTriple,
): BentTriple {
  const { power, rate, exponent } = state;
  const liveliness = Math.max(Math.abs(rate), Math.abs(exponent * power));
  const triple =
    rate > 0 && power >= SMALLEST_SHARE * rate
      ? logTriple(state, referenceTime)
      : Math.abs(power) >= SMALLEST_SHARE * liveliness && liveliness > 0
        ? slopeTriple(state, referenceTime, liveliness)
        : signedTriple(state, referenceTime);
  return { amplitude, indices, ...triple, inverse: inverse3(triple.jacobian) };
}

type Triple = Pick<BentTriple, 'jacobian' | 'move' | 'locate'>;

function logTriple({ power, rate, exponent, factor }: RateState, referenceTime: number): Triple {
  const logTime = log(referenceTime);
  const amplitude = power / factor;
  const share = power / rate;
  const u = log(share);
  const slope = exponent * share;
  return {
    jacobian: Float64Array.of(
      ...[amplitude, (-amplitude * logTime) / share, amplitude * (1 + exponent * logTime)],
      ...[0, 1 / share, -exponent],
      ...[rate - power, 0, -power],
    ),
    move(z0, z1, z2) {
      const newRate = rate * exp(z0);
      const newShare = exp(u + z2);
      const newExponent = (slope + z1) / newShare;
      return [(newRate * newShare) / pow(referenceTime, newExponent), newExponent, newRate * (1 - newShare)];
    },
    locate(a, p, b) {
      const otherPower = a * pow(referenceTime, p);
      const otherRate = otherPower + b;
      if (!(otherPower > 0 && otherRate > 0)) return [NaN, NaN, NaN];
      const otherShare = otherPower / otherRate;
      return [log(otherRate / rate), p * otherShare - slope, log(otherShare) - u];
    },
  };
}

function slopeTriple({ power, rate, exponent, factor }: RateState, referenceTime: number, scale: number): Triple {
  const logTime = log(referenceTime);
  const amplitude = power / factor;
  return {
    jacobian: Float64Array.of(
      ...[0, (-amplitude * logTime * scale) / power, amplitude * (1 + exponent * logTime)],
      ...[0, scale / power, -exponent],
      ...[scale, 0, -power],
    ),
    move(z0, z1, z2) {
      const newPower = power * exp(z2);
      const newExponent = (exponent * power + scale * z1) / newPower;
      return [newPower / pow(referenceTime, newExponent), newExponent, rate + scale * z0 - newPower];
    },
    locate(a, p, b) {
      const otherPower = a * pow(referenceTime, p);
      if (!(otherPower / power > 0)) return [NaN, NaN, NaN];
      const slope = p * otherPower - exponent * power;
      return [(otherPower + b - rate) / scale, slope / scale, log(otherPower / power)];
    },
  };
}

function signedTriple({ power, rate, exponent, factor, scale }: RateState, referenceTime: number): Triple {
  const logTime = log(referenceTime);
  const amplitude = power / factor;
  return {
    jacobian: Float64Array.of(...[0, -amplitude * logTime, scale / factor], ...[0, 1, 0], ...[scale, 0, -scale]),
    move(z0, z1, z2) {
      const newPower = power + scale * z2;
      const newExponent = exponent + z1;
      return [newPower / pow(referenceTime, newExponent), newExponent, rate + scale * z0 - newPower];
    },
    locate(a, p, b) {
      const otherPower = a * pow(referenceTime, p);
      return [(otherPower + b - rate) / scale, p - exponent, (otherPower - power) / scale];
    },
  };
}

/** Inverse of a regular 3×3 matrix by cofactors. */
function inverse3(m: Float64Array): Float64Array {
  const cofactor = (i: number, j: number): number => {
    const [r0, r1] = [(i + 1) % 3, (i + 2) % 3];
    const [c0, c1] = [(j + 1) % 3, (j + 2) % 3];
    return m[3 * r0 + c0]! * m[3 * r1 + c1]! - m[3 * r0 + c1]! * m[3 * r1 + c0]!;
  };
  const determinant = m[0]! * cofactor(0, 0) + m[1]! * cofactor(0, 1) + m[2]! * cofactor(0, 2);
  return Float64Array.from({ length: 9 }, (_, at) => cofactor(at % 3, Math.floor(at / 3)) / determinant);
}
