/** What a run shows while it works: a bar with the time left on a terminal, a plain line now and then elsewhere. */
import { describe, expect, it } from 'vitest';
import { formatDuration, progressListener } from '../../src/cli/progress.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { RunEvent } from '../../src/base/events.ts';

interface Screen extends Terminal {
  readonly lines: string[];
  readonly statuses: string[];
}

function screen(interactive: boolean): Screen {
  const lines: string[] = [];
  const statuses: string[] = [];
  return {
    lines,
    statuses,
    interactive,
    columns: 100,
    result: () => undefined,
    message: (text) => void lines.push(text),
    status: (text) => void statuses.push(text),
  };
}

/** Send events at the given seconds. */
function play(
  terminal: Terminal,
  quiet: boolean,
  events: readonly (readonly [elapsed: number, event: RunEvent])[],
): void {
  const listen = progressListener(terminal, quiet);
  for (const [seq, [elapsed, event]] of events.entries()) {
    listen({ seq, elapsed, utc: '2026-01-02T03:04:05.000Z', ...event });
  }
}

const reading: (readonly [number, RunEvent])[] = [
  [0, { kind: 'stage', stage: 'read', state: 'start' }],
  [2, { kind: 'progress', stage: 'read', done: 1, total: 4 }],
  [2.01, { kind: 'progress', stage: 'read', done: 2, total: 4 }],
  [40, { kind: 'progress', stage: 'read', done: 3, total: 4 }],
  [41, { kind: 'stage', stage: 'read', state: 'end', seconds: 41 }],
];

describe('progress', () => {
  it('shows a bar and the time left on a terminal, at most ten times a second, and removes it at the end', () => {
    const terminal = screen(true);
    play(terminal, false, reading);
    expect(terminal.lines).toEqual([]);
    expect(terminal.statuses).toHaveLength(4);
    expect(terminal.statuses[0]).toMatch(/^read/);
    expect(terminal.statuses[1]).toMatch(/^read {4}.*█████░+.*eta 6\.0 s.*2\.0 s/);
    expect(terminal.statuses[2]).toMatch(/eta 13\.3 s/);
    expect(terminal.statuses.at(-1)).toBe('');
  });

  it('is one plain line per thirty seconds elsewhere', () => {
    const terminal = screen(false);
    play(terminal, false, reading);
    expect(terminal.lines).toHaveLength(1);
    expect(terminal.lines[0]).toMatch(/^\[03:04:05\] read .*eta 13\.3 s/);
  });

  it('tells warnings at once, also when quiet, and nothing else then', () => {
    const warning: readonly [number, RunEvent] = [1, { kind: 'warning', warning: { code: 'odd', text: 'look here' } }];
    const terminal = screen(false);
    play(terminal, true, [...reading, warning]);
    expect(terminal.lines).toEqual(['warning[odd]: look here']);
  });

  it('writes durations for people', () => {
    expect([0.04, 59, 125, 7860].map(formatDuration)).toEqual(['0.0 s', '59.0 s', '2 min 05 s', '2 h 11 min']);
  });
});
