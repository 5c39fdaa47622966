/**
 * Notice a file that changes while it is read: numbers of a file that is being written belong to no one state of it.
 *
 * Size, time of the last change and identity are compared, so a file that was replaced by another one counts as changed.
 */
import { statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { InputRefused } from '../base/errors.ts';

/** Systems tell times of change in steps of up to this; two changes within one step look like one. */
const COARSEST_STEP = 20;

export class FileState {
  readonly #path: string;
  readonly #shown: string;
  #before: BigIntStats | undefined;

  private constructor(path: string, shown: string) {
    this.#path = path;
    this.#shown = shown;
    this.#before = stateOf(path);
  }

  /**
   * The state before the first byte is read. A file written to just now is left alone until another change would show;
   * one that is written to meanwhile is refused. A path that cannot be examined is left to whoever opens it.
   */
  static async of(path: string, shown: string): Promise<FileState> {
    const state = new FileState(path, shown);
    if (isFresh(state.#before)) {
      await new Promise((resolve) => setTimeout(resolve, COARSEST_STEP));
      state.assertUnchanged();
      state.#before = stateOf(path);
    }
    return state;
  }

  /** Bytes; 0 if the file cannot be examined. */
  get size(): number {
    return Number(this.#before?.size ?? 0);
  }

  /** Throws `InputRefused` if the file is not what it was. */
  assertUnchanged(): void {
    const before = this.#before;
    if (before === undefined) return;
    const after = stateOf(this.#path);
    const how = after === undefined ? 'it has disappeared' : difference(before, after);
    if (how === null) return;
    throw new InputRefused(`the file changed while it was read: ${how}`, {
      where: { file: this.#shown },
      help: 'wait until writing it has finished, then run again',
    });
  }

  /** The error to report when reading failed with `error`: if the file changed, that is the cause of whatever was found. */
  explain(error: unknown): unknown {
    if (!(error instanceof InputRefused)) return error;
    try {
      this.assertUnchanged();
      return error;
    } catch (change) {
      return change;
    }
  }
}

/** By the clock of this machine; times in the future come from another one and say nothing. */
function isFresh(state: BigIntStats | undefined): boolean {
  if (state === undefined) return false;
  const age = Date.now() - Number(state.mtimeMs);
  return age >= 0 && age < COARSEST_STEP;
}

function stateOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

function difference(before: BigIntStats, after: BigIntStats): string | null {
  if (after.ino !== before.ino || after.dev !== before.dev) return 'another file has taken its place';
  if (after.size !== before.size) return `it had ${before.size} bytes and has ${after.size}`;
  if (after.mtimeNs !== before.mtimeNs) return 'it was written to';
  return null;
}
