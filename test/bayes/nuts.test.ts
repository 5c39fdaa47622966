/** The no-U-turn sampler: cost, moments, divergences, and draws that depend on the key alone. */
import { describe, expect, test } from 'vitest';
import { essMean, mcseMean, mcseSd, rHat, type Chains } from '../../src/bayes/diagnostics/index.ts';
import type { LogDensity } from '../../src/bayes/log-density.ts';
import {
  advanceHere,
  AGREEMENT,
  CHAIN_DEFAULTS,
  cholesky,
  coordinates,
  oneAfterTheOther,
  sampleChains,
  startChains,
  unitMetric,
  type ChainSettings,
  type ChainState,
  type Chain,
  type SampledChains,
} from '../../src/bayes/nuts/index.ts';
import { windowEnds } from '../../src/bayes/nuts/warmup.ts';
import { mean } from '../../src/math/index.ts';
import { keyFromSeed, fold, normals } from '../../src/math/index.ts';
import { autoregressiveNormal, banana, eightSchools, funnel, standardNormal } from './targets.ts';

interface Run {
  readonly density: LogDensity;
  readonly size: number;
  readonly draws: number;
  readonly settings?: Partial<ChainSettings>;
  readonly metric?: readonly number[];
}

async function run({ density, size, draws, settings = {}, metric = unitMetric(size) }: Run): Promise<SampledChains> {
  const whole: ChainSettings = { ...CHAIN_DEFAULTS, seed: 11, ...settings };
  const starts = [0, 1, 2, 3].map((chain) => normals(fold(keyFromSeed(5), chain), size));
  const chains = await startChains(density, starts, metric, whole);
  return sampleChains(chains, advanceHere(density, whole), { rule: { until: null, maxDraws: draws } });
}

function quantitiesOf({ chains }: SampledChains): Chains[] {
  return coordinates(chains.map(({ draws }) => draws));
}

function moments(chains: Chains): { mean: number; sd: number } {
  const all = chains.flatMap((draws) => Array.from(draws));
  const centre = mean(all);
  return { mean: centre, sd: Math.sqrt(mean(all.map((value) => (value - centre) ** 2))) };
}

/** Mean and standard deviation within so many Monte Carlo errors of the true ones. */
function expectMoments(chains: Chains, truth: { mean: number; sd: number }, errors = 4): void {
  const found = moments(chains);
  expect(Math.abs(found.mean - truth.mean)).toBeLessThan(errors * mcseMean(chains));
  expect(Math.abs(found.sd - truth.sd)).toBeLessThan(errors * mcseSd(chains));
}

function leapfrogsPerDraw({ chains }: SampledChains): number {
  return mean(chains.flatMap(({ draws }) => draws.map(({ leapfrogs }) => leapfrogs)));
}

describe('a standard normal with unit metric and step 0.7', () => {
  test.each([10, 54])('takes fewer than 8 leapfrogs per draw in %i dimensions, and has its moments', async (size) => {
    const sampled = await run({ density: standardNormal, size, draws: 300, settings: { stepSize: 0.7, warmup: 20 } });
    expect(leapfrogsPerDraw(sampled)).toBeLessThan(8);
    const quantities = quantitiesOf(sampled);
    quantities.forEach((chains) => expectMoments(chains, { mean: 0, sd: 1 }, 4.5));
    expect(Math.max(...quantities.map(rHat))).toBeLessThan(1.02);
    expect(sampled.chains.every(({ divergences }) => divergences.length === 0)).toBe(true);
  });
});

describe('other targets', () => {
  test('a correlated normal with its covariance as metric is as easy as an uncorrelated one', async () => {
    const size = 6;
    const covariance = Array.from(
      { length: size * size },
      (_, k) => 0.95 ** Math.abs(Math.floor(k / size) - (k % size)),
    );
    const metric = cholesky(covariance, size)!;
    const sampled = await run({ density: autoregressiveNormal(0.95), size, draws: 400, metric });
    expect(leapfrogsPerDraw(sampled)).toBeLessThan(8);
    for (const chains of quantitiesOf(sampled)) {
      expectMoments(chains, { mean: 0, sd: 1 });
      expect(essMean(chains)).toBeGreaterThan(1000);
    }
  });

  test('the warmup learns the metric of a correlated normal when asked', async () => {
    const settings = { adaptMetric: true, warmup: 400 };
    const adapted = await run({ density: autoregressiveNormal(0.98), size: 6, draws: 300, settings });
    const plain = await run({ density: autoregressiveNormal(0.98), size: 6, draws: 300, settings: { warmup: 400 } });
    expect(leapfrogsPerDraw(adapted)).toBeLessThan(leapfrogsPerDraw(plain) / 2);
    quantitiesOf(adapted).forEach((chains) => expectMoments(chains, { mean: 0, sd: 1 }));
  });

  test('a banana has its moments', async () => {
    const settings = { adaptMetric: true, warmup: 300, targetAcceptance: 0.95 };
    const sampled = await run({ density: banana, size: 2, draws: 1000, settings });
    const [x, y] = quantitiesOf(sampled);
    expectMoments(x!, { mean: 0, sd: 10 });
    expectMoments(y!, { mean: 0, sd: Math.sqrt(19) });
  });

  test('a shallow funnel has its moments; a deep one is reported as divergent, in its neck', async () => {
    const settings = { adaptMetric: true, warmup: 300, targetAcceptance: 0.9 };
    const easy = await run({ density: funnel(1.5), size: 3, draws: 800, settings });
    const [v, spoke] = quantitiesOf(easy);
    expectMoments(v!, { mean: 0, sd: 1.5 });
    expectMoments(spoke!, { mean: 0, sd: Math.exp(1.5 ** 2 / 4) });
    const hard = await run({ density: funnel(3), size: 5, draws: 400, settings: { warmup: 200 } });
    const divergences = hard.chains.flatMap((chain) => chain.divergences).filter(({ draw }) => draw >= 0);
    expect(divergences.length).toBeGreaterThan(0);
    // Where the step that suits the mouth is too long.
    expect(mean(divergences.map(({ from }) => from[0]!))).toBeLessThan(-1);
  });

  test('eight schools: centred ones diverge at small τ; the others do not and have their reference moments', async () => {
    const settings = { adaptMetric: true, warmup: 200, seed: 1 };
    const centred = await run({ density: eightSchools(true), size: 10, draws: 400, settings });
    const flagged = centred.chains.flatMap(({ draws }) => draws.filter(({ diverging }) => diverging));
    const divergences = centred.chains.flatMap((chain) => chain.divergences);
    expect(flagged.length).toBeGreaterThan(5);
    expect(divergences.filter(({ draw }) => draw >= 0).length).toBe(flagged.length);
    expect(divergences.every(({ from, to, outside }) => from.length === 10 && to.length === 10 && !outside)).toBe(true);
    const draws = await run({
      ...{ density: eightSchools(false), size: 10, draws: 600 },
      settings: { ...settings, targetAcceptance: 0.9 },
    });
    const [mu, logTau] = quantitiesOf(draws);
    const tau = logTau!.map((chain) => Array.from(chain, (value) => Math.exp(value)));
    // The reference posterior of posteriordb: μ 4.4 (sd 3.3), τ 3.6 (sd 3.2).
    expect(Math.abs(moments(mu!).mean - 4.4)).toBeLessThan(0.1 + 4 * mcseMean(mu!));
    expect(Math.abs(moments(mu!).sd - 3.3)).toBeLessThan(0.1 + 4 * mcseSd(mu!));
    expect(Math.abs(moments(tau).mean - 3.6)).toBeLessThan(0.1 + 4 * mcseMean(tau));
    expect(Math.abs(moments(tau).sd - 3.2)).toBeLessThan(0.1 + 4 * mcseSd(tau));
  });
});

describe('the draws of a chain', () => {
  const settings: ChainSettings = { ...CHAIN_DEFAULTS, seed: 3, warmup: 60, adaptMetric: true };
  const density = autoregressiveNormal(0.8);
  const starts = [0, 1, 2].map((chain) => normals(fold(keyFromSeed(8), chain), 3));
  const rule = { until: null, maxDraws: 25 };
  const whole = async (method = oneAfterTheOther): Promise<readonly Chain[]> => {
    const chains = await startChains(density, starts, unitMetric(3), settings, method);
    return (await sampleChains(chains, advanceHere(density, settings), { rule, method })).chains;
  };

  test('are the same side by side and one after the other, whatever order the gradients come in', async () => {
    const slow: LogDensity = async (x) => {
      for (let turn = Math.abs(Math.round(40 * x[0]!)) % 5; turn > 0; turn--) await Promise.resolve();
      return density(x);
    };
    const chains = await startChains(slow, starts, unitMetric(3), settings);
    const mixed = await sampleChains(chains, advanceHere(slow, settings), { rule });
    expect(mixed.chains).toEqual(await whole());
  });

  test('have the same bits when stopped after any transition and taken up from JSON', async () => {
    const expected = await whole();
    for (let stop = 0; stop < 85; stop += 1) {
      const chain = stop % 3;
      let made = 0;
      const controller = new AbortController();
      // The signal comes in the middle of a trajectory: what was under way is made again.
      const interrupted: LogDensity = (x) => {
        made += 1;
        if (made > 3 * stop) controller.abort();
        return density(x);
      };
      const from = (await startChains(density, starts, unitMetric(3), settings))[chain]!;
      const first = await advanceHere(interrupted, settings, controller.signal)(from.state, 25);
      const state = JSON.parse(JSON.stringify(first.state)) as ChainState;
      const rest = await advanceHere(density, settings)(state, 25);
      expect([...first.draws, ...rest.draws]).toEqual(expected[chain]!.draws);
      expect(rest.state).toEqual(expected[chain]!.state);
    }
  });

  test('differ between chains and between seeds', async () => {
    const [first, second] = await whole();
    expect(first!.draws[0]!.position).not.toEqual(second!.draws[0]!.position);
    const other = { ...settings, seed: 4 };
    const [chain] = await startChains(density, starts, unitMetric(3), other);
    const advanced = await advanceHere(density, other)(chain!.state, 25);
    expect(advanced.draws[0]!.position).not.toEqual(first!.draws[0]!.position);
  });

  test('tell what happened: energies, depths, step sizes, acceptance', async () => {
    for (const { draws, gradients } of await whole()) {
      expect(draws).toHaveLength(25);
      expect(gradients).toBeGreaterThan(draws.reduce((sum, { leapfrogs }) => sum + leapfrogs, 0));
      for (const draw of draws) {
        expect(draw.energy).toBeGreaterThan(-draw.logDensity);
        expect(draw.leapfrogs).toBeGreaterThanOrEqual(2 ** draw.depth - 1);
        expect(draw.stepSize).toBe(draws[0]!.stepSize);
        expect(draw.acceptance).toBeGreaterThan(0);
        expect(draw.acceptance).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe('when sampling stops', () => {
  const settings: ChainSettings = { ...CHAIN_DEFAULTS, seed: 21, warmup: 50 };
  const starts = [0, 1, 2, 3].map((chain) => normals(fold(keyFromSeed(9), chain), 3));
  const begin = (): Promise<Chain[]> => startChains(standardNormal, starts, unitMetric(3), settings);
  const advance = advanceHere(standardNormal, settings);

  test('it stops when all quantities agree, at the end of a block', async () => {
    const { chains, stoppedBy } = await sampleChains(await begin(), advance, {
      rule: { until: AGREEMENT, maxDraws: 5000 },
    });
    expect(stoppedBy).toBe('until');
    const draws = chains[0]!.draws.length;
    expect(draws % 50).toBe(0);
    expect(draws).toBeLessThan(1000);
    for (const quantity of coordinates(chains.map((chain) => chain.draws))) expect(rHat(quantity)).toBeLessThan(1.01);
  });

  test('it goes on from where it stopped, to the draws of one longer run', async () => {
    const short = await sampleChains(await begin(), advance, { rule: { until: null, maxDraws: 70 } });
    const long = await sampleChains(await begin(), advance, { rule: { until: null, maxDraws: 120 } });
    const extended = await sampleChains(short.chains, advance, { rule: { until: null, maxDraws: 120 } });
    expect(extended.chains.map(({ draws }) => draws)).toEqual(long.chains.map(({ draws }) => draws));
  });

  test('it stops after the block in which the time ran out', async () => {
    let time = 0;
    const { stoppedBy, chains } = await sampleChains(await begin(), advance, {
      rule: { until: null, maxDraws: 5000, maxSeconds: 10 },
      clock: () => (time += 4),
    });
    expect(stoppedBy).toBe('time');
    expect(chains.map(({ draws }) => draws.length)).toEqual([100, 100, 100, 100]);
  });

  test('it never agrees on a quantity that does not move', async () => {
    const { stoppedBy } = await sampleChains(await begin(), advance, {
      rule: { until: AGREEMENT, maxDraws: 300 },
      quantities: (chains) => [...coordinates(chains), chains.map((draws) => draws.map(() => 1))],
    });
    expect(stoppedBy).toBe('draws');
  });

  test('a start without a density, or without chains, is refused', async () => {
    const nowhere: LogDensity = async (x) => ({ value: NaN, gradient: x });
    await expect(startChains(nowhere, starts, unitMetric(3), settings)).rejects.toThrow(/not a number .* chain 1/);
    const outside: LogDensity = async (x) => ({ value: -Infinity, gradient: x });
    await expect(startChains(outside, starts, unitMetric(3), settings)).rejects.toThrow(/zero at the start/);
    expect(() => startChains(standardNormal, [], unitMetric(3), settings)).toThrow(/no chains/);
  });
});

describe('the support', () => {
  test('trajectories that leave it are told from failures of the integrator, and the draws stay right', async () => {
    // An exponential density on x > 0: mean and sd 1.
    const half: LogDensity = async (x) =>
      x[0]! > 0 ? { value: -x[0]!, gradient: Float64Array.of(-1) } : { value: -Infinity, gradient: Float64Array.of(0) };
    const settings: ChainSettings = { ...CHAIN_DEFAULTS, seed: 2 };
    const starts = [0.5, 1, 1.5, 2].map((x) => Float64Array.of(x));
    const chains = await startChains(half, starts, unitMetric(1), settings);
    const sampled = await sampleChains(chains, advanceHere(half, settings), { rule: { until: null, maxDraws: 2000 } });
    expectMoments(quantitiesOf(sampled)[0]!, { mean: 1, sd: 1 });
    const divergences = sampled.chains.flatMap((chain) => chain.divergences);
    expect(divergences.length).toBeGreaterThan(100);
    expect(divergences.every(({ outside, to }) => outside && to[0]! <= 0)).toBe(true);
    expect(sampled.chains.every(({ draws }) => draws.every(({ diverging }) => !diverging))).toBe(true);
  });
});

test('the windows of a long warmup double and the last takes the rest; a short one has one; a very short one none', () => {
  expect(windowEnds(1000)).toEqual([100, 150, 250, 450, 950]);
  expect(windowEnds(100)).toEqual([90]);
  expect(windowEnds(19)).toEqual([]);
});
