/** Integrals of power laws against 60-digit quadrature (model-values.json, written by make-model-values.py). */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keptPowerIntegral, phi, powerIntegral, powerIntegralFromZero, psi } from '../../src/model/power-integral.ts';

type Row = [exponent: number, anchor: number, time: number, value: number, slope: number];
const rows = (JSON.parse(readFileSync(new URL('model-values.json', import.meta.url), 'utf8')) as { powers: Row[] })
  .powers;

describe('powerIntegral', () => {
  test.each(rows)('exponent %f from %f to %f', (exponent, anchor, time, value, slope) => {
    const integral = powerIntegral(exponent, anchor, Float64Array.of(anchor, time));
    expect(integral.value[0]).toBe(0);
    expect(integral.slope[0]).toBe(0);
    expect(Math.abs(integral.value[1]! / value - 1)).toBeLessThan(2e-15 * (1 + Math.abs(Math.log(time / anchor))));
    expect(Math.abs(integral.slope[1]! / slope - 1)).toBeLessThan(1e-14);
  });

  test('is smooth through exponent −1', () => {
    fc.assert(
      fc.property(fc.double({ min: -16, max: -6, noNaN: true }), fc.boolean(), (decade, above) => {
        const step = (above ? 1 : -1) * 10 ** decade;
        const times = Float64Array.of(0.3, 7, 400);
        const at = powerIntegral(-1, 0.1, times);
        const beside = powerIntegral(-1 + step, 0.1, times);
        times.forEach((_, k) => {
          const predicted = at.value[k]! + (-1 + step + 1) * at.slope[k]!;
          // What is left is the second order, ½·step²·∫ ln²(s)/s ds ≤ 20·step², and rounding.
          expect(Math.abs(beside.value[k]! - predicted)).toBeLessThan(40 * step * step + 1e-14);
        });
      }),
      { seed: 1 },
    );
  });

  test('from zero converges only above exponent −1', () => {
    expect(powerIntegralFromZero(0, 3)).toBe(3);
    expect(powerIntegralFromZero(1, 3)).toBe(4.5);
    expect(powerIntegralFromZero(-0.5, 4)).toBe(4);
    expect(powerIntegralFromZero(-1, 4)).toBe(Infinity);
    expect(powerIntegralFromZero(-2, 0)).toBe(0);
  });
});

describe('phi and psi', () => {
  test('meet their series at zero', () => {
    expect(phi(0)).toBe(1);
    expect(psi(0)).toBe(0.5);
    expect(phi(1e-9)).toBeCloseTo(1 + 5e-10, 15);
    expect(psi(1e-9)).toBeCloseTo(0.5 + 1e-9 / 3, 15);
  });

  test('psi is continuous where the series ends', () => {
    for (const edge of [-1, 1]) expect(Math.abs(psi(edge * (1 - 1e-15)) / psi(edge) - 1)).toBeLessThan(5e-15);
  });
});

describe('keptPowerIntegral', () => {
  test('has the bits of powerIntegral, whatever was asked before', () => {
    const kept = keptPowerIntegral();
    const [short, long] = [Float64Array.of(0.1, 0.7, 3), Float64Array.of(0.1, 1, 10, 100)];
    for (const [exponent, anchor, times] of [
      [-0.4, 0.1, short],
      [-0.4, 0.1, short],
      [-1.2, 0.1, short],
      [-1.2, 0.1, long],
      [-1.2, 0.5, long],
      [-0.4, 0.1, long],
      [NaN, 0.1, long],
      [-0.4, 0.1, long],
    ] as const) {
      expect(kept(exponent, anchor, times)).toEqual(powerIntegral(exponent, anchor, times));
    }
  });
});
