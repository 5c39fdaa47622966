/** Mode, Laplace approximation and importance sampling: exact where the posterior is normal, refused where it is not. */
import { describe, expect, test } from 'vitest';
import { gammaDraw } from '../../src/bayes/distributions/gamma.ts';
import { importanceSample, judgeImportance, resample, startingDraws } from '../../src/bayes/importance/index.ts';
import { proposalDraw, proposalLogDensities } from '../../src/bayes/importance/proposal.ts';
import { findMode, type Mode } from '../../src/bayes/laplace/find-mode.ts';
import type { LogDensity } from '../../src/bayes/log-density.ts';
import { exp, fold, keyFromSeed, mean, normals } from '../../src/math/index.ts';
import { autoregressiveNormal, banana, eightSchools } from './targets.ts';

/** A straight line y = a + b·x with known σ and normal priors: mean and covariance in closed form. */
const XS = Array.from({ length: 40 }, (_, k) => (k - 7) / 9);
const NOISE = normals(keyFromSeed(3), 40);
const YS = XS.map((x, k) => 1.3 - 0.7 * x + 0.05 * NOISE[k]!);
const WEIGHT = 1 / 0.05 ** 2;
const line: LogDensity = async ([a = 0, b = 0]) => {
  const misses = YS.map((y, k) => y - a - b * XS[k]!);
  const sum = (f: (miss: number, x: number) => number): number =>
    misses.reduce((all, miss, k) => all + f(miss, XS[k]!), 0);
  return {
    value: -0.5 * WEIGHT * sum((miss) => miss * miss) - 0.5 * (a * a + (b * b) / 4),
    gradient: Float64Array.of(WEIGHT * sum((miss) => miss) - a, WEIGHT * sum((miss, x) => miss * x) - b / 4),
  };
};
const sums = { n: 40, x: 0, xx: 0, y: 0, xy: 0 };
XS.forEach((x, k) => {
  sums.x += x;
  sums.xx += x * x;
  sums.y += YS[k]!;
  sums.xy += x * YS[k]!;
});
const [p, q, r] = [WEIGHT * sums.n + 1, WEIGHT * sums.x, WEIGHT * sums.xx + 0.25];
const determinant = p * r - q * q;
const COVARIANCE = [r / determinant, -q / determinant, -q / determinant, p / determinant];
const MEAN = [
  WEIGHT * (COVARIANCE[0]! * sums.y + COVARIANCE[1]! * sums.xy),
  WEIGHT * (COVARIANCE[2]! * sums.y + COVARIANCE[3]! * sums.xy),
];

async function modeOf(density: LogDensity, start: Float64Array): Promise<Mode> {
  const mode = await findMode(density, start, { scale: new Float64Array(start.length).fill(1e-3) });
  if ('reason' in mode) throw new Error(mode.reason);
  return mode;
}

describe('a linear model with normal priors', () => {
  test('has the mean and covariance of its closed form, to 1e-10', async () => {
    const mode = await modeOf(line, Float64Array.of(0, 0));
    MEAN.forEach((value, i) => expect(Math.abs(mode.position[i]! / value - 1)).toBeLessThan(1e-10));
    COVARIANCE.forEach((value, k) => expect(Math.abs(mode.covariance[k]! / value - 1)).toBeLessThan(1e-10));
    expect(mode.gradients).toBeLessThan(40);
  });

  test('is accepted after importance sampling: equal normal weights, and both proposals agree', async () => {
    const { position, factor } = await modeOf(line, Float64Array.of(0, 0));
    const sample = await importanceSample(line, { centre: position, factor }, { seed: 1 });
    const { accepted, checks } = judgeImportance(sample);
    expect(accepted).toBe(true);
    expect(checks.map(({ rule }) => rule)).toEqual(['tail', 'efficiency', 'agreement']);
    expect(sample.normal.effectiveSize / 2000).toBeGreaterThan(0.999999);
    expect(sample.mixture.kHat).toBeLessThan(0.3);
    const errors = 4 / Math.sqrt(4000);
    MEAN.forEach((value, i) => {
      const sd = Math.sqrt(COVARIANCE[3 * i]!);
      expect(Math.abs(sample.mixture.mean[i]! - value)).toBeLessThan(errors * sd);
      expect(Math.abs(sample.mixture.sd[i]! / sd - 1)).toBeLessThan(errors);
    });
  });
});

describe('the mode', () => {
  test('of a correlated normal in ten dimensions is found from afar with its covariance', async () => {
    const mode = await modeOf(autoregressiveNormal(0.99), new Float64Array(10).fill(30));
    expect(Math.max(...mode.position.map(Math.abs))).toBeLessThan(1e-4);
    mode.covariance.forEach((value, k) =>
      expect(value).toBeCloseTo(0.99 ** Math.abs(Math.floor(k / 10) - (k % 10)), 6),
    );
  });

  test('of a banana is found around the bend', async () => {
    const mode = await modeOf(banana, Float64Array.of(15, -3));
    expect(mode.position[0]!).toBeCloseTo(0, 3);
    expect(mode.position[1]!).toBeCloseTo(3, 3);
  });

  test('at the edge of the support is told', async () => {
    const half: LogDensity = async (x) =>
      x[0]! > 0 ? { value: -x[0]!, gradient: Float64Array.of(-1) } : { value: -Infinity, gradient: Float64Array.of(0) };
    const mode = await findMode(half, Float64Array.of(2), { scale: Float64Array.of(0.1) });
    expect(mode).toMatchObject({ reason: 'at the edge of the support' });
  });

  test('of eight centred schools does not exist, and that is told', async () => {
    const start = Float64Array.of(4, 1, ...new Float64Array(8).fill(4));
    const mode = await findMode(eightSchools(true), start, { scale: new Float64Array(10).fill(0.1) });
    expect(mode).toHaveProperty('reason');
  });

  test('is not looked for from where the density is not a number', async () => {
    const density: LogDensity = async (x) => ({ value: 0, gradient: x.map(() => NaN) });
    await expect(findMode(density, Float64Array.of(2), { scale: Float64Array.of(0.1) })).rejects.toThrow(
      /not a number/,
    );
  });
});

describe('importance sampling', () => {
  test('of a banana is refused, and says why', async () => {
    const { position, factor } = await modeOf(banana, Float64Array.of(1, 1));
    const sample = await importanceSample(banana, { centre: position, factor }, { seed: 1 });
    const { accepted, checks } = judgeImportance(sample);
    expect(accepted).toBe(false);
    expect(checks.filter(({ passed }) => !passed).length).toBeGreaterThan(0);
    expect(checks[0]!.text).toMatch(/Pareto k = /);
  });

  test('of heavier tails than its own repairs the Laplace approximation', async () => {
    // A Student-t density with ten degrees of freedom: sd √(10/8), Laplace says √(10/11).
    const heavy: LogDensity = async ([x = 0]) => ({
      value: -5.5 * Math.log1p((x * x) / 10),
      gradient: Float64Array.of((-11 * x) / (10 + x * x)),
    });
    const { position, factor, covariance } = await modeOf(heavy, Float64Array.of(0.4));
    expect(covariance[0]).toBeCloseTo(10 / 11, 2);
    const sample = await importanceSample(heavy, { centre: position, factor }, { seed: 2 });
    expect(sample.mixture.sd[0]! / Math.sqrt(10 / 8)).toBeCloseTo(1, 1);
    expect(sample.student.kHat).toBeLessThan(0.7);
  });

  test('gives the same numbers however many values are asked for at once', async () => {
    const frame = { centre: Float64Array.of(0, 0), factor: [1, 0, 0.3, 2] };
    const [one, many] = await Promise.all(
      [1, 7].map((atOnce) => importanceSample(banana, frame, { seed: 4, draws: 100, atOnce })),
    );
    expect(many).toEqual(one);
  });

  test('counts densities that are not numbers and is then not accepted; nowhere a density is k̂ = ∞', async () => {
    const frame = { centre: Float64Array.of(0), factor: [1] };
    const holes: LogDensity = async ([x = 0]) => ({ value: x > 2 ? NaN : -0.5 * x * x, gradient: Float64Array.of(-x) });
    const sample = await importanceSample(holes, frame, { seed: 4 });
    expect(sample.failed).toBeGreaterThan(10);
    expect(judgeImportance(sample).accepted).toBe(false);
    const nowhere: LogDensity = async () => ({ value: -Infinity, gradient: Float64Array.of(0) });
    const nothing = await importanceSample(nowhere, frame, { seed: 4, draws: 50 });
    expect(nothing.mixture).toMatchObject({ kHat: Infinity, effectiveSize: 0 });
    expect(judgeImportance(nothing).accepted).toBe(false);
  });

  test('both proposals have the density they claim', async () => {
    const frame = { centre: Float64Array.of(1, -2), factor: [1.5, 0, 0.7, 0.4] };
    // ∫ q₁ = E₂[q₁/q₂] = 1, and the mean of ln-free ratios is known to a few per cent.
    const draws = Array.from({ length: 4000 }, (_, n) => proposalDraw('student', frame, fold(keyFromSeed(6), n)));
    const ratios = draws.map((draw) => {
      const { normal, student } = proposalLogDensities(frame, draw);
      return exp(normal - student);
    });
    expect(Math.abs(mean(ratios) - 1)).toBeLessThan(0.03);
    const spread = mean(draws.map((draw) => (draw[0]! - 1) ** 2));
    expect(spread / (1.5 ** 2 * (7 / 5))).toBeCloseTo(1, 1);
  });
});

describe('draws from weights', () => {
  test('are picked as often as their weight says, to within one', () => {
    const logWeights = Float64Array.from([0.5, 0.25, 0.2, 0.05], Math.log);
    const picked = resample(logWeights, 100, keyFromSeed(1));
    expect([0, 1, 2, 3].map((k) => picked.filter((index) => index === k).length)).toEqual([50, 25, 20, 5]);
  });

  test('start chains at different places, the likely ones', () => {
    const logWeights = new Float64Array(50).fill(-40);
    for (const k of [3, 9, 17, 31, 44]) logWeights[k] = -1;
    const starts = startingDraws(logWeights, 4, keyFromSeed(1));
    expect(new Set(starts).size).toBe(4);
    expect(starts.every((k) => [3, 9, 17, 31, 44].includes(k))).toBe(true);
    expect(startingDraws(Float64Array.of(0, -100), 3, keyFromSeed(1))).toEqual([0, 0, 0]);
  });
});

test('draws of a gamma distribution have its mean and variance', () => {
  for (const shape of [0.4, 3.5, 5000]) {
    const draws = Array.from({ length: 4000 }, (_, n) => gammaDraw(fold(keyFromSeed(9), n), shape));
    const centre = mean(draws);
    expect(Math.abs(centre - shape)).toBeLessThan(4 * Math.sqrt(shape / 4000));
    const variance = mean(draws.map((draw) => (draw - centre) ** 2));
    expect(variance / shape).toBeCloseTo(1, shape < 1 ? 0 : 1);
  }
});
