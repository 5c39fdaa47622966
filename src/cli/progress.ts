/**
 * Shows a run's events while it works: a bar with the time left on a terminal, one plain line per 30 s elsewhere.
 *
 * Warnings are printed at once, each on a line of its own, in both forms.
 */
import type { RecordedEvent } from '../pipeline/event-log.ts';
import { paint, type Terminal } from './terminal.ts';

const REDRAW_SECONDS = 0.1;
const PLAIN_SECONDS = 30;
const BAR_WIDTH = 20;

interface Shown {
  stage: string;
  stageStarted: number;
  fraction: number | null;
  text: string;
}

/** A listener for an `EventLog` that draws on `terminal`; a quiet one shows warnings alone. */
export function progressListener(terminal: Terminal, quiet: boolean): (event: RecordedEvent) => void {
  const shown: Shown = { stage: '', stageStarted: 0, fraction: null, text: '' };
  let drawn = 0;
  return (event) => {
    if (event.kind === 'warning') {
      terminal.message(`${paint('warning', 'yellow', terminal)}[${event.warning.code}]: ${event.warning.text}`);
      if (!quiet && shown.stage !== '') terminal.status(describe(shown, event.elapsed));
      return;
    }
    if (quiet) return;
    if (event.kind === 'log') {
      if (event.level !== 'debug') terminal.message(event.text);
      return;
    }
    update(shown, event);
    const interval = terminal.interactive ? REDRAW_SECONDS : PLAIN_SECONDS;
    if (event.kind === 'stage' && event.state === 'end') {
      shown.stage = '';
      terminal.status('');
      return;
    }
    const begins = event.kind === 'stage' && terminal.interactive;
    if (event.elapsed - drawn < interval && !begins) return;
    drawn = event.elapsed;
    const line = describe(shown, event.elapsed);
    if (terminal.interactive) terminal.status(line);
    else terminal.message(`[${event.utc.slice(11, 19)}] ${line}`);
  };
}

function update(shown: Shown, event: RecordedEvent): void {
  if (event.kind === 'stage' && event.state === 'start') {
    Object.assign(shown, { stage: event.stage, stageStarted: event.elapsed, fraction: null, text: '' });
  } else if (event.kind === 'progress') {
    shown.fraction = event.total > 0 ? event.done / event.total : null;
    shown.text = event.text ?? shown.text;
  } else if (event.kind === 'iteration') {
    shown.text = `${event.level} start ${event.start + 1} iteration ${event.iteration} cost ${event.cost.toPrecision(6)}`;
  }
}

function describe(shown: Shown, elapsed: number): string {
  const spent = elapsed - shown.stageStarted;
  const parts = [shown.stage.padEnd(7)];
  if (shown.fraction !== null) {
    const filled = Math.round(shown.fraction * BAR_WIDTH);
    parts.push('█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled));
    if (shown.fraction > 0) parts.push(`eta ${formatDuration((spent * (1 - shown.fraction)) / shown.fraction)}`);
  }
  parts.push(formatDuration(spent), shown.text);
  return parts.join('  ');
}

/** Seconds as `4.2 s`, `3 min 05 s` or `2 h 10 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
