/** Sum of float32 numbers in float64: the least any sweep must do, for the bench. */
import { laneSum, loadFloats, plus } from './lanes';

export function plainSum(values: usize, count: i32): f64 {
  let sum0 = f64x2.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  const end = values + ((<usize>count & ~7) << 2);
  for (; values < end; values += 32) {
    sum0 = plus(sum0, loadFloats(values));
    sum1 = plus(sum1, loadFloats(values + 8));
    sum2 = plus(sum2, loadFloats(values + 16));
    sum3 = plus(sum3, loadFloats(values + 24));
  }
  let total = laneSum(plus(plus(sum0, sum1), plus(sum2, sum3)));
  for (let k = count & ~7; k < count; k++, values += 4) total += load<f32>(values);
  return total;
}
