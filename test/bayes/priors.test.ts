/** Priors between bounds as proper densities, and bounded parameters as unconstrained coordinates. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundedCoordinate, priorDensity } from '../../src/bayes/priors/index.ts';
import { fold, keyFromSeed, mean } from '../../src/math/index.ts';
import { physicalParameters, type Prior } from '../../src/model/index.ts';

interface Case {
  readonly prior: Prior;
  readonly bounds: readonly [number, number];
}
const CASES: readonly Case[] = [
  { prior: { kind: 'normal', mean: 0.5, sd: 1 }, bounds: [-2, 2] },
  { prior: { kind: 'normal', mean: 0, sd: 10 }, bounds: [-Infinity, Infinity] },
  { prior: { kind: 'normal', mean: -3, sd: 0.7 }, bounds: [0, 2] },
  { prior: { kind: 'truncated-normal', mean: 1, sd: 2, lower: 0, upper: 5 }, bounds: [-10, 3] },
  { prior: { kind: 'log-normal', median: 1e3, factor: 30 }, bounds: [1, 1e6] },
  { prior: { kind: 'log-normal', median: 0.01, factor: 3 }, bounds: [0, Infinity] },
  { prior: { kind: 'half-normal', sd: 0.2 }, bounds: [-1, 1] },
  { prior: { kind: 'uniform' }, bounds: [-30, 30] },
];

describe.each(CASES)('$prior.kind between $bounds', ({ prior, bounds }) => {
  const density = priorDensity('alpha', prior, bounds);
  const inside = Array.from({ length: 60 }, (_, k) => density.quantile((k + 0.5) / 60));

  test('integrates to what its cumulative probability says', () => {
    for (const [from, to] of [
      [0.001, 0.3],
      [0.3, 0.9],
      [0.5, 0.999],
    ] as const) {
      const [a, b] = [density.quantile(from), density.quantile(to)];
      // On a logarithmic grid where the density spans decades.
      const steps = 4000;
      const logarithmic = prior.kind === 'log-normal';
      const point = (k: number): number => (logarithmic ? a * (b / a) ** (k / steps) : a + ((b - a) * k) / steps);
      let sum = 0;
      for (let k = 0; k < steps; k++) sum += Math.exp(density.at(point(k + 0.5)).value) * (point(k + 1) - point(k));
      expect(sum).toBeCloseTo(to - from, 5);
    }
  });

  test('has the slope of its logarithm, and quantiles that invert it', () => {
    for (const x of inside) {
      const step = 1e-6 * Math.max(1e-3, Math.abs(x));
      const difference = (density.at(x + step).value - density.at(x - step).value) / (2 * step);
      const { slope } = density.at(x);
      expect(Math.abs(slope - difference)).toBeLessThan(1e-4 * (Math.abs(slope) + Math.abs(1 / x)));
    }
    inside.forEach((x, k) => expect(density.cdf(x)).toBeCloseTo((k + 0.5) / 60, 10));
  });

  test('is 0 outside its limits', () => {
    for (const x of [density.lower - 1e-3, density.upper + 1e-3]) {
      if (Number.isFinite(x)) expect(density.at(x).value).toBe(-Infinity);
    }
    expect(density.cdf(density.lower)).toBe(0);
    expect(density.cdf(density.upper)).toBe(1);
  });

  test('is drawn as its cumulative probability says', () => {
    const levels = Array.from({ length: 1000 }, (_, n) => density.cdf(density.draw(fold(keyFromSeed(1), n))));
    expect(Math.abs(mean(levels) - 0.5)).toBeLessThan(4 / Math.sqrt(12 * 1000));
    expect(Math.min(...levels)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...levels)).toBeLessThanOrEqual(1);
  });
});

describe('a prior is refused', () => {
  test('when it lies outside the bounds, with the key', () => {
    const far: Prior = { kind: 'normal', mean: 50, sd: 1 };
    expect(() => priorDensity('alpha', far, [-2, 2])).toThrow(/prior of alpha lies outside its bounds -2 … 2/);
    expect(() => priorDensity('alpha', { kind: 'half-normal', sd: 1 }, [-3, -1])).toThrow(/outside its bounds/);
    const cut: Prior = { kind: 'truncated-normal', mean: 0, sd: 1, lower: 3, upper: 4 };
    expect(() => priorDensity('alpha', cut, [-2, 2])).toThrow(/outside its bounds/);
  });

  test('when it is uniform without an end', () => {
    expect(() => priorDensity('beta', { kind: 'uniform' }, [0, Infinity])).toThrow(/not a probability density/);
  });
});

test('the default priors of all parameters are proper within their default bounds', () => {
  for (const { name, prior, bounds } of physicalParameters('laminar_flow')) {
    const density = priorDensity(name, prior, bounds);
    expect(density.cdf(density.quantile(0.3))).toBeCloseTo(0.3, 10);
  }
});

describe('a bounded parameter without its bounds', () => {
  const COORDINATES = [
    boundedCoordinate(-2, 2),
    boundedCoordinate(1, Infinity),
    boundedCoordinate(-Infinity, 3),
    boundedCoordinate(-Infinity, Infinity),
    boundedCoordinate(1, 1e6, true),
    boundedCoordinate(0, Infinity, true),
    boundedCoordinate(2, Infinity, true),
  ];

  test('goes there and back, with the slope and its logarithm', () => {
    fc.assert(
      fc.property(fc.constantFrom(...COORDINATES), fc.double({ min: -4, max: 4, noNaN: true }), (coordinate, y) => {
        const { x, slope, logSlope, logSlopeSlope } = coordinate.at(y);
        expect(coordinate.locate(x)).toBeCloseTo(y, 8);
        const step = 1e-5;
        const [up, down] = [coordinate.at(y + step), coordinate.at(y - step)];
        expect((up.x - down.x) / (2 * step) / slope).toBeCloseTo(1, 6);
        expect(Math.exp(logSlope) / slope).toBeCloseTo(1, 10);
        expect((up.logSlope - down.logSlope) / (2 * step)).toBeCloseTo(logSlopeSlope, 6);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('never leaves them, and has no place at or beyond them', () => {
    const coordinate = boundedCoordinate(-2, 2);
    for (const y of [-800, -40, 40, 800]) {
      expect(Math.abs(coordinate.at(y).x)).toBeLessThanOrEqual(2);
      expect(Number.isFinite(coordinate.at(y).logSlope)).toBe(true);
    }
    expect([coordinate.locate(-2), coordinate.locate(2), coordinate.locate(5)]).toEqual([NaN, NaN, NaN]);
  });
});
