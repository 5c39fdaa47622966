/** Fits that leave run directories, as the commands `fit` and `batch` do. */
import { InputRefused } from '../base/errors.ts';
import type { Config } from '../config/index.ts';
import { runBatch } from '../pipeline/batch/run-batch.ts';
import { writeSummary } from '../pipeline/batch/write-summary.ts';
import { EventLog } from '../pipeline/event-log.ts';
import { fitAnywhere } from '../pipeline/fit-anywhere.ts';
import type { BatchRecord, JobRecord, ResultRecord } from '../results/index.ts';
import type { CallOptions } from './read-dataset.ts';
import { configure, type Settings } from './settings.ts';

export interface RunOptions extends CallOptions {
  /** Replace an existing run directory, never any other folder. Default false. */
  readonly force?: boolean | undefined;
}

/** Fit a file into a run directory; answers with what its `result.json` holds. A run that was stopped can be resumed. */
export async function fitToRun(
  file: string,
  settings: Settings | Config,
  output: string,
  { signal, progress, force = false }: RunOptions = {},
): Promise<ResultRecord> {
  const log = new EventLog();
  if (progress !== undefined) log.listen(progress);
  const request = { file, config: configure(settings), output, force, argv: [] };
  return fitAnywhere(request, log, signal ?? new AbortController().signal);
}

export interface BatchOptions extends Pick<CallOptions, 'signal'> {
  /** Told of every job that has ended. */
  readonly ended?: ((job: JobRecord) => void) | undefined;
  /** Failures after which nothing more is begun. Default: any number. */
  readonly maxFailures?: number | undefined;
}

/**
 * Fit many files, or patterns, each q ring a run of its own unless `data.q` names one; goes on with a batch that is there.
 * Failures are those of jobs; only a full or broken disk throws.
 */
export async function fitToRuns(
  files: readonly string[],
  settings: Settings | Config,
  output: string,
  { signal, ended, maxFailures = Infinity }: BatchOptions = {},
): Promise<BatchRecord> {
  const config = configure(settings);
  if (files.length === 0) throw new InputRefused('there are no files to fit', { help: 'name files, or a pattern' });
  const set = { name: '', files, config, allRings: config.data.q === null };
  const request = { sets: [set] as const, output, only: null, maxFailures, overlap: true, argv: [] };
  const { record, timeline, broken } = await runBatch(
    request,
    (event) => {
      if (event.kind === 'ended') ended?.(event.job);
    },
    { signal: signal ?? new AbortController().signal },
  );
  if (broken !== null) throw broken;
  await writeSummary(output, record, timeline);
  return record;
}
