/**
 * sin and cos with the same bits on every engine, for every finite argument.
 *
 * x = n·π/2 + r with |r| ≤ π/4, r kept as a double-double number; then Taylor series. Up to 2^20·π/2 the reduction
 * subtracts n·π/2 in four exact pieces (Cody & Waite 1980); beyond, the digits of 2/π that matter are multiplied with
 * the significand (Payne & Hanek, SIGNUM Newsletter 18 (1983) 19). Errors stay below 1 ulp (tested against 40-digit values).
 */
import { productError, sumError } from './double-double.ts';
import { highWord, lowWord } from './float-bits.ts';

const TWO_OVER_PI = 0.6366197723675814;
/** π/2 in pieces of 33, 33, 33 and 53 bits: products with |n| ≤ 2^20 are exact. */
const HALF_PI_1 = 1.5707963267341256;
const HALF_PI_2 = 6.077100506303966e-11;
const HALF_PI_3 = 2.0222662487111665e-21;
const HALF_PI_4 = 8.4784276603689e-32;
const HALF_PI_HIGH = 1.5707963267948966;
const HALF_PI_LOW = 6.123233995736766e-17;
const RADIANS_PER_DEGREE_HIGH = 0.017453292519943295;
const RADIANS_PER_DEGREE_LOW = 2.9486522708701687e-19;
const SMALL_LIMIT = 1647099;
const ROUND_TO_INTEGER = 6755399441055744;
const DIGIT = 16777216;

/** Digits of 2/π in base 2^24. */
const TWO_OVER_PI_DIGITS = Uint32Array.of(
  0xa2f983,
  0x6e4e44,
  0x1529fc,
  0x2757d1,
  0xf534dd,
  0xc0db62,
  0x95993c,
  0x439041,
  0xfe5163,
  0xabdebb,
  0xc561b7,
  0x246e3a,
  0x424dd2,
  0xe00649,
  0x2eea09,
  0xd1921c,
  0xfe1deb,
  0x1cb129,
  0xa73ee8,
  0x8235f5,
  0x2ebb44,
  0x84e99c,
  0x7026b4,
  0x5f7e41,
  0x3991d6,
  0x398353,
  0x39f49c,
  0x845f8b,
  0xbdf928,
  0x3b1ff8,
  0x97ffde,
  0x05980f,
  0xef2f11,
  0x8b5a0a,
  0x6d1f6d,
  0x367ecf,
  0x27cb09,
  0xb74f46,
  0x3f669e,
  0x5fea2d,
  0x7527ba,
  0xc7ebe5,
  0xf17b3d,
  0x0739f7,
  0x8a5292,
  0xea6bfb,
  0x5fb11f,
  0x8d5d08,
  0x560330,
  0x46fc7b,
  0x6babf0,
  0xcfbc20,
  0x9af436,
  0x1da9e3,
);

/** The last reduced argument: quadrant n mod 4, and r = reduced + reducedLow. */
let quadrant = 0;
let reduced = 0;
let reducedLow = 0;

function reduce(x: number): void {
  if (x > SMALL_LIMIT || x < -SMALL_LIMIT) {
    reduceLarge(x);
    return;
  }
  const n = x * TWO_OVER_PI + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
  const first = x - n * HALF_PI_1;
  const second = -n * HALF_PI_2;
  const high = first + second;
  const highLow = sumError(first, second, high);
  const third = -n * HALF_PI_3;
  const sum = high + third;
  const rest = sumError(high, third, sum) + highLow - n * HALF_PI_4;
  reduced = sum + rest;
  reducedLow = sum - reduced + rest;
  quadrant = n & 3;
}

const FRACTION_DIGITS = 7;
const fraction = new Float64Array(FRACTION_DIGITS + 1);
const significand = new Float64Array(4);

/** x·2/π mod 4 from the digits of 2/π; fraction[0] is the integer part mod 2^24, fraction[j] counts 2^(−24j). */
function reduceLarge(x: number): void {
  const high = highWord(x);
  const exponent = ((high >>> 20) & 0x7ff) - 1075;
  const shift = ((exponent % 24) + 24) % 24;
  const offset = (exponent - shift) / 24;
  let rest = ((high & 0xfffff) + 0x100000) * 4294967296 + lowWord(x);
  let scale = 1 << shift;
  let carry = 0;
  for (let i = 0; i < 4; i++) {
    const digit = rest % DIGIT;
    rest = (rest - digit) / DIGIT;
    const value = digit * scale + carry;
    significand[i] = value % DIGIT;
    carry = Math.floor(value / DIGIT);
  }
  carry = 0;
  for (let j = FRACTION_DIGITS; j >= 0; j--) {
    let sum = carry;
    for (let i = 0; i < 4; i++) {
      const k = i - 1 + offset + j;
      if (k >= 0) sum += significand[i]! * TWO_OVER_PI_DIGITS[k]!;
    }
    fraction[j] = sum % DIGIT;
    carry = Math.floor(sum / DIGIT);
  }
  let n = fraction[0]! & 3;
  const negative = fraction[1]! >= DIGIT / 2;
  if (negative) n++;
  scale = 1 / DIGIT;
  let f = 0;
  let fLow = 0;
  for (let j = 1; j <= FRACTION_DIGITS; j++) {
    const term = (negative ? DIGIT - 1 - fraction[j]! : fraction[j]!) * scale;
    const sum = f + term;
    fLow += sumError(f, term, sum);
    f = sum;
    scale /= DIGIT;
  }
  const product = f * HALF_PI_HIGH;
  const productLow = productError(f, HALF_PI_HIGH, product) + (f * HALF_PI_LOW + fLow * HALF_PI_HIGH);
  const sign = negative !== x < 0 ? -1 : 1;
  reduced = sign * (product + productLow);
  reducedLow = sign * (product - (product + productLow) + productLow);
  quadrant = (x < 0 ? -n : n) & 3;
}

/** sin(r + low) for |r| ≤ π/4. */
function sinOfReduced(r: number, low: number): number {
  const z = r * r;
  let sum = 1 / 355687428096000;
  sum = -1 / 1307674368000 + z * sum;
  sum = 1 / 6227020800 + z * sum;
  sum = -1 / 39916800 + z * sum;
  sum = 1 / 362880 + z * sum;
  sum = -1 / 5040 + z * sum;
  sum = 1 / 120 + z * sum;
  sum = -1 / 6 + z * sum;
  return r + (r * z * sum + low * (1 - 0.5 * z));
}

/** cos(r + low) for |r| ≤ π/4. */
function cosOfReduced(r: number, low: number): number {
  const z = r * r;
  let sum = 1 / 20922789888000;
  sum = -1 / 87178291200 + z * sum;
  sum = 1 / 479001600 + z * sum;
  sum = -1 / 3628800 + z * sum;
  sum = 1 / 40320 + z * sum;
  sum = -1 / 720 + z * sum;
  sum = 1 / 24 + z * sum;
  const half = 0.5 * z;
  const head = 1 - half;
  return head + (1 - head - half + (z * z * sum - r * low));
}

/** Sine of an angle in radians; NaN for infinite x. */
export function sin(x: number): number {
  if (!(x - x === 0)) return NaN;
  reduce(x);
  const value = (quadrant & 1) === 0 ? sinOfReduced(reduced, reducedLow) : cosOfReduced(reduced, reducedLow);
  return quadrant < 2 ? value : -value;
}

/** Cosine of an angle in radians; NaN for infinite x. */
export function cos(x: number): number {
  if (!(x - x === 0)) return NaN;
  reduce(x);
  const value = (quadrant & 1) === 0 ? cosOfReduced(reduced, reducedLow) : sinOfReduced(reduced, reducedLow);
  return quadrant === 0 || quadrant === 3 ? value : -value;
}

/** Write sin x and cos x to out[0] and out[1], with one reduction for both. */
export function sinCos(x: number, out: Float64Array): void {
  if (!(x - x === 0)) {
    out[0] = NaN;
    out[1] = NaN;
    return;
  }
  reduce(x);
  const s = sinOfReduced(reduced, reducedLow);
  const c = cosOfReduced(reduced, reducedLow);
  const swapped = (quadrant & 1) !== 0;
  out[0] = quadrant < 2 ? (swapped ? c : s) : swapped ? -c : -s;
  out[1] = quadrant === 0 || quadrant === 3 ? (swapped ? s : c) : swapped ? -s : -c;
}

/** Bring an angle in degrees to r within ±45 degrees and a quadrant; exact for |degrees| < 1e9. */
function reduceDegrees(degrees: number): void {
  const n = degrees / 90 + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
  const rest = degrees - n * 90;
  const product = rest * RADIANS_PER_DEGREE_HIGH;
  reduced = product;
  reducedLow = productError(rest, RADIANS_PER_DEGREE_HIGH, product) + rest * RADIANS_PER_DEGREE_LOW;
  quadrant = n & 3;
}

/** Sine of an angle in degrees; exact at multiples of 90. */
export function sinDegrees(degrees: number): number {
  reduceDegrees(degrees);
  const value = (quadrant & 1) === 0 ? sinOfReduced(reduced, reducedLow) : cosOfReduced(reduced, reducedLow);
  return quadrant < 2 ? value : -value;
}

/** Cosine of an angle in degrees; exact at multiples of 90. */
export function cosDegrees(degrees: number): number {
  reduceDegrees(degrees);
  const value = (quadrant & 1) === 0 ? cosOfReduced(reduced, reducedLow) : sinOfReduced(reduced, reducedLow);
  return quadrant === 0 || quadrant === 3 ? value : -value;
}
