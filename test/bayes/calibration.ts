/**
 * Simulation-based calibration: parameters drawn from the priors, data drawn from the parameters, and the rank of the truth
 * among posterior draws, which is uniform if and only if the posterior is right (Talts et al., arXiv:1804.06788).
 */
import { priorDensity, sampleTwoTime } from '../../src/bayes/index.ts';
import { fold, keyFromSeed, uniformAt } from '../../src/math/index.ts';
import { parameterInfo, type Mode, type Prior } from '../../src/model/index.ts';
import { simulatedProblem } from '../nlsq/simulated.ts';

/** Narrow enough that every data set is one an instrument could measure, and clear of bounds. */
const PRIORS: Readonly<Record<string, Prior>> = {
  D0: { kind: 'log-normal', median: 15000, factor: 1.5 },
  alpha: { kind: 'normal', mean: -0.9, sd: 0.2 },
  D_offset: { kind: 'normal', mean: 900, sd: 400 },
  gamma_dot_t0: { kind: 'log-normal', median: 2e-3, factor: 1.5 },
  beta: { kind: 'normal', mean: -0.3, sd: 0.2 },
  gamma_dot_t_offset: { kind: 'truncated-normal', mean: 2e-4, sd: 2e-4, lower: -1e-3, upper: 2e-3 },
  phi0: { kind: 'normal', mean: 0, sd: 5 },
};

/** Draws the truth is ranked among. */
export const RANKS = 100;

export interface Calibrated {
  /** Rank of the true value among `RANKS` draws, 0 … RANKS, by parameter. */
  readonly ranks: Readonly<Record<string, number>>;
  readonly divergences: number;
}

/** One data set of a mode; everything follows from its number. */
export async function calibrate(mode: Mode, index: number): Promise<Calibrated> {
  const names = mode === 'static' ? ['D0', 'alpha', 'D_offset'] : Object.keys(PRIORS);
  const key = fold(keyFromSeed(2026), index);
  const truth = Object.fromEntries(
    names.map((name, k) => [name, priorDensity(name, PRIORS[name]!, parameterInfo(name).bounds).draw(fold(key, k))]),
  );
  const phi = mode === 'static' ? [0] : [-75, -45, -15, 15, 45, 75];
  const contrast = 0.1 + 0.3 * uniformAt(fold(key, 50), 0);
  const sigma = 0.004 + 0.02 * uniformAt(fold(key, 51), 0);
  const q = mode === 'static' ? 0.01 : 0.0054;
  const request = { mode, frames: 45, q, phi, truth, sigma, seed: index, contrast: () => contrast };
  const fit = simulatedProblem(request);
  const size = phi.length;
  const origin = {
    values: truth,
    contrast: new Float64Array(size).fill(contrast),
    offset: new Float64Array(size).fill(1),
  };
  const sampled = await sampleTwoTime({ ...fit, sigma: fit.noise.sigma, priors: PRIORS }, origin, {
    ...{ seed: index, method: 'nuts', until: null, draws: RANKS, proposals: 200 },
  });
  const ranks = names.map((name): [string, number] => {
    const { draws } = sampled.quantities.find((quantity) => quantity.name === name)!;
    // Every fourth draw of four chains: nearly independent ones.
    const thinned = draws.flatMap((chain) => Array.from(chain).filter((_, n) => n % draws.length === 3));
    return [name, thinned.filter((value) => value < truth[name]!).length];
  });
  const divergences = sampled.chains!.chains.flatMap(({ draws }) => draws).filter(({ diverging }) => diverging).length;
  return { ranks: Object.fromEntries(ranks), divergences };
}

/** χ² of the ranks in ten equal bins, against a uniform distribution: 9 degrees of freedom. */
export function rankChiSquared(ranks: readonly number[]): number {
  const bins = new Float64Array(10);
  for (const rank of ranks) {
    const bin = Math.min(9, Math.floor((10 * (rank + 0.5)) / (RANKS + 1)));
    bins[bin] = bins[bin]! + 1;
  }
  const expected = ranks.length / 10;
  return bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
