/**
 * One append-only stream of what happens in a run, kept in `events.ndjson` and shown live by any number of listeners.
 *
 * Events that happen before the run directory exists (reading the data) are held and written as soon as it does, so
 * the file always tells the whole story.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { OutputFailed } from '../base/errors.ts';
import type { RunEvent, Warning } from '../base/events.ts';

/** An event as it stands in the file: numbered, with wall-clock (UTC) and elapsed time in seconds. */
export type RecordedEvent = RunEvent & { readonly seq: number; readonly utc: string; readonly elapsed: number };

export type EventListener = (event: RecordedEvent) => void;

export const EVENTS_FILE = 'events.ndjson';

export class EventLog {
  readonly #started = performance.now();
  readonly #listeners: EventListener[] = [];
  readonly #warnings: Warning[] = [];
  #held: string[] = [];
  #descriptor: number | null = null;
  #file = '';
  #seq = 0;

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
    if (this.#held.length >= 64) this.#flush();
    for (const listener of this.#listeners) listener(recorded);
  };

  /** Start writing to `events.ndjson` in a run directory, beginning with what was held. */
  attach(directory: string): void {
    this.#file = join(directory, EVENTS_FILE);
    this.#guard(() => {
      this.#descriptor = openSync(this.#file, 'a');
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
      fsyncSync(descriptor);
      closeSync(descriptor);
    });
  }

  #isKnown({ code, text }: Warning): boolean {
    return this.#warnings.some((known) => known.code === code && known.text === text);
  }

  #flush(): void {
    const descriptor = this.#descriptor;
    if (descriptor === null || this.#held.length === 0) return;
    const text = this.#held.join('');
    this.#held = [];
    this.#guard(() => writeSync(descriptor, text));
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (cause) {
      this.#descriptor = null;
      throw new OutputFailed('the event stream cannot be written', { where: { file: this.#file }, cause });
    }
  }
}
