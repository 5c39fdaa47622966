/** The covariance of weighted scores from drawn speckles is the one that the cumulants of a thermal field give. */
import { describe, expect, test } from 'vitest';
import { fieldCorrelation } from '../../src/model/index.ts';
import { columnRows, pairTables } from '../../src/nlsq/gls/angle-matrices.ts';
import { independentVariance, scoreVariance } from '../../src/nlsq/gls/score-variance.ts';
import { speckleWeights } from '../../src/nlsq/gls/speckle-weights.ts';
import { weightedColumns } from '../../src/nlsq/gls/weighted-columns.ts';
import { denseNoise } from './dense-speckle.ts';
import { FLOW_TRUTH, simulatedModel, type Simulated } from './simulated.ts';

const CONTRAST = 0.2;
const PHOTON_NOISE = 0.15;
const DRAWS = 4096;

const CASES: Readonly<Record<string, Simulated>> = {
  static: {
    mode: 'static',
    frames: 16,
    q: 0.0237,
    phi: [0],
    truth: { D0: 2000, alpha: -0.5, D_offset: 50 },
    sigma: 0,
    seed: 1,
  },
  laminar_flow: { mode: 'laminar_flow', frames: 16, q: 0.0054, phi: [20], truth: FLOW_TRUTH, sigma: 0, seed: 1 },
};

describe.each(Object.entries(CASES))('weighted scores under speckle: %s', (_, request) => {
  const model = simulatedModel(request);
  const physics = model.physics(request.truth);
  const frames = physics.c.length;
  const sensitivities = model.sensitivities(request.truth, model.parameters);
  const tables = pairTables(physics, 0);
  const noise = {
    speckle: Float64Array.of(1),
    crossed: Float64Array.of(0.15),
    white: Float64Array.of(PHOTON_NOISE ** 2),
  };
  const weight = speckleWeights(physics, Float64Array.of(CONTRAST), noise).angles[0]!;
  const count = model.parameters.length + 2;
  const columns = weightedColumns(weight, count, columnRows(tables, sensitivities, 0, frames));
  const field = Float64Array.from({ length: frames * frames }, (_value, at) => {
    const [i, j] = [Math.floor(at / frames), at % frames];
    return fieldCorrelation(physics, 0, Math.min(i, j), Math.max(i, j));
  });

  test('have the variance of thermal cumulants, normaliser and photon noise', async () => {
    const { speckle, crossed, pairs } = denseNoise(field, frames, CONTRAST);
    const request = { physics, angle: 0, contrast: CONTRAST, photonNoise: PHOTON_NOISE, m: tables.m };
    const drawn = await scoreVariance({ ...request, columns, draws: DRAWS }, {});
    columns.forEach((column, k) => {
      const weights = pairs.map(([i, j]) => column[i * frames + j]!);
      let expected = 0;
      weights.forEach((a, p) => {
        expected += PHOTON_NOISE ** 2 * a * a;
        weights.forEach((b, q) => {
          const at = p * pairs.length + q;
          expected += a * b * (speckle[at]! + PHOTON_NOISE * crossed[at]!);
        });
      });
      // Five standard errors of a variance from so many draws with some excess kurtosis.
      expect(Math.abs(drawn[k * (count + 1)]! / expected - 1)).toBeLessThan(0.15);
    });
  });

  test('have the sum of squared weights as variance under independent noise', () => {
    const independent = independentVariance(columns);
    columns.forEach((column, k) => {
      let expected = 0;
      for (let i = 0; i < frames; i++) for (let j = i + 1; j < frames; j++) expected += column[i * frames + j]! ** 2;
      expect(independent[k * (count + 1)]! / expected).toBeCloseTo(1, 9);
    });
  });
});
