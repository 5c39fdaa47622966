/** Walking outward along a profile: where the root of a ratio reaches given heights, and why it may not. */
import { expect, test } from 'vitest';
import { walk, type Walked, type WalkOptions } from '../../src/nlsq/profiles/walk.ts';

const HEIGHTS = [1, 1.96];

/** The end of a walk over a ratio, and the number of places it asked for. */
function follow(ratio: (at: number) => number, options: Partial<WalkOptions> = {}): Walked & { asked: number } {
  const walker = walk({ heights: HEIGHTS, edge: Infinity, firstStep: 10, ...options });
  let asked = 0;
  let step = walker.next();
  while (step.done !== true) {
    asked += 1;
    step = walker.next(ratio(step.value));
  }
  return { ...step.value, asked };
}

test('a parabola is crossed exactly where its root has the heights, after two places', () => {
  const { crossings, end, asked } = follow((at) => at * at);
  expect(end).toBeNull();
  expect(asked).toBeLessThanOrEqual(4);
  crossings.forEach((crossing, k) => expect(crossing).toBeCloseTo(HEIGHTS[k]!, 8));
});

test.each([
  ['one that flattens', (at: number): number => 4 * Math.log1p(at) ** 2, [Math.expm1(0.5), Math.expm1(0.98)]],
  ['one that steepens', (at: number): number => Math.expm1(at) ** 2, [Math.log(2), Math.log(2.96)]],
  ['one with a kink', (at: number): number => (at < 3 ? at / 9 : at / 9 + 50 * (at - 3)), [3.0132, 3.0698]],
  ['one that rises late', (at: number): number => (at / 400) ** 4, [400, 400 * 1.4]],
] as const)('%s is crossed to a thousandth', (_, ratio, expected) => {
  const { crossings, asked } = follow(ratio);
  crossings.forEach((crossing, k) => expect(Math.abs(crossing! / expected[k]! - 1)).toBeLessThan(1e-3));
  expect(asked).toBeLessThan(40);
});

test('a jump is crossed where it is', () => {
  const { crossings } = follow((at) => (at < 2.5 ? 0.1 * at : 900));
  for (const crossing of crossings) expect(Math.abs(crossing! - 2.5)).toBeLessThan(1e-3);
});

test('at the edge of the box a height that is not reached has no crossing', () => {
  const { crossings, end, samples } = follow((at) => at * at, { edge: 1.5 });
  expect(crossings[0]).toBeCloseTo(1, 8);
  expect(crossings[1]).toBeNull();
  expect(end).toBe('edge');
  expect(samples.at(-1)).toEqual({ at: 1.5, root: 1.5 });
  expect(follow((at) => at, { edge: 0 })).toMatchObject({ crossings: [null, null], end: 'edge', asked: 0 });
});

test('places without a ratio are approached from within', () => {
  const { crossings, end } = follow((at) => (at > 2.2 ? NaN : at * at), { firstStep: 5, heights: [2] });
  expect(crossings[0]).toBeCloseTo(2, 8);
  expect(end).toBeNull();
  expect(follow((at) => (at > 0.5 ? NaN : at * at))).toMatchObject({ crossings: [null, null], end: 'failed' });
});

test('a ratio below the minimum ends the walk, rounding does not', () => {
  expect(follow(() => -1)).toMatchObject({ end: 'lower-minimum', crossings: [null, null] });
  expect(follow((at) => at * at - 1e-4).crossings[1]).toBeCloseTo(Math.sqrt(1.96 ** 2 + 1e-4), 4);
});

test('a ratio that never rises is followed a long way, not for ever', () => {
  const { end, asked, samples } = follow(() => 0.2);
  expect(end).toBe('too-long');
  expect(asked).toBeLessThan(60);
  expect(samples.at(-1)!.at).toBeGreaterThan(1e6);
});
