/** The coverage bench with its limits: 95 % speckle intervals hold the truth in 90 to 99 % of simulated speckle files. */
import { expect, test } from 'vitest';
import { coverage, type CoverageNoise } from '../../bench/coverage-cases.ts';
import { median } from '../../src/math/index.ts';

const SETS = 200;
/** Sets of a parameter that are not marked; fewer say little about a share. */
const ENOUGH = 100;

test.each<{ contrast: number; speckles: number; noise: CoverageNoise }>([
  { contrast: 0.05, speckles: 100, noise: 'none' },
  { contrast: 0.05, speckles: 1000, noise: 'comparable' },
  { contrast: 0.2, speckles: 100, noise: 'comparable' },
  { contrast: 0.2, speckles: 1000, noise: 'none' },
])(
  'contrast $contrast, M $speckles, photon noise $noise',
  { timeout: 600_000 },
  async ({ contrast, speckles, noise }) => {
    const found = await coverage({ dynamics: 'fast', contrast, speckles, noise, frames: 150, sets: SETS, seed: 1 });
    const rows = found.parameters.filter(({ counted }) => counted >= ENOUGH);
    let inside = 0;
    let all = 0;
    for (const { name, counted, covered } of rows) {
      expect(covered.speckle, name).toBeGreaterThanOrEqual(0.9);
      expect(covered.speckle, name).toBeLessThanOrEqual(0.99);
      inside += counted * covered.speckle;
      all += counted;
    }
    expect(inside / all).toBeGreaterThan(0.93);
    expect(inside / all).toBeLessThan(0.97);
    expect(Math.abs(median(found.speckles) / speckles - 1)).toBeLessThan(0.15);
    const sigma = noise === 'comparable' ? contrast / Math.sqrt(speckles) : 0;
    expect(Math.abs(median(found.sigmas) - sigma)).toBeLessThanOrEqual(0.05 * sigma + 1e-6);
  },
);

test('a constant rate: no finite error of what is not determined without its mark', { timeout: 600_000 }, async () => {
  const found = await coverage({
    ...{ dynamics: 'constant', contrast: 0.2, speckles: 1000, noise: 'none', frames: 150, sets: SETS, seed: 1 },
  });
  for (const name of ['D0', 'alpha', 'D_offset']) {
    expect(found.parameters.find((parameter) => parameter.name === name)!.counted).toBe(0);
  }
});
