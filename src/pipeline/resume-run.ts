/** Go on with a run that was stopped or killed, from what its folder says, to the result of one that never was. */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Cancelled, InputRefused, isTwotimeError } from '../base/errors.ts';
import { parseConfig } from '../config/index.ts';
import { writeFileAtomically } from '../data/index.ts';
import { loadKernels } from '../kernels/index.ts';
import type { FitCheckpoint } from '../nlsq/index.ts';
import type { ResultRecord } from '../results/index.ts';
import { readCheckpoint } from './checkpoint-file.ts';
import { CHAINS_FILE } from './chain-journal.ts';
import { completeFit, type RunToComplete } from './complete-fit.ts';
import { EVENTS_FILE, type EventLog } from './event-log.ts';
import { prepareFit, type PreparedFit, type SharedCompute } from './prepare-fit.ts';
import { RunDirectory, statusOf } from './run-directory.ts';
import {
  CHECKPOINT_FOLDER,
  CONFIG_FILE,
  FIT_CHECKPOINT_FILE,
  readRequest,
  REQUEST_FILE,
  requestText,
  SHARDS_CHECKPOINT_FILE,
  type RunRequest,
} from './run-request.ts';
import { packageVersion } from './versions.ts';

export interface ResumeRequest {
  readonly directory: string;
  /** Where the input is now; null: where it was. */
  readonly input: string | null;
  /** `key.path=value` of keys without influence on the result, such as `parallel.workers`. */
  readonly set: readonly string[];
  /** Do all the work again, without the checkpoint. */
  readonly fromStart: boolean;
}

export type Resumed =
  | { readonly kind: 'resumed'; readonly record: ResultRecord }
  /** There was nothing to do, and nothing was touched; `text` is the content of `result.json`. */
  | { readonly kind: 'finished'; readonly status: string; readonly text: string };

/**
 * Go on with the run in a folder. Throws `InputRefused` when the folder is not a run or the input is not the one it began
 * with, `OutputRefused` while another process works on it. Whatever is thrown, the folder can still be resumed.
 */
export async function resumeFit(request: ResumeRequest, log: EventLog, signal: AbortSignal): Promise<Resumed> {
  const path = request.directory;
  await refuseOtherThings(path);
  // Before the lock, so that a finished run in a read-only place is recognised; and again with it.
  const finished = await readFinished(path);
  if (finished !== null) return finished;
  const directory = await RunDirectory.reopen(path);
  try {
    const done = await readFinished(path);
    if (done !== null) return done;
    const run = await takeUp(request, directory, log, signal);
    await using _data = run.prepared;
    return { kind: 'resumed', record: await completeFit(run, log, signal) };
  } catch (error) {
    if (!isTwotimeError(error, 'Cancelled')) throw error;
    throw new Cancelled(error.message, { help: `go on with twotime resume ${path}`, cause: error.cause });
  } finally {
    log.abandon();
    await directory.leave();
  }
}

/**
 * Read and check everything a run goes on with, in a directory that was reopened; with `shared`, within the threads and
 * memory of several. Whoever asks disposes of the data and leaves the directory.
 */
export async function takeUp(
  { input, set, fromStart }: Omit<ResumeRequest, 'directory'>,
  directory: RunDirectory,
  log: EventLog,
  signal: AbortSignal,
  shared?: SharedCompute,
): Promise<RunToComplete> {
  const { path } = directory;
  log.countFrom(path);
  if (directory.takenOver !== null) log.record({ kind: 'log', level: 'warning', text: directory.takenOver });
  const { request: asked, configText } = await readRequest(path);
  const checkpoint = fromStart ? null : await readCheckpoint(directory.file(FIT_CHECKPOINT_FILE));
  log.record({ kind: 'log', level: 'info', text: describe(checkpoint, fromStart) });
  const resumed = new Date().toISOString();
  const config = parseConfig(configText, directory.file(CONFIG_FILE), set);
  const request = {
    file: input ?? (await placeOfInput(asked)),
    config: { ...config, file: asked.config.file === '' ? null : asked.config.file },
    output: path,
    force: false,
    work: asked.work,
    ...(asked.neighbour === undefined ? {} : { neighbour: asked.neighbour }),
    argv: asked.argv,
  };
  await using owned = new AsyncDisposableStack();
  const prepared = owned.use(await prepareFit(request, log, { signal, progress: log.record }, shared));
  refuseOtherInput(prepared, asked, request.file);
  const program = { twotime: packageVersion(), kernels: prepared.compute.kernels.hash };
  if (fromStart) await forget(directory, asked, program);
  else refuseOtherProgram(program, asked, path);
  await directory.removeHalfFiles();
  const { started } = asked;
  owned.move();
  return { request, prepared, directory, configText, started, resumed, checkpoint };
}

/** The run is as it was when it began, for this program. */
async function forget(directory: RunDirectory, asked: RunRequest, program: RunRequest['program']): Promise<void> {
  await writeFileAtomically(directory.file(REQUEST_FILE), requestText({ ...asked, program }));
  for (const file of [FIT_CHECKPOINT_FILE, CHAINS_FILE, SHARDS_CHECKPOINT_FILE])
    await rm(directory.file(file), { force: true });
}

/** Throw away what a run has done so far, for whoever then goes on with it elsewhere. Throws as `resumeFit`. */
export async function forgetProgress(path: string): Promise<void> {
  const directory = await RunDirectory.reopen(path);
  try {
    const { request } = await readRequest(path);
    await forget(directory, request, { twotime: packageVersion(), kernels: (await loadKernels()).hash });
  } finally {
    await directory.leave();
  }
}

async function refuseOtherThings(path: string): Promise<void> {
  const where = { file: path };
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? 'there is no such run' : `the run cannot be read (${cause.code})`;
    throw new InputRefused(what, { where, help: 'name the folder that twotime fit was given with -o', cause });
  });
  if (!found.isDirectory()) {
    throw new InputRefused('this is a file, not a run', { where, help: 'name the folder that holds it' });
  }
  // A folder that another process replaces meanwhile may have one of them only.
  const names = new Set(await readdir(path));
  if (names.has(EVENTS_FILE) || names.has(CONFIG_FILE) || names.has(CHECKPOINT_FOLDER)) return;
  throw new InputRefused('this folder is not a run', {
    where,
    help: 'name the folder that twotime fit was given with -o; a batch goes on with the same twotime batch command',
  });
}

async function readFinished(path: string): Promise<(Resumed & { kind: 'finished' }) | null> {
  const status = await statusOf(path);
  if (status === null || status === 'cancelled' || (await isAsked(path))) return null;
  return { kind: 'finished', status, text: await readFile(join(path, 'result.json'), 'utf8') };
}

/** Whether there is work to do: a run that has ended was relieved of its request, and one that is extended has a new one. */
async function isAsked(path: string): Promise<boolean> {
  return await stat(join(path, REQUEST_FILE)).then(
    () => true,
    () => false,
  );
}

function describe(checkpoint: FitCheckpoint | null, fromStart: boolean): string {
  if (fromStart) return 'resuming from the start, without the checkpoint';
  if (checkpoint === null) return 'resuming from the start: the run was ended before its first checkpoint';
  const { length } = checkpoint.pieces;
  const pieces = length === 1 ? 'one finished piece of the fit is' : `${length} finished pieces of the fit are`;
  return `resuming: ${pieces} taken from the checkpoint`;
}

/** As the user named it if that still leads there, so that the files of the run read the same. */
export async function placeOfInput({ input }: RunRequest): Promise<string> {
  const isThere = await stat(input.path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  );
  if (!isThere) {
    throw new InputRefused('the input of the run is no longer there', {
      where: { file: input.path },
      help: 'put it back, or name its new place with --input',
    });
  }
  return resolve(input.file) === input.path ? input.file : input.path;
}

function refuseOtherInput({ dataset }: PreparedFit, { input }: RunRequest, file: string): void {
  const { contentHash } = dataset.source;
  if (contentHash === input.contentHash) return;
  throw new InputRefused('the data are not those the run began with', {
    where: { file },
    help:
      `put back the file whose data have the content hash ${input.contentHash.slice(0, 12)}… (now ` +
      `${contentHash.slice(0, 12)}…) or name it with --input, or begin a new run with twotime fit`,
  });
}

function refuseOtherProgram(now: RunRequest['program'], { program }: RunRequest, path: string): void {
  if (now.twotime === program.twotime && now.kernels === program.kernels) return;
  const text = ({ twotime, kernels }: RunRequest['program']): string => `${twotime} (kernels ${kernels.slice(0, 12)})`;
  throw new InputRefused(`the run was begun by twotime ${text(program)}, and this is ${text(now)}`, {
    where: { file: path },
    help: 'resume it with that version, or add --from-start to do all the work again with this one',
  });
}
