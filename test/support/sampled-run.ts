/** A sampled posterior of simulated shear, small and quick, with everything its files are made of. */
import {
  posteriorPredictive,
  priorDraws,
  sampleTwoTime,
  type PosteriorProblem,
  type SampleOptions,
} from '../../src/bayes/index.ts';
import { BackgroundWriter } from '../../src/data/index.ts';
import { valuesOf } from '../../src/kernels/index.ts';
import { physicalParameters, type Prior } from '../../src/model/index.ts';
import type { PosteriorFilesInput } from '../../src/results/index.ts';
import { posteriorRecord } from '../../src/results/posterior-record.ts';
import { putPosteriorFiles } from '../../src/results/write-posterior.ts';
import { FLOW_TRUTH, simulatedProblem, type Simulated } from '../nlsq/simulated.ts';

const PHI = [-40.5, 0, 50];
const REQUEST: Simulated = {
  ...{ mode: 'laminar_flow', frames: 50, q: 0.0054, truth: FLOW_TRUTH, sigma: 0.006, seed: 6, phi: PHI },
};
export const PRIORS: Readonly<Record<string, Prior>> = Object.fromEntries(
  physicalParameters('laminar_flow').map(({ name, prior }) => [name, prior]),
);
/** phi0 is held. */
const SETTINGS = { phi0: { vary: false, value: FLOW_TRUTH['phi0']! } };
/** The pair of the first angle and row that is excluded. */
export const EXCLUDED = 2;

/** Sample it; contrast and offset are held if `held`. */
export async function sampledRun(options: Partial<SampleOptions>, held = false): Promise<PosteriorFilesInput> {
  const size = PHI.length;
  const [contrast, offset] = [new Float64Array(size).fill(0.2), new Float64Array(size).fill(1)];
  const scaling = held ? ({ mode: 'fixed', contrast, offset } as const) : ({ mode: 'per-angle' } as const);
  const fit = simulatedProblem(REQUEST, { settings: SETTINGS, scaling });
  valuesOf(fit.sweeps.data)[EXCLUDED] = NaN;
  fit.sweeps.data.excluded[0] = 1;
  const problem: PosteriorProblem = { ...fit, sigma: fit.noise.sigma, priors: PRIORS };
  const origin = { values: FLOW_TRUTH, contrast, offset };
  const sampled = await sampleTwoTime(problem, origin, { seed: 3, proposals: 200, ...options });
  const { model } = fit;
  const { phi, grid } = model;
  const predictive = posteriorPredictive({ sampled, model, data: fit.sweeps.data });
  return {
    ...{ sampled, predictive, model, version: '0.1.0', started: '2026-11-26T00:00:00.000Z' },
    record: posteriorRecord({ sampled, predictive, phi, priors: PRIORS, likelihood: 'independent', seconds: 1 }),
    prior: priorDraws(sampled.posterior, 3),
    dataset: {
      source: {
        ...{ file: 'A0042.h5', layout: 'npz', contentHash: 'ab12', matrices: [] },
        origins: { q: 'file', dt: 'file', phi: 'file' },
      },
      ...{ q: model.q, qSpread: 0, phi, grid, triangles: fit.sweeps.data, warnings: [] },
      frameNumbers: Int32Array.from(grid.positions, (k) => k + 1),
      excluded: { nan: 1, framesOutsideWindow: 0, framesExcluded: 0, frameAtTimeZero: 1, angles: 0, otherQ: 0 },
    },
  };
}

/** Write the files of a posterior into a folder. */
export async function writePosterior(folder: string, input: PosteriorFilesInput): Promise<void> {
  const files = new BackgroundWriter({ atOnce: 1, bytes: 1e7 }).group();
  await putPosteriorFiles(files, folder, input);
  await files.written();
}
