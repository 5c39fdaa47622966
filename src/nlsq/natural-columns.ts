/**
 * Derivatives with respect to natural coordinates, formed before the sweep.
 *
 * Where A and B nearly cancel, the derivatives with respect to A, p and B are large and nearly the same; their
 * combinations are small, and would be lost in the sums of a sweep over the uncombined ones.
 */
import type { Sensitivities } from '../model/two-time-model.ts';
import type { Chart } from './coordinates.ts';
import type { FreeParameters } from './free-parameters.ts';

export interface NaturalColumns {
  /** What the sweep gets: of a bent triple ∂/∂z, named by the members; of other parameters as the model gave it. */
  readonly sensitivities: Sensitivities;
  /** ∂column/∂z, shape (K, n) row-major, columns in the order c, g, h. */
  readonly columns: Float64Array;
}

/** Combine the derivatives of the bent triples of a chart. */
export function naturalColumns(
  free: FreeParameters,
  chart: Pick<Chart, 'jacobian' | 'bent'>,
  raw: Sensitivities,
): NaturalColumns {
  const n = free.names.length;
  const bentNames = new Set(chart.bent.flatMap(({ indices }) => indices.map((i) => free.names[i]!)));
  const combine = (list: Sensitivities['c']): Sensitivities['c'] =>
    list.map(({ parameter, vector }) => {
      const column = free.names.indexOf(parameter);
      const triple = chart.bent.find(({ indices }) => indices.includes(column));
      if (triple === undefined) return { parameter, vector };
      const members = triple.indices.map((i) => list.find((entry) => entry.parameter === free.names[i])!.vector);
      const slopes = triple.indices.map((i) => chart.jacobian[i * n + column]!);
      return { parameter, vector: combination(slopes, members) };
    });
  const sensitivities: Sensitivities = { c: combine(raw.c), g: combine(raw.g), h: raw.h };
  const names = [...raw.c, ...raw.g, ...raw.h].map(({ parameter }) => parameter);
  const columns = new Float64Array(names.length * n);
  names.forEach((name, k) => {
    const i = free.source(name);
    columns[k * n + i] = bentNames.has(name) ? 1 : chart.jacobian[i * n + i]!;
  });
  return { sensitivities, columns };
}

/** Σ_m factor_m·vector_m. */
function combination(factors: readonly number[], vectors: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  for (const [m, factor] of factors.entries()) {
    const vector = vectors[m]!;
    for (let k = 0; k < sum.length; k++) sum[k] = sum[k]! + factor * vector[k]!;
  }
  return sum;
}
