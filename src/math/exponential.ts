/**
 * exp and expm1 with the same bits on every engine.
 *
 * x = k·ln 2 + r with |r| ≤ ½ ln 2; e^r from its Taylor series, whose 13th power leaves 6e-18 of the result.
 * Errors stay below 1 ulp (tested against 40-digit values).
 */
import { powerOfTwo, scaleByPowerOfTwo } from './float-bits.ts';

/** ln 2 = LN2_HIGH + LN2_LOW; LN2_HIGH has 42 bits, so that k·LN2_HIGH is exact for |k| < 2048. */
export const LN2_HIGH = 0.6931471805598903;
export const LN2_LOW = 5.497923018708371e-14;
/** Adding and subtracting 1.5·2^52 rounds to the nearest integer, ties to even. */
const ROUND_TO_INTEGER = 6755399441055744;

const LARGEST = 709.782712893384;
const SMALLEST = -745.1332191019412;

/** (e^r − 1 − r)/r² for |r| ≤ 0.35. */
function exponentialRemainder(r: number): number {
  let sum = 1 / 6227020800;
  sum = 1 / 479001600 + r * sum;
  sum = 1 / 39916800 + r * sum;
  sum = 1 / 3628800 + r * sum;
  sum = 1 / 362880 + r * sum;
  sum = 1 / 40320 + r * sum;
  sum = 1 / 5040 + r * sum;
  sum = 1 / 720 + r * sum;
  sum = 1 / 120 + r * sum;
  sum = 1 / 24 + r * sum;
  sum = 1 / 6 + r * sum;
  return 0.5 + r * sum;
}

/** e^(x + low) where |low| is at most a few ulp of x. */
export function expOfSum(x: number, low: number): number {
  if (x > LARGEST) return Infinity;
  if (x < SMALLEST) return 0;
  if (x !== x) return NaN;
  const k = x * Math.LOG2E + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
  const high = x - k * LN2_HIGH;
  const correction = k * LN2_LOW - low;
  const r = high - correction;
  const rLow = high - r - correction;
  const tail = rLow * (1 + r) + r * r * exponentialRemainder(r);
  const sum = 1 + r;
  return scaleByPowerOfTwo(sum + (r - (sum - 1) + tail), k);
}

/** e^x. Overflows to Infinity above 709.78, to 0 below −745.13. */
export function exp(x: number): number {
  return expOfSum(x, 0);
}

/** e^x − 1 without cancellation near x = 0. */
export function expm1(x: number): number {
  if (x > 37) return expOfSum(x, 0) - 1;
  if (x < -44) return -1;
  if (x !== x) return NaN;
  const k = x * Math.LOG2E + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
  if (k === 0) return x + x * x * exponentialRemainder(x);
  const high = x - k * LN2_HIGH;
  const correction = k * LN2_LOW;
  const r = high - correction;
  const rLow = high - r - correction;
  const tail = rLow * (1 + r) + r * r * exponentialRemainder(r);
  const scale = powerOfTwo(k);
  const base = scale - 1;
  const linear = scale * r;
  const sum = base + linear;
  return sum + (base - sum + linear + scale * tail);
}
