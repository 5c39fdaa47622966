/**
 * A batch that grows: files are fitted as they appear in a folder, each once it is whole.
 *
 * A file counts as whole when it has not changed for a while, from one look to the next; one that changes later and could
 * not be used before is tried again. The folder is looked at again and again, which works on every file system.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputRefused } from '../../base/errors.ts';
import { pause } from '../../base/pause.ts';
import type { TaskContext } from '../../base/task-context.ts';
import type { BatchRequest } from './batch-plan.ts';
import { runBatch, type BatchEvent, type BatchOutcome } from './run-batch.ts';

const DATA_FILE = /^[^.].*\.(?:h5|hdf|hdf5|npz|npy)$/i;
const LOOK_EVERY_SECONDS = 1;

export interface WatchRequest {
  readonly folder: string;
  /** A file is whole when it has not changed for so long, s. */
  readonly settle: number;
}

export interface WatchListener {
  /** The folder can be read, and is looked at from now on. */
  readonly begun: () => void;
  readonly tell: (event: BatchEvent) => void;
  /** After every round. */
  readonly after: (outcome: BatchOutcome) => Promise<{ readonly isOver: boolean }>;
}

/**
 * Run the batch on the files of a folder until the context is aborted or a round `isOver`. Throws `InputRefused` when the
 * folder cannot be read.
 */
export async function watchFolder(
  request: BatchRequest,
  { folder, settle }: WatchRequest,
  { begun, tell, after }: WatchListener,
  context: TaskContext & { readonly signal: AbortSignal },
): Promise<void> {
  const { signal } = context;
  const [set] = request.sets;
  /** States of the files at the last look, and when they were fitted. */
  let before = new Map<string, string>();
  const done = new Map<string, string>();
  await statesOf(folder, settle);
  begun();
  while (!signal.aborted) {
    const now = await statesOf(folder, settle);
    const ready = [...now].filter(([file, { state, isQuiet }]) => {
      return isQuiet && before.get(file) === state && done.get(file) !== state;
    });
    before = new Map([...now].map(([file, { state }]) => [file, state]));
    if (ready.length > 0) {
      for (const [file, { state }] of ready) done.set(file, state);
      const files = ready.map(([file]) => file).toSorted(new Intl.Collator('en', { numeric: true }).compare);
      const outcome = await runBatch({ ...request, sets: [{ ...set, files }] }, tell, context);
      if ((await after(outcome)).isOver) return;
    }
    await pause(1000 * Math.min(LOOK_EVERY_SECONDS, Math.max(settle, 0.05)), signal);
  }
}

interface FileLook {
  readonly state: string;
  /** It has not changed for a while, by the clock of this machine. */
  readonly isQuiet: boolean;
}

async function statesOf(folder: string, settle: number): Promise<Map<string, FileLook>> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new InputRefused(`the folder to watch cannot be read (${cause.code})`, {
      where: { file: folder },
      help: 'name the folder that new files appear in',
      cause,
    });
  });
  const looks = new Map<string, FileLook>();
  for (const name of names.filter((one) => DATA_FILE.test(one))) {
    const file = join(folder, name);
    const found = await stat(file).catch(() => null);
    if (found === null || !found.isFile()) continue;
    const isQuiet = Math.abs(Date.now() - found.mtimeMs) >= 1000 * settle;
    looks.set(file, { state: `${found.ino}/${found.size}/${found.mtimeMs}`, isQuiet });
  }
  return looks;
}
