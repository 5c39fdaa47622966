import { describe, expect, test } from 'vitest';
import type { FitOutcome } from '../../src/nlsq/outcome.ts';
import { rateCurve } from '../../src/plots/rate-band.ts';
import { makeSyntheticFit, TRUTH } from '../support/synthetic-fit.ts';

const { outcome, model } = makeSyntheticFit({ angles: 2, frames: 20 });
const J = (values: Readonly<Record<string, number>>, t: number): number => model.transportRate(values, t);
const NAMES = ['D0', 'alpha', 'D_offset'];
const time = Float64Array.of(0.1, 1, 7, 50);

describe('the band of a rate', () => {
  test('is the linear propagation of the covariance', () => {
    const { rate, error } = rateCurve(J, NAMES, outcome, time);
    const { names, speckle } = outcome.covariance;
    time.forEach((t, n) => {
      const gradient = [t ** TRUTH.alpha, TRUTH.D0 * t ** TRUTH.alpha * Math.log(t), 1];
      let variance = 0;
      for (let k = 0; k < 3; k++) {
        for (let l = 0; l < 3; l++) variance += gradient[k]! * speckle[k * names.length + l]! * gradient[l]!;
      }
      expect(rate[n]! / (TRUTH.D0 * t ** TRUTH.alpha + TRUTH.D_offset)).toBeCloseTo(1, 12);
      expect(error![n]! / Math.sqrt(variance)).toBeCloseTo(1, 5);
    });
  });

  test('leaves out parameters that are fixed', () => {
    const fixed = change((one) => (one.name === 'D0' ? one : { ...one, vary: false }));
    const { error } = rateCurve(J, NAMES, fixed, time);
    time.forEach((t, n) => expect(error![n]! / (0.02 * TRUTH.D0 * t ** TRUTH.alpha)).toBeCloseTo(1, 6));
  });

  test('moves tied parameters together', () => {
    const tied = change((one) =>
      one.name === 'D_offset' ? { ...one, vary: false, tie: 'D0' } : { ...one, vary: one.name === 'D0' },
    );
    const { error } = rateCurve(J, NAMES, tied, time);
    time.forEach((t, n) => expect(error![n]! / (0.02 * TRUTH.D0 * (t ** TRUTH.alpha + 1))).toBeCloseTo(1, 6));
  });

  test('is absent, with the reason, where an error is not known or nothing is free', () => {
    const speckle = outcome.covariance.speckle.slice();
    speckle.fill(Number.NaN, 0, outcome.covariance.names.length);
    const unknown = { ...outcome, covariance: { ...outcome.covariance, speckle } };
    expect(rateCurve(J, NAMES, unknown, time)).toMatchObject({
      error: null,
      reason: 'the error is not known of D0 (no covariance)',
    });
    const nothing = change((one) => ({ ...one, vary: false }));
    expect(rateCurve(J, NAMES, nothing, time)).toMatchObject({ error: null, reason: 'no free parameter' });
  });
});

function change(edit: (one: FitOutcome['parameters'][number]) => FitOutcome['parameters'][number]): FitOutcome {
  return { ...outcome, parameters: outcome.parameters.map(edit) };
}
