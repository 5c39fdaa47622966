/** The homodyne2 convention against values computed with homodyne 2.23.2, and its laws against their definition. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bindModel,
  homodyne2ShearLaw,
  homodyne2TransportLaw,
  makeTimeGrid,
  pairValue,
  simulate,
  type Mode,
  type ParameterValues,
} from '../../src/model/index.ts';
import { differentiate, relativeDistance } from './numerics.ts';

const values: ParameterValues = {
  D0: 5000,
  alpha: -0.5,
  D_offset: 50,
  gamma_dot_t0: 2e-3,
  beta: 0.1,
  gamma_dot_t_offset: 1e-4,
  phi0: 2,
};
const phi = Float64Array.of(0, 45, 90);

function gridOf(...positions: number[]): ReturnType<typeof makeTimeGrid> {
  return makeTimeGrid(0.1, 0, Float64Array.from(positions));
}

function c2(mode: Mode, angle: number, i: number, j: number): number {
  const model = bindModel({ mode, convention: 'homodyne2', q: 0.0054, gap: 2e6, phi, grid: gridOf(1, 2, 3, 4, 5) });
  const { kappa, c, g, h } = model.physics(values);
  const m = pairValue('homodyne2', kappa, c[j]! - c[i]!, g === null ? 0 : g[j]! - g[i]!, h[angle]!);
  return 1 + 0.3 * m;
}

describe('values of homodyne 2.23.2', () => {
  test('rates at 0.1 … 0.5 s', () => {
    const grid = gridOf(1, 2, 3, 4, 5);
    const transport = [15861.388300841896, 11230.339887498949, 9178.70929175277, 7955.694150420948, 7121.067811865476];
    const shear = [0.001688656469, 0.001802679845, 0.001873136301, 0.001924887073, 0.001966065983];
    grid.times.forEach((t, k) => {
      expect(Math.abs(homodyne2TransportLaw.rate(values, t, grid) / transport[k]! - 1)).toBeLessThan(1e-14);
      expect(homodyne2ShearLaw.rate(values, t, grid)).toBeCloseTo(shear[k]!, 12);
    });
    expect(homodyne2TransportLaw.rate(values, 0, grid)).toBeCloseTo(22410.679774997898, 9);
    expect(homodyne2ShearLaw.rate(values, 0, grid)).toBeCloseTo(0.001582268898, 12);
  });

  test('cumulative sums', () => {
    const c = homodyne2TransportLaw.cumulative(values, gridOf(1, 2, 3, 4, 5));
    const g = homodyne2ShearLaw.cumulative(values, gridOf(1, 2, 3, 4, 5));
    [13545.86409417, 23750.3886838, 32317.59040488, 39855.97138603].forEach((sum, k) => {
      expect(c[k + 1]! - c[0]!).toBeCloseTo(sum, 7);
    });
    // Within the softening of |ΔG|, 1e-12 under the root.
    [1.745668443668e-3, 3.58357636985e-3, 5.48258800865e-3, 7.428064512856e-3].forEach((sum, k) => {
      expect(Math.sqrt((g[k + 1]! - g[0]!) ** 2 + 1e-12)).toBeCloseTo(sum, 13);
    });
  });

  test.each([
    [0, [1.299999994097, 1.271551493421, 1.216722315164, 1.148363187267, 1.084455996634], 1.2130877032643317],
    [1, [1.299999996839, 1.279255147291, 1.244277084625, 1.197886118347, 1.146695982084], 1.2446610131918245],
    [2, [1.299999999992, 1.288359979311, 1.279840067701, 1.27282300115, 1.266730473183], 1.286135081165732],
  ])('c2 under shear, angle %i', (angle, row, inner) => {
    row.forEach((value, j) => expect(c2('laminar_flow', angle, 0, j)).toBeCloseTo(value, 11));
    expect(Math.abs(c2('laminar_flow', angle, 2, 4) / inner - 1)).toBeLessThan(1e-14);
  });

  test('c2 without shear', () => {
    [1.299999999999, 1.288381061263, 1.279926296366, 1.273019816656, 1.267083798734].forEach((value, j) => {
      expect(c2('static', 0, 0, j)).toBeCloseTo(value, 11);
    });
    expect(Math.abs(c2('static', 0, 2, 4) / 1.2862365581953907 - 1)).toBeLessThan(1e-14);
  });

  test('with the frame at t = 0, evaluated at dt/2', () => {
    const request = {
      dt: 0.1,
      frames: 5,
      values,
      contrast: phi.map(() => 0.3),
      offset: phi.map(() => 1),
      noise: { kind: 'none' },
      seed: 1,
    } as const;
    const experiment = { convention: 'homodyne2', q: 0.0054, gap: 2e6, phi } as const;
    const shear = simulate({ ...request, experiment: { ...experiment, mode: 'laminar_flow' } }).matrix(0);
    [1.299999994097, 1.269137640248, 1.217238655374, 1.152586606858, 1.090196675648].forEach((value, j) => {
      expect(shear[j]).toBeCloseTo(value, 11);
    });
    expect(shear[2 * 5 + 4]).toBeCloseTo(1.2149586600960367, 14);
    const still = simulate({ ...request, experiment: { ...experiment, mode: 'static' } }).matrix(0);
    [1.299999999999, 1.283718287207, 1.272729935881, 1.264734031164, 1.258202382518].forEach((value, j) => {
      expect(still[j]).toBeCloseTo(value, 11);
    });
    expect(still[2 * 5 + 4]).toBeCloseTo(1.2840198473442033, 14);
  });
});

describe('the trapezoid sum', () => {
  test('runs over all frames of the window, fitted or not', () => {
    const all = homodyne2TransportLaw.cumulative(values, gridOf(1, 2, 3, 4, 5, 6, 7, 8));
    const some = homodyne2TransportLaw.cumulative(values, gridOf(2, 5, 8));
    expect([...some]).toEqual([all[1], all[4], all[7]]);
  });

  test('takes the power at the shifted time when the window starts late', () => {
    const late = makeTimeGrid(0.1, 1, Float64Array.of(0, 1, 2));
    const f = [1, 1.1, 1.2].map((t) => homodyne2TransportLaw.rate(values, t, late));
    const c = homodyne2TransportLaw.cumulative(values, late);
    expect(c[2]! - c[0]!).toBeCloseTo((f[0]! + f[1]!) / 2 + (f[1]! + f[2]!) / 2, 9);
    expect(() => homodyne2TransportLaw.cumulativeAtZero(values, late)).toThrow(/t0 = 0/);
  });

  test('gives the derivatives of what it returns', () => {
    const grid = gridOf(...Array.from({ length: 20 }, (_, k) => k + 1));
    const arbitrary = fc.record({
      D0: fc.integer({ min: 100, max: 50_000 }),
      alpha: fc.integer({ min: -2000, max: 2000 }).map((x) => x / 1000),
      // Far enough from the floor for the steps of the difference formula.
      D_offset: fc.integer({ min: 100, max: 5000 }),
    });
    fc.assert(
      fc.property(arbitrary, (point) => {
        homodyne2TransportLaw.parameters.forEach((name, index) => {
          const along = (x: number): Float64Array => homodyne2TransportLaw.cumulative({ ...point, [name]: x }, grid);
          const exact = homodyne2TransportLaw.sensitivities(point, grid)[index]!;
          expect(relativeDistance(differentiate(along, point[name as keyof typeof point]), exact)).toBeLessThan(1e-8);
        });
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe('the floor at 1e-10', () => {
  const reversed: ParameterValues = { gamma_dot_t0: 0.03, beta: 1, gamma_dot_t_offset: -0.0105 };
  const grid = gridOf(1, 2, 3, 4, 5, 6);

  test('replaces negative rates: flow cannot reverse', () => {
    expect(homodyne2ShearLaw.rate(reversed, 0.2, grid)).toBe(1e-10);
    const g = homodyne2ShearLaw.cumulative(reversed, grid);
    expect(g[1]! - g[0]!).toBeCloseTo(1e-10, 20);
    expect(g[5]! - g[4]!).toBeCloseTo((0.0045 + 0.0075) / 2, 14);
  });

  test('has no slope', () => {
    for (const vector of homodyne2ShearLaw.sensitivities(reversed, grid)) expect(vector[2]! - vector[0]!).toBe(0);
    for (const vector of homodyne2ShearLaw.sensitivities({ ...reversed, gamma_dot_t_offset: -1 }, grid)) {
      expect(vector.every((slope) => slope === 0)).toBe(true);
    }
  });
});
