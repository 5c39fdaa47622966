/** Evenly spread random points: one in every slice of every coordinate. */
import { fillUniforms, fold, type RandomKey } from '../math/index.ts';

/** Points of the unit cube, one in each of `count` slices of every coordinate (McKay, Beckman & Conover 1979). */
export function latinHypercube(key: RandomKey, count: number, dimensions: number): Float64Array[] {
  const points = Array.from({ length: count }, () => new Float64Array(dimensions));
  const draws = new Float64Array(2 * count);
  for (let d = 0; d < dimensions; d++) {
    fillUniforms(fold(key, d), draws);
    const order = Array.from({ length: count }, (_, k) => k).sort((a, b) => draws[a]! - draws[b]! || a - b);
    order.forEach((slice, k) => (points[k]![d] = (slice + draws[count + k]!) / count));
  }
  return points;
}
