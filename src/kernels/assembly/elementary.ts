/**
 * exp, sin and cos of two numbers at once, to about one unit in the last place.
 *
 *   e^x   = 2^k · e^r,   k = round(x/ln 2),   |r| ≤ ln 2/2,   Taylor polynomial of degree 13
 *   sin x, cos x: k = round(x/(π/2)), r = x − k·π/2 in three parts (Cody & Waite 1980), Taylor polynomials, quadrant k mod 4
 *
 * Only + − × and bit operations, so every engine returns the same bits.
 */
import { both, constant, minus, plus, select, times, timesPlus } from './lanes';
import { storeReduced } from './reduction';

/** 1.5·2⁵²: adding it rounds to an integer that can be read from the low bits. */
const ROUND: usize = 0;
const INVERSE_LN2: usize = 1;
const LN2_HIGH: usize = 2;
const LN2_LOW: usize = 3;
/** 1/2!, 1/3!, …, 1/13!. */
const EXP_SERIES: usize = 4;
const EXP = memory.data<f64>([
  6755399441055744.0, 1.4426950408889634, 0.693147180369123816490, 1.90821492927058770002e-10,
  0.5, 0.16666666666666666, 0.041666666666666664, 0.008333333333333333, 0.001388888888888889,
  0.0001984126984126984, 2.48015873015873e-5, 2.7557319223985893e-6, 2.755731922398589e-7,
  2.505210838544172e-8, 2.08767569878681e-9, 1.6059043836821613e-10,
]);

/** e^x for −700 ≤ x ≤ 700. */
// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  const round = constant(EXP, ROUND);
  const shifted = timesPlus(x, constant(EXP, INVERSE_LN2), round);
  const k = minus(shifted, round);
  const r = minus(minus(x, times(k, constant(EXP, LN2_HIGH))), times(k, constant(EXP, LN2_LOW)));
  let series = constant(EXP, EXP_SERIES + 11);
  series = timesPlus(series, r, constant(EXP, EXP_SERIES + 10));
  series = timesPlus(series, r, constant(EXP, EXP_SERIES + 9));
  series = timesPlus(series, r, constant(EXP, EXP_SERIES + 8));
  series = timesPlus(series, r, constant(EXP, EXP_SERIES + 7));
  series = timesPlus(series, r, constant(EXP, EXP_SERIES + 6));
  series = timesPlus(series, r, constant(EXP, EXP_SERIES + 5));
  series = timesPlus(series, r, constant(EXP, EXP_SERIES + 4));
  series = timesPlus(series, r, constant(EXP, EXP_SERIES + 3));
  series = timesPlus(series, r, constant(EXP, EXP_SERIES + 2));
  series = timesPlus(series, r, constant(EXP, EXP_SERIES + 1));
  series = timesPlus(series, r, constant(EXP, EXP_SERIES));
  const value = plus(both(1), plus(r, times(times(r, r), series)));
  return i64x2.add(value, i64x2.shl(shifted, 52));
}

const TWO_OVER_PI: usize = 1;
/** π/2 in three parts; the first two have 33 bits, so their products with k < 2²⁰ are exact. */
const HALF_PI: usize = 2;
/** 1/3!, 1/5!, … with signs, up to 15!. */
const SIN_SERIES: usize = 5;
/** 1/4!, 1/6!, … with signs, up to 16!. */
const COS_SERIES: usize = 12;
const LIMIT: usize = 19;
const TRIGONOMETRIC = memory.data<f64>([
  6755399441055744.0, 0.6366197723675814,
  1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624879595063154e-21,
  -0.16666666666666666, 0.008333333333333333, -0.0001984126984126984, 2.7557319223985893e-6,
  -2.505210838544172e-8, 1.6059043836821613e-10, -7.647163731819816e-13,
  0.041666666666666664, -0.001388888888888889, 2.48015873015873e-5, -2.755731922398589e-7,
  2.08767569878681e-9, -1.1470745597729725e-11, 4.779477332387385e-14,
  1048576.0,
]);

/** Store sin x and cos x, where x stands at `phase`; the addresses may be equal. */
export function storeSinCos(phase: usize, sine: usize, cosine: usize): void {
  const x = v128.load(phase);
  const round = constant(TRIGONOMETRIC, ROUND);
  let shifted = timesPlus(x, constant(TRIGONOMETRIC, TWO_OVER_PI), round);
  const k = minus(shifted, round);
  let r = minus(x, times(k, constant(TRIGONOMETRIC, HALF_PI)));
  r = minus(r, times(k, constant(TRIGONOMETRIC, HALF_PI + 1)));
  r = minus(r, times(k, constant(TRIGONOMETRIC, HALF_PI + 2)));
  // Beyond 2²⁰ the reduction in three parts loses digits.
  const inRange = f64x2.lt(f64x2.abs(x), constant(TRIGONOMETRIC, LIMIT));
  if (!v128.all_true<i64>(inRange)) {
    v128.store(sine, r);
    v128.store(cosine, shifted);
    if (!i64x2.extract_lane(inRange, 0)) storeReduced(f64x2.extract_lane(x, 0), sine, cosine);
    if (!i64x2.extract_lane(inRange, 1)) storeReduced(f64x2.extract_lane(x, 1), sine + 8, cosine + 8);
    r = v128.load(sine);
    shifted = v128.load(cosine);
  }
  const z = times(r, r);
  let s = constant(TRIGONOMETRIC, SIN_SERIES + 6);
  s = timesPlus(s, z, constant(TRIGONOMETRIC, SIN_SERIES + 5));
  s = timesPlus(s, z, constant(TRIGONOMETRIC, SIN_SERIES + 4));
  s = timesPlus(s, z, constant(TRIGONOMETRIC, SIN_SERIES + 3));
  s = timesPlus(s, z, constant(TRIGONOMETRIC, SIN_SERIES + 2));
  s = timesPlus(s, z, constant(TRIGONOMETRIC, SIN_SERIES + 1));
  s = timesPlus(s, z, constant(TRIGONOMETRIC, SIN_SERIES));
  s = plus(r, times(times(r, z), s));
  let c = constant(TRIGONOMETRIC, COS_SERIES + 6);
  c = timesPlus(c, z, constant(TRIGONOMETRIC, COS_SERIES + 5));
  c = timesPlus(c, z, constant(TRIGONOMETRIC, COS_SERIES + 4));
  c = timesPlus(c, z, constant(TRIGONOMETRIC, COS_SERIES + 3));
  c = timesPlus(c, z, constant(TRIGONOMETRIC, COS_SERIES + 2));
  c = timesPlus(c, z, constant(TRIGONOMETRIC, COS_SERIES + 1));
  c = timesPlus(c, z, constant(TRIGONOMETRIC, COS_SERIES));
  c = timesPlus(times(z, z), c, minus(both(1), times(z, both(0.5))));
  const one = i64x2.splat(1);
  const odd = i64x2.neg(v128.and(shifted, one));
  const two = i64x2.splat(2);
  const sineSign = i64x2.shl(v128.and(shifted, two), 62);
  const cosineSign = i64x2.shl(v128.and(i64x2.add(shifted, one), two), 62);
  v128.store(sine, v128.xor(select(c, s, odd), sineSign));
  v128.store(cosine, v128.xor(select(s, c, odd), cosineSign));
}

/** e^x of `count` numbers; for tests. */
export function exponentials(x: usize, count: i32, out: usize): void {
  for (let k: usize = 0; k < usize(count) << 3; k += 16) v128.store(out + k, exponential(v128.load(x + k)));
}

/** sin and cos of `count` numbers; for tests. */
export function sinesAndCosines(x: usize, count: i32, sines: usize, cosines: usize): void {
  for (let k: usize = 0; k < usize(count) << 3; k += 16) storeSinCos(x + k, sines + k, cosines + k);
}
