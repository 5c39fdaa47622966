/** A sampled posterior without sampling: independent normal draws with the covariance of a synthetic fit, in chains or weighted. */
import { importanceSample, judgeChains, judgeImportance, judgeWeights, priorDensity } from '../../src/bayes/index.ts';
import type { Chain, ChainDivergence, Draw, PosteriorPredictive, SampledPosterior } from '../../src/bayes/index.ts';
import { cholesky } from '../../src/bayes/nuts/metric.ts';
import { summarise, type Quantity } from '../../src/bayes/sampling/quantities.ts';
import { physicalParameters } from '../../src/model/index.ts';
import { freeParameters } from '../../src/nlsq/free-parameters.ts';
import type { DrawnPosterior, PosteriorFigureInput } from '../../src/plots/index.ts';
import type { PosteriorRecord } from '../../src/results/index.ts';
import { posteriorRecord } from '../../src/results/posterior-record.ts';
import { makeNormal, makeSyntheticFit, type SyntheticFit } from './synthetic-fit.ts';

export interface SyntheticSampling {
  readonly method?: 'nuts' | 'psis';
  readonly chains?: number;
  /** Per chain. */
  readonly draws?: number;
  /** Chain, from 0, that stays at its first draw. */
  readonly stuck?: number;
  /** Draws of the first chain that diverged. */
  readonly diverged?: readonly number[];
  readonly fixed?: readonly string[];
}

export interface SyntheticPosterior {
  readonly fit: SyntheticFit;
  readonly sampled: DrawnPosterior;
  readonly predictive: PosteriorPredictive;
}

export async function makeSyntheticPosterior(
  fit: SyntheticFit,
  { method = 'nuts', chains = 4, draws = 200, stuck, diverged = [], fixed = [] }: SyntheticSampling = {},
): Promise<SyntheticPosterior> {
  const settings = fit.outcome.parameters.map(({ name, value, bounds }) => ({
    ...{ name, value, bounds, vary: !fixed.includes(name) },
  }));
  const free = freeParameters(settings);
  const info = physicalParameters(fit.model.mode);
  const posterior = {
    free,
    priors: free.names.map((name) => {
      const { prior } = info.find((one) => one.name === name)!;
      return priorDensity(name, prior, settings.find((one) => one.name === name)!.bounds);
    }),
    theta: (z: Float64Array) => z,
  };
  const size = free.names.length;
  const { names, speckle } = fit.outcome.covariance;
  const covariance = Float64Array.from({ length: size * size }, (_, k) => {
    const [row, column] = [Math.floor(k / size), k % size].map((i) => names.indexOf(free.names[i]!));
    return speckle[row! * names.length + column!]!;
  });
  const factor = cholesky(covariance, size)!;
  const centre = Float64Array.from(free.names, (name) => settings.find((one) => one.name === name)!.value);
  const normal = makeNormal(3);
  const drawTheta = (): Float64Array => {
    const z = Array.from({ length: size }, normal);
    return centre.map((value, i) =>
      z.slice(0, i + 1).reduce((sum, one, k) => sum + factor[i * size + k]! * one, value),
    );
  };
  const positions = Array.from({ length: chains }, () => Array.from({ length: draws }, drawTheta));
  const held = positions.map((some, c) => (c === stuck ? some.map(() => some[0]!) : some));
  const scaling = Array.from(fit.dataset.phi, (_, a) => fit.outcome.scaling[a]!);
  const around = (name: string, value: number, sd: number): Quantity => ({
    name,
    draws: held.map((some) => Float64Array.from(some, () => value + sd * normal())),
  });
  const quantities: Quantity[] = [
    ...free.moving.map((name) => ({
      name,
      draws: held.map((some) => Float64Array.from(some, (theta) => free.values(theta)[name]!)),
    })),
    ...scaling.map(({ contrast }, a) => around(`contrast[${a}]`, contrast.value, 3e-4)),
    ...scaling.map(({ offset }, a) => around(`offset[${a}]`, offset.value, 1e-4)),
    ...scaling.map((_, a) => around(`sigma[${a}]`, fit.noise.sigma[a]!, 2e-5)),
  ];
  const frame = { centre, factor };
  const sample = await importanceSample(
    (position) => {
      const whitened = solve(
        factor,
        position.map((value, i) => value - centre[i]!),
      );
      return Promise.resolve({ value: -0.5 * whitened.reduce((sum, one) => sum + one * one, 0) });
    },
    frame,
    { seed: 1, draws: 1500 },
  );
  const importance = { sample, verdict: judgeImportance(sample) };
  const chainSettings = { ...CHAIN_SETTINGS, maxDepth: 10 };
  if (method === 'psis') {
    const all = quantities.map(({ name, draws: some }) => ({
      name,
      draws: [Float64Array.from(some.flatMap((one) => Array.from(one)))],
    }));
    const summaries = all.map((quantity) => summarise(quantity, false));
    const verdict = judgeWeights(importance.verdict);
    const answer = { method, posterior, importance, settings: chainSettings, quantities: all, summaries, verdict };
    return { fit, sampled: { ...answer, chains: null }, predictive: syntheticPredictive(fit) };
  }
  const divergences = diverged.map((draw): ChainDivergence => ({
    ...{ chain: 0, draw, energyError: 2000, outside: false },
    from: Array.from(held[0]![draw]!),
    to: Array.from(centre),
  }));
  const made = held.map((some, c) => chainOf(some, c, c === 0 ? divergences : [], normal));
  const summaries = quantities.map((quantity) => summarise(quantity, true));
  const sampled: DrawnPosterior = {
    ...{ method, posterior, importance, quantities, summaries, settings: chainSettings },
    chains: { chains: made, stoppedBy: 'draws' },
    verdict: judgeChains(made, summaries.slice(0, free.moving.length), 10),
  };
  return { fit, sampled, predictive: syntheticPredictive(fit) };
}

/** What the figures are drawn from. */
export function figureInputOf(
  { fit, sampled, predictive }: SyntheticPosterior,
  change: Partial<PosteriorFigureInput> = {},
): PosteriorFigureInput {
  const facts = {
    ...{ dataset: 'sheared-suspension.h5', q: fit.dataset.q, phi: Array.from(fit.dataset.phi) },
    ...{ convention: fit.model.convention, status: fit.outcome.status, digest: '0123456789abcdef'.repeat(4) },
    version: '0.1.0',
  };
  return { sampled, likelihood: 'adjusted', fit: fit.outcome, predictive, facts, ...change };
}

/** The record of the same. */
export function posteriorRecordOf(
  { fit, sampled, predictive }: SyntheticPosterior,
  likelihood: PosteriorRecord['likelihood'] = 'adjusted',
): PosteriorRecord {
  const priors = Object.fromEntries(physicalParameters(fit.model.mode).map(({ name, prior }) => [name, prior]));
  const all = sampled as unknown as SampledPosterior;
  return posteriorRecord({ sampled: all, likelihood, priors, predictive, phi: fit.dataset.phi, seconds: 3.21 });
}

export const flowFit: SyntheticFit = makeSyntheticFit({ angles: 2, frames: 30 });

const CHAIN_SETTINGS = { seed: 1, warmup: 50, targetAcceptance: 0.8, adaptMetric: false, maxEnergyError: 1000 };

function solve(factor: readonly number[], right: Float64Array): Float64Array {
  const size = right.length;
  const answer = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = right[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * size + k]! * answer[k]!;
    answer[i] = sum / factor[i * size + i]!;
  }
  return answer;
}

function chainOf(
  positions: readonly Float64Array[],
  chain: number,
  divergences: readonly ChainDivergence[],
  normal: () => number,
): Chain {
  const draws = positions.map((position, k): Draw => ({
    ...{ position: Array.from(position), logDensity: -2, aside: null, energy: 5 + 2 * normal(), stepSize: 0.7 },
    ...{ acceptance: 0.85, depth: 2 + (k % 2), leapfrogs: 3 + 4 * (k % 2) },
    diverging: divergences.some(({ draw }) => draw === k),
  }));
  return {
    ...{ draws, divergences, gradients: 50 + 6 * draws.length },
    state: {
      ...{ chain, transitions: 50 + draws.length, position: [], value: 0, gradient: [], aside: null, metric: [] },
      ...{ stepSize: 0.7 + 0.01 * chain, averaging: null, scatter: null },
    },
  };
}

/** Two cuts per angle of a decaying exponential with normal noise. */
function syntheticPredictive(fit: SyntheticFit): PosteriorPredictive {
  const normal = makeNormal(9);
  const [draws, lags] = [40, 20];
  const cuts = Array.from(fit.dataset.phi).flatMap((_, angle) =>
    [0, 5].map((frame) => {
      const times = Float64Array.from({ length: lags }, (__, k) => 0.1 * (k + 1));
      const level = (k: number): number => 1 + 0.3 * Math.exp(-times[k % lags]!);
      const model = Float64Array.from({ length: draws * lags }, (__, k) => level(k) + 1e-3 * normal());
      const replicate = model.map((value) => value + 0.01 * normal());
      const observed = times.map((__, k) => level(k) + 0.01 * normal());
      const pit = observed.map((value, l) => {
        const column = Array.from({ length: draws }, (__, s) => replicate[s * lags + l]!);
        return column.filter((one) => one < value).length / draws;
      });
      return { angle, frame, time: 0.1 * (frame + 1), lags: times, observed, model, replicate, pit };
    }),
  );
  const angles = Array.from(fit.dataset.phi, () => ({
    points: 2 * lags,
    within50: 0.5,
    within90: 0.9,
    within95: 0.95,
  }));
  return { draws, cuts, angles };
}
