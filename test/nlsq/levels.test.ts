/** Levels of detail: fewer frames, the same pairs, the same model. */
import { describe, expect, test } from 'vitest';
import { pairsOf } from '../../src/kernels/index.ts';
import { buildLevels, framesOfLevels } from '../../src/nlsq/levels.ts';
import { pickFrames } from '../../src/nlsq/pick-frames.ts';
import { FLOW_TRUTH, simulatedProblem, type Simulated } from './simulated.ts';

describe('the frames of the levels', () => {
  test('below 128 frames there is one level', () => {
    expect(framesOfLevels(127, 3)).toEqual([Int32Array.from({ length: 127 }, (_, k) => k)]);
  });

  test.each([128, 199, 300, 450, 1000, 2500])('of %i frames grow in small steps from about 64 to all', (frames) => {
    const levels = framesOfLevels(frames, 8);
    expect(levels.at(-1)!.length).toBe(frames);
    expect(levels[0]!.length).toBeGreaterThan(40);
    expect(levels[0]!.length).toBeLessThan(100);
    for (let k = 1; k < levels.length; k++) {
      expect(levels[k]!.length / levels[k - 1]!.length).toBeGreaterThan(1);
      expect(levels[k]!.length / levels[k - 1]!.length).toBeLessThan(4);
    }
  });

  test('of very large data stay small before all data', () => {
    for (const [frames, angles] of [
      [20_000, 1],
      [1000, 200],
      [300, 3000],
    ] as const) {
      const coarse = framesOfLevels(frames, angles).slice(0, -1);
      expect(coarse[0]!.length).toBeLessThan(100);
      for (const level of coarse) expect(pairsOf(level.length) * angles).toBeLessThan(1e7);
    }
  });

  test('are ascending, begin with the first and end with the last frame, and hold lags of every size', () => {
    const [coarsest] = framesOfLevels(1000, 8);
    const list = Array.from(coarsest!);
    expect(list).toEqual([...new Set(list)].sort((a, b) => a - b));
    expect([list[0], list.at(-1)]).toEqual([0, 999]);
    const lags = new Set(list.flatMap((j) => list.map((i) => j - i)));
    for (let size = 1; size < 1000; size *= 2) {
      const within = Array.from({ length: size }, (_, k) => size + k).filter((lag) => lags.has(lag));
      expect(within.length).toBeGreaterThan(0);
    }
  });
});

test('picked frames keep their pairs, and excluded pairs are counted', () => {
  const frames = 6;
  const values = Float32Array.from({ length: 2 * pairsOf(frames) }, (_, k) => k);
  values[pairsOf(frames) + 1] = NaN;
  const data = { frames, angles: 2, values, excluded: Uint32Array.of(0, 1) };
  const picked = pickFrames(data, Int32Array.of(0, 2, 5), (length) => new Float32Array(length));
  // Pairs (0,2), (0,5), (2,5) of a triangle with 5 + 4 + 3 + 2 + 1 entries.
  expect(Array.from(picked.values)).toEqual([1, 4, 11, NaN, 19, 26]);
  expect(Array.from(picked.excluded)).toEqual([0, 1]);
});

test.each(['published', 'homodyne2'] as const)(
  'the model of a coarse level is the model at its frames: %s',
  async (convention) => {
    const request: Simulated = {
      ...{ mode: 'laminar_flow', convention, frames: 200, q: 0.0054, truth: FLOW_TRUTH, sigma: 0, seed: 1 },
      phi: [0, 45],
    };
    const levels = buildLevels(simulatedProblem(request));
    const scaling = {
      contrast: new Float64Array(2).fill(0.2),
      offset: new Float64Array(2).fill(1),
      weight: new Float64Array(2).fill(1),
    };
    for (const { sweeps, model } of levels) {
      const sums = await sweeps.sums(model.physics(FLOW_TRUTH), scaling, {});
      const points = sums.points[0]! + sums.points[1]!;
      expect(Math.sqrt((sums.rr[0]! + sums.rr[1]!) / points)).toBeLessThan(1e-7);
    }
  },
);
