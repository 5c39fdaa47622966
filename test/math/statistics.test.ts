/** Sums, means and quantiles. */
import { describe, expect, test } from 'vitest';
import { mean, median, pairwiseSum, quantile } from '../../src/math/index.ts';

describe('pairwiseSum', () => {
  test('loses far less than a running sum', () => {
    const values = new Float64Array(1_000_003).fill(0.1);
    const exact = 0.1 * 1_000_003;
    const running = values.reduce((sum, value) => sum + value, 0);
    expect(Math.abs(pairwiseSum(values) - exact)).toBeLessThan(1e-10);
    expect(Math.abs(running - exact)).toBeGreaterThan(1e-7);
  });

  test('is zero for nothing', () => {
    expect(pairwiseSum([])).toBe(0);
  });
});

describe('quantile', () => {
  test('interpolates linearly between order statistics', () => {
    expect(quantile([4, 1, 3, 2], 0)).toBe(1);
    expect(quantile([4, 1, 3, 2], 1)).toBe(4);
    expect(quantile([4, 1, 3, 2], 0.25)).toBe(1.75);
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  test('leaves its input as it was', () => {
    const values = Float64Array.of(3, 1, 2);
    quantile(values, 0.5);
    expect([...values]).toEqual([3, 1, 2]);
  });

  test('of nothing is not a number', () => {
    expect(median([])).toBeNaN();
    expect(mean([])).toBeNaN();
  });
});

test('mean is the sum over the count', () => {
  expect(mean([1, 2, 6])).toBe(3);
});
