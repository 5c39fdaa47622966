/**
 * A run directory: made only when there is something to put in it, never over anything else.
 *
 * `--force` replaces a run directory (one that holds `events.ndjson`) and nothing else. The old one is set aside first
 * and comes back if the new run cannot be written.
 */
import { access, constants, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OutputRefused } from '../base/errors.ts';
import { makeFolder } from '../data/index.ts';
import { EVENTS_FILE } from './event-log.ts';

interface Occupancy {
  readonly exists: boolean;
  readonly occupied: boolean;
}

async function examine(path: string, force: boolean): Promise<Occupancy> {
  let entries: string[];
  try {
    entries = await readdir(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return { exists: false, occupied: false };
    const message = code === 'ENOTDIR' ? 'the output is not a folder' : `the output cannot be read (${code})`;
    throw new OutputRefused(message, { where: { file: path }, help: 'choose another folder with -o', cause });
  }
  if (entries.length === 0) return { exists: true, occupied: false };
  if (!force) {
    throw new OutputRefused('the output folder is not empty', {
      where: { file: path },
      help: entries.includes(EVENTS_FILE)
        ? 'choose another folder with -o, or replace this run with --force'
        : 'choose another folder with -o',
    });
  }
  if (!entries.includes(EVENTS_FILE)) {
    throw new OutputRefused(`the folder is not a run directory (no ${EVENTS_FILE}); --force replaces only those`, {
      where: { file: path },
      help: 'choose another folder with -o',
    });
  }
  return { exists: true, occupied: true };
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

function notWritable(path: string, cause: unknown): OutputRefused {
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
  await examine(path, force);
  await checkWritable(path);
}

export class RunDirectory {
  readonly path: string;
  readonly #aside: string | null;

  private constructor(path: string, aside: string | null) {
    this.path = path;
    this.#aside = aside;
  }

  /** Make the folder; an existing run is set aside when `force` allows it. */
  static async create(path: string, force: boolean): Promise<RunDirectory> {
    const { occupied } = await examine(path, force);
    let aside: string | null = null;
    try {
      if (occupied) {
        aside = join(dirname(resolve(path)), `.${basename(resolve(path))}.replaced-${process.pid}`);
        await rename(path, aside);
      }
      await makeFolder(resolve(path));
    } catch (cause) {
      if (aside !== null) await rename(aside, path).catch(() => undefined);
      throw notWritable(path, cause);
    }
    return new RunDirectory(path, aside);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** The run is complete: the one it replaces goes. */
  async keep(): Promise<void> {
    if (this.#aside !== null) await rm(this.#aside, { recursive: true, force: true });
  }

  /** The run could not be written: remove what is there, bring back what was replaced. */
  async discard(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    if (this.#aside !== null) await rename(this.#aside, this.path);
  }
}
