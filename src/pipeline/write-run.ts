/** Everything a finished fit leaves in its run directory; `result.json` comes last, so its presence means a whole run. */
import type { TaskContext } from '../base/task-context.ts';
import { toYaml } from '../config/index.ts';
import type { Dataset, WriteGroup } from '../data/index.ts';
import type { FitOutcome, FitProblem } from '../nlsq/index.ts';
import { putFigures, putReport } from '../report/index.ts';
import {
  decideArrays,
  makeProvenance,
  putFitArrays,
  putResult,
  putTables,
  type ResultRecord,
} from '../results/index.ts';
import type { FitRunRequest } from './requests.ts';
import type { RunDirectory } from './run-directory.ts';
import { packageVersion } from './versions.ts';

export interface FinishedFit {
  readonly request: FitRunRequest;
  readonly dataset: Dataset;
  readonly problem: FitProblem;
  readonly outcome: FitOutcome;
  /** UTC, ISO 8601. */
  readonly started: string;
  readonly kernelsHash: string;
  /** Threads that computed. */
  readonly workers: number;
}

/** Write arrays and figures, which may add warnings, before the record that lists them is made. */
export async function writeArraysAndFigures(
  { request, dataset, problem, outcome }: FinishedFit,
  directory: RunDirectory,
  files: WriteGroup,
  context: TaskContext,
): Promise<void> {
  const { model, sweeps, noise } = problem;
  const values = Object.fromEntries(outcome.parameters.map(({ name, value }) => [name, value]));
  const physics = model.physics(values);
  const shape = oneAtATime((angle) => sweeps.shape(physics, angle));
  const warn = (warning: { code: string; text: string }): void => context.progress?.({ kind: 'warning', warning });

  await files.put({ path: directory.file('config.yaml'), content: toYaml(request.config) });
  const arrays = decideArrays(request.config.output.arrays, dataset);
  if (arrays.warning !== null) warn(arrays.warning);
  if (request.config.output.figures) {
    const input = { dataset, model, outcome, sigma: noise.sigma, shape, version: packageVersion() };
    const { warnings } = await putFigures(files, directory.path, input);
    warnings.forEach(warn);
  }
  // After the figures are drawn, because both use `shape`.
  await putFitArrays(files, directory.path, { dataset, outcome, sigma: noise.sigma, shape }, arrays.full);
  await files.written();
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
export async function writeRecord(
  run: FinishedFit,
  record: ResultRecord,
  directory: RunDirectory,
  files: WriteGroup,
): Promise<void> {
  const { request, dataset, outcome } = run;
  const provenance = await makeProvenance({
    dataset,
    engine: { name: 'wasm-simd128', wasmSha256: run.kernelsHash, workers: run.workers },
    seed: request.config.seed,
    config: { file: request.config.file, text: toYaml(request.config) },
    argv: request.argv,
    started: run.started,
    ended: new Date().toISOString(),
    versions: record.versions,
  });
  const report = { record, covariance: outcome.covariance, origins: dataset.source.origins };
  await putReport(files, directory.path, report);
  await putTables(files, directory.path, record, provenance);
  await files.written();
  await putResult(files, directory.path, record);
  await files.written();
}
