/** Fits with weights by lag: as much better as least squares says where σ depends on lag, else harmless, and told either way. */
import { describe, expect, test } from 'vitest';
import { fitWithWeights } from '../../bench/weights-cases.ts';
import { pairsOf } from '../../src/kernels/index.ts';
import type { ParameterValues } from '../../src/model/index.ts';
import { fold, keyFromSeed, normals } from '../../src/math/index.ts';
import { fitTwoTime, type FitOutcome, type FitProblem, type FitWeights } from '../../src/nlsq/index.ts';
import { lagAxis, lagSquares, lagSweeps, lagVariance, lagWeights } from '../../src/nlsq/lag/index.ts';
import { factorise, invert } from '../../src/nlsq/linear-algebra.ts';
import { FLOW_TRUTH, kernels, simulatedModel, simulatedProblem, type Simulated } from './simulated.ts';

const SLOW: ParameterValues = { D0: 2000, alpha: -0.5, D_offset: 50 };
const REQUEST: Simulated = {
  mode: 'static',
  frames: 61,
  q: 0.0237,
  phi: [0],
  truth: SLOW,
  sigma: 0,
  seed: 1,
};
const LONGEST = 59;
const context = { signal: new AbortController().signal };

function resident({ sweeps }: FitProblem): { values: Float32Array; excluded: Uint32Array; frames: number } {
  if (!('values' in sweeps.data)) throw new Error('the data are in memory');
  return sweeps.data;
}

/** One angle of 60 frames with white noise of a σ that depends on lag; D0 and alpha are free. */
function whiteProblem(sigma: (lag: number) => number, seed: number, weights: FitWeights): FitProblem {
  const problem = simulatedProblem(REQUEST, {
    start: SLOW,
    settings: { D_offset: { vary: false } },
    options: { starts: 1, weights },
  });
  const { values, frames } = resident(problem);
  const noise = normals(fold(keyFromSeed(seed), 5), pairsOf(frames));
  for (let i = 0, at = 0; i < frames; i++)
    for (let j = i + 1; j < frames; j++, at++) values[at] = values[at]! + sigma(j - i) * noise[at]!;
  return { ...problem, noise: { ...problem.noise, sigma: Float64Array.of(1) } };
}

function errorOf(outcome: FitOutcome, name: string) {
  const { value, uncertainty } = outcome.parameters.find((one) => one.name === name)!;
  const { speckle, independent } = uncertainty;
  return { distance: value - SLOW[name]!, value, speckle: speckle!, independent: independent! };
}

/** Standard error of alpha by the theory of least squares with independent noise, for weights by lag. */
function predictedError(sigma: (lag: number) => number, weight: (lag: number) => number): number {
  const model = simulatedModel(REQUEST);
  const column = (change: Partial<Record<string, number>>, contrast = 0.2): number[] => {
    const { kappa, c } = model.physics({ ...SLOW, ...change } as Record<string, number>);
    const row: number[] = [];
    for (let i = 0; i < c.length; i++)
      for (let j = i + 1; j < c.length; j++) row.push(contrast * Math.exp(-kappa * (c[j]! - c[i]!)));
    return row;
  };
  const derivative = (name: string, step: number): number[] => {
    const [up, down] = [1, -1].map((sign) => column({ [name]: SLOW[name]! + sign * step }));
    return up!.map((value, at) => (value - down![at]!) / (2 * step));
  };
  const shape = column({}, 1);
  const columns = [derivative('D0', 1), derivative('alpha', 1e-4), shape.map(() => 1), shape];
  const lags: number[] = [];
  for (let i = 0; i <= LONGEST; i++) for (let j = i + 1; j <= LONGEST; j++) lags.push(j - i);
  const gram = (by: (lag: number) => number): Float64Array =>
    Float64Array.from(
      columns.flatMap((a) => columns.map((b) => a.reduce((sum, value, at) => sum + by(lags[at]!) * value * b[at]!, 0))),
    );
  const inverse = invert(factorise(gram(weight), 4));
  const meat = gram((lag) => (weight(lag) * sigma(lag)) ** 2);
  let variance = 0;
  for (let k = 0; k < 4; k++)
    for (let l = 0; l < 4; l++) variance += inverse[4 + k]! * meat[k * 4 + l]! * inverse[l * 4 + 1]!;
  return Math.sqrt(variance);
}

describe('weights by lag', () => {
  test('bring the estimate as much nearer to the truth as least squares says where σ grows with lag', async () => {
    const sigma = (lag: number): number => 0.05 * (lag / LONGEST) + 0.002;
    const count = 24;
    const plain: ReturnType<typeof errorOf>[] = [];
    const weighted: ReturnType<typeof errorOf>[] = [];
    for (let seed = 1; seed <= count; seed++) {
      plain.push(errorOf(await fitTwoTime(whiteProblem(sigma, seed, 'none')), 'alpha'));
      const outcome = await fitTwoTime(whiteProblem(sigma, seed, 'lag'));
      expect(outcome.weights).toEqual({ asked: 'lag', used: 'lag', reason: null });
      expect(outcome.cost.reducedChi2 / outcome.cost.rms ** 2).toBeLessThan(0.3);
      weighted.push(errorOf(outcome, 'alpha'));
    }
    const scatter = (all: typeof plain): number =>
      Math.sqrt(all.reduce((sum, { distance }) => sum + distance ** 2, 0) / count);
    const ideal = predictedError(sigma, (lag) => 1 / sigma(lag) ** 2);
    const gain = predictedError(sigma, () => 1) / ideal;
    expect(gain).toBeGreaterThan(1.5);
    // The ratio of two standard deviations of 24 pairs of numbers is known to some 20 %.
    expect(scatter(plain) / scatter(weighted)).toBeGreaterThan(gain / 1.3);
    expect(scatter(plain) / scatter(weighted)).toBeLessThan(gain * 1.3);
    for (const kind of ['speckle', 'independent'] as const) {
      const covered = weighted.filter((one) => Math.abs(one.distance) < 1.96 * one[kind]).length;
      expect(covered).toBeGreaterThanOrEqual(20);
      const typical = weighted.map((one) => one[kind]).toSorted((a, b) => a - b)[count / 2]!;
      expect(typical / ideal).toBeGreaterThan(0.85);
      expect(typical / ideal).toBeLessThan(1.25);
    }
  });

  test('leave the fit where it is, and its errors, where σ does not depend on lag', async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const [plain, outcome] = [
        await fitTwoTime(whiteProblem(() => 0.02, seed, 'none')),
        await fitTwoTime(whiteProblem(() => 0.02, seed, 'lag')),
      ];
      expect(outcome.weights.used).toBe('lag');
      const [before, after] = [errorOf(plain, 'alpha'), errorOf(outcome, 'alpha')];
      expect(Math.abs(after.value - before.value)).toBeLessThan(0.4 * before.independent);
      expect(after.independent / before.independent).toBeCloseTo(1, 0.7);
      expect(after.speckle / before.speckle).toBeCloseTo(1, 0.7);
      const { lags, sigma, pooled } = outcome.noise.byLag!;
      expect(pooled).toBe(false);
      expect(lags[0]).toBeGreaterThanOrEqual(0.1);
      for (const value of sigma) expect(value).toBeCloseTo(0.02, 2);
      expect(outcome.cost.reducedChi2 / outcome.cost.rms ** 2).toBeCloseTo(1, 0.7);
    }
  });

  test('have errors that agree with the scatter of the estimates under speckle', async () => {
    const one = { name: 'fast', dynamics: 'fast', frames: 80, contrast: 0.2, speckles: 1000 } as const;
    const squares: number[] = [];
    for (let index = 0; index < 24; index++) {
      const { weighted, truth } = await fitWithWeights(one, index, 'lag');
      expect(weighted.weights.used).toBe('lag');
      const { value, uncertainty } = weighted.parameters.find(({ name }) => name === 'alpha')!;
      if (uncertainty.speckle !== null) squares.push(((value - truth['alpha']!) / uncertainty.speckle) ** 2);
    }
    expect(squares.length).toBeGreaterThan(20);
    const ratio = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
    expect(ratio).toBeGreaterThan(0.65);
    expect(ratio).toBeLessThan(1.45);
  });

  test('sum over the pairs that are there, as the kernels do where all weights are one', async () => {
    const request: Simulated = {
      ...REQUEST,
      mode: 'laminar_flow',
      q: 0.0054,
      phi: [0, 50],
      truth: FLOW_TRUTH,
      sigma: 0.02,
    };
    const problem = simulatedProblem(request);
    const { values, excluded } = resident(problem);
    for (const at of [3, 17, 900]) values[at] = NaN;
    excluded[0] = 3;
    const { model } = problem;
    const sweeps = kernels.sweeps(problem.sweeps.data);
    const physics = model.physics(FLOW_TRUTH);
    const scaling = {
      contrast: Float64Array.of(0.21, 0.2),
      offset: Float64Array.of(1, 1.01),
      weight: Float64Array.of(1, 3),
    };
    const axis = lagAxis(model.grid);
    const ones = { axis, values: new Float64Array(2 * (axis.longest + 1)).fill(1) };
    const sensitivities = model.sensitivities(FLOW_TRUTH, Object.keys(FLOW_TRUTH));
    const expected = await sweeps.normal(physics, sensitivities, scaling, context);
    const found = await lagSweeps(sweeps, ones, null).normal(physics, sensitivities, scaling, context);
    for (const key of ['points', 'm', 'mm', 'r', 'rm', 'rr', 'd', 'md', 'rd', 'hessian'] as const) {
      const size = Math.max(...expected[key].map(Math.abs));
      found[key].forEach((value, at) => expect(Math.abs(value - expected[key][at]!)).toBeLessThan(1e-7 * size));
    }
    expect(found.points[0]).toBe(pairsOf(60) - 3);
    const squares = await lagSquares(physics, sweeps.data, scaling, axis, context);
    const { variance, noise } = lagVariance(squares, [500, 500]) as Exclude<ReturnType<typeof lagVariance>, string>;
    expect(noise.pooled).toBe(true);
    const weights = lagWeights(variance, squares);
    const { points } = await lagSweeps(sweeps, weights, null).sums(physics, scaling, context);
    expect(points[0]).toBeCloseTo(pairsOf(60) - 3, 6);
    expect(points[1]).toBeCloseTo(pairsOf(60), 6);
  });

  test('are used where pairs are excluded, and are not, with the reason, where residuals say too little', async () => {
    const gaps = whiteProblem(() => 0.02, 3, 'lag');
    const { values, excluded } = resident(gaps);
    for (let at = 0; at < 200; at++) values[7 * at] = NaN;
    excluded[0] = 200;
    const outcome = await fitTwoTime(gaps);
    expect(outcome.weights.used).toBe('lag');
    const { distance, speckle } = errorOf(outcome, 'alpha');
    expect(Math.abs(distance)).toBeLessThan(4 * speckle);

    const slow = { name: 'slow', dynamics: 'slow', frames: 60, contrast: 0.2, speckles: 1000 } as const;
    const { none, weighted } = await fitWithWeights(slow, 0, 'lag');
    expect(weighted.weights.used).toBe('none');
    expect(weighted.weights.reason).toContain('too few independent numbers');
    expect(weighted.warnings.map(({ code }) => code)).toContain('weights-not-used');
    expect(weighted.parameters).toEqual(none.parameters);
  });
});
