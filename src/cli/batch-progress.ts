/** Shows a batch while it works: every failure, and how far it is, at most every 30 s or 5 % where there is no terminal. */
import type { RunEvent } from '../base/events.ts';
import type { BatchEvent } from '../pipeline/batch/run-batch.ts';
import type { JobRecord } from '../results/index.ts';
import { formatDuration } from './progress.ts';
import { paint, type Terminal } from './terminal.ts';

const PLAIN_SECONDS = 30;
const PLAIN_SHARE = 0.05;
const REDRAW_SECONDS = 0.1;

export interface BatchProgress {
  /** For the planning, as a `progress` callback. */
  readonly plan: (event: RunEvent) => void;
  readonly tell: (event: BatchEvent) => void;
}

export function batchProgress(terminal: Terminal, quiet: boolean): BatchProgress {
  let started = performance.now();
  let shownAt = 0;
  let shownDone = 0;
  let ok = 0;
  let failed = 0;
  const seconds = (): number => (performance.now() - started) / 1000;

  const ended = (job: JobRecord, done: number, todo: number): void => {
    if (job.status === 'failed') {
      failed += 1;
      terminal.message(`${paint('failed', 'red', terminal)} ${job.name}: ${job.reason ?? ''}`);
    } else ok += 1;
    if (quiet) return;
    const left = done === 0 ? 0 : (seconds() / done) * (todo - done);
    const line = `${done}/${todo} ok ${ok} failed ${failed}${done < todo ? ` eta ${formatDuration(left)}` : ''} · ${describe(job)}`;
    if (terminal.interactive) {
      terminal.status(line);
      return;
    }
    const isDue = seconds() - shownAt > PLAIN_SECONDS || done - shownDone >= PLAIN_SHARE * todo || done === todo;
    if (!isDue) return;
    shownAt = seconds();
    shownDone = done;
    terminal.message(`[${new Date().toISOString().slice(11, 19)}] ${line}`);
  };

  return {
    plan: (event) => {
      if (quiet || event.kind !== 'progress' || seconds() - shownAt < REDRAW_SECONDS) return;
      shownAt = seconds();
      terminal.status(`plan ${event.done}/${event.total}  ${event.text ?? ''}`);
    },
    tell: (event) => {
      switch (event.kind) {
        case 'log':
          if (event.level === 'warning') terminal.message(warningLine(event.text, event.code, terminal));
          else if (!quiet) terminal.message(event.text);
          return;
        case 'planned':
          started = performance.now();
          shownAt = 0;
          if (!quiet && event.todo < event.submitted) {
            terminal.message(`${event.todo} of ${event.submitted} jobs are to be done`);
          }
          return;
        case 'ended':
          ended(event.job, event.done, event.todo);
      }
    },
  };
}

function warningLine(text: string, code: string | undefined, terminal: Terminal): string {
  return `${paint('warning', 'yellow', terminal)}${code === undefined ? '' : `[${code}]`}: ${text}`;
}

function describe({ name, result, seconds }: JobRecord): string {
  if (result === null) return name;
  const chi2 = result.reducedChi2 === null ? '' : `, reduced chi2 ${result.reducedChi2.toPrecision(4)}`;
  const time = seconds === null ? '' : `, ${formatDuration(seconds.load + seconds.fit + seconds.write)}`;
  return `${name}: ${result.fit}${chi2}${time}`;
}
