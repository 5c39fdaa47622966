/** Rank-revealing Cholesky: exact where the matrix is regular, silent about what it does not determine. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { factorise, invert, product, solve, symmetricEigen, times } from '../../src/nlsq/linear-algebra.ts';

/** Random positive definite 4×4 matrices with rows of very different size. */
const matrices = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 16, maxLength: 16 }).map((root) => {
  const size = [1, 1e-6, 1e4, 1e2];
  return Float64Array.from({ length: 16 }, (_, at) => {
    const [i, j] = [Math.floor(at / 4), at % 4];
    let sum = i === j ? 0.1 : 0;
    for (let k = 0; k < 4; k++) sum += root[4 * i + k]! * root[4 * j + k]!;
    return sum * size[i]! * size[j]!;
  });
});

test('solves and inverts regular matrices whatever their scaling', () => {
  fc.assert(
    fc.property(matrices, (matrix) => {
      const factor = factorise(matrix, 4);
      expect(factor.rank).toBe(4);
      const x = Float64Array.of(1, 2e5, -3e-4, 4e-2);
      solve(factor, times(matrix, x)).forEach((value, i) => expect(value / x[i]!).toBeCloseTo(1, 6));
      product(invert(factor), matrix, 4).forEach((value, at) => {
        const scale = Math.sqrt(matrix[5 * (at % 4)]! / matrix[5 * Math.floor(at / 4)]!);
        expect(value / scale).toBeCloseTo(at % 5 === 0 ? 1 : 0, 6);
      });
    }),
    { seed: 9, numRuns: 100 },
  );
});

test('leaves out what is not determined, the later of two equal unknowns first', () => {
  const factor = factorise(Float64Array.of(4, 4, 0, 4, 4, 0, 0, 0, 0), 3);
  expect(factor.rank).toBe(1);
  expect(Array.from(solve(factor, Float64Array.of(8, 8, 1)))).toEqual([2, 0, 0]);
});

test('eigenvalues come in ascending order with their vectors', () => {
  const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2);
  expect(values[0]).toBeCloseTo(1, 12);
  expect(values[1]).toBeCloseTo(3, 12);
  expect(Math.abs(vectors[1]![0]!)).toBeCloseTo(Math.SQRT1_2, 12);
});
