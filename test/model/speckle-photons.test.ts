/** Poisson numbers: moments and frequencies, below and above the mean where the method changes. */
import { describe, expect, it } from 'vitest';
import { log } from '../../src/math/index.ts';
import { PhotonCounter } from '../../src/model/speckle-photons.ts';

/** ln of the Poisson probability of k. */
function logProbability(mean: number, k: number): number {
  let sum = -mean;
  for (let n = 1; n <= k; n++) sum += log(mean / n);
  return sum;
}

describe.each([0.01, 0.5, 3, 9.99, 10, 27, 300])('a mean of %s', (mean) => {
  const draws = 40_000;
  const counter = new PhotonCounter({ low: 3, high: Math.round(100 * mean) });
  const counts = Float64Array.from({ length: draws }, () => counter.count(mean));

  it('is the mean and the variance', () => {
    const average = counts.reduce((sum, n) => sum + n, 0) / draws;
    const variance = counts.reduce((sum, n) => sum + (n - average) ** 2, 0) / draws;
    expect(Math.abs(average - mean)).toBeLessThan(4.5 * Math.sqrt(mean / draws));
    expect(Math.abs(variance - mean)).toBeLessThan(4.5 * Math.sqrt((2 * mean * mean + mean) / draws));
  });

  it('gives whole numbers with the frequencies of Poisson', () => {
    expect(counts.every((n) => Number.isInteger(n) && n >= 0)).toBe(true);
    let chiSquare = 0;
    let bins = 0;
    const width = Math.max(1, Math.round(Math.sqrt(mean) / 4));
    for (let first = 0; first < mean + 8 * Math.sqrt(mean) + 8; first += width) {
      let expected = 0;
      for (let k = first; k < first + width; k++) expected += draws * Math.exp(logProbability(mean, k));
      if (expected < 10) continue;
      const seen = counts.filter((n) => n >= first && n < first + width).length;
      chiSquare += (seen - expected) ** 2 / expected;
      bins += 1;
    }
    expect(chiSquare).toBeLessThan(bins + 4 * Math.sqrt(2 * bins) + 3);
  });
});

it('counts nothing where there is no light', () => {
  expect(new PhotonCounter({ low: 1, high: 1 }).count(0)).toBe(0);
});
