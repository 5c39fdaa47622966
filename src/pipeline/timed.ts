/** Measure a stage of a run and tell the event log when it begins and ends. */
import type { RunEvent } from '../base/events.ts';
import type { EventLog } from './event-log.ts';

/** What `work` resolves to, and the seconds it took. */
export async function timed<T>(
  stage: (RunEvent & { kind: 'stage' })['stage'],
  log: EventLog,
  work: () => Promise<T>,
): Promise<[result: T, seconds: number]> {
  const started = performance.now();
  log.record({ kind: 'stage', stage, state: 'start' });
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  log.record({ kind: 'stage', stage, state: 'end', seconds });
  return [result, seconds];
}
