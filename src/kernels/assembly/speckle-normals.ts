/**
 * Circular complex normal numbers by counter, four Philox blocks at once: operation by operation what
 * `src/math/complex-normals.ts` computes, so the bits are the same.
 */
import { both, constant, minus, plus, select, times, timesPlus } from './lanes';

/** 2⁻³², ½, 1, 2, ln 2, 2⁵² + 1024, π·2⁻³¹. */
const SCALE: usize = 0;
const HALF: usize = 1;
const ONE: usize = 2;
const TWO: usize = 3;
const LN2: usize = 4;
const EXPONENT: usize = 5;
const RADIANS: usize = 6;
/** 1/17, 1/15, …, 1/3. */
const LOG_SERIES: usize = 7;
/** 1/13!, −1/11!, …, −1/3!. */
const SIN_SERIES: usize = 15;
/** −1/14!, 1/12!, …, −1/2!. */
const COS_SERIES: usize = 21;
const NUMBERS = memory.data<f64>([
  2.3283064365386963e-10, 0.5, 1.0, 2.0, 0.6931471805599453, 4503599627371520.0, 1.4629180792671596e-9,
  0.058823529411764705, 0.06666666666666667, 0.07692307692307693, 0.09090909090909091, 0.1111111111111111,
  0.14285714285714285, 0.2, 0.3333333333333333,
  1.6059043836821613e-10, -2.505210838544172e-8, 2.7557319223985893e-6, -0.0001984126984126984,
  0.008333333333333333, -0.16666666666666666,
  -1.1470745597729725e-11, 2.08767569878681e-9, -2.755731922398589e-7, 2.48015873015873e-5,
  -0.001388888888888889, 0.041666666666666664, -0.5,
]);
/** The upper word of √½, as in the twin, over a lower word of zeros. */
const SQRT_HALF: i64 = 0x3fe6a09e00000000;
const SIGNIFICAND: i64 = 0x000fffffffffffff;
/** 1024 as an exponent, and the bits of 2⁵². */
const EXPONENT_SHIFT: i64 = 0x4000000000000000;
const TWO_TO_52: i64 = 0x4330000000000000;

/** √(−ln u), u = (word + ½)/2³², of the two lower words. */
// @ts-ignore: decorator
@inline
function radius(words: v128): v128 {
  const u = times(plus(f64x2.convert_low_i32x4_u(words), constant(NUMBERS, HALF)), constant(NUMBERS, SCALE));
  const shifted = i64x2.sub(u, i64x2.splat(SQRT_HALF));
  const biased = i64x2.shr_u(i64x2.add(shifted, i64x2.splat(EXPONENT_SHIFT)), 52);
  const k = minus(v128.or(biased, i64x2.splat(TWO_TO_52)), constant(NUMBERS, EXPONENT));
  const m = i64x2.add(v128.and(shifted, i64x2.splat(SIGNIFICAND)), i64x2.splat(SQRT_HALF));
  const one = constant(NUMBERS, ONE);
  const s = f64x2.div(minus(m, one), plus(m, one));
  const z = times(s, s);
  let series = constant(NUMBERS, LOG_SERIES);
  series = timesPlus(z, series, constant(NUMBERS, LOG_SERIES + 1));
  series = timesPlus(z, series, constant(NUMBERS, LOG_SERIES + 2));
  series = timesPlus(z, series, constant(NUMBERS, LOG_SERIES + 3));
  series = timesPlus(z, series, constant(NUMBERS, LOG_SERIES + 4));
  series = timesPlus(z, series, constant(NUMBERS, LOG_SERIES + 5));
  series = timesPlus(z, series, constant(NUMBERS, LOG_SERIES + 6));
  series = timesPlus(z, series, constant(NUMBERS, LOG_SERIES + 7));
  const logarithm = times(constant(NUMBERS, TWO), plus(s, times(s, times(z, series))));
  return f64x2.sqrt(f64x2.neg(plus(times(k, constant(NUMBERS, LN2)), logarithm)));
}

/** Real and imaginary parts of the two lower lanes: radii from `r`, angles from `turn`. */
// @ts-ignore: decorator
@inline
function storePolar(r: v128, turn: v128, real: usize, imaginary: usize): void {
  const length = radius(r);
  const quadrant = i32x4.shr_s(i32x4.add(turn, i32x4.splat(0x20000000)), 30);
  const rest = i32x4.sub(turn, i32x4.shl(quadrant, 30));
  const x = times(f64x2.convert_low_i32x4_s(rest), constant(NUMBERS, RADIANS));
  const z = times(x, x);
  let s = constant(NUMBERS, SIN_SERIES);
  s = timesPlus(z, s, constant(NUMBERS, SIN_SERIES + 1));
  s = timesPlus(z, s, constant(NUMBERS, SIN_SERIES + 2));
  s = timesPlus(z, s, constant(NUMBERS, SIN_SERIES + 3));
  s = timesPlus(z, s, constant(NUMBERS, SIN_SERIES + 4));
  s = timesPlus(z, s, constant(NUMBERS, SIN_SERIES + 5));
  s = plus(x, times(x, times(z, s)));
  let c = constant(NUMBERS, COS_SERIES);
  c = timesPlus(z, c, constant(NUMBERS, COS_SERIES + 1));
  c = timesPlus(z, c, constant(NUMBERS, COS_SERIES + 2));
  c = timesPlus(z, c, constant(NUMBERS, COS_SERIES + 3));
  c = timesPlus(z, c, constant(NUMBERS, COS_SERIES + 4));
  c = timesPlus(z, c, constant(NUMBERS, COS_SERIES + 5));
  c = timesPlus(z, c, constant(NUMBERS, COS_SERIES + 6));
  c = timesPlus(z, c, constant(NUMBERS, ONE));
  const one = i32x4.splat(1);
  const two = i32x4.splat(2);
  const odd = i64x2.extend_low_i32x4_s(i32x4.neg(v128.and(quadrant, one)));
  const cosineSign = i32x4.shl(v128.and(i32x4.add(quadrant, one), two), 30);
  const sineSign = i32x4.shl(v128.and(quadrant, two), 30);
  const cosine = v128.xor(select(s, c, odd), i64x2.shl(i64x2.extend_low_i32x4_u(cosineSign), 32));
  const sine = v128.xor(select(c, s, odd), i64x2.shl(i64x2.extend_low_i32x4_u(sineSign), 32));
  v128.store(real, times(length, cosine));
  v128.store(imaginary, times(length, sine));
}

/** Upper halves of the products of four unsigned numbers, from both pairs of products. */
// @ts-ignore: decorator
@inline
function upper(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

// @ts-ignore: decorator
@inline
function lower(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6);
}

/** The upper two lanes in place of the lower. */
// @ts-ignore: decorator
@inline
function upperLanes(words: v128): v128 {
  return v128.shuffle<i32>(words, words, 2, 3, 2, 3);
}

/**
 * Philox blocks first … first + count − 1 (count a multiple of four) of a key: each leaves re z₀, re z₁, im z₀, im z₁ at
 * out, out + stride, …; `scratch` holds 128 bytes.
 */
export function drawNormals(
  keyLow: i32,
  keyHigh: i32,
  first: i32,
  count: i32,
  out: usize,
  stride: usize,
  scratch: usize,
): void {
  const multiplier0 = i32x4.splat(0xd2511f53);
  const multiplier1 = i32x4.splat(0xcd9e8d57);
  for (let b = 0; b < count; b += 4, out += 4 * stride) {
    let c0 = i32x4.add(i32x4.splat(first + b), i32x4(0, 1, 2, 3));
    let c1 = i32x4.splat(0);
    let c2 = i32x4.splat(0);
    let c3 = i32x4.splat(0);
    let k0 = keyLow;
    let k1 = keyHigh;
    for (let round = 0; round < 10; round++) {
      const p0 = i64x2.extmul_low_i32x4_u(multiplier0, c0);
      const q0 = i64x2.extmul_high_i32x4_u(multiplier0, c0);
      const p1 = i64x2.extmul_low_i32x4_u(multiplier1, c2);
      const q1 = i64x2.extmul_high_i32x4_u(multiplier1, c2);
      c0 = v128.xor(v128.xor(upper(p1, q1), c1), i32x4.splat(k0));
      c1 = lower(p1, q1);
      c2 = v128.xor(v128.xor(upper(p0, q0), c3), i32x4.splat(k1));
      c3 = lower(p0, q0);
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    storePolar(c0, c1, scratch, scratch + 16);
    storePolar(c2, c3, scratch + 32, scratch + 48);
    storePolar(upperLanes(c0), upperLanes(c1), scratch + 64, scratch + 80);
    storePolar(upperLanes(c2), upperLanes(c3), scratch + 96, scratch + 112);
    for (let half: usize = 0; half < 2; half++) {
      const real0 = v128.load(scratch + (half << 6));
      const imaginary0 = v128.load(scratch + (half << 6), 16);
      const real1 = v128.load(scratch + (half << 6), 32);
      const imaginary1 = v128.load(scratch + (half << 6), 48);
      const at = out + (half << 1) * stride;
      v128.store(at, v128.shuffle<i64>(real0, real1, 0, 2));
      v128.store(at, v128.shuffle<i64>(imaginary0, imaginary1, 0, 2), 16);
      v128.store(at + stride, v128.shuffle<i64>(real0, real1, 1, 3));
      v128.store(at + stride, v128.shuffle<i64>(imaginary0, imaginary1, 1, 3), 16);
    }
  }
}
