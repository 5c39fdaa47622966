/**
 * The members (A, p, B) of a rate A·t^p + B in the natural coordinates of the fit, with the determinant of the change.
 *
 * With L = ln t_ref, P = A·t_ref^p, F = P + B and a fixed scale R (`../nlsq/rate-triple.ts` says why):
 *
 * | form | coordinates | A·t_ref^p, p, B | ln |∂(A, p, B)/∂z| |
 * |---|---|---|---|
 * | `log` | ln F, s, u | F·e^u, s·e^(−u), F·(1 − e^u) | 2·ln F − p·L |
 * | `slope` | F/R, s·F/R, ln P | P, R·z₁/P, R·z₀ − P | 2·ln R − p·L |
 * | `signed` | F/R, p, P/R | P, p, R·z₀ − P | 2·ln R − p·L |
 */
import { exp, log, pow } from '../../math/index.ts';
import type { ParameterValues } from '../../model/transport-law.ts';
import { rateState, type RateTriple } from '../../nlsq/rate-triple.ts';

export interface RatePlace {
  /** (A, p, B). */
  readonly members: readonly [number, number, number];
  /** ∂(A, p, B)/∂z, 3×3 row-major. */
  readonly jacobian: readonly number[];
  readonly logDeterminant: number;
  /** ∂logDeterminant/∂z. */
  readonly logDeterminantSlope: readonly [number, number, number];
}

export interface RateCoordinates {
  readonly form: 'log' | 'slope' | 'signed';
  at(z0: number, z1: number, z2: number): RatePlace;
  /** z of (A, p, B); NaN where this form does not reach. */
  locate(amplitude: number, exponent: number, offset: number): readonly [number, number, number];
}

/** Below this share of the rate, or of its slope, the power-law part may vanish and change sign: as in the fit. */
const SMALLEST_SHARE = 0.15;

/** The form that suits the values, as the fit would choose it there. */
export function rateCoordinates(triple: RateTriple, values: ParameterValues, referenceTime: number): RateCoordinates {
  const { power, rate, exponent, scale } = rateState(triple, values, referenceTime);
  const liveliness = Math.max(Math.abs(rate), Math.abs(exponent * power));
  const logTime = log(referenceTime);
  if (rate > 0 && power >= SMALLEST_SHARE * rate) return logForm(referenceTime, logTime);
  if (liveliness > 0 && Math.abs(power) >= SMALLEST_SHARE * liveliness) {
    return slopeForm(referenceTime, logTime, liveliness, Math.sign(power));
  }
  return signedForm(referenceTime, logTime, scale);
}

function logForm(time: number, logTime: number): RateCoordinates {
  return {
    form: 'log',
    at: (lnF, s, u) => {
      const rate = exp(lnF);
      const share = exp(u);
      const p = s / share;
      const a = (rate * share) / pow(time, p);
      const b = rate * (1 - share);
      return {
        members: [a, p, b],
        jacobian: [
          ...[a, (-a * logTime) / share, a * (1 + p * logTime)],
          ...[0, 1 / share, -p],
          ...[b, 0, -rate * share],
        ],
        logDeterminant: 2 * lnF - p * logTime,
        logDeterminantSlope: [2, -logTime / share, p * logTime],
      };
    },
    locate: (a, p, b) => {
      const power = a * pow(time, p);
      const rate = power + b;
      if (!(power > 0 && rate > 0)) return [NaN, NaN, NaN];
      return [log(rate), (p * power) / rate, log(power / rate)];
    },
  };
}

function slopeForm(time: number, logTime: number, scale: number, sign: number): RateCoordinates {
  return {
    form: 'slope',
    at: (z0, z1, z2) => {
      const power = sign * exp(z2);
      const p = (scale * z1) / power;
      const a = power / pow(time, p);
      return {
        members: [a, p, scale * z0 - power],
        jacobian: [
          ...[0, (-a * logTime * scale) / power, a * (1 + p * logTime)],
          ...[0, scale / power, -p],
          ...[scale, 0, -power],
        ],
        logDeterminant: 2 * log(scale) - p * logTime,
        logDeterminantSlope: [0, (-logTime * scale) / power, p * logTime],
      };
    },
    locate: (a, p, b) => {
      const power = a * pow(time, p);
      if (!(sign * power > 0)) return [NaN, NaN, NaN];
      return [(power + b) / scale, (p * power) / scale, log(sign * power)];
    },
  };
}

function signedForm(time: number, logTime: number, scale: number): RateCoordinates {
  return {
    form: 'signed',
    at: (z0, p, z2) => {
      const factor = pow(time, p);
      const power = scale * z2;
      const a = power / factor;
      return {
        members: [a, p, scale * z0 - power],
        jacobian: [...[0, -a * logTime, scale / factor], ...[0, 1, 0], ...[scale, 0, -scale]],
        logDeterminant: 2 * log(scale) - p * logTime,
        logDeterminantSlope: [0, -logTime, 0],
      };
    },
    locate: (a, p, b) => {
      const power = a * pow(time, p);
      return [(power + b) / scale, p, power / scale];
    },
  };
}
