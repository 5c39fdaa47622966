/** The event stream of a run that is resumed. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EventLog } from '../../src/pipeline/event-log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-events-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (): string => join(folder, 'events.ndjson');
const say = (log: EventLog, text: string): void => log.record({ kind: 'log', level: 'info', text });

it('is appended to, counted on, and keeps a line that was cut off on a line of its own', () => {
  const first = new EventLog();
  say(first, 'held');
  first.attach(folder);
  say(first, 'written');
  first.close();
  appendFileSync(file(), '{"seq":2,"utc":"20');

  const second = new EventLog();
  second.countFrom(folder);
  say(second, 'resumed');
  second.attach(folder);
  second.close();
  const lines = readFileSync(file(), 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[2]).toBe('{"seq":2,"utc":"20');
  const whole = [0, 1, 3].map((k) => JSON.parse(lines[k]!) as { seq: number; text: string });
  expect(whole.map(({ seq, text }) => [seq, text])).toEqual([
    [0, 'held'],
    [1, 'written'],
    [2, 'resumed'],
  ]);
});

it('counts from zero where there is nothing yet', () => {
  const log = new EventLog();
  log.countFrom(folder);
  say(log, 'first');
  log.attach(folder);
  log.close();
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ seq: 0, text: 'first' });
});
