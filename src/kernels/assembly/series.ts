/**
 * sin x / x and (cos x − sin x / x)/x² as polynomials in z = x² for |x| < 0.1, right to rounding.
 *
 * The closed forms lose up to all digits there: cos x − sin x / x ≈ −x²/3. Coefficients are the near-minimax (Chebyshev)
 * fits on 0 ≤ z ≤ 0.01, relative errors 1.4·10⁻¹⁹ and 6·10⁻¹⁷; the Taylor series would need one term more.
 */
import { constant, timesPlus } from './lanes';

const SERIES = memory.data<f64>([
  1.0, -0.16666666666666663, 0.008333333333313764, -0.00019841269293330242, 2.755105684924637e-6,
  -0.3333333333333333, 0.03333333333327071, -0.0011904761591653907, 2.204084548742528e-5,
]);

// @ts-ignore: decorator
@inline
export function sincSeries(z: v128): v128 {
  let value = constant(SERIES, 4);
  value = timesPlus(value, z, constant(SERIES, 3));
  value = timesPlus(value, z, constant(SERIES, 2));
  value = timesPlus(value, z, constant(SERIES, 1));
  return timesPlus(value, z, constant(SERIES, 0));
}

// @ts-ignore: decorator
@inline
export function slopeSeries(z: v128): v128 {
  let value = constant(SERIES, 8);
  value = timesPlus(value, z, constant(SERIES, 7));
  value = timesPlus(value, z, constant(SERIES, 6));
  return timesPlus(value, z, constant(SERIES, 5));
}
