/** The amplitudes of the noise from levels whose content is known. */
import { expect, test } from 'vitest';
import { estimateAmplitudes } from '../../src/nlsq/errors/amplitudes.ts';
import type { NoiseLevel } from '../../src/nlsq/errors/noise-levels.ts';

const WHITE = 1e-4;

/** Levels of one angle, finest first: speckle shows on the coarsest. `off`: standard errors by which it exceeds white noise there. */
function levels(speckle: number, off = 0): NoiseLevel[] {
  const shapes = [
    [8000, 20, 0.5],
    [2000, 60, 4],
    [500, 150, 20],
    [100, 200, 100],
    [30, 180, 400],
  ] as const;
  return shapes.map(([white, crossed, ofSpeckle], k) => ({
    ...{ white, crossed, speckle: ofSpeckle },
    found: WHITE * white + speckle * ofSpeckle + (k === 4 ? off * WHITE * Math.sqrt(2 * white) : 0),
    spread: [2 * ofSpeckle, 0, 2 * crossed, 0, 0, 2 * white],
  }));
}

test('an excess of less than half a standard error over white noise is not taken for speckle', () => {
  for (const off of [-1, 0, 0.2, 0.4]) {
    const { angles } = estimateAmplitudes([levels(0, off)]);
    expect(angles[0]!.speckle).toBe(0);
    expect(angles[0]!.crossed).toBe(0);
    expect(angles[0]!.white / WHITE).toBeCloseTo(1, 2);
    expect(angles[0]!.speckleError).toBeGreaterThan(0);
  }
});

test('an excess of a standard error is speckle, and speckle that is there is found as large as it is', () => {
  const [seen] = estimateAmplitudes([levels(0, 1)]).angles;
  expect(seen!.speckle).toBeGreaterThan(0.3 * seen!.speckleError);
  for (const speckle of [1e-5, 1e-4, 1e-3, 1e-2]) {
    const [found] = estimateAmplitudes([levels(speckle)]).angles;
    expect(found!.speckle / speckle).toBeCloseTo(1, 5);
    expect(found!.white / WHITE).toBeCloseTo(1, 5);
  }
});

test('angles whose speckle differs keep each its own', () => {
  const alike = estimateAmplitudes([levels(1e-3), levels(1e-3)]);
  expect(alike.shared).toBe(true);
  const [one, other] = estimateAmplitudes([levels(1e-3), levels(1e-1)]).angles;
  expect(one!.speckle / 1e-3).toBeCloseTo(1, 3);
  expect(other!.speckle / 1e-1).toBeCloseTo(1, 3);
});
