/** What the end of a job means for the attempts it had taken and gave no result of. */
import { Cancelled, ConfigRefused } from '../../../base/errors.ts';
import type { AttemptOutcome } from '../../engine.ts';
import type { Dialect, ElementState } from './dialect.ts';

/** `state` is null when the scheduler does not know the job any more. */
export function verdictOf(
  { title }: Pick<Dialect, 'title'>,
  element: string,
  state: Pick<ElementState, 'kind' | 'text'> | null,
): AttemptOutcome {
  if (state === null) {
    return {
      kind: 'lost',
      cause: 'place',
      reason: `${title} does not know job ${element} any more, and there is no result`,
    };
  }
  const said = `${title} job ${element} ended (${state.text}) without a result`;
  switch (state.kind) {
    case 'failed':
      return { kind: 'lost', cause: 'worker', reason: said };
    case 'memory':
      return { kind: 'lost', cause: 'memory', reason: said };
    case 'time':
      return { kind: 'lost', cause: 'time', reason: said };
    case 'cancelled':
      return {
        kind: 'failed',
        error: new Cancelled(`${title} job ${element} was cancelled by somebody else (${state.text})`, {
          help: 'run the same command again to go on',
        }),
      };
    case 'hopeless':
      return {
        kind: 'failed',
        error: new ConfigRefused(`${title} will never start job ${element} (${state.text})`, {
          where: { key: 'parallel.cluster' },
          help: 'compare account, partition, time, memory and cores with what the site offers',
        }),
      };
    case 'waiting':
      return {
        kind: 'lost',
        cause: 'place',
        reason: `${title} put job ${element} back into the queue (${state.text})`,
      };
    default:
      return { kind: 'lost', cause: 'place', reason: said };
  }
}

/** What became of an attempt, from what its host told of it, if anything, and the verdict on the job. */
export function judged(told: AttemptOutcome | null, verdict: AttemptOutcome): AttemptOutcome {
  if (told === null) return verdict;
  if (told.kind !== 'lost') return told;
  if (verdict.kind === 'failed') return verdict;
  // A host that is told to end does not know that its time was over; whether the attempt had come further only it knows.
  if (verdict.kind === 'lost' && verdict.cause === 'time') return { ...told, cause: 'time', reason: verdict.reason };
  return told;
}
