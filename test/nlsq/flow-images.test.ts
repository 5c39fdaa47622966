/** Images of a flow: what they keep, and that they stay inside the bounds. */
import { expect, test } from 'vitest';
import { cosDegrees } from '../../src/math/index.ts';
import type { ParameterValues } from '../../src/model/index.ts';
import { coordinateSystem } from '../../src/nlsq/coordinates.ts';
import { flowImages } from '../../src/nlsq/flow-images.ts';
import { freeParameters } from '../../src/nlsq/free-parameters.ts';
import { FLOW_TRUTH, simulatedProblem, type Simulated } from './simulated.ts';

const PHI = [-60, 0, 30, 85];
const REQUEST: Simulated = {
  mode: 'laminar_flow',
  frames: 40,
  q: 0.0054,
  phi: PHI,
  truth: FLOW_TRUTH,
  sigma: 0,
  seed: 1,
};

function imagesOf(values: ParameterValues, fixed: readonly string[] = []): ParameterValues[] {
  const settings = Object.fromEntries(fixed.map((name) => [name, { vary: false, value: values[name]! }]));
  const problem = simulatedProblem(REQUEST, { settings });
  const free = freeParameters(problem.parameters);
  const system = coordinateSystem(problem.model, free);
  return flowImages(system, values, Float64Array.from(PHI)).map((theta) => free.values(theta));
}

test('φ0 is mirrored in every angle for which the image is inside the bounds', () => {
  const directions = imagesOf(FLOW_TRUTH).map((image) => image['phi0']!);
  // 2·0 − 4 and, by half a turn, 2·85 − 4 − 180; 2·(−60) − 4 + 180 and 2·30 − 4 are outside −30 … 30.
  for (const image of [-4, -14]) expect(directions).toContainEqual(expect.closeTo(image, 9));
  for (const phi0 of directions) expect(Math.abs(phi0)).toBeLessThanOrEqual(30);
});

test('another direction comes with the rate that keeps the slowest angle as it was', () => {
  const slowest = (phi0: number): number => Math.min(...PHI.map((angle) => Math.abs(cosDegrees(phi0 - angle))));
  const before = FLOW_TRUTH['gamma_dot_t0']! * slowest(4);
  const kept = imagesOf(FLOW_TRUTH).filter(
    (image) => Math.abs((image['gamma_dot_t0']! * slowest(image['phi0']!)) / before - 1) < 1e-9,
  );
  expect(kept.length).toBeGreaterThan(10);
});

test('a negative rate is reversed to the power law with the same slope at t_ref', () => {
  const values: ParameterValues = { ...FLOW_TRUTH, gamma_dot_t0: 0.01, beta: -0.05, gamma_dot_t_offset: -0.012 };
  const reference = Math.sqrt(0.1 * 3.9);
  const rateAt = (image: ParameterValues, t: number): number =>
    image['gamma_dot_t0']! * t ** image['beta']! + image['gamma_dot_t_offset']!;
  const image = imagesOf(values).find((one) => one['phi0'] === 4 && one['gamma_dot_t_offset'] === 0)!;
  expect(rateAt(image, reference)).toBeCloseTo(-rateAt(values, reference), 9);
  const step = 1e-4;
  const slope = (one: ParameterValues): number =>
    (rateAt(one, reference + step) - rateAt(one, reference - step)) / (2 * step);
  expect(slope(image)).toBeCloseTo(-slope(values), 5);
});

test('a fixed direction is kept, and without a free flow there is nothing to try', () => {
  for (const image of imagesOf(FLOW_TRUTH, ['phi0'])) expect(image['phi0']).toBe(4);
  expect(imagesOf(FLOW_TRUTH, ['phi0', 'beta'])).toEqual([]);
});

test('directions at which an angle sees no flow, and rates that vanish, do not make infinite images', () => {
  const still: ParameterValues = {
    ...FLOW_TRUTH,
    beta: 0.5,
    gamma_dot_t0: 1e-3,
    gamma_dot_t_offset: -1e-3 * 0.1 ** 0.25 * 3.9 ** 0.25,
  };
  for (const values of [{ ...FLOW_TRUTH, phi0: -5 }, { ...FLOW_TRUTH, phi0: 30 }, still]) {
    for (const image of imagesOf(values)) expect(Object.values(image).every(Number.isFinite)).toBe(true);
  }
});
