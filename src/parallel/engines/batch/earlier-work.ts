/** What an earlier driver left in a work folder: results, attempts at work, jobs. */
import { randomBytes } from 'node:crypto';
import { differenceOf, thisProgram } from '../../host/index.ts';
import type { AttemptStore } from './attempt-store.ts';
import { endJobs } from './detached.ts';
import { engineFileOf, readEngineFile, writeEngineFile, type EngineFile } from './engine-file.ts';
import type { BatchEngineOptions } from './options.ts';
import type { WorkFolder } from './work-folder.ts';

export interface EarlierWork {
  /** Tasks with a result. */
  readonly known: ReadonlySet<string>;
  /** The last attempt of every task. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Attempts that may be at work, by task. */
  readonly running: ReadonlyMap<string, { readonly number: number; readonly holder: string }>;
}

/** What nobody has begun is taken away, to be offered again by whoever still wants it. */
export async function findEarlierWork(folder: WorkFolder, store: AttemptStore): Promise<EarlierWork> {
  for (const task of await folder.tasks()) await store.withdraw(task);
  const known = new Set(await folder.list('results'));
  const ended = new Set(await folder.list('ended'));
  const numbers = new Map<string, number>();
  const running = new Map<string, { number: number; holder: string }>();
  for (const name of await folder.list('leases')) {
    const [id = '', text = ''] = name.split('.');
    const number = Number(text);
    const last = Math.max(numbers.get(id) ?? 0, number);
    numbers.set(id, last);
    if (number < last || ended.has(name) || known.has(id)) continue;
    const holder = await store.holderOf(id, number);
    if (holder === null) running.delete(id);
    else running.set(id, { number, holder });
  }
  return { known, numbers, running };
}

/**
 * Make a work folder for a driver of this program. `isEarlier`: there is work of an earlier driver in it to take up. That of
 * another program is not taken up: its jobs are ended, of which `warn` is told.
 */
export async function openWorkFolder(
  folder: WorkFolder,
  options: BatchEngineOptions & Pick<EngineFile, 'poll'>,
  warn: (text: string) => void,
): Promise<{ readonly token: string; readonly isEarlier: boolean }> {
  await folder.make();
  let before = await readEngineFile(folder);
  const difference = before === null ? null : differenceOf(before.program, await thisProgram());
  if (difference !== null) {
    warn(`earlier jobs are of another program (${difference}): they are ended, and their work is begun again`);
    await endJobs(options);
    await folder.clear();
    before = null;
  }
  const token = before?.token ?? randomBytes(4).toString('hex');
  await writeEngineFile(folder, await engineFileOf({ ...options, token, detached: false }));
  return { token, isEarlier: before !== null };
}
