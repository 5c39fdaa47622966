/** The parts of a consensus by themselves: cutting data into shards, judging them, combining and comparing them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  advanceHere,
  CHAIN_DEFAULTS,
  cholesky,
  combineNormals,
  momentsOf,
  planShards,
  pointsOfRows,
  refuseSmallShards,
  sampleChains,
  shardAgreement,
  startChains,
  twoTimePosterior,
  unitMetric,
  whyLeftOut,
  type Moments,
  type PosteriorProblem,
  type ShardChains,
  type TwoTimePosterior,
} from '../../src/bayes/index.ts';
import { isTwotimeError } from '../../src/base/errors.ts';
import { gammaTail } from '../../src/bayes/distributions/gamma.ts';
import { applyFactor } from '../../src/bayes/nuts/index.ts';
import { fillNormals, fold, keyFromSeed } from '../../src/math/index.ts';
import type { Prior } from '../../src/model/index.ts';
import { factorise, invert } from '../../src/nlsq/linear-algebra.ts';
import { simulatedData, simulatedProblem, STATIC_TRUTH, type Simulated } from '../nlsq/simulated.ts';

const STATIC: Simulated = {
  ...{ mode: 'static', frames: 30, q: 0.01, phi: [0, 50], truth: STATIC_TRUTH, sigma: 0.01, seed: 5 },
};

/** Pairs by their earlier frame, all angles together. */
const fullRows = (frames: number, angles: number): Float64Array =>
  Float64Array.from({ length: frames }, (_, i) => angles * (frames - 1 - i));

describe('the plan of the shards', () => {
  test('gives every row to one shard, in strips that begin at even rows', () => {
    const asked = fc.record({
      frames: fc.integer({ min: 5, max: 300 }),
      shards: fc.integer({ min: 1, max: 40 }),
      strips: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(asked, ({ frames, shards, strips }) => {
        fc.pre(2 * shards <= frames - 1);
        const plan = planShards(fullRows(frames, 3), { shards, strips });
        expect(plan.shards).toHaveLength(shards);
        const all = plan.shards.flat().toSorted((a, b) => a.first - b.first);
        expect(all[0]!.first).toBe(0);
        all.forEach(({ first, end }, k) => {
          expect(first % 2).toBe(0);
          expect(end).toBeGreaterThan(first);
          expect(end).toBe(all[k + 1]?.first ?? frames - 1);
        });
        for (const own of plan.shards) expect(own).toHaveLength(plan.strips);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('balances the points, and spreads each shard over the window', () => {
    const points = fullRows(227, 10);
    const { shards } = planShards(points, { shards: 8 });
    const sizes = shards.map((strips) =>
      strips.reduce((sum, { first, end }) => sum + points.subarray(first, end).reduce((a, b) => a + b, 0), 0),
    );
    expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThan(1.05);
    for (const strips of shards) {
      expect(strips[0]!.first).toBeLessThan(30);
      expect(strips.at(-1)!.end).toBeGreaterThan(120);
    }
  });

  test('makes stretches of time, in their order, of one strip each', () => {
    const { shards } = planShards(fullRows(60, 1), { shards: 3, strips: 1 });
    expect(shards.flat().map(({ first }) => first)).toEqual([0, 10, 26]);
  });

  test('takes one shard per 100,000 points and 16 at most by itself', () => {
    expect(planShards(fullRows(227, 2)).shards).toHaveLength(1);
    expect(planShards(fullRows(227, 20)).shards).toHaveLength(5);
    expect(planShards(fullRows(2000, 4)).shards).toHaveLength(16);
  });

  test('refuses what frames cannot make', () => {
    expect(() => planShards(fullRows(20, 1), { shards: 12 })).toThrow(/20 frames cannot be cut into 12 shards/);
    expect(() => planShards(fullRows(20, 1), { shards: 0 })).toThrow(/0 shards are no partition/);
  });

  test('counts the pairs that are fitted', () => {
    const data = simulatedData(STATIC);
    expect(pointsOfRows(data)).toEqual(fullRows(29, 2));
    const { values, excluded } = data as Extract<typeof data, { values: unknown }>;
    values[28 + 3] = NaN;
    excluded[0] = 1;
    const fewer = fullRows(29, 2);
    fewer[1]! -= 1;
    expect(pointsOfRows(data)).toEqual(fewer);
  });
});

/** Draws of a normal distribution. */
function normalDraws({ mean, covariance }: Moments, count: number, seed: number): Float64Array[] {
  const factor = cholesky(covariance, mean.length)!;
  return Array.from({ length: count }, (_, n) => {
    const x = new Float64Array(mean.length);
    fillNormals(fold(keyFromSeed(seed), n), x);
    return applyFactor(factor, x).map((value, i) => value + mean[i]!);
  });
}

describe('shards combined', () => {
  test('are the product of normal distributions, exactly', () => {
    const shards: Moments[] = [
      { mean: Float64Array.of(1, 2), covariance: Float64Array.of(2, 0.5, 0.5, 1) },
      { mean: Float64Array.of(0, 1), covariance: Float64Array.of(1, -0.3, -0.3, 4) },
    ];
    const { mean, covariance } = combineNormals(shards)!;
    // By hand: W₁ = [1, −½; −½, 2]/1.75, W₂ = [4, 0.3; 0.3, 1]/3.91.
    const w = [1 / 1.75 + 4 / 3.91, -0.5 / 1.75 + 0.3 / 3.91, 2 / 1.75 + 1 / 3.91];
    const determinant = w[0]! * w[2]! - w[1]! * w[1]!;
    expect(covariance[0]).toBeCloseTo(w[2]! / determinant, 12);
    expect(covariance[1]).toBeCloseTo(-w[1]! / determinant, 12);
    const pull = [0.3 / 3.91, 3.5 / 1.75 + 1 / 3.91];
    expect(mean[0]).toBeCloseTo((w[2]! * pull[0]! - w[1]! * pull[1]!) / determinant, 12);
    expect(mean[1]).toBeCloseTo((w[0]! * pull[1]! - w[1]! * pull[0]!) / determinant, 12);
  });

  test('keep the correlation of their parameters', () => {
    const covariance = Float64Array.of(1, 0.98, 0.98, 1);
    const shards = Array.from({ length: 20 }, (_, k) =>
      momentsOf(normalDraws({ mean: Float64Array.of(0, 0), covariance }, 1000, k)),
    );
    const { covariance: found } = combineNormals(shards)!;
    expect(Math.abs(found[1]! / Math.sqrt(found[0]! * found[3]!) - 0.98)).toBeLessThan(0.01);
    const difference = Math.sqrt(found[0]! + found[3]! - 2 * found[1]!);
    expect(Math.abs(difference / Math.sqrt(0.04 / 20) - 1)).toBeLessThan(0.05);
  });

  test('share what their links tell: the joint product with it integrated out', () => {
    // Joint normal distributions of (z, offset, contrast), each as z by itself and (offset, contrast) given z.
    const joint = [
      { mean: [1, 0.2, 0.5], precision: [9, 1, 2, 1, 6, 1.5, 2, 1.5, 5] },
      { mean: [0.4, 0.3, 0.2], precision: [7, -2, 1, -2, 8, -1, 1, -1, 4] },
    ].map(({ mean, precision }) => ({ mean: Float64Array.from(mean), precision: Float64Array.from(precision) }));
    const shards = joint.map(({ mean, precision }) => {
      const given = Float64Array.of(precision[4]!, precision[5]!, precision[7]!, precision[8]!);
      const determinant = given[0]! * given[3]! - given[1]! * given[2]!;
      const [a, b] = [precision[1]!, precision[2]!];
      const gain = [-(given[3]! * a - given[1]! * b) / determinant, -(given[0]! * b - given[2]! * a) / determinant];
      const own = precision[0]! + a * gain[0]! + b * gain[1]!;
      const link = { group: 0, mean: [mean[1]!, mean[2]!], gain, precision: Array.from(given) };
      return { mean: Float64Array.of(mean[0]!), covariance: Float64Array.of(1 / own), links: [link] };
    });
    const whole = combineNormals(
      joint.map(({ mean, precision }) => ({ mean, covariance: invert(factorise(precision, 3)) })),
    )!;
    const { mean, covariance } = combineNormals(shards)!;
    expect(mean[0]).toBeCloseTo(whole.mean[0]!, 12);
    expect(covariance[0]).toBeCloseTo(whole.covariance[0]!, 12);
    // A group that one shard knows nothing of is not shared.
    const alone = combineNormals([shards[0]!, { ...shards[1]!, links: [] }])!;
    expect(alone).toEqual(combineNormals(shards.map((shard) => ({ ...shard, links: [] }))));
    expect(alone.covariance[0]).toBeGreaterThan(1.01 * covariance[0]!);
  });

  test.each([50, 300, 1000])('have no floor for small parameters: %i shards', (count) => {
    const shard = { mean: Float64Array.of(2e-3, 1e4), covariance: Float64Array.of(6.4e-11, 0, 0, 1e6) };
    const { mean, covariance } = combineNormals(Array.from({ length: count }, () => shard))!;
    expect(Math.abs(mean[0]! / 2e-3 - 1)).toBeLessThan(1e-12);
    expect(Math.abs((covariance[0]! * count) / 6.4e-11 - 1)).toBeLessThan(1e-12);
  });
});

describe('the prior', () => {
  const priors: Readonly<Record<string, Prior>> = {
    D0: { kind: 'log-normal', median: 1000, factor: 5 },
    alpha: { kind: 'normal', mean: 0.3, sd: 0.5 },
  };
  /** A likelihood without any contrast says nothing; the coordinates are ln D0 and alpha. */
  async function prior(priorPower: number): Promise<TwoTimePosterior> {
    const fit = simulatedProblem(
      { ...STATIC, frames: 6 },
      {
        settings: {
          D0: { bounds: [0, Infinity] },
          alpha: { bounds: [-Infinity, Infinity] },
          D_offset: { vary: false, value: 1 },
        },
        scaling: { mode: 'fixed', contrast: new Float64Array(2), offset: new Float64Array(2).fill(1) },
      },
    );
    const problem: PosteriorProblem = { ...fit, sigma: fit.noise.sigma, priors };
    const origin = { values: STATIC_TRUTH, contrast: new Float64Array(2), offset: new Float64Array(2).fill(1) };
    return twoTimePosterior(problem, origin, { priorPower }, {});
  }

  test('of a shard is that of the whole to the power 1/K, with the Jacobian', async () => {
    const [whole, tenth] = [await prior(1), await prior(0.1)];
    const at = [Float64Array.of(6, 0.1), Float64Array.of(8, -0.4)];
    const [a, b] = await Promise.all(at.map((z) => whole.density({})(z)));
    const [c, d] = await Promise.all(at.map((z) => tenth.density({})(z)));
    expect(c!.value - d!.value).toBeCloseTo((a!.value - b!.value) / 10, 10);
    a!.gradient.forEach((slope, i) => expect(c!.gradient[i]).toBeCloseTo(slope / 10, 10));
    // ln D0 and alpha are normal: the Jacobian has made the log-normal one so.
    expect(a!.value - b!.value).toBeCloseTo(
      -0.5 * (((6 - Math.log(1000)) ** 2 - (8 - Math.log(1000)) ** 2) / Math.log(5) ** 2) -
        0.5 * ((0.2 ** 2 - 0.7 ** 2) / 0.25),
      10,
    );
  });

  test.each([1, 10, 100])('comes back from %i shards that know nothing else', async (shards) => {
    const posterior = await prior(1 / shards);
    const density = posterior.density({});
    const metric = unitMetric(2).map((value, at) => value * Math.sqrt(shards) * (at === 0 ? Math.log(5) : 0.5));
    const draws = shards === 1 ? 3000 : shards === 10 ? 500 : 150;
    const moments: Moments[] = [];
    for (let shard = 0; shard < shards; shard++) {
      const settings = { ...CHAIN_DEFAULTS, seed: shard, warmup: 0, stepSize: 1 };
      const begun = await startChains(density, [Float64Array.of(7, 0.3)], metric, settings);
      const { chains } = await sampleChains(begun, advanceHere(density, settings), {
        rule: { until: null, maxDraws: draws, block: draws },
      });
      moments.push(momentsOf(chains[0]!.draws.map(({ position }) => position)));
    }
    const { mean, covariance } = combineNormals(moments)!;
    expect(Math.abs(Math.sqrt(covariance[0]!) / Math.log(5) - 1)).toBeLessThan(0.03);
    expect(Math.abs(Math.sqrt(covariance[3]!) / 0.5 - 1)).toBeLessThan(0.03);
    // However many shards there are, means are as uncertain as the draws of one shard make them.
    expect(Math.abs(mean[0]! - Math.log(1000))).toBeLessThan((3.5 / Math.sqrt(draws)) * Math.log(5));
    expect(Math.abs(mean[1]! - 0.3)).toBeLessThan((3.5 / Math.sqrt(draws)) * 0.5);
  });
});

describe('the agreement of shards', () => {
  const covariance = Float64Array.of(1, 0.3, 0.3, 2);
  const drawn = (seed: number): Moments[] =>
    normalDraws({ mean: Float64Array.of(0, 0), covariance }, 6, seed).map((mean) => ({ mean, covariance }));
  const compare = (shards: readonly Moments[]): ReturnType<typeof shardAgreement> =>
    shardAgreement(shards, ['lnF', 's'], [...shards.keys()]);

  test('has Q of χ² size where they differ by their errors, and says nothing', () => {
    const found = Array.from({ length: 200 }, (_, seed) => compare(drawn(seed)));
    expect(found[0]!.freedom).toBe(10);
    const mean = found.reduce((sum, { q }) => sum + q / found.length, 0);
    expect(Math.abs(mean - 10)).toBeLessThan(4 * Math.sqrt(20 / found.length));
    const low = found.filter(({ probability }) => probability < 0.1).length;
    expect(Math.abs(low - 20)).toBeLessThan(14);
    expect(found.filter(({ findings }) => findings.length > 0).length).toBeLessThan(8);
  });

  test('names the coordinate and the shard that differ', () => {
    const shards = drawn(1).map((shard, k) =>
      k === 4 ? { ...shard, mean: shard.mean.map((value, i) => (i === 1 ? value + 12 : value)) } : shard,
    );
    const { findings, coordinates, probability } = compare(shards);
    expect(probability).toBeLessThan(1e-6);
    expect(findings[0]).toMatch(/most in s \(I² = 9\d %\); shard 5 is furthest/);
    expect(coordinates[1]!.iSquared).toBeGreaterThan(0.8);
  });

  test('tells the divergence between every two normal distributions', () => {
    const one = (mean: number, variance: number): Moments => ({
      mean: Float64Array.of(mean),
      covariance: Float64Array.of(variance),
    });
    const shards = [one(0, 1), one(3, 4)];
    const { divergences } = shardAgreement(shards, ['x'], [0, 1]);
    expect(divergences[0]![1]).toBeCloseTo(0.5 * (1 / 4 + 9 / 4 - 1 + Math.log(4)), 12);
    expect(divergences[1]![0]).toBeCloseTo(0.5 * (4 + 9 - 1 - Math.log(4)), 12);
    expect(divergences[0]![0]).toBe(0);
  });

  test('takes its probabilities from the gamma distribution', () => {
    // χ² of 1, 14 and 100 degrees of freedom (scipy.stats.chi2.sf), and an exponential one.
    expect(gammaTail(3.841458820694124 / 2, 0.5)).toBeCloseTo(0.05, 12);
    expect(gammaTail(23.684791304840576 / 2, 7)).toBeCloseTo(0.05, 12);
    expect(gammaTail(61.917 / 2, 50)).toBeCloseTo(0.999, 5);
    expect(gammaTail(40, 1) / Math.exp(-40)).toBeCloseTo(1, 12);
    expect(gammaTail(0, 3)).toBe(1);
  });
});

describe('shards that are too small', () => {
  const shape = (lean: number, kHat: number | null = 0.3): Parameters<typeof refuseSmallShards>[0][number] => ({
    ...{ points: 1000, kHat, lean: kHat === null ? null : Float64Array.of(lean, 0) },
  });

  test('are refused where they lean the same way, with the size at which that is bearable', () => {
    const shapes = Array.from({ length: 9 }, () => shape(0.35));
    expect(() => refuseSmallShards(shapes)).toThrow(/they lean by 1\.1 sd.*; about 1500 points per shard would do/);
    expect(refuseSmallShards(Array.from({ length: 9 }, (_, k) => shape(k % 2 === 0 ? 0.35 : -0.35)))).toBeCloseTo(
      0.35 / 3,
      10,
    );
  });

  test('are refused where one has no mode or heavy weights, and asked to be three times as large', () => {
    expect(() => refuseSmallShards([shape(0), shape(0), shape(0, null), shape(0, 0.8)])).toThrow(
      /1 have no mode of their own; 1 have importance weights with k ≥ 0.7 .*; about 3000 points/,
    );
    let help: string | undefined;
    try {
      refuseSmallShards([shape(0), shape(0, 0.8)]);
    } catch (error) {
      if (isTwotimeError(error, 'InputRefused')) help = error.help;
    }
    expect(help).toMatch(/sample all data at once/);
  });

  test('are no matter where there is one alone', () => {
    expect(refuseSmallShards([shape(5)])).toBe(5);
  });
});

describe('the filter', () => {
  const usual: ShardChains = {
    ...{
      draws: [Array.from({ length: 100 }, () => [0])],
      links: [],
      divergent: 0,
      rHat: 1.01,
      essBulk: 300,
      leapfrogs: 1,
      sweeps: 1,
    },
  };

  test.each([
    [{}, null],
    [{ divergent: 10 }, null],
    [{ divergent: 11 }, '11 of its 100 draws diverged'],
    [{ rHat: 1.06 }, 'its chains disagree: R-hat 1.060'],
    [{ rHat: 'NaN' as const }, 'its chains disagree: R-hat NaN'],
    [{ essBulk: 99 }, 'its chains are worth 99 draws'],
  ])('leaves out whole shards: %j', (chains, reason) => {
    expect(whyLeftOut({ ...usual, ...chains })).toBe(reason);
  });
});
