/** Coordinates: one to one, with right derivatives, and a box where the user's bounds are one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chartAt, type CoordinateSystem } from '../../src/nlsq/coordinates.ts';
import { freeParameters } from '../../src/nlsq/free-parameters.ts';
import { product } from '../../src/nlsq/linear-algebra.ts';
import type { ParameterSetting } from '../../src/nlsq/index.ts';

const SETTINGS: readonly ParameterSetting[] = [
  { name: 'A', vary: true, bounds: [-1e4, 1e4] },
  { name: 'p', vary: true, bounds: [-3, 3] },
  { name: 'B', vary: true, bounds: [-1e4, 1e4] },
  { name: 'phi0', vary: true, bounds: [-30, 30] },
];

function systemOf(settings: readonly ParameterSetting[] = SETTINGS): CoordinateSystem {
  const triple = { amplitude: 'A', exponent: 'p', offset: 'B', scale: 0.01 };
  return { free: freeParameters(settings), referenceTime: 3, triples: [triple] };
}

/** Points where the rate at t_ref is positive, zero, negative, or all power law. */
const POINTS = [
  { name: 'positive rate', theta: [100, -0.6, 20] },
  { name: 'negative offset', theta: [100, 0.4, -50] },
  { name: 'rate near zero', theta: [100, -0.6, -51.7] },
  { name: 'negative rate', theta: [100, -0.6, -300] },
  { name: 'hardly any power law', theta: [0.3, -0.6, 40] },
  { name: 'logarithmic limit', theta: [5000, -1e-3, -4990] },
];

describe.each(POINTS)('around a $name', ({ theta: triple }) => {
  const theta = Float64Array.from([...triple, 4]);
  const chart = chartAt(systemOf(), theta);

  test('z = 0 is the point itself', () => {
    chart.at(new Float64Array(4)).forEach((value, i) => expect(value).toBeCloseTo(theta[i]!, 8));
  });

  test('locate undoes at', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.4, max: 0.4, noNaN: true }), { minLength: 4, maxLength: 4 }),
        (steps) => {
          const z = Float64Array.from(steps);
          chart.locate(chart.at(z)).forEach((value, i) => expect(value).toBeCloseTo(z[i]!, 6));
        },
      ),
      { seed: 5, numRuns: 50 },
    );
  });

  test('the inverse undoes the Jacobian', () => {
    const identity = product(chart.inverse, chart.jacobian, 4);
    identity.forEach((value, at) => expect(value).toBeCloseTo(at % 5 === 0 ? 1 : 0, 9));
  });

  test('the Jacobian is the derivative of at', () => {
    const h = 1e-5;
    for (let j = 0; j < 4; j++) {
      const unit = Float64Array.from({ length: 4 }, (_, i) => (i === j ? h : 0));
      const up = chart.at(unit);
      const down = chart.at(unit.map((x) => -x));
      const scale = Math.max(...up.map((value, i) => Math.abs(value - down[i]!) / (2 * h)));
      up.forEach((value, i) => {
        expect(Math.abs((value - down[i]!) / (2 * h) - chart.jacobian[i * 4 + j]!)).toBeLessThan(1e-6 * scale + 1e-8);
      });
    }
  });
});

describe('bounds', () => {
  test('are a box for an angle and for a triple with a fixed member, and reached exactly', () => {
    const fixed = SETTINGS.map((s): ParameterSetting => (s.name === 'p' ? { ...s, vary: false, value: 0 } : s));
    const chart = chartAt(systemOf(fixed), Float64Array.of(100, 20, 4));
    expect(chart.bent).toEqual([]);
    expect(Array.from(chart.at(chart.lower))).toEqual([-1e4, -1e4, -30]);
    expect(Array.from(chart.at(chart.upper))).toEqual([1e4, 1e4, 30]);
  });

  test('a triple with a member at a bound is stepped in the user’s coordinates', () => {
    expect(chartAt(systemOf(), Float64Array.of(100, 3, 20, 4)).bent).toEqual([]);
    expect(chartAt(systemOf(), Float64Array.of(100, 2.9, 20, 4)).bent).toHaveLength(1);
  });

  test('a tied member keeps the triple in the user’s coordinates', () => {
    const tied: ParameterSetting[] = [
      ...SETTINGS.slice(0, 3),
      { name: 'phi0', vary: false, tie: 'B', bounds: [-30, 30] },
    ];
    expect(chartAt(systemOf(tied), Float64Array.of(100, -0.5, 20)).bent).toEqual([]);
  });
});
