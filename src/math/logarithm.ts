/**
 * log, log1p and pow with the same bits on every engine.
 *
 * x = 2^k·m with m between √½ and √2; log m = 2 artanh(s), s = (m − 1)/(m + 1), |s| ≤ 0.172, from its series in s².
 * pow needs the logarithm to about 2^−64 of itself and keeps it as a double-double number.
 * Errors of log and pow stay below 1 ulp (tested against 40-digit values).
 */
import { productError, sumError } from './double-double.ts';
import { expOfSum, LN2_HIGH, LN2_LOW } from './exponential.ts';
import { fromWords, highWord, lowWord } from './float-bits.ts';

const TWO_TO_54 = 18014398509481984;
const SMALLEST_NORMAL = 2.2250738585072014e-308;
const THIRD_HIGH = 0.3333333333333333;
const THIRD_LOW = 1.850371707708594e-17;
/** Upper word of √½, where the binary exponent of m changes. */
const SQRT_HALF_WORD = 0x3fe6a09e;

/** 1/5 + z/7 + z²/9 + … for 0 ≤ z ≤ 0.0295, the tail of (artanh(s)/s − 1 − z/3)/z² with z = s². */
function artanhTail(z: number): number {
  let sum = 1 / 25;
  sum = 1 / 23 + z * sum;
  sum = 1 / 21 + z * sum;
  sum = 1 / 19 + z * sum;
  sum = 1 / 17 + z * sum;
  sum = 1 / 15 + z * sum;
  sum = 1 / 13 + z * sum;
  sum = 1 / 11 + z * sum;
  sum = 1 / 9 + z * sum;
  sum = 1 / 7 + z * sum;
  return 0.2 + z * sum;
}

/** k and m − 1 of the last argument taken apart. */
let binaryExponent = 0;
let significandMinusOne = 0;

function takeApart(x: number): void {
  let k = 0;
  if (x < SMALLEST_NORMAL) {
    x *= TWO_TO_54;
    k = -54;
  }
  const shifted = highWord(x) - SQRT_HALF_WORD;
  const exponent = shifted >> 20;
  binaryExponent = k + exponent;
  significandMinusOne = fromWords(SQRT_HALF_WORD + (shifted & 0xfffff), lowWord(x)) - 1;
}

/** Natural logarithm; −Infinity at 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  takeApart(x);
  const k = binaryExponent;
  const f = significandMinusOne;
  const s = f / (2 + f);
  const z = s * s;
  // log(1+f) = 2s + s·R with R = 2z(1/3 + z/5 + …), and 2s = f − f²/2 + s·f²/2: f is exact and carries the most.
  const remainder = 2 * z * (1 / 3 + z * artanhTail(z));
  const halfSquare = 0.5 * f * f;
  return k * LN2_HIGH - (halfSquare - (s * (halfSquare + remainder) + k * LN2_LOW) - f);
}

/** log(1 + x) without cancellation near x = 0; within 2 ulp. −Infinity at −1, NaN below. */
export function log1p(x: number): number {
  const u = 1 + x;
  if (u === 1) return x;
  if (!(u > 0) || u === Infinity) return log(u);
  return log(u) + (x - (u - 1)) / u;
}

/** Upper and lower part of the last logarithm taken in double-double arithmetic. */
let logHigh = 0;
let logLow = 0;

function doubleDoubleLog(x: number): void {
  takeApart(x);
  const k = binaryExponent;
  const f = significandMinusOne;
  const d = 2 + f;
  const dLow = sumError(2, f, d);
  const s = f / d;
  const product = s * d;
  const sLow = (f - product - productError(s, d, product) - s * dLow) / d;
  const z = s * s;
  const zLow = productError(s, s, z) + 2 * s * sLow;
  const cubic = z * THIRD_HIGH;
  const cubicLow = productError(z, THIRD_HIGH, cubic) + (z * THIRD_LOW + zLow * THIRD_HIGH);
  const tail = cubicLow + z * z * artanhTail(z);
  const first = 1 + cubic;
  const factor = first + tail;
  const factorLow = cubic - (first - 1) + sumError(first, tail, factor);
  const twice = 2 * s;
  const high = twice * factor;
  const low = productError(twice, factor, high) + (twice * factorLow + 2 * sLow * factor);
  const exponentPart = k * LN2_HIGH;
  const sum = exponentPart + high;
  const rest = sumError(exponentPart, high, sum) + (k * LN2_LOW + low);
  logHigh = sum + rest;
  logLow = sum - logHigh + rest;
}

/**
 * x^y for x ≥ 0; NaN for negative x. x^0 = 1 for every x, as in Math.pow; 0^y = 0 for y > 0 and Infinity for y < 0.
 */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (!(x >= 0) || y !== y) return NaN;
  if (x === 1) return 1;
  if (x === 0) return y > 0 ? 0 : Infinity;
  if (x === Infinity) return y > 0 ? Infinity : 0;
  doubleDoubleLog(x);
  const exponent = y * logHigh;
  if (exponent > 710) return Infinity;
  if (exponent < -746) return 0;
  return expOfSum(exponent, productError(y, logHigh, exponent) + y * logLow);
}
