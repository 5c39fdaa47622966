/** Everything a finished fit leaves in its run directory; `result.json` comes last, so its presence means a whole run. */
import type { Warning } from '../base/events.ts';
import type { ShardsAtWorkers } from '../bayes/index.ts';
import type { WriteGroup } from '../data/index.ts';
import type { FitOutcome } from '../nlsq/index.ts';
import { putFigures, putReport, type FigureFilesInput } from '../report/index.ts';
import {
  decideArrays,
  makeProvenance,
  putFitArrays,
  putResult,
  putTables,
  type FitArraysInput,
  type ResultRecord,
} from '../results/index.ts';
import type { PreparedFit } from './prepare-fit.ts';
import type { FitRunRequest } from './requests.ts';
import type { RunDirectory } from './run-directory.ts';
import { CONFIG_FILE } from './run-request.ts';
import type { RunPosterior } from './sample-fit.ts';
import { packageVersion } from './versions.ts';

export interface FinishedFit extends Omit<PreparedFit, typeof Symbol.asyncDispose> {
  readonly request: FitRunRequest;
  readonly directory: RunDirectory;
  /** The text of `config.yaml`. */
  readonly configText: string;
  /** When the work on it began in this process, ms as `performance.now` counts; absent: with the process. */
  readonly begun?: number;
  readonly outcome: FitOutcome;
  /** The data in shards, on their way to the workers since the minimum was found; null when none are needed. */
  readonly shards: Promise<ShardsAtWorkers> | null;
  /** Null when none was asked for, or there is none. */
  readonly posterior: RunPosterior | null;
  /** UTC, ISO 8601. */
  readonly started: string;
  /** When the run was last resumed; null when it never was. */
  readonly resumed: string | null;
}

/** Write arrays and figures, which may add warnings, before the record that lists them is made. */
export async function writeArraysAndFigures(
  run: FinishedFit,
  files: WriteGroup,
  warn: (warning: Warning) => void,
): Promise<void> {
  const { request, directory, dataset } = run;
  const input = arraysOf(run);
  const arrays = decideArrays(request.config.output.arrays, dataset);
  if (arrays.warning !== null) warn(arrays.warning);
  if (request.config.output.figures) {
    const { model } = run.problem;
    const figures = { ...input, model, posterior: drawnPosterior(run.posterior), version: packageVersion() };
    const { warnings } = await putFigures(files, directory.path, figures);
    warnings.forEach(warn);
  }
  if (run.posterior !== null) {
    const { sampled } = run.posterior;
    // Not loaded for a fit alone, which would start later.
    const { priorDraws } = await import('../bayes/index.ts');
    const { putPosteriorFiles } = await import('../results/write-posterior.ts');
    await putPosteriorFiles(files, directory.path, {
      ...{ ...run.posterior, dataset, model: run.problem.model, version: packageVersion(), started: run.started },
      prior: priorDraws(sampled.posterior, sampled.settings.seed),
    });
  }
  // After the figures are drawn, because both use `shape`.
  await putFitArrays(files, directory.path, input, arrays.full);
  await files.written();
}

/** With the verdict of the record, which knows of the predictive check. */
function drawnPosterior(posterior: RunPosterior | null): Exclude<FigureFilesInput['posterior'], undefined> {
  if (posterior === null) return null;
  const { sampled, predictive, record } = posterior;
  return { sampled: { ...sampled, verdict: record.verdict }, predictive, likelihood: record.likelihood };
}

/** What a stopped run has in place of arrays and figures, since it has to end within a second and is to be resumed. */
export async function writeSmallArrays(
  run: FinishedFit,
  files: WriteGroup,
  warn: (warning: Warning) => void,
): Promise<void> {
  const text = 'the run was stopped before it was whole: there are no figures, and no matrices in fit.npz';
  warn({ code: 'stopped', text });
  await putFitArrays(files, run.directory.path, arraysOf(run), false);
}

function arraysOf({ dataset, problem, outcome }: FinishedFit): FitArraysInput {
  const { model, sweeps, noise } = problem;
  const values = Object.fromEntries(outcome.parameters.map(({ name, value }) => [name, value]));
  const physics = model.physics(values);
  const shape = oneAtATime((angle) => sweeps.shape(physics, angle));
  return { dataset, outcome, sigma: noise.sigma, shape };
}

/**
 * Asking for the next array gives the memory of the one before back at once; garbage collection would let a hundred
 * megabytes gather first.
 */
function oneAtATime(make: (angle: number) => Float64Array): (angle: number) => Float64Array {
  let last: Float64Array | null = null;
  return (angle) => {
    if (last?.buffer instanceof ArrayBuffer) last.buffer.transfer(0);
    last = make(angle);
    return last;
  };
}

/** Write report, table, provenance and, last of all, `result.json`. */
export async function writeRecord(run: FinishedFit, record: ResultRecord, files: WriteGroup): Promise<void> {
  const { request, directory, dataset, outcome, compute } = run;
  const provenance = await makeProvenance({
    dataset,
    run: directory.path,
    engine: { name: 'wasm-simd128', wasmSha256: compute.kernels.hash, workers: compute.workers },
    seed: request.config.seed,
    config: { file: request.config.file, text: run.configText },
    neighbour: request.neighbour ?? null,
    argv: request.argv,
    started: run.started,
    resumed: run.resumed,
    ended: new Date().toISOString(),
    versions: record.versions,
  });
  const report = { record, covariance: outcome.covariance, origins: dataset.source.origins };
  await putReport(files, directory.path, report);
  await putTables(files, directory.path, record, provenance);
  // The configuration of an extended run is a new one; of others it is what lies there already.
  await files.put({ path: directory.file(CONFIG_FILE), content: run.configText });
  await files.written();
  await putResult(files, directory.path, record);
  await files.written();
}
