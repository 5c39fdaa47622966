/** One measured matrix (NSLS-II CHX) against a scipy fit of the same pairs, and what the full model can say about it. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { pairsOf, type TriangleStack } from '../../src/kernels/index.ts';
import { bindModel, makeTimeGrid } from '../../src/model/index.ts';
import { fitTwoTime, type FitProblem, type ParameterSetting } from '../../src/nlsq/index.ts';
import { kernels } from './simulated.ts';

const FILE = new URL('../../examples/chx-static/chx-twotime-350.npy', import.meta.url);
const FRAMES = 350;

function matrix(): Float64Array {
  const bytes = readFileSync(FILE);
  const start = bytes.length - 8 * FRAMES * FRAMES;
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
}

/** Frames first … 349 with t = t0 + k, q = 1, dt = 1. */
function problem(first: number, t0: number, parameters: readonly ParameterSetting[]): FitProblem {
  const c2 = matrix();
  const frames = FRAMES - first;
  const values = kernels.allocate(pairsOf(frames));
  let at = 0;
  for (let i = first; i < FRAMES; i++) {
    for (let j = i + 1; j < FRAMES; j++) values[at++] = c2[i * FRAMES + j]!;
  }
  const data: TriangleStack = { frames, angles: 1, values, excluded: new Uint32Array(1) };
  const grid = makeTimeGrid(
    1,
    t0,
    Float64Array.from({ length: frames }, (_, k) => first + k),
  );
  return {
    model: bindModel({ mode: 'static', convention: 'published', q: 1, gap: null, phi: Float64Array.of(0), grid }),
    sweeps: kernels.sweeps(data),
    coarse: kernels,
    noise: { sigma: Float64Array.of(1), source: 'unit weights', absolute: false },
    parameters,
    scaling: { mode: 'per-angle' },
    options: { starts: 8, seed: 1, maxIterations: 100 },
  };
}

const CONSTANT_RATE: readonly ParameterSetting[] = [
  { name: 'D0', vary: true, bounds: [1e-6, 1e3] },
  { name: 'alpha', vary: false, value: 0, bounds: [-2, 2] },
  { name: 'D_offset', vary: false, value: 0, bounds: [-10, 10] },
];

describe('the measured CHX matrix', () => {
  test.each([
    {
      name: 'all 350 frames, t = 1 … 350',
      first: 0,
      t0: 1,
      points: 61075,
      expected: [0.044626781, 0.056034562, 1.027428919],
    },
    {
      name: 'without the frame at t = 0',
      first: 1,
      t0: 0,
      points: 60726,
      expected: [0.044556143, 0.055814666, 1.027433046],
    },
  ])('constant J agrees with scipy to 1e-6: $name', async ({ first, t0, points, expected }) => {
    const outcome = await fitTwoTime(problem(first, t0, CONSTANT_RATE));
    const angle = outcome.scaling[0]!;
    const found = [outcome.parameters[0]!.value, angle.contrast.value, angle.offset.value];
    expect(outcome.status).toBe('converged');
    expect(outcome.cost.points).toBe(points);
    found.forEach((value, k) => expect(Math.abs(value / expected[k]! - 1)).toBeLessThan(1e-6));
    const errors = [outcome.parameters[0]!.uncertainty, angle.contrast.uncertainty, angle.offset.uncertainty];
    const published = [0.00229, 0.00173, 0.000386];
    errors.forEach(({ independent }, k) => expect(Math.abs(independent! / published[k]! - 1)).toBeLessThan(0.01));
  });

  test('the full static model is reported as not identifiable', async () => {
    const outcome = await fitTwoTime(
      problem(0, 1, [
        { name: 'D0', vary: true, bounds: [1e-6, 1e6] },
        { name: 'alpha', vary: true, bounds: [-2, 2] },
        { name: 'D_offset', vary: true, bounds: [-1e5, 1e5] },
      ]),
    );
    expect(outcome.warnings.map(({ code }) => code)).toContain('not-identifiable');
    expect(outcome.cost.chi2).toBeLessThan(314.8278);
    for (const { uncertainty } of outcome.parameters) {
      expect(uncertainty.independent).toBeNull();
      expect(uncertainty.reason).toMatch(/not determined by the data|at (lower|upper) bound/);
    }
    expect(outcome.identifiability.condition).toBeGreaterThan(1e8);
    expect(outcome.identifiability.weakest[0]!.text).toMatch(
      /^the data fix D0·t\^alpha \+ D_offset near t = \d+ s to \S+ %, not D0, alpha and D_offset separately; the fit hardly/,
    );
    expect(outcome.scaling[0]!.contrast.uncertainty.independent).toBeGreaterThan(0);
  });
});
