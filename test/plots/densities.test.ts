/** Smooth densities of draws, the levels that hold a share of them, and lines of equal height. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contourLines } from '../../src/plots/posterior/contour.ts';
import { densityAlong, densityOfPairs, levelHolding } from '../../src/plots/posterior/axis-density.ts';
import { makeNormal } from '../support/synthetic-fit.ts';

function normals(count: number, seed: number): Float64Array {
  const normal = makeNormal(seed);
  return Float64Array.from({ length: count }, normal);
}

describe('the density along an axis', () => {
  test('integrates to 1 and follows the normal distribution it came from', () => {
    const draws = normals(20_000, 1).map((z) => 100 + 10 * z);
    const { at, density } = densityAlong(draws, [40, 160], 240);
    expect(density.reduce((sum, value) => sum + value * 0.5, 0)).toBeCloseTo(1, 3);
    at.forEach((place, k) => {
      const expected = Math.exp(-0.5 * ((place - 100) / 10) ** 2) / (10 * Math.sqrt(2 * Math.PI));
      expect(Math.abs(density[k]! - expected)).toBeLessThan(0.0015);
    });
  });

  test('piles up at a wall and has nothing beyond it, on either side and on turned axes', () => {
    const draws = normals(20_000, 2).map((z) => 50 + 10 * Math.abs(z));
    for (const range of [
      [0, 100],
      [100, 0],
    ] as const) {
      const { at, density } = densityAlong(draws, range, 200, [50]);
      expect(density.reduce((sum, value) => sum + value * 0.5, 0)).toBeCloseTo(1, 2);
      const near = density.filter((_, k) => at[k]! > 50 && at[k]! < 51);
      for (const value of near) expect(value).toBeGreaterThan(0.07);
      expect(Math.max(...density.filter((_, k) => at[k]! < 50))).toBe(0);
    }
  });

  test('of draws that do not move is a narrow peak', () => {
    const { at, density } = densityAlong(new Float64Array(50).fill(30), [0, 128], 128);
    expect(Math.abs(at[density.indexOf(Math.max(...density))]! - 30)).toBeLessThan(1.5);
    expect(density.every(Number.isFinite)).toBe(true);
  });
});

describe('the density of pairs', () => {
  test.each([0, 0.9, -0.999])(
    'has contours that hold 39 % and 86 % of a normal distribution, correlation %f',
    (rho) => {
      const [u, v] = [normals(8000, 3), normals(8000, 4)];
      const x = u.map((one) => 300 + 20 * one);
      const y = v.map((one, k) => 200 + 30 * (rho * u[k]! + Math.sqrt(1 - rho * rho) * one));
      const { density, nodes, pixel } = densityOfPairs(x, y)!;
      for (const [share, root] of [
        [0.393, 1],
        [0.865, 2],
      ] as const) {
        const lines = contourLines(density, nodes, levelHolding(density, share));
        const [line] = lines.toSorted((a, b) => b.length - a.length);
        const radii = line!.map(([i, j]) => {
          const [a, b] = pixel(i, j);
          const across = (a - 300) / 20;
          return Math.hypot(across, ((b - 200) / 30 - rho * across) / Math.sqrt(1 - rho * rho));
        });
        const mean = radii.reduce((sum, one) => sum + one, 0) / radii.length;
        expect(mean / root).toBeGreaterThan(0.93);
        expect(mean / root).toBeLessThan(1.12);
      }
    },
  );

  test('is none where draws lie on a line or do not move', () => {
    const x = normals(100, 5);
    expect(
      densityOfPairs(
        x,
        x.map((one) => 2 * one),
      ),
    ).toBeNull();
    expect(
      densityOfPairs(
        x,
        x.map(() => 1),
      ),
    ).toBeNull();
    expect(
      densityOfPairs(
        x.map(() => 1),
        x,
      ),
    ).toBeNull();
  });
});

describe('lines of equal height', () => {
  test('go once round a hill, at its distance', () => {
    const nodes = 41;
    const heights = Float64Array.from(
      { length: nodes * nodes },
      (_, k) => -Math.hypot((k % nodes) - 20, Math.floor(k / nodes) - 20),
    );
    const lines = contourLines(heights, nodes, -10);
    expect(lines).toHaveLength(1);
    for (const [i, j] of lines[0]!) expect(Math.abs(Math.hypot(i - 20, j - 20) - 10)).toBeLessThan(0.1);
  });

  test('close, and cross every edge between higher and lower nodes once, whatever the heights', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 36, maxLength: 36 }), (inner) => {
        const nodes = 8;
        const heights = new Float64Array(nodes * nodes);
        inner.forEach((height, k) => (heights[(1 + Math.floor(k / 6)) * nodes + 1 + (k % 6)] = height));
        const lines = contourLines(heights, nodes, 1.5);
        let crossings = 0;
        for (let k = 0; k < heights.length; k++) {
          const high = (at: number): boolean => heights[at]! > 1.5;
          if (k % nodes < nodes - 1 && high(k) !== high(k + 1)) crossings += 1;
          if (k + nodes < heights.length && high(k) !== high(k + nodes)) crossings += 1;
        }
        expect(lines.reduce((sum, line) => sum + line.length, 0)).toBe(crossings);
        for (const line of lines) {
          line.forEach(([i, j], k) => {
            const [a, b] = line[(k + 1) % line.length]!;
            expect(Math.max(Math.abs(i - a), Math.abs(j - b))).toBeLessThanOrEqual(1);
          });
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
