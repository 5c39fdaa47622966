/** Read the events of a run from its folder, also while it is at work. */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { InputRefused, isTwotimeError } from '../base/errors.ts';
import { pause } from '../base/pause.ts';
import { EVENTS_FILE, type RecordedEvent } from './event-log.ts';
import { RunLock } from './run-lock.ts';

const LOOK_EVERY_MILLISECONDS = 300;
const PIECE_BYTES = 262_144;

export interface EventReading {
  /** Go on as long as a process works on the run. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/**
 * The events in order; null for a line that is not whole, as a killed process leaves it. Throws `InputRefused` for a folder
 * that is no run.
 */
export async function* readEvents(
  run: string,
  { follow, signal }: EventReading,
): AsyncGenerator<RecordedEvent | null, void, undefined> {
  const handle = await openEvents(run);
  try {
    const decoder = new TextDecoder();
    let rest = '';
    let at = 0;
    while (!signal.aborted) {
      // Asked before reading: what is written until a process ends is read after it ended.
      const isOver = !follow || !(await isAtWork(run));
      for (;;) {
        const { bytesRead, buffer } = await handle.read({ buffer: new Uint8Array(PIECE_BYTES), position: at });
        if (bytesRead === 0) break;
        at += bytesRead;
        const lines = (rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') yield parseEvent(line);
      }
      if (isOver) break;
      await pause(LOOK_EVERY_MILLISECONDS, signal);
    }
    if (rest !== '' && !signal.aborted) yield parseEvent(rest);
  } finally {
    await handle.close();
  }
}

async function openEvents(run: string): Promise<FileHandle> {
  const where = { file: run };
  const facts = await stat(run).catch(() => null);
  if (facts?.isDirectory() !== true) {
    const what = facts === null ? 'there is no such run' : 'this is a file, not a run';
    throw new InputRefused(what, { where, help: 'name the folder that twotime fit was given with -o' });
  }
  try {
    return await open(join(run, EVENTS_FILE), 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'this folder is not a run' : `the events of the run cannot be read (${code})`;
    throw new InputRefused(what, { where, help: 'name a run; those of a batch are folders in it', cause });
  }
}

function parseEvent(line: string): RecordedEvent | null {
  try {
    const event = JSON.parse(line) as RecordedEvent;
    return typeof event === 'object' && event !== null && typeof event.kind === 'string' ? event : null;
  } catch {
    return null;
  }
}

/** Whether a process works on a run; not when the run is gone, as one that was stopped early is. */
async function isAtWork(run: string): Promise<boolean> {
  try {
    await RunLock.check(run);
    return false;
  } catch (error) {
    if (isTwotimeError(error, 'OutputRefused')) return true;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
