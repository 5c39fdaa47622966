/**
 * One append-only stream of what happens in a run, kept in `events.ndjson` and shown live by any number of listeners.
 *
 * Events that happen before the run directory exists (reading the data) are held and written as soon as it does, so
 * the file always tells the whole story. A resumed run appends to the same file and counts on; a line that a killed
 * process left half stays as it is, on a line of its own.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { OutputFailed } from '../base/errors.ts';
import type { RunEvent, Warning } from '../base/events.ts';
import { outputFailed } from '../data/atomic-file.ts';

/** An event as it stands in the file: numbered, with wall-clock (UTC) and time since the process began, in seconds. */
export type RecordedEvent = RunEvent & { readonly seq: number; readonly utc: string; readonly elapsed: number };

export type EventListener = (event: RecordedEvent) => void;

export const EVENTS_FILE = 'events.ndjson';

const FLUSH_MILLISECONDS = 500;

export class EventLog {
  readonly #started = performance.now();
  readonly #listeners: EventListener[] = [];
  readonly #warnings: Warning[] = [];
  #held: string[] = [];
  #descriptor: number | null = null;
  #file = '';
  #seq = 0;
  /** When, ms as `performance.now` counts. */
  #flushed = 0;

  /** Call `listener` for every event from now on. */
  listen(listener: EventListener): void {
    this.#listeners.push(listener);
  }

  /** Every warning so far, in order. */
  get warnings(): readonly Warning[] {
    return this.#warnings;
  }

  /** Record one event. Bound, so that it can be passed as a `progress` callback. A repeated warning is told once. */
  readonly record = (event: RunEvent): void => {
    if (event.kind === 'warning' && this.#isKnown(event.warning)) return;
    const recorded: RecordedEvent = {
      seq: this.#seq++,
      utc: new Date().toISOString(),
      elapsed: Math.round(performance.now() - this.#started) / 1000,
      ...event,
    };
    if (event.kind === 'warning') this.#warnings.push(event.warning);
    this.#held.push(`${JSON.stringify(recorded)}\n`);
    // Steps of the work are many; what else happens can be followed as it does.
    const isStep = event.kind === 'iteration' || event.kind === 'progress';
    const now = performance.now();
    if (!isStep || this.#held.length >= 64 || now - this.#flushed > FLUSH_MILLISECONDS) this.#flush();
    for (const listener of this.#listeners) listener(recorded);
  };

  /** Count on from the last event in the file of a run directory; to be called before anything is recorded. */
  countFrom(directory: string): void {
    const file = join(directory, EVENTS_FILE);
    if (file === this.#file) return;
    this.#file = file;
    this.#guard(() => {
      const lines = endOf(this.#file).split('\n');
      this.#seq = 1 + (lines.map(sequenceOf).findLast((seq) => seq !== null) ?? -1);
    });
  }

  /** Start writing to `events.ndjson` in a run directory, beginning with what was held. */
  attach(directory: string): void {
    this.#file = join(directory, EVENTS_FILE);
    this.#guard(() => {
      const end = endOf(this.#file);
      this.#descriptor = openSync(this.#file, 'a');
      if (end !== '' && !end.endsWith('\n')) writeSync(this.#descriptor, '\n');
    });
    this.#flush();
  }

  /** Write what is held and close the file; listeners stay. */
  close(): void {
    const descriptor = this.#descriptor;
    if (descriptor === null) return;
    this.#flush();
    this.#descriptor = null;
    this.#guard(() => {
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  /** Close the file as it is, after something failed. */
  abandon(): void {
    try {
      this.close();
    } catch (error) {
      // What failed before is what is told.
      if (!(error instanceof OutputFailed)) throw error;
    }
  }

  #isKnown({ code, text }: Warning): boolean {
    return this.#warnings.some((known) => known.code === code && known.text === text);
  }

  #flush(): void {
    const descriptor = this.#descriptor;
    if (descriptor === null || this.#held.length === 0) return;
    this.#flushed = performance.now();
    const text = this.#held.join('');
    this.#held = [];
    this.#guard(() => writeSync(descriptor, text));
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (cause) {
      if (this.#descriptor !== null) closeSync(this.#descriptor);
      this.#descriptor = null;
      throw outputFailed(this.#file, (cause as NodeJS.ErrnoException).code, cause);
    }
  }
}

/** More than the longest lines. */
const END_BYTES = 65_536;

/** The last lines of a file, the first of them cut off; empty when there is no such file. */
function endOf(file: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    const bytes = new Uint8Array(Math.min(size, END_BYTES));
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return new TextDecoder().decode(bytes.subarray(0, read));
  } finally {
    closeSync(descriptor);
  }
}

/** The number of an event from its line; null for a line that is not whole. */
function sequenceOf(line: string): number | null {
  try {
    const { seq } = JSON.parse(line) as { seq?: unknown };
    return Number.isSafeInteger(seq) ? (seq as number) : null;
  } catch {
    return null;
  }
}
