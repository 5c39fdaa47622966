/** Elementary functions against 400-digit arithmetic (elementary-values.json, written by make-elementary-values.py). */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cos, cosDegrees, exp, expm1, log, log1p, pow, sin, sinCos, sinDegrees } from '../../src/math/index.ts';

/** Rows of arguments followed by the upper and lower part of the value. */
const reference = JSON.parse(readFileSync(new URL('elementary-values.json', import.meta.url), 'utf8')) as Record<
  string,
  number[][]
>;

const functions: Readonly<Record<string, (x: number, y: number) => number>> = {
  exp,
  expm1,
  log,
  log1p,
  pow,
  sin,
  cos,
  cosDegrees,
  sinDegrees,
};

/** Distance from |x| to the next larger float64. */
function ulp(x: number): number {
  const cell = new Float64Array([Math.abs(x)]);
  new BigInt64Array(cell.buffer)[0]! += 1n;
  return cell[0]! - Math.abs(x);
}

describe.each(Object.keys(functions))('%s', (name) => {
  const rows = reference[name] ?? [];

  const limit = name === 'log1p' ? 2 : 1;

  test(`stays within ${limit} ulp of the exact value`, () => {
    expect(rows.length).toBeGreaterThan(30);
    const wrong = rows.filter((row) => {
      const [high, low] = row.slice(-2) as [number, number];
      const value = functions[name]!(row[0]!, row[1]!);
      return !(Math.abs(value - high - low) < limit * ulp(high));
    });
    expect(wrong).toEqual([]);
  });
});

describe('limits and special values', () => {
  test('exp overflows to infinity and underflows through the subnormal numbers to zero', () => {
    expect(exp(0)).toBe(1);
    expect(exp(709.782712893384)).toBeGreaterThan(1.797e308);
    expect(exp(709.79)).toBe(Infinity);
    expect(exp(Infinity)).toBe(Infinity);
    expect(exp(-745.2)).toBe(0);
    expect(exp(-Infinity)).toBe(0);
    expect(exp(-744.5)).toBe(5e-324);
    expect(exp(-720)).toBeCloseTo(0, 300);
    expect(Math.abs(exp(-720) / 2.0322308024e-313 - 1)).toBeLessThan(1e-9);
    expect(exp(NaN)).toBeNaN();
  });

  test('expm1 tends to −1 and to exp', () => {
    expect(expm1(0)).toBe(0);
    expect(expm1(-1e9)).toBe(-1);
    expect(expm1(-Infinity)).toBe(-1);
    expect(expm1(800)).toBe(Infinity);
    expect(expm1(NaN)).toBeNaN();
  });

  test('log is −∞ at 0 and undefined below', () => {
    expect(log(1)).toBe(0);
    expect(log(0)).toBe(-Infinity);
    expect(log(Infinity)).toBe(Infinity);
    expect(log(-1)).toBeNaN();
    expect(log(NaN)).toBeNaN();
    expect(log1p(0)).toBe(0);
    expect(log1p(-1)).toBe(-Infinity);
    expect(log1p(Infinity)).toBe(Infinity);
    expect(log1p(-2)).toBeNaN();
  });

  test('pow follows Math.pow for non-negative bases', () => {
    for (const x of [0, 0.5, 1, 2, Infinity]) {
      for (const y of [-Infinity, -1e300, -2, 0, 2, 1e300, Infinity]) {
        expect([x, y, pow(x, y)]).toEqual([x, y, x === 1 ? 1 : Math.pow(x, y)]);
      }
    }
    expect(pow(-2, 2)).toBeNaN();
    expect(pow(2, NaN)).toBeNaN();
    expect(pow(NaN, 0)).toBe(1);
  });

  test('sin and cos of infinity are undefined', () => {
    for (const f of [sin, cos]) for (const x of [Infinity, -Infinity, NaN]) expect(f(x)).toBeNaN();
  });

  test('sines and cosines of multiples of 90 degrees are exact', () => {
    for (let turn = -3; turn <= 3; turn++) {
      expect([0, 90, 180, 270].map((d) => cosDegrees(360 * turn + d) + 0)).toEqual([1, 0, -1, 0]);
      expect([0, 90, 180, 270].map((d) => sinDegrees(360 * turn + d) + 0)).toEqual([0, 1, 0, -1]);
    }
  });
});

describe('identities', () => {
  test('sinCos gives the same bits as sin and cos', () => {
    const out = new Float64Array(2);
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (x) => {
        sinCos(x, out);
        expect(out[0]).toBe(sin(x));
        expect(out[1]).toBe(cos(x));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('x^1 is x and x^½ is the square root', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        expect(pow(x, 1)).toBe(x);
        expect(Math.abs(pow(x, 0.5) - Math.sqrt(x))).toBeLessThanOrEqual(ulp(Math.sqrt(x)));
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  test('exp and log are monotonic between neighbouring numbers', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 700, noNaN: true }), (x) => {
        const next = x + ulp(x);
        expect(exp(next)).toBeGreaterThanOrEqual(exp(x));
        expect(log(next)).toBeGreaterThanOrEqual(log(x));
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  test('agree with the host engine, which differs in the last bits only', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(4e-16);
        expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThan(3e-16);
        expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThan(3e-16);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});
