/**
 * sin x / x and (cos x − sin x / x)/x² as polynomials in z = x² for |x| < 0.05.
 *
 * The closed forms lose up to all digits there: cos x − sin x / x ≈ −x²/3. Coefficients are near-minimax (Chebyshev) fits on
 * 0 ≤ z ≤ 0.0025 with relative errors of 3·10⁻¹⁸ and 3·10⁻¹⁴; the first is exactly 1 at 0.
 */
import { constant, timesPlus } from './lanes';

const SERIES = memory.data<f64>([
  1.0, -0.16666666666666533, 0.00833333332364553, -0.00019840236468220655,
  -0.33333333333332255, 0.03333333325583155, -0.0011903935211606813,
]);

// @ts-ignore: decorator
@inline
export function sincSeries(z: v128): v128 {
  let value = constant(SERIES, 3);
  value = timesPlus(value, z, constant(SERIES, 2));
  value = timesPlus(value, z, constant(SERIES, 1));
  return timesPlus(value, z, constant(SERIES, 0));
}

// @ts-ignore: decorator
@inline
export function slopeSeries(z: v128): v128 {
  let value = constant(SERIES, 6);
  value = timesPlus(value, z, constant(SERIES, 5));
  return timesPlus(value, z, constant(SERIES, 4));
}
