/** The pair function and its derivatives against 60-digit arithmetic (model-values.json, written by make-model-values.py). */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exp } from '../../src/math/index.ts';
import { pairDerivatives, pairValue, sinc, sincSlope, type Convention } from '../../src/model/index.ts';

type Row = [Convention, kappa: number, c: number, g: number, h: number, m: number, dC: number, dG: number, dH: number];
const rows = (JSON.parse(readFileSync(new URL('model-values.json', import.meta.url), 'utf8')) as { pairs: Row[] })
  .pairs;

describe('pairDerivatives', () => {
  test.each(rows)('%s κ %f ΔC %f ΔG %f h %f', (convention, kappa, c, g, h, m, dC, dG, dH) => {
    const pair = pairDerivatives(convention, kappa, c, g, h);
    // e^{−y} cannot be better than the rounding of y; phases far from zero likewise.
    const tolerance = 1e-14 * (1 + kappa * c + Math.abs(h * g));
    const exact = { m, c: dC, g: dG, h: dH };
    const wrong = (['m', 'c', 'g', 'h'] as const).filter(
      (kind) => !(Math.abs(pair[kind] - exact[kind]) <= tolerance * Math.abs(exact[kind])),
    );
    expect(wrong).toEqual([]);
    expect(pairValue(convention, kappa, c, g, h)).toBe(pair.m);
  });

  test('are exact where nothing is sheared: Γ = 0 or h = 0', () => {
    expect(pairDerivatives('published', 1e-4, 2e4, 0, 500)).toEqual({
      m: exp(-2),
      c: -1e-4 * exp(-2),
      g: -0,
      h: -0,
    });
    expect(pairDerivatives('published', 1e-4, 0, 3, 0)).toEqual({ m: 1, c: -1e-4, g: -0, h: -0 });
  });

  test('stay finite and between 0 and 1 up to κΔC = 1e4 and any phase', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Convention>('published', 'homodyne2'),
        fc.double({ min: 0, max: 1e4, noNaN: true }),
        fc.double({ min: -1e8, max: 1e8, noNaN: true }),
        fc.double({ min: -1e4, max: 1e4, noNaN: true }),
        (convention, decay, g, h) => {
          const pair = pairDerivatives(convention, 1e-4, decay * 1e4, g, h);
          expect(Object.values(pair).every(Number.isFinite)).toBe(true);
          expect(pair.m).toBeGreaterThanOrEqual(convention === 'published' ? 0 : 1e-20);
          expect(pair.m).toBeLessThanOrEqual(1);
          expect(pair.c).toBeLessThanOrEqual(0);
        },
      ),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('are even in the strain and in h', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Convention>('published', 'homodyne2'),
        fc.double({ min: 0, max: 30, noNaN: true }),
        fc.double({ min: 1e-3, max: 50, noNaN: true }),
        (convention, g, h) => {
          const pair = pairDerivatives(convention, 1e-4, 5e3, g, h);
          expect(pairDerivatives(convention, 1e-4, 5e3, -g, h)).toEqual({ ...pair, g: -pair.g });
          expect(pairDerivatives(convention, 1e-4, 5e3, g, -h)).toEqual({ ...pair, h: -pair.h });
        },
      ),
      { seed: 2 },
    );
  });
});

describe('pairValue', () => {
  test('loses all correlation over an infinite integral', () => {
    expect(pairValue('published', 1e-4, Infinity, 1, 1)).toBe(0);
    expect(pairValue('published', 1e-4, 1, -Infinity, 1)).toBe(0);
    expect(pairValue('published', 1e-4, 0, Infinity, 0)).toBe(1);
  });

  test('of a frame with itself is 1 in `published`, softened in `homodyne2`', () => {
    expect(pairValue('published', 1e-4, 0, 0, 100)).toBe(1);
    expect(pairValue('homodyne2', 1.458e-6, 0, 0, 0)).toBe(Math.exp(-1.458e-12 / 2) ** 2);
  });
});

describe('sinc and its slope', () => {
  test('are continuous where the series ends', () => {
    for (const edge of [-0.5, 0.5]) {
      expect(Math.abs(sinc(edge * (1 - 1e-15)) - sinc(edge))).toBeLessThan(4e-16);
      expect(Math.abs(sincSlope(edge * (1 - 1e-15)) - sincSlope(edge))).toBeLessThan(2e-15);
    }
  });

  test('satisfy x·slope = cos x − sinc x', () => {
    fc.assert(
      fc.property(fc.double({ min: -100, max: 100, noNaN: true }), (x) => {
        expect(Math.abs(x * sincSlope(x) - (Math.cos(x) - sinc(x)))).toBeLessThan(1e-15);
      }),
      { seed: 3 },
    );
  });
});
