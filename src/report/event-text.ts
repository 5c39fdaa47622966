/** One event of a run as a line for people. */
import type { EventLevel, RunEvent } from '../base/events.ts';

export const EVENT_LEVELS: readonly EventLevel[] = ['debug', 'info', 'warning', 'error'];

/** How much an event matters: steps of the work are for debugging. */
export function levelOf(event: RunEvent): EventLevel {
  switch (event.kind) {
    case 'stage':
      return 'info';
    case 'progress':
    case 'iteration':
    case 'checkpoint':
      return 'debug';
    case 'log':
      return event.level;
    case 'warning':
      return 'warning';
  }
}

/** `2026-05-01 12:00:03  warning  [code] text`; `utc` is ISO 8601. */
export function eventText(event: RunEvent & { readonly utc: string }): string {
  return `${event.utc.slice(0, 19).replace('T', ' ')}  ${levelOf(event).padEnd(7)}  ${whatHappened(event)}`;
}

function whatHappened(event: RunEvent): string {
  switch (event.kind) {
    case 'stage':
      if (event.state === 'start') return `${event.stage} begins`;
      return `${event.stage} ended${event.seconds === undefined ? '' : ` after ${event.seconds.toFixed(2)} s`}`;
    case 'progress':
      return `${event.stage} ${event.done}/${event.total}${event.text === undefined ? '' : `  ${event.text}`}`;
    case 'iteration': {
      const { level, start, iteration, cost, accepted } = event;
      const step = accepted ? '' : ', step refused';
      return `${level} start ${start + 1} iteration ${iteration}: cost ${cost.toPrecision(8)}${step}`;
    }
    case 'checkpoint':
      return 'checkpoint';
    case 'log':
      return event.text;
    case 'warning':
      return `[${event.warning.code}] ${event.warning.text}`;
  }
}
