/**
 * Reduce sweeps with several parameters that act through h to sweeps with one.
 *
 * The kernels know one h-column. Products of two columns follow from those of their sum:
 * Σ u·v = ½(Σ(u + v)² − Σu² − Σv²). No built-in model needs this; a law with two such parameters pays for it.
 */
import type { Sensitivities } from '../model/two-time-model.ts';
import { ANGLE_SUMS, resultLayout, type SweepKind } from './result-layout.ts';
import type { TriangleStack } from './triangles.ts';

/** One set of sensitivities per parameter of h, then, for products, one per pair (m, n), m < n, with the sum of both. */
export function splitAngleParameters(kind: SweepKind, sensitivities: Sensitivities): Sensitivities[] {
  const { c, g, h } = sensitivities;
  const single = h.map((entry) => ({ c, g, h: [entry] }));
  if (kind !== 'normal') return single;
  const pairs = anglePairs(h.length).map(([m, n]) => {
    const vector = h[m]!.vector.map((value, a) => value + h[n]!.vector[a]!);
    return { c, g, h: [{ parameter: `${h[m]!.parameter} + ${h[n]!.parameter}`, vector }] };
  });
  return [...single, ...pairs];
}

/** The result of all parameters from those of `splitAngleParameters`, in its order. */
export function mergeAngleParameters(
  kind: SweepKind,
  results: readonly Float64Array[],
  data: TriangleStack,
  sensitivities: Sensitivities,
): Float64Array {
  const { frames, angles } = data;
  const shared = sensitivities.c.length + sensitivities.g.length;
  const count = sensitivities.h.length;
  const size = shared + count;
  const part = resultLayout(kind, frames, angles, shared + 1);
  const whole = resultLayout(kind, frames, angles, size);
  const merged = new Float64Array(whole.length);
  merged.set(results[0]!.subarray(0, ANGLE_SUMS * angles));
  for (let m = 0; m < count; m++) {
    const result = results[m]!;
    for (let a = 0; a < angles; a++) {
      for (const block of ['d', 'md', 'rd'] as const) {
        const from = part[block] + a * (shared + 1);
        const to = whole[block] + a * size;
        merged.set(result.subarray(from, from + shared), to);
        merged[to + shared + m] = result[from + shared]!;
      }
    }
    if (kind !== 'normal') continue;
    for (let k = 0; k < shared; k++) {
      const row = part.hessian + k * (shared + 1);
      merged.set(result.subarray(row, row + shared), whole.hessian + k * size);
      setSymmetric(merged, whole.hessian, size, k, shared + m, result[row + shared]!);
    }
    setSymmetric(merged, whole.hessian, size, shared + m, shared + m, corner(result));
  }
  if (kind !== 'normal') return merged;
  for (const [at, [m, n]] of anglePairs(count).entries()) {
    const value = 0.5 * (corner(results[count + at]!) - corner(results[m]!) - corner(results[n]!));
    setSymmetric(merged, whole.hessian, size, shared + m, shared + n, value);
  }
  return merged;
}

function anglePairs(count: number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let m = 0; m < count; m++) for (let n = m + 1; n < count; n++) pairs.push([m, n]);
  return pairs;
}

/** The last entry of a `normal` result: the square of the h-column. */
function corner(result: Float64Array): number {
  return result[result.length - 1]!;
}

function setSymmetric(target: Float64Array, start: number, size: number, k: number, l: number, value: number): void {
  target[start + k * size + l] = value;
  target[start + l * size + k] = value;
}
