/** The second half of a run, fresh or resumed: fit with checkpoints, then write everything it leaves behind. */
import { availableParallelism } from 'node:os';
import { OutputFailed } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import { BackgroundWriter } from '../data/index.ts';
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
import { writeArraysAndFigures, writeRecord, type FinishedFit } from './write-run.ts';

/**
 * Three pages as PNG at a time on large machines, and one of Node's four threads left for files; what waits is a small
 * part of what a fit takes.
 */
const WRITER_LIMITS = { atOnce: Math.min(3, availableParallelism()) + 1, bytes: 96e6 };

export interface RunToComplete {
  readonly request: FitRunRequest;
  readonly prepared: PreparedFit;
  readonly directory: RunDirectory;
  /** The text of `config.yaml`. */
  readonly configText: string;
  /** UTC, ISO 8601: the first beginning of the run, and that of its resume. */
  readonly started: string;
  readonly resumed: string | null;
  readonly checkpoint: FitCheckpoint | null;
}

/**
 * Fit and write. A stopped fit is written with the best point it has. The event log is closed and the folder unlocked when
 * this resolves. Throws `OutputFailed`, or `Cancelled` when there is no point; the folder is then the caller's to leave or
 * to discard.
 */
export async function completeFit(run: RunToComplete, log: EventLog, signal: AbortSignal): Promise<ResultRecord> {
  const { request, prepared, directory } = run;
  const { dataset, problem, compute } = prepared;
  const warn = (warning: Warning): void => log.record({ kind: 'warning', warning });
  log.attach(directory.path);
  const [outcome, fitSeconds] = await timed('fit', log, () =>
    fitWithCheckpoints(run, { signal: AbortSignal.any([signal, directory.lost]), progress: log.record }, warn),
  );
  const finished: FinishedFit = { ...run, dataset, problem, outcome, compute };
  // A stopped fit still writes what it has; only a folder that is no longer ours stops the writing.
  await using files = new BackgroundWriter(WRITER_LIMITS).group(directory.lost);
  const [record] = await timed('write', log, async () => {
    outcome.warnings.forEach(warn);
    await writeArraysAndFigures(finished, files, warn);
    const made = makeResultRecord({
      outcome,
      dataset,
      model: problem.model,
      noise: problem.noise,
      scaling: request.config.scaling.mode,
      timings: { readSeconds: prepared.readSeconds, fitSeconds, totalSeconds: performance.now() / 1000 },
      resources: { peakMegabytes: (process.resourceUsage().maxRSS * 1024) / 1e6 },
      versions: softwareVersions(compute.kernels),
      warnings: log.warnings,
    });
    made.warnings.forEach(warn);
    await writeRecord(finished, made, files);
    return made;
  });
  log.close();
  await directory.keep(outcome.status !== 'cancelled');
  return record;
}

async function fitWithCheckpoints(
  { prepared, directory, checkpoint }: RunToComplete,
  context: TaskContext,
  warn: (warning: Warning) => void,
): Promise<FitOutcome> {
  const { dataset, problem, compute } = prepared;
  const file = new CheckpointFile(directory.file(FIT_CHECKPOINT_FILE), warn);
  try {
    return await fitTwoTime(problem, context, {
      data: dataset.source.contentHash,
      program: `twotime ${packageVersion()}, kernels ${compute.kernels.hash}`,
      ...(checkpoint === null ? {} : { resumeFrom: checkpoint }),
      save: file.save,
    });
  } finally {
    await file.settle();
    if (directory.lost.aborted) throwLost(directory);
  }
}

function throwLost({ path, lost }: RunDirectory): never {
  throw new OutputFailed(String(lost.reason), {
    where: { file: path },
    help: 'this process was silent for too long, suspended for instance; the other one goes on with the run',
  });
}
