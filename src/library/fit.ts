/** Fit data that were read: what `twotime fit` computes, without files. */
import { InputRefused } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { Config } from '../config/index.ts';
import { fitTwoTime, type FitOutcome, type FitProblem } from '../nlsq/index.ts';
import { plausibilityWarnings } from '../config/index.ts';
import { computedHereWarning } from '../parallel/index.ts';
import { Compute, ComputePool } from '../pipeline/compute.ts';
import { isForJobs } from '../pipeline/fit-anywhere.ts';
import { prepareProblem } from '../pipeline/prepare-fit.ts';
import { softwareVersions } from '../pipeline/versions.ts';
import { makeResultRecord, type ResultRecord } from '../results/index.ts';
import { placeOf, type CallOptions, type LoadedDataset } from './read-dataset.ts';
import { configure, type Settings } from './settings.ts';

/** A fit and what it can go on with; disposing ends its threads. The data stay with whoever read them. */
export interface FittedDataset extends AsyncDisposable {
  readonly dataset: LoadedDataset;
  readonly config: Config;
  /** What `result.json` of a run holds: parameters with errors, contrast and offset, noise, warnings, digest. */
  readonly result: ResultRecord;
  /** The same as arrays, with the covariance matrices. */
  readonly outcome: FitOutcome;
  /** What was asked, for sampling. */
  readonly problem: FitProblem;
}

/**
 * Fit by least squares, with the settings the data were read with or others; their section `data` says then only the gap.
 * The cores of the machine are used as `parallel` says; the result does not depend on their number. A fit that is stopped
 * answers with the best point so far and status `cancelled`, or throws `Cancelled` when there is none. Throws
 * `ConfigRefused` and `InputRefused` for what cannot be fitted.
 */
export async function fit(
  dataset: LoadedDataset,
  settings: Settings | Config = dataset.config,
  { signal, progress }: CallOptions = {},
): Promise<FittedDataset> {
  const config = configure(settings);
  const regions = placeOf(dataset);
  if (regions === undefined) {
    throw new InputRefused('the data set was disposed of', { help: 'fit before it is, or read it again' });
  }
  const context = { signal, progress };
  const warnings: Warning[] = [];
  const warn = (warning: Warning): void => {
    warnings.push(warning);
    progress?.({ kind: 'warning', warning });
  };
  // Data that were read cannot go into a job; workers of Ray can have their parts.
  const here = isForJobs(config.parallel) ? computedHereWarning(config.parallel, 'fits of data in memory') : null;
  if (here !== null) warn(here);
  await using owned = new AsyncDisposableStack();
  const memory = owned.use(regions.open());
  const pool = owned.use(await ComputePool.open(regions.memory, config.parallel, context, warn));
  const compute = owned.use(new Compute(pool, memory, context));
  await compute.join();
  const prepared = prepareProblem(config, dataset, compute, warn);
  [...plausibilityWarnings(config), ...prepared.warnings].forEach(warn);
  const { problem } = prepared;
  const began = performance.now();
  const outcome = await fitTwoTime(problem, context);
  const fitSeconds = (performance.now() - began) / 1000;
  const { readSeconds } = dataset;
  const result = makeResultRecord({
    ...{ outcome, dataset, model: problem.model, noise: problem.noise, scaling: config.scaling.mode, warnings },
    timings: { readSeconds, fitSeconds, totalSeconds: readSeconds + fitSeconds },
    resources: { peakMegabytes: (process.resourceUsage().maxRSS * 1024) / 1e6 },
    versions: softwareVersions(compute.kernels),
  });
  const kept = owned.move();
  return { dataset, config, result, outcome, problem, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
