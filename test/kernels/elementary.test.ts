/** The compiled elementary functions against those of src/math, which are tested against 40-digit values. */
import { describe, expect, test } from 'vitest';
import { instantiateKernels } from '../../src/kernels/index.ts';
import { cos, exp, sin } from '../../src/math/index.ts';
import { kernels, memory, randomNumbers } from './problems.ts';

const COUNT = 4000;
const compiled = instantiateKernels(kernels, memory);
const [x, first, second] = [memory.float64(COUNT), memory.float64(COUNT), memory.float64(COUNT)];

function spread(limit: number): void {
  const random = randomNumbers(11);
  for (let k = 0; k < COUNT; k++) x[k] = (2 * random() - 1) * limit;
}

describe('exp', () => {
  test.each([1e-10, 0.3, 1, 30, 699])('is right to 4e-16 up to %d', (limit) => {
    spread(limit);
    compiled.exponentials(x.byteOffset, COUNT, first.byteOffset);
    for (let k = 0; k < COUNT; k++) expect(Math.abs(first[k]! / exp(x[k]!) - 1)).toBeLessThan(4e-16);
  });

  test('is exactly 1 at 0', () => {
    x.fill(0);
    compiled.exponentials(x.byteOffset, 2, first.byteOffset);
    expect(first[0]).toBe(1);
  });
});

describe('sin and cos', () => {
  test.each([1e-10, 0.7, 3, 1e3, 1e6, 3e6, 1e8, 1e15, 1e22, 1e300])('are right to 3e-16 up to %d', (limit) => {
    spread(limit);
    compiled.sinesAndCosines(x.byteOffset, COUNT, first.byteOffset, second.byteOffset);
    for (let k = 0; k < COUNT; k++) {
      expect(Math.abs(first[k]! - sin(x[k]!))).toBeLessThan(3e-16);
      expect(Math.abs(second[k]! - cos(x[k]!))).toBeLessThan(3e-16);
    }
  });

  test('keep their relative precision near multiples of π', () => {
    for (let k = 0; k < COUNT; k++) x[k] = (k - COUNT / 2 + 0.5) * Math.PI;
    compiled.sinesAndCosines(x.byteOffset, COUNT, first.byteOffset, second.byteOffset);
    for (let k = 0; k < COUNT; k++) expect(Math.abs(second[k]! / cos(x[k]!) - 1)).toBeLessThan(1e-12);
  });

  test('of what is not a number are not numbers', () => {
    x.set([Infinity, NaN, 1, -Infinity]);
    compiled.sinesAndCosines(x.byteOffset, 4, first.byteOffset, second.byteOffset);
    expect(Array.from(first.subarray(0, 4), Number.isNaN)).toEqual([true, true, false, true]);
  });
});
