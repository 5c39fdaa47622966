import { valuesOf } from '../../src/kernels/index.ts';
import { describe, expect, test } from 'vitest';
import { averageOverLag, chooseLagBins } from '../../src/plots/lag-average.ts';
import { blockFor, mapPairs, quantiles } from '../../src/plots/pair-map.ts';
import type { AnglePairs } from '../../src/plots/pair-map.ts';
import { makeSyntheticFit } from '../support/synthetic-fit.ts';

const fit = makeSyntheticFit({ angles: 1, frames: 42, nan: 0.01, exclude: [9, 10, 30] });
const { grid, triangles } = fit.dataset;
const pairs: AnglePairs = {
  measured: valuesOf(triangles),
  shape: fit.shape(0),
  contrast: 0.3,
  offset: 1.01,
  sigma: 0.02,
};

/** Every pair with its positions, written the slow way. */
function* everyPair() {
  let p = 0;
  for (let i = 0; i < grid.positions.length; i++) {
    for (let j = i + 1; j < grid.positions.length; j++, p++) {
      const measured = pairs.measured[p]!;
      const model = pairs.offset + pairs.contrast * pairs.shape[p]!;
      if (!Number.isNaN(measured)) yield { first: grid.positions[i]!, second: grid.positions[j]!, measured, model };
    }
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

describe('maps of pairs', () => {
  test.each([1, 3, 5])('pixels are means over blocks of %i frames of the window', (block) => {
    const maps = mapPairs(grid, pairs, block);
    expect(maps.size).toBe(Math.floor(40 / block) + 1);
    const groups = Map.groupBy(
      everyPair(),
      (one) => `${Math.floor((one.first - 1) / block)},${Math.floor((one.second - 1) / block)}`,
    );
    for (let a = 0; a < maps.size; a++) {
      for (let b = a; b < maps.size; b++) {
        const group = groups.get(`${a},${b}`);
        const at = a * maps.size + b;
        expect(maps.measured[b * maps.size + a]).toBe(maps.measured[at]);
        if (group === undefined) {
          expect([maps.measured[at], maps.model[at], maps.residual[at]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
          continue;
        }
        expect(maps.measured[at]).toBeCloseTo(mean(group.map((one) => one.measured)), 5);
        expect(maps.model[at]).toBeCloseTo(mean(group.map((one) => one.model)), 5);
        expect(maps.residual[at]).toBeCloseTo(mean(group.map((one) => (one.measured - one.model) / pairs.sigma)), 4);
      }
    }
  });

  test('leave the diagonal and frames that are not in the fit blank', () => {
    const { measured, size } = mapPairs(grid, pairs, 1);
    for (let k = 0; k < size; k++) {
      expect(measured[k * size + k]).toBeNaN();
      for (const missing of [8, 9, 29]) expect(measured[k * size + missing]).toBeNaN();
    }
  });

  test('stay within the pixels allowed', () => {
    expect(blockFor(grid, 41)).toBe(1);
    expect(blockFor(grid, 40)).toBe(2);
    expect(blockFor(grid, 10)).toBe(5);
  });
});

test('quantiles pool arrays and ignore NaN', () => {
  const first = Float32Array.from({ length: 500 }, (_, k) => 2 * k);
  const second = Float32Array.from({ length: 501 }, (_, k) => (k === 500 ? Number.NaN : 2 * k + 1));
  expect(quantiles([first, second], [0, 0.5, 1])).toEqual([0, 500, 999]);
  expect(quantiles([first, second], [0, 1], 100)).toEqual([0, expect.closeTo(990, -1)]);
  expect(quantiles([Float32Array.of(Number.NaN)], [0.5])).toBeNull();
});

describe('cuts along lag', () => {
  const bins = chooseLagBins(grid);
  const cuts = averageOverLag(grid, pairs, bins);

  test('average measured and model over the same pairs of an age window', () => {
    bins.windows.forEach(({ age, halfWidth }, w) => {
      const inside = [...everyPair()].filter(
        ({ first, second }) => Math.abs((grid.dt * (first + second)) / 2 - age) <= halfWidth + 1e-9,
      );
      const single = inside.filter(({ first, second }) => second - first === 2);
      expect(cuts[w]!.lag[1]).toBeCloseTo(0.2, 10);
      expect(cuts[w]!.measured[1]).toBeCloseTo(mean(single.map((one) => one.measured)), 10);
      expect(cuts[w]!.model[1]).toBeCloseTo(mean(single.map((one) => one.model)), 10);
    });
  });

  test('have ascending lags that reach twice the distance to the nearer end', () => {
    for (const cut of cuts) {
      for (let k = 1; k < cut.lag.length; k++) expect(cut.lag[k]!).toBeGreaterThan(cut.lag[k - 1]!);
    }
    expect(cuts[2]!.lag.at(-1)!).toBeGreaterThan(3.5);
    expect(cuts[0]!.lag.at(-1)!).toBeLessThan(1.5);
  });

  test('have age windows that never overlap, however few frames there are', () => {
    for (const frames of [3, 4, 5, 8, 12, 30, 200]) {
      const { windows } = chooseLagBins(makeSyntheticFit({ angles: 1, frames }).dataset.grid);
      expect(windows.length).toBeGreaterThan(0);
      windows.slice(1).forEach((window, w) => {
        expect(window.age - window.halfWidth).toBeGreaterThanOrEqual(windows[w]!.age + windows[w]!.halfWidth - 1e-9);
      });
    }
  });
});
