/** Fits with speckle weights: several times nearer to the truth under speckle, harmless elsewhere, and told either way. */
import { describe, expect, test } from 'vitest';
import { fitWithWeights, summariseWeights, type WeightsCase, type WeightsFit } from '../../bench/weights-cases.ts';
import { pairsOf } from '../../src/kernels/index.ts';
import { fitTwoTime } from '../../src/nlsq/index.ts';
import { simulatedProblem, STATIC_TRUTH } from './simulated.ts';

async function fits(one: WeightsCase, count: number): Promise<WeightsFit[]> {
  const all: WeightsFit[] = [];
  for (let index = 0; index < count; index++) all.push(await fitWithWeights(one, index));
  return all;
}

const SLOW: WeightsCase = { name: 'slow', dynamics: 'slow', frames: 80, contrast: 0.2, speckles: 1000 };

describe('speckle weights', () => {
  test('bring the exponent at least 1.5 times nearer to the truth, and their intervals hold it', async () => {
    const all = await fits(SLOW, 12);
    expect(all.map(({ weighted }) => weighted.weights)).toEqual(
      all.map(() => ({ asked: 'speckle', used: 'speckle', reason: null })),
    );
    const rows = summariseWeights(all);
    const alpha = rows.find(({ parameter }) => parameter === 'alpha')!;
    expect(alpha.distance.none / alpha.distance.weighted).toBeGreaterThan(1.5);
    const known = rows.reduce((sum, row) => sum + row.known.weighted, 0);
    const covered = rows.reduce((sum, row) => sum + row.coverage.weighted * row.known.weighted, 0);
    expect(known).toBeGreaterThan(30);
    // 95 % of 36 intervals, with room for their dependence.
    expect(covered / known).toBeGreaterThan(0.85);
  });

  test('work for sheared angles, each with its own', async () => {
    const [fit] = await fits({ ...SLOW, flow: true, frames: 60 }, 1);
    expect(fit!.weighted.weights.used).toBe('speckle');
    const rate = (outcome: WeightsFit['none']) => outcome.parameters.find(({ name }) => name === 'beta')!;
    expect(rate(fit!.weighted).uncertainty.speckle!).toBeLessThan(rate(fit!.none).uncertainty.speckle! / 1.5);
    expect(Math.abs(rate(fit!.weighted).value - fit!.truth['beta']!)).toBeLessThan(
      4 * rate(fit!.weighted).uncertainty.speckle!,
    );
  });

  test('leave the fit nearly as it is, or say that they are not used, where the noise is white', async () => {
    const all = await fits({ ...SLOW, name: 'white', speckles: null, white: 0.02 }, 6);
    for (const { none, weighted } of all) {
      none.parameters.forEach(({ value, uncertainty }, k) => {
        expect(Math.abs(weighted.parameters[k]!.value - value)).toBeLessThan(uncertainty.speckle!);
      });
      if (weighted.weights.used === 'speckle') continue;
      expect(weighted.weights.reason).toBe('the residuals show no speckle noise');
      expect(weighted.warnings.map(({ code }) => code)).toContain('weights-not-used');
      expect(weighted.parameters).toEqual(none.parameters);
    }
    expect(all.some(({ weighted }) => weighted.weights.used === 'none')).toBe(true);
  });

  test('are not used, and the answer says why, where pairs are excluded', async () => {
    const problem = simulatedProblem(
      { mode: 'static', frames: 40, q: 0.01, phi: [0], truth: STATIC_TRUTH, sigma: 0.01, seed: 3 },
      { start: STATIC_TRUTH, options: { starts: 1, weights: 'speckle' } },
    );
    const { data } = problem.sweeps;
    if (!('values' in data)) throw new Error('the data are in memory');
    expect(data.values.length).toBe(pairsOf(data.frames));
    data.values[7] = NaN;
    data.excluded[0] = 1;
    const outcome = await fitTwoTime(problem);
    expect(outcome.weights.used).toBe('none');
    expect(outcome.weights.reason).toContain('excluded');
    expect(outcome.warnings.map(({ code }) => code)).toContain('weights-not-used');
  });
});
