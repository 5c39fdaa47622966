/** Starts: an even Latin hypercube, respect for what was given, one period of phi0. */
import { describe, expect, test } from 'vitest';
import { keyFromSeed } from '../../src/math/index.ts';
import { fitTwoTime } from '../../src/nlsq/index.ts';
import { canonicalAngles } from '../../src/nlsq/candidates.ts';
import { latinHypercube } from '../../src/nlsq/latin-hypercube.ts';
import { FLOW_TRUTH, simulatedProblem } from './simulated.ts';

test('a Latin hypercube has one point in every slice of every coordinate, and is fixed by its key', () => {
  const points = latinHypercube(keyFromSeed(4), 50, 3);
  for (let d = 0; d < 3; d++) {
    const slices = points.map((point) => Math.floor(point[d]! * 50)).sort((a, b) => a - b);
    expect(slices).toEqual(Array.from({ length: 50 }, (_, k) => k));
  }
  expect(latinHypercube(keyFromSeed(4), 50, 3)).toEqual(points);
  expect(latinHypercube(keyFromSeed(5), 50, 3)).not.toEqual(points);
});

describe('phi0 and phi0 ± 180° are the same flow', () => {
  test('one period inside the bounds is scanned, −90° … 90° by preference', () => {
    expect(canonicalAngles([-30, 30])).toEqual([-30, 30]);
    expect(canonicalAngles([-360, 360])).toEqual([-90, 90]);
    expect(canonicalAngles([0, 360])).toEqual([0, 180]);
    expect(canonicalAngles([-400, -100])).toEqual([-280, -100]);
  });

  test('a fit with wide bounds answers on the preferred branch', async () => {
    const phi = [-60, -20, 20, 60];
    const request = {
      mode: 'laminar_flow',
      frames: 40,
      q: 0.0054,
      phi,
      truth: FLOW_TRUTH,
      sigma: 0.004,
      seed: 3,
    } as const;
    const settings = { phi0: { bounds: [-360, 360] as const } };
    const outcome = await fitTwoTime(simulatedProblem(request, { settings }));
    expect(Math.abs(outcome.parameters.at(-1)!.value - 4)).toBeLessThan(1);
  });

  test('a given start stays on its own branch', async () => {
    const phi = [-60, -20, 20, 60];
    const request = {
      mode: 'laminar_flow',
      frames: 40,
      q: 0.0054,
      phi,
      truth: FLOW_TRUTH,
      sigma: 0.004,
      seed: 3,
    } as const;
    const settings = { phi0: { bounds: [-360, 360] as const } };
    const outcome = await fitTwoTime(simulatedProblem(request, { settings, start: { ...FLOW_TRUTH, phi0: 186 } }));
    expect(Math.abs(outcome.parameters.at(-1)!.value - 184)).toBeLessThan(1);
    expect(outcome.parameters.at(-1)!.start).toBe(186);
  });
});
