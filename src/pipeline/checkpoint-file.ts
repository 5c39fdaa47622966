/**
 * `checkpoint/fit.json`, `checkpoint/shards.json`: what a fit or a consensus has finished so far, kept while it goes on.
 *
 * The newest checkpoint replaces one that waits, and writing takes a small part of the time however large it grows.
 */
import { readFile } from 'node:fs/promises';
import { InputRefused, isTwotimeError, formatError, type ErrorLocation } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import { parseJson } from '../base/json.ts';
import { writeFileAtomically } from '../data/index.ts';
import { readFitCheckpoint, type FitCheckpoint } from '../nlsq/index.ts';

/** Least time between two writes, and the pause after one as a multiple of what it took. */
const PAUSE_MILLISECONDS = 100;
const PAUSE_PER_WRITING = 20;

export class CheckpointFile<Checkpoint = FitCheckpoint> {
  readonly #path: string;
  readonly #warn: (warning: Warning) => void;
  #next: Checkpoint | null = null;
  #writing: Promise<void> | null = null;
  #endPause: () => void = () => undefined;
  #isHurried = false;

  /** `warn` is told when a checkpoint cannot be written; the fit goes on without. */
  constructor(path: string, warn: (warning: Warning) => void) {
    this.#path = path;
    this.#warn = warn;
  }

  /** Keep a checkpoint, soon. Bound, so that it can be passed to a fit. */
  readonly save = (checkpoint: Checkpoint): void => {
    this.#next = checkpoint;
    this.#writing ??= this.#writeAll();
  };

  /** Resolves when the last checkpoint saved is in the file. */
  async settle(): Promise<void> {
    this.#isHurried = true;
    this.#endPause();
    await this.#writing;
    this.#isHurried = false;
  }

  async #writeAll(): Promise<void> {
    while (this.#next !== null) {
      const checkpoint = this.#next;
      this.#next = null;
      const started = performance.now();
      try {
        await writeFileAtomically(this.#path, JSON.stringify(checkpoint));
      } catch (error) {
        if (!isTwotimeError(error)) throw error;
        this.#warn({ code: 'checkpoint-not-written', text: formatError(error) });
      }
      await this.#pause(Math.max(PAUSE_MILLISECONDS, PAUSE_PER_WRITING * (performance.now() - started)));
    }
    this.#writing = null;
  }

  async #pause(milliseconds: number): Promise<void> {
    if (this.#isHurried) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The checkpoint of a fit in a file; null when there is none. Throws `InputRefused` when it is damaged. */
export function readCheckpoint(path: string): Promise<FitCheckpoint | null> {
  return readCheckpointAs(path, readFitCheckpoint);
}

/** The same for any checkpoint that `read` recognises. */
export async function readCheckpointAs<Checkpoint>(
  path: string,
  read: (value: unknown, where: ErrorLocation) => Checkpoint,
): Promise<Checkpoint | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new InputRefused(`the checkpoint cannot be read (${code})`, {
      where: { file: path },
      help: START_AGAIN,
      cause,
    });
  }
  try {
    return read(parseJson(text), { file: path });
  } catch (cause) {
    if (!isTwotimeError(cause, 'InputRefused')) throw cause;
    const what = cause.message;
    throw new InputRefused(`the checkpoint is damaged: ${what}`, { where: { file: path }, help: START_AGAIN, cause });
  }
}

const START_AGAIN = 'add --from-start to resume without it: the same result, but all the work again';
