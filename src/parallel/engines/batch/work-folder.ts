/**
 * The folder on the shared file system through which the driver and the hosts of a cluster work together.
 *
 * ```
 * engine.json             who it belongs to, and how hosts behave
 * tasks/ORDER-ID.N        attempt N of task ID, to be claimed; in the order of the names. With -DATA at the end where it
 *                         reads shared data: whoever holds these takes it first
 * leases/ID.N             who has claimed it; made exclusively
 * results/ID              the result: linked under its name when it is whole, so the first one counts
 * ended/ID.N              an attempt that ended without a result, and why
 * cancel/ID.N             an attempt that is to stop
 * data/NAME               arrays that tasks share
 * hosts/HOLDER            the ledger of one host
 * jobs/K/                 one submission: intent.json, script.sh, submitted.json, a log per element
 * spare                   jobs that have no shared data are needed for work that there is only
 * closed                  there is nothing more to do
 * refused                 why a host took nothing: its program is another
 * ```
 *
 * No file is changed once it has its name, except ledgers, which grow and have one writer. Nothing depends on the clocks of
 * machines.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isTwotimeError, OutputFailed } from '../../../base/errors.ts';
import { makeFolder } from '../../../data/index.ts';

const FOLDERS = ['tasks', 'leases', 'results', 'ended', 'cancel', 'data', 'hosts', 'jobs', 'new'] as const;

/** One attempt in the folder. */
export interface TaskName {
  readonly order: number;
  readonly id: string;
  readonly number: number;
  /** Which shared data it reads, in short. */
  readonly data?: string | undefined;
}

export class WorkFolder {
  readonly path: string;
  #lastTemporary = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Make it, or one more folder in it. */
  async make(name?: string): Promise<void> {
    if (name === undefined) await makeFolder(this.path);
    for (const one of name === undefined ? FOLDERS : [name]) await mkdir(this.file(one), { recursive: true });
  }

  /** As it was when it was made; what is not of work stays. */
  async clear(): Promise<void> {
    for (const name of [...FOLDERS, 'engine.json', 'closed', 'refused', 'spare']) await this.remove(name);
    await this.make();
  }

  file(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  /**
   * Write a file that appears whole or not at all; what has the name already is replaced. It is not waited for the disk:
   * such files are small, and what a crash leaves of them is noticed by their checksum.
   */
  async put(bytes: Uint8Array | string, ...names: readonly string[]): Promise<void> {
    const temporary = await this.#write(bytes, false);
    await rename(temporary, this.file(...names));
  }

  /** Write a file that is on the disk before it has its name; what has the name already stays. Whether this one got it. */
  async commit(bytes: Uint8Array | string, ...names: readonly string[]): Promise<boolean> {
    const temporary = await this.#write(bytes, true);
    try {
      await link(temporary, this.file(...names));
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      return false;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Make a small file that only one of several can make; whether this one did. */
  async claim(text: string, ...names: readonly string[]): Promise<boolean> {
    try {
      await writeFile(this.file(...names), text, { flag: 'wx' });
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      return false;
    }
  }

  /** Null when there is no such file. */
  async read(...names: readonly string[]): Promise<Buffer | null> {
    return await readIfThere(this.file(...names));
  }

  async remove(...names: readonly string[]): Promise<void> {
    await rm(this.file(...names), { force: true, recursive: true });
  }

  async list(...names: readonly string[]): Promise<string[]> {
    try {
      return await readdir(this.file(...names));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      return [];
    }
  }

  /** Attempts that nobody has taken yet, in order. */
  async tasks(): Promise<TaskName[]> {
    const names = await this.list('tasks');
    return names.toSorted().flatMap((name) => parseTaskName(name) ?? []);
  }

  async #write(bytes: Uint8Array | string, durable: boolean): Promise<string> {
    const temporary = this.file(
      'new',
      `${hostname()}.${process.pid}.${++this.#lastTemporary}.${randomBytes(4).toString('hex')}`,
    );
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(bytes);
      if (durable) await handle.sync();
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return temporary;
  }
}

/** Let jobs without shared data end that find nothing to do for some seconds, however long they would wait otherwise. */
export async function dismissSpare(folder: string): Promise<void> {
  await new WorkFolder(folder).put('', 'spare');
}

export function taskFileName({ order, id, number, data }: TaskName): string {
  return `${String(order).padStart(8, '0')}-${attemptName(id, number)}${data === undefined ? '' : `-${data}`}`;
}

export function attemptName(id: string, number: number): string {
  return `${id}.${number}`;
}

function parseTaskName(name: string): TaskName | null {
  const match = /^(\d{8,})-([\da-f]+)\.([1-9]\d*)(?:-([\da-f]+))?$/.exec(name);
  if (match === null) return null;
  const [, order, id, number, data] = match;
  return { order: Number(order), id: id!, number: Number(number), data };
}

export async function readIfThere(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** What is told of a folder that cannot be used. */
export function folderError(error: unknown, folder: string): Error {
  if (isTwotimeError(error)) return error;
  return new OutputFailed(`the work folder of the cluster cannot be used (${codeOf(error) ?? String(error)})`, {
    where: { file: folder },
    cause: error,
  });
}
