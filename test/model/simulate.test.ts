/** Simulated matrices: the model on all frames from t = 0, and white noise that depends on nothing but the seed. */
import { describe, expect, test } from 'vitest';
import { simulate, type ParameterValues, type SimulatedNoise, type Simulation } from '../../src/model/index.ts';

const laminar: ParameterValues = {
  D0: 900,
  alpha: -0.5,
  D_offset: 50,
  gamma_dot_t0: 2e-3,
  beta: 0.1,
  gamma_dot_t_offset: 1e-4,
  phi0: 2,
};
const phi = Float64Array.of(0, 90);

function simulated(
  changes: ParameterValues,
  noise: SimulatedNoise = { kind: 'none' },
  frames: number = 30,
  seed: number = 7,
): Simulation {
  return simulate({
    experiment: { mode: 'laminar_flow', convention: 'published', q: 0.0054, gap: 2e6, phi },
    dt: 0.1,
    frames,
    values: { ...laminar, ...changes },
    contrast: Float64Array.of(0.3, 0.25),
    offset: Float64Array.of(1, 1.01),
    noise,
    seed,
  });
}

describe('without noise', () => {
  test('the matrix is whole, symmetric, and offset + contrast on its diagonal', () => {
    const { times, matrix } = simulated({});
    expect(times[29]).toBeCloseTo(2.9, 14);
    const c2 = matrix(1);
    for (let i = 0; i < 30; i++) {
      expect(c2[31 * i]).toBe(1.26);
      for (let j = 0; j < i; j++) expect(c2[30 * i + j]).toBe(c2[30 * j + i]);
    }
  });

  test('pairs with the frame at t = 0 have the exact integral from zero', () => {
    const rate = { D0: 900, alpha: 0.5, D_offset: 50, gamma_dot_t0: 1e-9, gamma_dot_t_offset: 0 };
    const c2 = simulated(rate).matrix(1);
    const integral = (t: number): number => 600 * t ** 1.5 + 50 * t;
    for (const j of [1, 9]) expect(c2[j]).toBeCloseTo(1.01 + 0.25 * Math.exp(-(0.0054 ** 2) * integral(0.1 * j)), 12);
  });

  test('the frame at t = 0 is uncorrelated with every other where the integral diverges', () => {
    for (const changes of [{ alpha: -1 }, { alpha: -1.7, D_offset: -3 }]) {
      const c2 = simulated(changes).matrix(0);
      expect(c2[0]).toBe(1.3);
      expect(c2.slice(1, 30).every((value) => value === 1)).toBe(true);
      expect(c2[31 + 1]).toBeGreaterThan(1.01);
    }
  });

  test('a strain that diverges spares the direction without shear', () => {
    const diverging = { beta: -1.5, phi0: 0 };
    expect(simulated(diverging).matrix(0)[1]).toBe(1);
    expect(simulated(diverging).matrix(1)[1]).toBeGreaterThan(1.2);
  });

  test('no value is ever not a number', () => {
    for (const alpha of [-2, -1, 0, 2]) {
      for (const beta of [-2, -1, 0, 2]) {
        for (const D_offset of [-800, 0, 50]) {
          for (let angle = 0; angle < 2; angle++) {
            expect(simulated({ alpha, beta, D_offset, D0: 0 }).matrix(angle).every(Number.isFinite)).toBe(true);
            expect(simulated({ alpha, beta, D_offset }).matrix(angle).every(Number.isFinite)).toBe(true);
          }
        }
      }
    }
  });
});

describe('white noise', () => {
  const sigma = 0.02;
  const frames = 200;

  function noiseOf(angle: number, seed: number): Float64Array {
    const clean = simulated({}, { kind: 'none' }, frames).matrix(angle);
    return simulated({}, { kind: 'white', sigma }, frames, seed)
      .matrix(angle)
      .map((value, k) => (value - clean[k]!) / sigma);
  }

  test('is drawn once per pair, never on the diagonal, with the σ asked for', () => {
    const z = noiseOf(0, 7);
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < frames; i++) {
      expect(z[i * frames + i]).toBe(0);
      for (let j = 0; j < i; j++) {
        expect(z[i * frames + j]).toBe(z[j * frames + i]);
        sum += z[i * frames + j]!;
        squares += z[i * frames + j]! ** 2;
      }
    }
    const pairs = (frames * (frames - 1)) / 2;
    expect(Math.abs(sum / pairs)).toBeLessThan(4 / Math.sqrt(pairs));
    expect(Math.abs(squares / pairs - 1)).toBeLessThan(4 * Math.sqrt(2 / pairs));
  });

  test('is the same whatever the order of the angles', () => {
    const forwards = simulated({}, { kind: 'white', sigma });
    const backwards = simulated({}, { kind: 'white', sigma });
    const last = backwards.matrix(1);
    expect(backwards.matrix(0)).toEqual(forwards.matrix(0));
    expect(forwards.matrix(1)).toEqual(last);
  });

  test('differs between angles and between seeds', () => {
    const correlation = (a: Float64Array, b: Float64Array): number => {
      let sum = 0;
      let pairs = 0;
      for (let i = 0; i < frames; i++)
        for (let j = 0; j < i; j++, pairs++) sum += a[i * frames + j]! * b[i * frames + j]!;
      return Math.abs(sum) / Math.sqrt(pairs);
    };
    expect(correlation(noiseOf(0, 7), noiseOf(1, 7))).toBeLessThan(4);
    expect(correlation(noiseOf(0, 7), noiseOf(0, 8))).toBeLessThan(4);
  });
});

test('refuses a single frame and scaling of the wrong length', () => {
  expect(() => simulated({}, { kind: 'none' }, 1)).toThrow(/two frames/);
  expect(() => simulated({}).matrix(2)).toThrow(/no angle 2/);
});
