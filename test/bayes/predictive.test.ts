/** What the posterior says about points of c2, and the priors about parameters, on simulated data with white noise. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  judgePredictive,
  posteriorPredictive,
  priorDensity,
  priorDraws,
  sampleTwoTime,
  spreadEvenly,
  type PosteriorPredictive,
  type PosteriorProblem,
  type PredictiveInput,
  type Verdict,
} from '../../src/bayes/index.ts';
import { mostLags, pickLags } from '../../src/bayes/predictive/picked.ts';
import { normalCdf } from '../../src/bayes/distributions/normal.ts';
import { pairsOf, rowStart, valuesOf, type TriangleStack } from '../../src/kernels/index.ts';
import { mean, quantile } from '../../src/math/index.ts';
import { pairValue, physicalParameters, type Prior } from '../../src/model/index.ts';
import { freeParameters } from '../../src/nlsq/free-parameters.ts';
import { FLOW_TRUTH, simulatedProblem, type Simulated } from '../nlsq/simulated.ts';

const REQUEST: Simulated = {
  ...{ mode: 'laminar_flow', frames: 80, q: 0.0054, truth: FLOW_TRUTH, sigma: 0.006, seed: 6 },
  phi: [-40, 0, 50],
};
const PRIORS: Readonly<Record<string, Prior>> = Object.fromEntries(
  physicalParameters('laminar_flow').map(({ name, prior }) => [name, prior]),
);
const settings = {
  beta: { vary: false, value: FLOW_TRUTH['beta']! },
  gamma_dot_t_offset: { vary: false, value: 2e-4 },
};

let input: PredictiveInput;
let predicted: PosteriorPredictive;

beforeAll(async () => {
  const fit = simulatedProblem(REQUEST, { settings });
  const problem: PosteriorProblem = { ...fit, sigma: fit.noise.sigma, priors: PRIORS };
  const origin = {
    values: FLOW_TRUTH,
    contrast: new Float64Array(3).fill(0.2),
    offset: new Float64Array(3).fill(1),
  };
  const sampled = await sampleTwoTime(problem, origin, { seed: 3, method: 'psis', proposals: 300, draws: 100 });
  input = { sampled, model: fit.model, data: fit.sweeps.data };
  predicted = posteriorPredictive(input);
});

/** The same data with some pairs changed. */
function changed(change: (value: number, angle: number, i: number, j: number) => number): TriangleStack {
  const { frames, angles } = input.data;
  const values = Float32Array.from(valuesOf(input.data));
  const excluded = new Uint32Array(angles);
  for (let a = 0; a < angles; a++) {
    for (let i = 0; i < frames; i++) {
      for (let j = i + 1; j < frames; j++) {
        const at = a * pairsOf(frames) + rowStart(frames, i) + j - i - 1;
        values[at] = change(values[at]!, a, i, j);
        if (Number.isNaN(values[at])) excluded[a] = excluded[a]! + 1;
      }
    }
  }
  return { frames, angles, values, excluded };
}

describe('predictive cuts', () => {
  test('lie at three ages of every angle and hold what was measured there', () => {
    expect(predicted.cuts.map(({ angle, frame }) => [angle, frame])).toEqual(
      [0, 1, 2].flatMap((angle) => [0, 39, 52].map((frame) => [angle, frame])),
    );
    const { model, data } = input;
    for (const { angle, frame, time, lags, observed } of predicted.cuts) {
      expect(time).toBe(model.grid.times[frame]);
      expect(lags).toHaveLength(78 - frame);
      expect(lags[4]).toBeCloseTo(0.5, 12);
      const start = angle * pairsOf(79) + rowStart(79, frame);
      expect(observed).toEqual(Float64Array.from(valuesOf(data).subarray(start, start + 78 - frame)));
    }
  });

  test('are the model at draws taken evenly, with fixed parameters as they are', () => {
    const { sampled, model } = input;
    expect(predicted.draws).toBe(200);
    const draw = spreadEvenly(400, 200)[7]!;
    const of = (name: string): number => sampled.quantities.find((one) => one.name === name)!.draws[0]![draw]!;
    const names = sampled.posterior.free.names;
    expect(names).not.toContain('beta');
    const { kappa, c, g, h } = model.physics({
      ...FLOW_TRUTH,
      ...Object.fromEntries(names.map((name) => [name, of(name)])),
    });
    const { angle, frame, lags, model: rows } = predicted.cuts[4]!;
    const expected = Array.from(lags, (_, k) => {
      const j = frame + k + 1;
      const m = pairValue('published', kappa, c[j]! - c[frame]!, g![j]! - g![frame]!, h[angle]!);
      return of('offset[1]') + of('contrast[1]') * m;
    });
    const row = rows.subarray(7 * lags.length, 8 * lags.length);
    row.forEach((value, k) => expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-12));
  });

  test('have replicates with the noise of one point, different at every draw, lag and cut', () => {
    const errors = predicted.cuts.flatMap(({ model, replicate }) =>
      Array.from(replicate, (value, k) => (value - model[k]!) / 0.006),
    );
    expect(Math.abs(mean(errors))).toBeLessThan(0.01);
    expect(Math.abs(Math.sqrt(mean(errors.map((e) => e * e))) - 1)).toBeLessThan(0.02);
    expect(new Set(errors).size).toBe(errors.length);
  });

  test('have probabilities that are the shares of replicates below what was observed, without their scatter', () => {
    const { lags, observed, model, pit } = predicted.cuts[0]!;
    const sigma = input.sampled.quantities.find(({ name }) => name === 'sigma[0]')!.draws[0]!;
    const taken = spreadEvenly(400, 200);
    for (const k of [0, 3, 40]) {
      const terms = Array.from(taken, (draw, s) =>
        normalCdf((observed[k]! - model[s * lags.length + k]!) / sigma[draw]!),
      );
      expect(pit[k]).toBeCloseTo(mean(terms), 12);
    }
  });

  test('cover white noise as often as they say', () => {
    for (const { points, within50, within90, within95 } of predicted.angles) {
      expect(points).toBe(78 + 39 + 26);
      expect(Math.abs(within50 - 0.5)).toBeLessThan(0.15);
      expect(Math.abs(within90 - 0.9)).toBeLessThan(0.08);
      expect(Math.abs(within95 - 0.95)).toBeLessThan(0.06);
    }
    const pit = predicted.cuts.flatMap((cut) => Array.from(cut.pit));
    for (const p of [0.1, 0.25, 0.5, 0.75, 0.9]) expect(Math.abs(quantile(pit, p) - p)).toBeLessThan(0.08);
  });

  test('show an angle that the model does not describe', () => {
    const data = changed((value, angle, i, j) => (angle === 1 && j - i < 20 ? value + 0.03 : value));
    const { angles } = posteriorPredictive({ ...input, data });
    expect(angles[1]!.within95).toBeLessThan(0.7);
    expect(angles[0]).toEqual(predicted.angles[0]);
  });

  test('are a pure function of the seed', () => {
    expect(posteriorPredictive(input)).toEqual(predicted);
    const sampled = { ...input.sampled, settings: { ...input.sampled.settings, seed: 4 } };
    const other = posteriorPredictive({ ...input, sampled });
    expect(other.cuts[0]!.model).toEqual(predicted.cuts[0]!.model);
    expect(other.cuts[0]!.replicate).not.toEqual(predicted.cuts[0]!.replicate);
  });
});

describe('excluded pairs', () => {
  test('are NaN, and count for nothing', () => {
    const { cuts, angles } = posteriorPredictive({
      ...input,
      data: changed((value, angle, i, j) => (angle === 0 && i === 0 && j < 11 ? NaN : value)),
    });
    expect(Array.from(cuts[0]!.observed.subarray(0, 10))).toEqual(new Array(10).fill(NaN));
    expect(Array.from(cuts[0]!.pit.subarray(0, 11), (p) => Number.isNaN(p))).toEqual([
      ...new Array<boolean>(10).fill(true),
      false,
    ]);
    expect(angles.map(({ points }) => points)).toEqual([133, 143, 143]);
  });

  test('move a cut to the next row that has half of its pairs', () => {
    const { cuts } = posteriorPredictive({
      ...input,
      data: changed((value, angle, i) => (angle === 2 && (i < 3 || i >= 52) ? NaN : value)),
    });
    expect(cuts.filter(({ angle }) => angle === 2).map(({ frame }) => frame)).toEqual([3, 39]);
  });
});

describe('the verdict of the check', () => {
  const good: Verdict = { level: 'good', worst: null, findings: [] };
  /** The draws with the offset of every angle raised by so much. */
  const judged = (verdict: Verdict, raised: number): Verdict => {
    const quantities = input.sampled.quantities.map(({ name, draws }) => ({
      name,
      draws: draws.map((chain) =>
        Float64Array.from(chain, (value) => (name.startsWith('offset') ? value + raised : value)),
      ),
    }));
    return judgePredictive(verdict, posteriorPredictive({ ...input, sampled: { ...input.sampled, quantities } }));
  };

  test('is silent where the draws describe the data', () => {
    expect(judged(good, 0)).toBe(good);
  });

  test('says of draws that do not that they are not to be reported, or to be checked', () => {
    const bad = judged(good, 0.02);
    expect(bad).toMatchObject({ level: 'do-not-report', worst: null, findings: [{ level: 'do-not-report' }] });
    expect(bad.findings[0]!.text).toMatch(
      /do not describe the data: \d+ % of the points looked at lie within their 95 %/,
    );
    expect(judged(good, 0.009)).toMatchObject({ level: 'check', findings: [{ level: 'check' }] });
  });

  test('keeps what else was found, the worse first', () => {
    const other = (level: 'check' | 'do-not-report'): Verdict => ({
      ...{ level, worst: 'D0' },
      findings: [{ level, text: 'more' }],
    });
    const texts = (verdict: Verdict): string[] => verdict.findings.map(({ text }) => text.slice(0, 4));
    expect(texts(judged(other('check'), 0.02))).toEqual(['the ', 'more']);
    expect(texts(judged(other('do-not-report'), 0.009))).toEqual(['more', 'the ']);
    expect(judged(other('do-not-report'), 0.009)).toMatchObject({ level: 'do-not-report', worst: 'D0' });
  });
});

describe('lags of a cut', () => {
  test('are all of them where there are few, else all short ones and the rest evenly in their logarithm', () => {
    expect(pickLags(5, 24)).toEqual([1, 2, 3, 4, 5]);
    const lags = pickLags(1000, 24);
    expect(lags.slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(lags.at(-1)).toBe(1000);
    expect(lags.at(-1)! / lags.at(-2)!).toBeCloseTo(lags.at(-4)! / lags.at(-5)!, 1);
  });

  test('ascend, fill what they may and end with the longest, for any number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e5 }), fc.integer({ min: 2, max: 400 }), (count, most) => {
        const lags = pickLags(count, most);
        expect(lags).toHaveLength(Math.min(count, most));
        expect(lags.at(-1)).toBe(count);
        lags.forEach((lag, k) => expect(lag).toBeGreaterThan(k === 0 ? 0 : lags[k - 1]!));
      }),
      { seed: 1 },
    );
  });

  test('are fewer with many angles', () => {
    expect([3, 69, 1080].map(mostLags)).toEqual([400, 57, 24]);
  });
});

describe('draws from the priors', () => {
  test('follow the priors, one parameter apart from the other', () => {
    const { posterior } = input.sampled;
    const draws = priorDraws(posterior, 1);
    expect(draws.map(({ name }) => name)).toEqual(posterior.free.moving);
    draws.forEach(({ draws: [values] }, k) => {
      expect(values).toHaveLength(1000);
      const below = Array.from(values!, (value) => posterior.priors[k]!.cdf(value));
      for (const p of [0.1, 0.5, 0.9]) expect(Math.abs(quantile(below, p) - p)).toBeLessThan(0.06);
    });
    expect(priorDraws(posterior, 1)).toEqual(draws);
    expect(draws[0]!.draws).not.toEqual(draws[1]!.draws);
  });

  test('give a tied parameter the draws of the one it follows', () => {
    const bounds = [-2, 2] as const;
    const free = freeParameters([
      { name: 'alpha', vary: true, bounds },
      { name: 'beta', vary: true, tie: 'alpha', bounds },
    ]);
    const [alpha, beta] = priorDraws({ free, priors: [priorDensity('alpha', { kind: 'uniform' }, bounds)] }, 1);
    expect(beta).toEqual({ name: 'beta', draws: alpha!.draws });
  });
});
