/** Shear rates of the two conventions describe the same c2 at small strain. */
import { expect, test } from 'vitest';
import {
  bindModel,
  homodyne2ShearRate,
  makeTimeGrid,
  pairValue,
  publishedShearRate,
  type Convention,
} from '../../src/model/index.ts';

/** Loss of correlation by a constant shear rate over one second. */
function loss(convention: Convention, rate: number): number {
  const grid = makeTimeGrid(0.1, 0, Float64Array.of(1, 11));
  const model = bindModel({ mode: 'laminar_flow', convention, q: 0.0054, gap: 2e6, phi: Float64Array.of(10), grid });
  const zero = { D0: 0, alpha: 0, D_offset: 0, beta: 0, phi0: 0 };
  const { kappa, g, h } = model.physics({ ...zero, gamma_dot_t0: rate, gamma_dot_t_offset: 0 });
  return 1 - pairValue(convention, kappa, 0, g![1]! - g![0]!, h[0]!);
}

test('a converted rate loses the same correlation, to the order of the strain', () => {
  // x = ½·q·h·Γ is 0.03 here: the two shapes differ by about x² of the loss.
  const published = 0.03 / 5400;
  expect(loss('homodyne2', homodyne2ShearRate(published)) / loss('published', published)).toBeCloseTo(1, 3);
  expect(loss('homodyne2', published) / loss('published', published)).toBeLessThan(0.3);
});

test('the factor is √2/π and converts back', () => {
  expect(publishedShearRate(1)).toBeCloseTo(0.45015815807855, 14);
  expect(homodyne2ShearRate(publishedShearRate(3e-3))).toBeCloseTo(3e-3, 16);
});
