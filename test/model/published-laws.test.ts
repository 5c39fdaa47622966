/** The published laws: exact integrals of the rate they print, whatever the signs, and exact derivatives. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  makeTimeGrid,
  publishedShearLaw,
  publishedTransportLaw,
  type ParameterValues,
  type TransportLaw,
} from '../../src/model/index.ts';
import { differentiate, integrate, relativeDistance } from './numerics.ts';

const grid = makeTimeGrid(
  0.5,
  0,
  Float64Array.from({ length: 40 }, (_, k) => k + 1),
);
const last = grid.times.length - 1;

function transport(D0: number, alpha: number, D_offset: number): ParameterValues {
  return { D0, alpha, D_offset };
}

function shear(gamma_dot_t0: number, beta: number, gamma_dot_t_offset: number): ParameterValues {
  return { gamma_dot_t0, beta, gamma_dot_t_offset };
}

const anyTransport = fc
  .record({
    D0: fc.nat(100_000),
    alpha: fc.integer({ min: -2000, max: 2000 }),
    D_offset: fc.integer({ min: -10_000, max: 10_000 }),
  })
  .map(({ D0, alpha, D_offset }) => transport(D0, alpha / 1000, D_offset));
const anyShear = fc
  .record({
    t0: fc.integer({ min: 1, max: 1000 }),
    beta: fc.integer({ min: -2000, max: 2000 }),
    offset: fc.integer({ min: -1000, max: 1000 }),
  })
  .map(({ t0, beta, offset }) => shear(t0 / 1000, beta / 1000, offset / 1000));

/** Σ |parameter · ∂C/∂parameter| at the end of the window for the two linear parameters: the size of what is added. */
function magnitude(law: TransportLaw, values: ParameterValues): number {
  const unclamped = law.parameters.map((name, k) => [publishedShearLaw.parameters[k]!, values[name]!]);
  const [power, , constant] = publishedShearLaw.sensitivities(Object.fromEntries(unclamped) as ParameterValues, grid);
  const [amplitude, , offset] = law.parameters.map((name) => Math.abs(values[name]!));
  return amplitude! * power![last]! + offset! * constant![last]! + 1e-300;
}

describe.each([
  ['transport', publishedTransportLaw, anyTransport],
  ['shear', publishedShearLaw, anyShear],
] as const)('the %s law', (_name, law, anyValues) => {
  test('integrates its own rate', () => {
    fc.assert(
      fc.property(anyValues, fc.nat(last - 1), (values, k) => {
        const c = law.cumulative(values, grid);
        const numeric = integrate((t) => law.rate(values, t, grid), grid.times[k]!, grid.times[k + 1]!);
        // A kink of the rate inside the interval limits the quadrature.
        expect(Math.abs(c[k + 1]! - c[k]! - numeric) / magnitude(law, values)).toBeLessThan(1e-7);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('gives the derivatives of what it returns', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        // Positive everywhere: at a clamp the differences, not the derivatives, lose their order.
        const positive = { ...values, [law.parameters[2]!]: Math.abs(values[law.parameters[2]!]!) + 100 };
        const sensitivities = law.sensitivities(positive, grid);
        law.parameters.forEach((name, index) => {
          const numeric = differentiate((x) => law.cumulative({ ...positive, [name]: x }, grid), positive[name]!);
          const error = Math.max(...numeric.map((slope, k) => Math.abs(slope - sensitivities[index]![k]!)));
          const size = Math.max(...sensitivities[index]!.map(Math.abs));
          expect(error).toBeLessThan(1e-9 * size + 1e-12 * magnitude(law, positive));
        });
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  test('sees the same differences when frames are left out', () => {
    fc.assert(
      fc.property(
        anyValues,
        fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 10 }),
        (values, kept) => {
          const positions = Float64Array.from(kept).sort();
          const all = law.cumulative(values, grid);
          const some = law.cumulative(values, makeTimeGrid(0.5, 0, positions));
          for (let k = 1; k < positions.length; k++) {
            const expected = all[positions[k]! - 1]! - all[positions[0]! - 1]!;
            expect(Math.abs(some[k]! - some[0]! - expected) / magnitude(law, values)).toBeLessThan(1e-14);
          }
        },
      ),
      { seed: 3 },
    );
  });
});

describe('derivatives around exponent −1', () => {
  test.each([-1, -1 + 1e-13, -1 - 1e-13, -1 + 1e-9, -1 - 1e-9, -1 + 1e-5])('alpha = %f', (alpha) => {
    const values = transport(4000, alpha, 30);
    const numeric = differentiate((x) => publishedTransportLaw.cumulative({ ...values, alpha: x }, grid), alpha);
    expect(relativeDistance(numeric, publishedTransportLaw.sensitivities(values, grid)[1]!)).toBeLessThan(1e-10);
  });
});

describe('the clamp of J at zero', () => {
  test('keeps C from ever decreasing', () => {
    fc.assert(
      fc.property(anyTransport, (values) => {
        const c = publishedTransportLaw.cumulative(values, grid);
        const rounding = 1e-15 * magnitude(publishedTransportLaw, values);
        for (let k = 1; k <= last; k++) expect(c[k]! - c[k - 1]!).toBeGreaterThanOrEqual(-rounding);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  test('of a growing rate ends at t*: flat before, exact after', () => {
    // J = 300 t − 1500 crosses zero at 5 s.
    const c = publishedTransportLaw.cumulative(transport(300, 1, -1500), grid);
    const at = (t: number): number => c[2 * t - 1]!;
    expect(at(5) - at(0.5)).toBe(0);
    expect(at(9) - at(3)).toBeCloseTo(150 * 4 ** 2, 9);
  });

  test('of a falling rate begins at t*: exact before, flat after', () => {
    // J = 100/t − 20 crosses zero at 5 s.
    const c = publishedTransportLaw.cumulative(transport(100, -1, -20), grid);
    const at = (t: number): number => c[2 * t - 1]!;
    expect(at(20) - at(5)).toBe(0);
    expect(at(10) - at(1)).toBeCloseTo(100 * Math.log(5) - 20 * 4, 10);
  });

  test('outside the window leaves everything or nothing', () => {
    const flat = publishedTransportLaw.cumulative(transport(300, 1, -1e5), grid);
    expect(flat.every((value) => value === 0)).toBe(true);
    const slopes = publishedTransportLaw.sensitivities(transport(300, 1, -1e5), grid);
    expect(slopes.every((vector) => vector.every((value) => value === 0))).toBe(true);
    const tiny = publishedTransportLaw.cumulative(transport(100, 0.001, -200), grid);
    expect(tiny.every((value) => value === 0)).toBe(true);
    const open = publishedTransportLaw.cumulative(transport(100, 0.001, -50), grid);
    expect(open[last]! - open[0]!).toBeGreaterThan(50 * (grid.times[last]! - grid.times[0]!));
  });

  test('of a constant rate is all or nothing', () => {
    const span = grid.times[last]! - grid.times[0]!;
    for (const [values, rate] of [
      [transport(100, 0, -30), 70],
      [transport(100, 0, -130), 0],
      [transport(0, -1.3, 12), 12],
      [transport(0, -1.3, -12), 0],
      [transport(0, 1, 0), 0],
    ] as const) {
      const c = publishedTransportLaw.cumulative(values, grid);
      expect(c[last]! - c[0]!).toBeCloseTo(rate * span, 9);
      expect(publishedTransportLaw.rate(values, 3, grid)).toBe(rate);
    }
  });

  test('adds nothing to the derivatives', () => {
    // No frame of the window comes near t* when the parameters vary a little, so differences keep their order.
    const frames = makeTimeGrid(0.5, 0, Float64Array.of(1, 2, 3, 15, 16, 17));
    for (const values of [transport(300, 1, -1500), transport(100, -1, -20), transport(800, -1.3, -117)]) {
      const exact = publishedTransportLaw.sensitivities(values, frames);
      publishedTransportLaw.parameters.forEach((name, index) => {
        const numeric = differentiate(
          (x) => publishedTransportLaw.cumulative({ ...values, [name]: x }, frames),
          values[name]!,
        );
        const fromFirst = (vector: Float64Array): Float64Array => vector.map((value) => value - vector[0]!);
        expect(relativeDistance(fromFirst(numeric), fromFirst(exact[index]!))).toBeLessThan(1e-9);
      });
    }
  });
});

describe('the shear law', () => {
  test('lets the flow reverse', () => {
    // γ̇ = 0.03 t − 0.15: the strain falls until 5 s and is back where it was at 10 s − 0.5 s.
    const g = publishedShearLaw.cumulative(shear(0.03, 1, -0.15), grid);
    const at = (t: number): number => g[2 * t - 1]!;
    expect(at(5) - at(0.5)).toBeCloseTo(-0.015 * 4.5 ** 2, 12);
    expect(at(9.5) - at(0.5)).toBeCloseTo(0, 12);
    expect(publishedShearLaw.rate(shear(0.03, 1, -0.15), 1, grid)).toBeCloseTo(-0.12, 15);
  });
});

describe('a window that starts late', () => {
  test('loses no digits to what happened before it', () => {
    // ∫ D0/t² from a to b is D0·(b − a)/(a·b): 1e-6 of what lies between dt and a.
    const late = makeTimeGrid(
      0.001,
      1000,
      Float64Array.from({ length: 50 }, (_, k) => k),
    );
    const c = publishedTransportLaw.cumulative(transport(5e5, -2, 0), late);
    late.times.forEach((t, k) => {
      const exact = (5e5 * (t - 1000)) / (1000 * t);
      expect(Math.abs(c[k]! - c[0]! - exact)).toBeLessThanOrEqual(1e-12 * exact);
    });
  });
});

describe('the frame at t = 0', () => {
  test('lies the integral from zero before the first frame', () => {
    const c = publishedTransportLaw.cumulativeAtZero(transport(90, 2, 7), grid);
    expect(publishedTransportLaw.cumulative(transport(90, 2, 7), grid)[0]! - c).toBeCloseTo(
      30 * 0.5 ** 3 + 7 * 0.5,
      12,
    );
  });

  test('is infinitely far where the integral diverges', () => {
    expect(publishedTransportLaw.cumulativeAtZero(transport(90, -1, 7), grid)).toBe(-Infinity);
    expect(publishedTransportLaw.cumulativeAtZero(transport(90, -1.5, -7), grid)).toBe(-Infinity);
    expect(publishedShearLaw.cumulativeAtZero(shear(0.1, -2, 0), grid)).toBe(-Infinity);
    expect(publishedTransportLaw.cumulativeAtZero(transport(0, -1.5, 8), grid)).toBe(-4);
  });

  test('does not move while J is clamped there', () => {
    const late = transport(300, 1, -1500);
    expect(publishedTransportLaw.cumulativeAtZero(late, grid)).toBe(publishedTransportLaw.cumulative(late, grid)[0]);
    // J = 10 t − 2 crosses at 0.2 s, before the first frame at 0.5 s.
    const early = transport(10, 1, -2);
    const c = publishedTransportLaw.cumulative(early, grid)[0]! - publishedTransportLaw.cumulativeAtZero(early, grid);
    expect(c).toBeCloseTo(5 * 0.3 ** 2, 14);
  });
});
