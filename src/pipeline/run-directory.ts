/**
 * A run directory: made only when there is something to put in it, never over anything else, and locked while in use.
 *
 * A new one is put together under another name, so that whenever its process is killed there is either no run or one that
 * can be resumed; only in a folder that is there already, and empty, the files appear one by one. `--force` replaces a run
 * directory (one that holds `events.ndjson`) and nothing else. The old one is set aside first and comes back if the new run
 * cannot be written.
 */
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OutputFailed, OutputRefused } from '../base/errors.ts';
import { makeFolder, outputFailed, writeFileAtomically } from '../data/index.ts';
import { EVENTS_FILE } from './event-log.ts';
import { examine, notWritable } from './output-folder.ts';
import { RunLock } from './run-lock.ts';
import { CHECKPOINT_FOLDER } from './run-request.ts';

/** What `--force` replaces, while the new run is not whole. */
interface Aside {
  readonly path: string;
  /** Null when it was set aside by an earlier process, which was killed. */
  readonly lock: RunLock | null;
}

export class RunDirectory {
  /** As the user named it. */
  readonly path: string;
  readonly #lock: RunLock;
  readonly #aside: Aside | null;

  private constructor(path: string, lock: RunLock, aside: Aside | null) {
    this.path = path;
    this.#lock = lock;
    this.#aside = aside;
  }

  /**
   * Make the folder with `contents`, texts by their name; an existing run is set aside when `force` allows it. Throws
   * `OutputRefused`, with everything as it was.
   */
  static async create(path: string, force: boolean, contents: Readonly<Record<string, string>>): Promise<RunDirectory> {
    const { exists, occupied } = await examine(path, force);
    const target = resolve(path);
    const isInPlace = exists && !occupied;
    const place = isInPlace ? target : besides(target, `new-${process.pid}`);
    let aside: Aside | null = null;
    let lock: RunLock | null = null;
    try {
      if (occupied) aside = await setAside(target);
      await makeFolder(place);
      lock = await RunLock.acquire(place);
      for (const [name, text] of Object.entries(contents)) await writeFileAtomically(join(place, name), text);
      if (!isInPlace) await rename(place, target);
      lock.movedTo(target);
      return new RunDirectory(path, lock, aside);
    } catch (cause) {
      await lock?.release();
      const made = isInPlace ? Object.keys(contents).map((name) => join(place, topOf(name))) : [place];
      // Without the lock, what is in the folder is another process's.
      if (!isInPlace || lock !== null) for (const one of made) await rm(one, { recursive: true, force: true });
      if (aside !== null) await bringBack(aside, target);
      if (cause instanceof OutputRefused) throw cause;
      // The user is to get `path`, whatever it was called while it was put together.
      if (cause instanceof OutputFailed) throw outputFailed(path, (cause.cause as NodeJS.ErrnoException).code, cause);
      throw notWritable(path, cause);
    }
  }

  /** Take up a run that was stopped or killed. Throws `OutputRefused` while another process works on it. */
  static async reopen(path: string): Promise<RunDirectory> {
    const target = resolve(path);
    const lock = await RunLock.acquire(target);
    const replaced = besides(target, 'replaced');
    return new RunDirectory(path, lock, (await isRunDirectory(replaced)) ? { path: replaced, lock: null } : null);
  }

  /** What became of the lock that was there, in words; null when there was none. */
  get takenOver(): string | null {
    return this.#lock.takenOver;
  }

  /** Aborts when another process took the folder over: then nothing may be written or removed any more. */
  get lost(): AbortSignal {
    return this.#lock.lost;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Remove what a killed process had begun to write. */
  async removeHalfFiles(): Promise<void> {
    for (const folder of ['.', 'plots', CHECKPOINT_FOLDER]) {
      const names: readonly string[] = await readdir(this.file(folder)).catch(() => []);
      const halves = names.filter((name) => /^\..+\.tmp$/.test(name));
      for (const name of halves) await rm(join(this.file(folder), name), { force: true });
    }
  }

  /** The run has a result: the one it replaces goes, and the checkpoint with it when the run is whole. */
  async keep(isWhole: boolean): Promise<void> {
    if (this.lost.aborted) return;
    if (isWhole) await rm(this.file(CHECKPOINT_FOLDER), { recursive: true, force: true });
    if (this.#aside !== null) await rm(this.#aside.path, { recursive: true, force: true });
    await this.#aside?.lock?.release();
    await this.#lock.release();
  }

  /** Leave everything as it is, to be resumed. */
  async leave(): Promise<void> {
    await this.#lock.release();
  }

  /** The run could not be written: remove what is there, bring back what was replaced. */
  async discard(): Promise<void> {
    if (this.lost.aborted) return;
    await this.#lock.release();
    await rm(this.path, { recursive: true, force: true });
    if (this.#aside !== null) await bringBack(this.#aside, resolve(this.path));
  }
}

/** A hidden folder beside another. */
function besides(target: string, what: string): string {
  return join(dirname(target), `.${basename(target)}.${what}`);
}

function topOf(name: string): string {
  return name.split(/[/\\]/)[0]!;
}

async function isRunDirectory(path: string): Promise<boolean> {
  const names: readonly string[] = await readdir(path).catch(() => []);
  return names.includes(EVENTS_FILE);
}

/**
 * Give a run that is to be replaced another name. What a killed process had set aside is still what comes back when the
 * run in between is not whole.
 */
async function setAside(target: string): Promise<Aside> {
  const path = besides(target, 'replaced');
  const lock = await RunLock.acquire(target);
  try {
    if (await isRunDirectory(path)) {
      if (!(await isWholeRun(target))) {
        await rm(target, { recursive: true });
        await lock.release();
        return { path, lock: null };
      }
      await rm(path, { recursive: true });
    }
    await rename(target, path);
    lock.movedTo(path);
    return { path, lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function bringBack(aside: Aside, target: string): Promise<void> {
  await rename(aside.path, target);
  aside.lock?.movedTo(target);
  await aside.lock?.release();
}

/** Status in the `result.json` of a run; null when it has none. */
export async function statusOf(directory: string): Promise<string | null> {
  try {
    const record: unknown = JSON.parse(await readFile(join(directory, 'result.json'), 'utf8'));
    if (typeof record === 'object' && record !== null && 'status' in record) return String(record.status);
    return null;
  } catch {
    return null;
  }
}

/** A run is whole when it has a result and was not stopped before it ended. */
export async function isWholeRun(directory: string): Promise<boolean> {
  const status = await statusOf(directory);
  return status !== null && status !== 'cancelled';
}
