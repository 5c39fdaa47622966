/**
 * sin x / x and (cos x − sin x / x)/x² as Taylor series in z = x², exact to rounding for |x| < 0.1.
 *
 * The closed forms lose up to all digits there: cos x − sin x / x ≈ −x²/3.
 */
import { both, constant, timesPlus } from './lanes';

/** (−1)^k/(2k+1)! for k = 1 … 4, then (−1)^k·2k/(2k+1)! for k = 1 … 5. */
const SERIES = memory.data<f64>([
  -0.16666666666666666, 0.008333333333333333, -0.0001984126984126984, 2.7557319223985893e-6,
  -0.3333333333333333, 0.03333333333333333, -0.0011904761904761906, 2.2045855379188714e-5, -2.505210838544172e-7,
]);

// @ts-ignore: decorator
@inline
export function sincSeries(z: v128): v128 {
  let value = constant(SERIES, 3);
  value = timesPlus(value, z, constant(SERIES, 2));
  value = timesPlus(value, z, constant(SERIES, 1));
  value = timesPlus(value, z, constant(SERIES, 0));
  return timesPlus(value, z, both(1));
}

// @ts-ignore: decorator
@inline
export function slopeSeries(z: v128): v128 {
  let value = constant(SERIES, 8);
  value = timesPlus(value, z, constant(SERIES, 7));
  value = timesPlus(value, z, constant(SERIES, 6));
  value = timesPlus(value, z, constant(SERIES, 5));
  return timesPlus(value, z, constant(SERIES, 4));
}
