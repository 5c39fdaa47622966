/**
 * A whole fit as a named task: what a job of a cluster does, with all cores of its allocation.
 *
 * An attempt goes on where the one before it stopped or was lost, from the run directory; one whose run has a result gives
 * that. So two jobs that were started for the same fit do no harm, whichever is first.
 */
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Cancelled, isTwotimeError } from '../../base/errors.ts';
import { throwIfCancelled, type TaskContext } from '../../base/task-context.ts';
import type { Config } from '../../config/index.ts';
import type { Task, TaskFunctionContext } from '../../parallel/index.ts';
import type { ResultRecord } from '../../results/index.ts';
import { refuseChangedFile, type FileState } from '../batch/changed-file.ts';
import { readCheckpoint } from '../checkpoint-file.ts';
import { EventLog } from '../event-log.ts';
import { runFit } from '../fit-run.ts';
import type { FitRunRequest, RunWork } from '../requests.ts';
import { resumeFit } from '../resume-run.ts';
import { beginOf } from '../run-begin.ts';
import { RunLock } from '../run-lock.ts';
import { FIT_CHECKPOINT_FILE } from '../run-request.ts';

export interface FitTaskInput {
  readonly file: string;
  /** The file as it was planned; null: it may have changed since. */
  readonly state: FileState | null;
  readonly config: PlainConfig;
  readonly output: string;
  /** When the run began that may be replaced; null: none may. Every other run there is one of this task. */
  readonly replaces: string | null;
  readonly work: RunWork;
  /** As in `FitRunRequest`. */
  readonly from: NonNullable<FitRunRequest['from']> | null;
  /** As in `ResumeRequest`, where a run is gone on with. */
  readonly set: readonly string[];
  readonly argv: readonly string[];
  /** What was found before it was submitted, for the events of the run. */
  readonly notes: readonly string[];
}

/** A configuration as plain data. */
export type PlainConfig = Omit<Config, 'origins'> & { readonly origins: readonly (readonly [string, string])[] };

export const fitTask: Task<FitTaskInput, ResultRecord> = {
  name: 'cluster.fit',
  version: 1,
  module: import.meta.url,
  export: 'runFitTask',
  // Who asked, from where, and what was there before change nothing of the result: it is one task for all of them.
  decides: ({ file, state, output, config, work }) => ({
    ...{ file: resolve(file), state: state === null ? null : { ...state, file: '' }, output: resolve(output), work },
    config: { ...config, file: null, origins: [], parallel: null },
  }),
};

export function plainConfig(config: Config): PlainConfig {
  return { ...config, origins: [...config.origins] };
}

function configFrom(plain: PlainConfig): Config {
  return { ...plain, origins: new Map(plain.origins) as Config['origins'] };
}

export async function runFitTask(input: FitTaskInput, context: TaskFunctionContext): Promise<ResultRecord> {
  const { file, state, output, replaces, work, from, argv } = input;
  const signal = context.signal ?? new AbortController().signal;
  if (state !== null) await refuseChangedFile(state);
  await untilFree(output, context);
  const log = new EventLog();
  log.listen((event) => context.progress?.(event));
  for (const text of input.notes) log.record({ kind: 'log', level: 'info', text });
  const pieces = await piecesOf(output);
  const begun = await beginOf(output);
  const isOurs = begun !== null && begun !== replaces;
  const asked = { file, config: configFrom(input.config), output, force: replaces !== null, work, argv };
  const alive = setInterval(context.beat, BEAT_MILLISECONDS);
  try {
    const record = isOurs
      ? await resume(input, log, signal)
      : await runFit({ ...asked, ...(from === null ? {} : { from }) }, log, signal);
    if (record.status === 'cancelled' && signal.aborted)
      throw new Cancelled('stopped on request', { cause: signal.reason });
    return record;
  } catch (error) {
    if (isTwotimeError(error, 'Cancelled') && (await piecesOf(output)) > pieces)
      context.progress?.({ kind: 'checkpoint' });
    throw error;
  } finally {
    clearInterval(alive);
  }
}

const BEAT_MILLISECONDS = 5000;

async function resume({ file, output, set }: FitTaskInput, log: EventLog, signal: AbortSignal): Promise<ResultRecord> {
  const request = { directory: output, input: file, set, fromStart: false };
  const resumed = await resumeFit(request, log, signal);
  return resumed.kind === 'resumed' ? resumed.record : (JSON.parse(resumed.text) as ResultRecord);
}

/** Finished pieces in the checkpoint. */
async function piecesOf(output: string): Promise<number> {
  const checkpoint = await readCheckpoint(join(output, FIT_CHECKPOINT_FILE)).catch(() => null);
  return checkpoint?.pieces.length ?? 0;
}

/** The lock of a process on another machine counts for a minute after its last sign of life, ms. */
const FREED_WITHIN = 90_000;
const LOOK_EVERY = 2000;

/**
 * Wait for an attempt that is given up: for its lock, if it is gone, and for its end, if it is not. Throws `OutputRefused`
 * when neither comes.
 */
async function untilFree(output: string, context: TaskContext & { readonly beat: () => void }): Promise<void> {
  const until = performance.now() + FREED_WITHIN;
  for (;;) {
    throwIfCancelled(context);
    try {
      await RunLock.check(output);
      return;
    } catch (error) {
      if (!isTwotimeError(error, 'OutputRefused')) return;
      if (performance.now() > until) throw error;
    }
    context.beat();
    await setTimeout(LOOK_EVERY, undefined, context.signal === undefined ? {} : { signal: context.signal }).catch(
      () => undefined,
    );
  }
}
