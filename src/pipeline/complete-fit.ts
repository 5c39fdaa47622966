/** The second half of a run, fresh or resumed: fit with checkpoints, then write everything it leaves behind. */
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { isTwotimeError, OutputFailed } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { ParallelConfig } from '../config/index.ts';
import { BackgroundWriter, type WriterLimits } from '../data/index.ts';
import { fitTwoTime, type FitCheckpoint, type FitOutcome } from '../nlsq/index.ts';
import { makeResultRecord, type ResultRecord } from '../results/index.ts';
import { CheckpointFile } from './checkpoint-file.ts';
import type { EventLog } from './event-log.ts';
import type { PreparedFit } from './prepare-fit.ts';
import type { FitRunRequest } from './requests.ts';
import type { RunDirectory } from './run-directory.ts';
import { FIT_CHECKPOINT_FILE } from './run-request.ts';
import { timed } from './timed.ts';
import { packageVersion, softwareVersions } from './versions.ts';
import { writeArraysAndFigures, writeRecord, writeSmallArrays, type FinishedFit } from './write-run.ts';

/** Three pages as PNG at a time on large machines, and one of Node's four threads left for files. */
const FILES_AT_ONCE = Math.min(3, availableParallelism()) + 1;
/** What waits to be written may take so much, and no more than this share of `parallel.memory`. */
const WAITING_BYTES = 96e6;
const WAITING_SHARE = 1 / 8;

export interface RunToComplete {
  readonly request: FitRunRequest;
  readonly prepared: PreparedFit;
  readonly directory: RunDirectory;
  /** The text of `config.yaml`. */
  readonly configText: string;
  /** When the work on it began in this process, ms as `performance.now` counts; absent: with the process. */
  readonly begun?: number;
  /** UTC, ISO 8601: the first beginning of the run, and that of its resume. */
  readonly started: string;
  readonly resumed: string | null;
  readonly checkpoint: FitCheckpoint | null;
}

/** A run whose fit has ended, to be written. */
export interface FittedRun {
  readonly finished: FinishedFit;
  readonly fitSeconds: number;
  /** Null where none was asked for. */
  readonly sampleSeconds: number | null;
}

/**
 * Fit and write. What is stopped, while it fits or while it draws, is written with the best point it has and status
 * `cancelled`. The event log is closed and the folder unlocked when this resolves. Throws `OutputFailed`, or `Cancelled`
 * when there is no point; the folder is then the caller's to leave or to discard.
 */
export async function completeFit(run: RunToComplete, log: EventLog, signal: AbortSignal): Promise<ResultRecord> {
  const fitted = await sampleRun(await fitRun(run, log, signal), log, signal);
  // Nothing is left for the threads to do, and figures need the memory they hold.
  await run.prepared.compute[Symbol.asyncDispose]();
  return await writeFitted(fitted, new BackgroundWriter(writerLimits(run.request.config.parallel)), log, signal);
}

/** The first part of `completeFit`: attach the log, fit. */
export async function fitRun(run: RunToComplete, log: EventLog, signal: AbortSignal): Promise<FittedRun> {
  const { prepared, directory } = run;
  const warn = (warning: Warning): void => log.record({ kind: 'warning', warning });
  log.attach(directory.path);
  const going = AbortSignal.any([signal, directory.lost]);
  let shards: FinishedFit['shards'] = null;
  const atMinimum = (): void => {
    shards = shardsOf(run, log);
    // Whoever samples hears of a failure.
    shards?.catch(() => undefined);
  };
  const [outcome, fitSeconds] = await whileOurs(directory, () =>
    timed('fit', log, () => fitWithCheckpoints(run, { signal: going, progress: log.record }, warn, atMinimum)),
  );
  return { finished: { ...run, ...prepared, outcome, shards, posterior: null }, fitSeconds, sampleSeconds: null };
}

/** The shards of a run that is to be sampled by consensus: they are brought while errors are worked out. */
function shardsOf(run: RunToComplete, log: EventLog): FinishedFit['shards'] {
  const { work, config } = run.request;
  if (work !== 'sample' || config.sample.method !== 'cmc') return null;
  return import('./sample-by-shards.ts').then(({ bringShards }) => bringShards(run, log));
}

/** The second part, where it is asked: sample the posterior. */
export async function sampleRun(fitted: FittedRun, log: EventLog, signal: AbortSignal): Promise<FittedRun> {
  const { finished, fitSeconds } = fitted;
  if (finished.request.work !== 'sample') return fitted;
  const { directory } = finished;
  // Not loaded for a fit alone, which would start later.
  const { sampleFit } = await import('./sample-fit.ts');
  const going = AbortSignal.any([signal, directory.lost]);
  const [sampled, sampleSeconds] = await whileOurs(directory, () =>
    timed('sample', log, () => sampleFit(finished, log, { signal: going, progress: log.record })),
  );
  return { finished: sampled, fitSeconds, sampleSeconds };
}

/** The last part: write everything through `writer`, which may serve other runs at the same time. */
export async function writeFitted(
  { finished: fitted, fitSeconds, sampleSeconds }: FittedRun,
  writer: BackgroundWriter,
  log: EventLog,
  signal: AbortSignal,
): Promise<ResultRecord> {
  const { directory } = fitted;
  const warn = (warning: Warning): void => log.record({ kind: 'warning', warning });
  return await whileOurs(directory, async () => {
    const [record] = await timed('write', log, async () => {
      fitted.outcome.warnings.forEach(warn);
      const finished = await writeLargeFiles(fitted, writer, AbortSignal.any([signal, directory.lost]), warn);
      // Small files, also of what was stopped; only a folder that is no longer ours stops their writing.
      await using files = writer.group(directory.lost);
      if (finished.outcome.status === 'cancelled') await writeSmallArrays(finished, files, warn);
      const made = recordOf(
        finished,
        { fitSeconds, ...(sampleSeconds === null ? {} : { sampleSeconds }) },
        log.warnings,
      );
      made.warnings.forEach(warn);
      await writeRecord(finished, made, files);
      return made;
    });
    log.close();
    await directory.keep(record.status !== 'cancelled');
    return record;
  });
}

/** A failure in a folder that another process took over is that. */
async function whileOurs<T>(directory: RunDirectory, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (directory.lost.aborted) throw lostError(directory);
    throw error;
  }
}

/** What is stopped meanwhile comes back with status `cancelled`, and without the figures it had begun with. */
async function writeLargeFiles(
  run: FinishedFit,
  writer: BackgroundWriter,
  signal: AbortSignal,
  warn: (warning: Warning) => void,
): Promise<FinishedFit> {
  if (run.outcome.status === 'cancelled') return run;
  try {
    await using files = writer.group(signal);
    await writeArraysAndFigures(run, files, warn);
    return run;
  } catch (error) {
    if (!isTwotimeError(error, 'Cancelled') || run.directory.lost.aborted) throw error;
    await rm(run.directory.file('plots'), { recursive: true, force: true });
    return { ...run, outcome: { ...run.outcome, status: 'cancelled', reason: 'stopped while its files were written' } };
  }
}

function recordOf(
  run: FinishedFit,
  stages: { readonly fitSeconds: number; readonly sampleSeconds?: number },
  warnings: readonly Warning[],
): ResultRecord {
  const { request, dataset, problem, outcome, posterior, compute, readSeconds } = run;
  return makeResultRecord({
    outcome,
    posterior: posterior?.record ?? null,
    dataset,
    model: problem.model,
    noise: problem.noise,
    scaling: request.config.scaling.mode,
    timings: { readSeconds, ...stages, totalSeconds: (performance.now() - (run.begun ?? 0)) / 1000 },
    resources: { peakMegabytes: (process.resourceUsage().maxRSS * 1024) / 1e6 },
    versions: softwareVersions(compute.kernels),
    warnings,
  });
}

/** Limits of the writer of a process. */
export function writerLimits({ memory }: ParallelConfig): WriterLimits {
  return { atOnce: FILES_AT_ONCE, bytes: Math.min(WAITING_BYTES, memory * WAITING_SHARE) };
}

async function fitWithCheckpoints(
  { prepared, directory, checkpoint }: RunToComplete,
  context: TaskContext,
  warn: (warning: Warning) => void,
  atMinimum: () => void,
): Promise<FitOutcome> {
  const { dataset, problem, compute } = prepared;
  const file = new CheckpointFile(directory.file(FIT_CHECKPOINT_FILE), warn);
  const checkpoints = {
    data: dataset.source.contentHash,
    program: `twotime ${packageVersion()}, kernels ${compute.kernels.hash}`,
    ...(checkpoint === null ? {} : { resumeFrom: checkpoint }),
    save: file.save,
  };
  try {
    return await fitTwoTime(problem, context, checkpoints, atMinimum);
  } finally {
    await file.settle();
  }
}

function lostError({ path, lost }: RunDirectory): OutputFailed {
  return new OutputFailed(String(lost.reason), {
    where: { file: path },
    help: 'this process was silent for too long, suspended for instance; the other one goes on with the run',
  });
}
