/** Weighted inner products in O(N²) equal those with the dense inverse of the covariance of all pairs. */
import fc from 'fast-check';
import { inverse, Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { markovWeight } from '../../src/nlsq/gls/markov-weight.ts';
import { weightedColumns } from '../../src/nlsq/gls/weighted-columns.ts';
import { weightedProducts, type RowSource } from '../../src/nlsq/gls/weighted-products.ts';

interface Case {
  readonly passed: Float64Array;
  readonly photonNoise: number;
  /** Two symmetric matrices without diagonal, by their pairs. */
  readonly matrices: readonly (readonly number[])[];
}

const pairsOf = (frames: number): [number, number][] =>
  Array.from({ length: frames }, (_, i) =>
    Array.from({ length: frames - i - 1 }, (_u, k): [number, number] => [i, i + 1 + k]),
  ).flat();

const cases: fc.Arbitrary<Case> = fc
  .array(fc.oneof(fc.constant(0), fc.double({ min: 1e-4, max: 5, noNaN: true })), { minLength: 2, maxLength: 7 })
  .chain((steps) => {
    const pairs = pairsOf(steps.length + 1).length;
    const numbers = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: pairs, maxLength: pairs });
    return fc.record({
      passed: fc.constant(
        Float64Array.from({ length: steps.length + 1 }, (_, k) => steps.slice(0, k).reduce((a, b) => a + b, 0)),
      ),
      photonNoise: fc.constantFrom(0.01, 0.1, 1, 30),
      matrices: fc.tuple(numbers, numbers),
    });
  });

function rowsOf({ passed, matrices }: Case): RowSource {
  const whole = matrices.map((values) => {
    const matrix = Matrix.zeros(passed.length, passed.length);
    pairsOf(passed.length).forEach(([i, j], at) => {
      matrix.set(i, j, values[at]!);
      matrix.set(j, i, values[at]!);
    });
    return matrix;
  });
  return (i, rows) => rows.forEach((row, k) => row.set(whole[k]!.getRow(i)));
}

/** AᵀS⁻¹B with S_{ij,kl} = W_ik·W_jl + W_il·W_jk over all pairs. */
function denseProducts({ passed, photonNoise, matrices }: Case): number[][] {
  const pairs = pairsOf(passed.length);
  const w = (i: number, j: number): number =>
    Math.exp(-Math.abs(passed[i]! - passed[j]!)) + (i === j ? photonNoise : 0);
  const covariance = new Matrix(pairs.map(([i, j]) => pairs.map(([k, l]) => w(i, k) * w(j, l) + w(i, l) * w(j, k))));
  const columns = new Matrix(matrices.map((values) => [...values]));
  return columns.mmul(inverse(covariance)).mmul(columns.transpose()).to2DArray();
}

describe('weighted products', () => {
  test('equal the products with the inverse covariance of all pairs, the diagonal unmeasured', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const weight = markovWeight(one.passed, one.photonNoise);
        const [aa, ab, ba, bb] = weightedProducts(weight, 2, rowsOf(one));
        const dense = denseProducts(one);
        const size = Math.sqrt(dense[0]![0]! * dense[1]![1]!) + 1e-12;
        expect(Math.abs(aa! - dense[0]![0]!)).toBeLessThan(1e-7 * (dense[0]![0]! + 1e-12));
        expect(Math.abs(bb! - dense[1]![1]!)).toBeLessThan(1e-7 * (dense[1]![1]! + 1e-12));
        expect(Math.abs(ab! - dense[0]![1]!)).toBeLessThan(1e-7 * size);
        expect(ba).toBe(ab);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  test('come from weighted matrices that are zero on the diagonal', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const frames = one.passed.length;
        const weight = markovWeight(one.passed, one.photonNoise);
        const fill = rowsOf(one);
        const [aa, ab] = weightedProducts(weight, 2, fill);
        const [weighted] = weightedColumns(weight, 2, fill);
        const sums = [0, 0];
        pairsOf(frames).forEach(([i, j], at) => {
          expect(weighted![i * frames + j]).toBeCloseTo(weighted![j * frames + i]!, 6);
          one.matrices.forEach((values, k) => (sums[k] = sums[k]! + weighted![i * frames + j]! * values[at]!));
        });
        const size = Math.abs(aa!) + Math.abs(ab!) + 1e-9;
        expect(Math.abs(sums[0]! - aa!)).toBeLessThan(1e-6 * size);
        expect(Math.abs(sums[1]! - ab!)).toBeLessThan(1e-6 * size);
      }),
      { seed: 6, numRuns: 100 },
    );
  });
});
