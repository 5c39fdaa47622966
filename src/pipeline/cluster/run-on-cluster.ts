/** One run on a cluster: as a job that is watched from here, or in rounds over several that are driven from here. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Cancelled, InputRefused, isTwotimeError } from '../../base/errors.ts';
import type { RunEvent } from '../../base/events.ts';
import { parseConfig } from '../../config/index.ts';
import { writeFileAtomically } from '../../data/index.ts';
import { TaskLost, type ExecutionBackend } from '../../parallel/index.ts';
import type { Dialect } from '../../parallel/engines/batch/index.ts';
import type { TaskContext } from '../../base/task-context.ts';
import type { ResultRecord } from '../../results/index.ts';
import type { EventLog } from '../event-log.ts';
import { workFolderOf } from '../fit-anywhere.ts';
import { checkNewRun, runFit } from '../fit-run.ts';
import type { FitRunRequest } from '../requests.ts';
import { findScheduler, openClusterWorkers } from './cluster-workers.ts';
import { forgetProgress, placeOfInput, resumeFit, type Resumed, type ResumeRequest } from '../resume-run.ts';
import { beginOf, finishedRun } from '../run-begin.ts';
import { CONFIG_FILE, readRequest } from '../run-request.ts';
import { askForRounds, fitInRounds, ROUNDS_PACE, type RoundsRule } from './fit-in-rounds.ts';
import { fitTask, plainConfig, type FitTaskInput } from './fit-task.ts';

/**
 * Run one fit where the configuration says: on a cluster as a job, or here. As `runFit`; events of a job go to the listeners
 * of `log` as they come.
 */
export async function runFitAnywhere(
  request: FitRunRequest,
  log: EventLog,
  signal: AbortSignal,
  rule: RoundsRule = {},
): Promise<ResultRecord> {
  const scheduler = await findScheduler(request.config.parallel, (warning) => log.record({ kind: 'warning', warning }));
  if (scheduler === null) return await runFit(request, log, signal);
  return await runOnCluster(scheduler, request, rule, log, signal);
}

async function runOnCluster(
  dialect: Dialect,
  request: FitRunRequest,
  rule: RoundsRule,
  log: EventLog,
  signal: AbortSignal,
): Promise<ResultRecord> {
  const folder = workFolderOf(request.output);
  const isTakenUp = await stat(join(folder, 'engine.json')).then(
    () => true,
    () => false,
  );
  // A run that is there was begun by a job of a process that was killed: it is gone on with.
  if (!isTakenUp) await checkNewRun(request);
  await refuseMissingFile(request.file);
  const notes: string[] = [];
  const tell = (text: string): void => {
    notes.push(text);
    log.record({ kind: 'log', level: 'info', text });
  };
  // Work that was taken up may be under way as one job.
  const rounds = isTakenUp ? null : await askForRounds(request, rule, tell);
  const { parallel } = request.config;
  await using workers = await openClusterWorkers(
    dialect,
    parallel,
    folder,
    log.record,
    rounds === null ? {} : ROUNDS_PACE,
  );
  const input = await fitInputOf(request, null);
  const replaces = await firstReplaced(folder, isTakenUp, input.replaces);
  const going = AbortSignal.any([signal, workers.lost]);
  if (rounds !== null) {
    const context = { signal: going, progress: log.record };
    const record = await fitInRounds(request, rounds, workers, log, { context, tell });
    if (record !== null) return record;
    // After what was brought is gone: jobs that had it are as spare as the others.
    await workers.dismissSpare();
  }
  // The job tells again what it writes into its events.
  const progress = (event: RunEvent): void => {
    if (event.kind !== 'log' || !notes.includes(event.text)) log.record(event);
  };
  return await submitFit(workers.backend, { ...input, replaces, notes }, { signal: going, progress });
}

/** The run that stood there when the work began; what stands there for a process that takes the work up may be of a job. */
async function firstReplaced(folder: string, isTakenUp: boolean, now: string | null): Promise<string | null> {
  const file = join(folder, 'replaces.json');
  if (isTakenUp) return JSON.parse(await readFile(file, 'utf8').catch(() => 'null')) as string | null;
  await writeFileAtomically(file, JSON.stringify(now));
  return now;
}

/** Go on with a run as a job. Throws as `resumeFit`, `submitFit` and `openClusterWorkers`. */
export async function resumeOnCluster(request: ResumeRequest, log: EventLog, signal: AbortSignal): Promise<Resumed> {
  const { directory, input, set, fromStart } = request;
  const { request: asked, configText } = await readRequest(directory);
  const config = parseConfig(configText, join(directory, CONFIG_FILE), set);
  log.countFrom(directory);
  const scheduler = await findScheduler(config.parallel, (warning) => log.record({ kind: 'warning', warning }));
  if (scheduler === null) return await resumeFit(request, log, signal);
  const file = input ?? (await placeOfInput(asked));
  await refuseMissingFile(file);
  await using workers = await openClusterWorkers(scheduler, config.parallel, workFolderOf(directory), log.record);
  if (fromStart) await forgetProgress(directory);
  const { work, argv } = asked;
  // What stands there is to be gone on with.
  const given = await fitInputOf({ file, config, output: directory, force: false, work, argv }, null);
  const context = { signal: AbortSignal.any([signal, workers.lost]), progress: log.record };
  try {
    return { kind: 'resumed', record: await submitFit(workers.backend, { ...given, set }, context) };
  } catch (error) {
    if (!isTwotimeError(error, 'Cancelled')) throw error;
    throw new Cancelled(error.message, { help: `go on with twotime resume ${directory}`, cause: error.cause });
  }
}

export async function fitInputOf(
  { file, config, output, force, work = 'fit', from, argv }: FitRunRequest,
  state: FitTaskInput['state'],
): Promise<FitTaskInput> {
  const replaces = force ? await beginOf(output) : null;
  return {
    file,
    state,
    config: plainConfig(config),
    output,
    replaces,
    work,
    from: from ?? null,
    set: [],
    argv,
    notes: [],
  };
}

/**
 * As the backend does; a job that somebody else cancelled is a failure of the fit, not its stop, and hosts that were lost
 * after one of them had finished the run are no failure.
 */
export async function submitFit(
  backend: ExecutionBackend,
  input: FitTaskInput,
  context: TaskContext & { readonly signal: AbortSignal },
): Promise<ResultRecord> {
  try {
    return await backend.submit(fitTask, input, context);
  } catch (error) {
    if (context.signal.aborted) throw error;
    const isCancelled = isTwotimeError(error, 'Cancelled');
    const finished = isCancelled || error instanceof TaskLost ? await finishedRun(input.output, input.replaces) : null;
    if (finished !== null) return finished;
    throw isCancelled ? new TaskLost(fitTask.name, [error.message]) : error;
  }
}

async function refuseMissingFile(file: string): Promise<void> {
  await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? 'there is no such file' : `the file cannot be opened (${cause.code})`;
    throw new InputRefused(what, { where: { file }, help: 'check the name', cause });
  });
}
