/** Whether an output can be written: refused before any work is done, and nothing is written to find out. */
import { access, constants, readdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OutputRefused } from '../base/errors.ts';
import { EVENTS_FILE } from './event-log.ts';
import { isLockFile, RunLock } from './run-lock.ts';
import { CHECKPOINT_FOLDER } from './run-request.ts';

export interface Occupancy {
  readonly exists: boolean;
  /** It is a run directory that may be replaced. */
  readonly occupied: boolean;
}

/** Refuse an output folder that holds something else than a run directory that `force` may replace. */
export async function examine(path: string, force: boolean): Promise<Occupancy> {
  // Resolved it would be the folder the program was started in.
  if (path === '') throw new OutputRefused('the name of the output folder is empty', { help: 'name a folder with -o' });
  let entries: string[];
  try {
    entries = await readdir(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return { exists: false, occupied: false };
    const message = code === 'ENOTDIR' ? 'the output is not a folder' : `the output cannot be read (${code})`;
    throw new OutputRefused(message, { where: { file: path }, help: 'choose another folder with -o', cause });
  }
  if (entries.every(isLockFile)) return { exists: true, occupied: false };
  if (!force) {
    throw new OutputRefused('the output folder is not empty', { where: { file: path }, help: adviceOn(path, entries) });
  }
  if (!entries.includes(EVENTS_FILE)) {
    throw new OutputRefused(`the folder is not a run directory (no ${EVENTS_FILE}); --force replaces only those`, {
      where: { file: path },
      help: 'choose another folder with -o',
    });
  }
  return { exists: true, occupied: true };
}

function adviceOn(path: string, entries: readonly string[]): string {
  if (entries.includes(CHECKPOINT_FOLDER)) {
    return `choose another folder with -o, go on with this run by twotime resume ${path}, or replace it with --force`;
  }
  if (entries.includes(EVENTS_FILE)) return 'choose another folder with -o, or replace this run with --force';
  return 'choose another folder with -o';
}

/** The nearest existing folder above a path, or it; `OutputRefused` unless it is a writable one. */
export async function checkWritable(path: string): Promise<string> {
  let place = resolve(path);
  for (;;) {
    try {
      const facts = await stat(place);
      if (!facts.isDirectory()) {
        throw new OutputRefused('the output lies inside something that is not a folder', { where: { file: place } });
      }
      await access(place, constants.W_OK);
      return place;
    } catch (cause) {
      if (cause instanceof OutputRefused) throw cause;
      const code = (cause as NodeJS.ErrnoException).code;
      const above = dirname(place);
      if ((code !== 'ENOENT' && code !== 'ENOTDIR') || above === place) throw notWritable(place, cause);
      place = above;
    }
  }
}

export function notWritable(path: string, cause: unknown): OutputRefused {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new OutputRefused(`the output cannot be written (${code})`, {
    where: { file: path },
    help: 'choose a folder you may write to with -o',
    cause,
  });
}

/**
 * An existing folder on the disk of the output for what a run puts aside: beside the run directory, since a network file
 * system keeps a name in it and the run directory is to be empty; in it where nothing else may be written.
 */
export async function folderBeside(path: string): Promise<string> {
  try {
    return await checkWritable(dirname(resolve(path)));
  } catch (error) {
    if (!(error instanceof OutputRefused)) throw error;
    return await checkWritable(path);
  }
}

/** Refuse an unusable output before any work is done; writes nothing. */
export async function checkRunDirectory(path: string, force: boolean): Promise<void> {
  const { exists } = await examine(path, force);
  if (exists) await RunLock.check(path);
  await checkWritable(path);
}
