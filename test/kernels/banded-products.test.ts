/** Products behind the speckle covariance: the compiled ones have the bits of their plain twin, and are products. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compiledProducts,
  instantiateKernels,
  KernelMemory,
  loadKernels,
  referenceProducts,
} from '../../src/kernels/index.ts';
import { makeNormal } from '../support/synthetic-fit.ts';

const memory = new KernelMemory();
const compiled = compiledProducts(instantiateKernels(await loadKernels(), memory), memory);
const plain = referenceProducts();

/** A symmetric matrix of shape (n, n), some of whose rows are negligible. */
function symmetric(n: number, seed: number): Float64Array {
  const normal = makeNormal(seed);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const scale = (i * 7 + seed) % 5 === 0 ? 1e-9 : 1;
    for (let j = i; j < n; j++) matrix[i * n + j] = matrix[j * n + i] = scale * normal();
  }
  return matrix;
}

/** The same numbers where the compiled products can read them. */
function there(values: Float64Array): Float64Array {
  const room = compiled.room(values.length);
  room.set(values);
  return room;
}

const sizes = fc.integer({ min: 1, max: 41 });
const seeds = fc.integer({ min: 1, max: 1000 });

test('a product with a banded matrix has the same bits, and is the product within the band', () => {
  fc.assert(
    fc.property(sizes, seeds, fc.integer({ min: 0, max: 41 }), (n, seed, width) => {
      const [a, b] = [symmetric(n, seed), symmetric(n, seed + 1)];
      const reach = Float64Array.from({ length: 2 * n }, (_, at) => {
        const k = at >> 1;
        return at % 2 === 0 ? Math.max(0, k - width) : Math.min(n, k + width + 1);
      });
      const expected = new Float64Array(n * n).fill(NaN);
      plain.timesBanded(a, b, reach, n, 1e-6, expected);
      const result = compiled.room(n * n).fill(NaN);
      compiled.timesBanded(there(a), there(b), there(reach), n, 1e-6, result);
      expect(result.slice()).toEqual(expected);
      compiled.free();
      if (width < n) return;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let k = 0; k < n; k++) sum += a[i * n + k]! * b[k * n + j]!;
          expect(Math.abs(expected[i * n + j]! - sum)).toBeLessThan(1e-4);
        }
      }
    }),
    { seed: 1, numRuns: 60 },
  );
});

test('quadratic forms and sums of products have the same bits, and are that', () => {
  fc.assert(
    fc.property(sizes, seeds, fc.nat(41), fc.nat(41), (n, seed, one, other) => {
      const [first, end] = [Math.min(one, other, n), Math.min(Math.max(one, other), n)];
      const [w, b] = [symmetric(n, seed), symmetric(n, seed + 1).slice(0, n)];
      const form = plain.quadraticForm(w, n, b, first, end);
      expect(compiled.quadraticForm(there(w), n, there(b), first, end)).toBe(form);
      let sum = 0;
      for (let k = first; k < end; k++) for (let l = first; l < end; l++) sum += w[k * n + l]! * b[k]! * b[l]!;
      expect(Math.abs(form - sum)).toBeLessThan(1e-9);
      const product = plain.dot(w, w, n * n);
      expect(compiled.dot(there(w), there(w), n * n)).toBe(product);
      expect(product / w.reduce((squares, value) => squares + value * value, 0)).toBeCloseTo(1, 12);
      compiled.free();
    }),
    { seed: 2, numRuns: 100 },
  );
});

test('room that was given back is used again', () => {
  const first = compiled.room(100);
  compiled.free();
  const again = compiled.room(60);
  expect(again.byteOffset).toBe(first.byteOffset);
  compiled.free();
});
