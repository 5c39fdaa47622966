/** What an engine has to do: run single attempts. Everything else is the runner's. */
import type { RunEvent } from '../base/events.ts';
import type { PlacedData, SharedArrays } from './shared-data.ts';

export interface Attempt {
  /** Identity of the task: equal for equal work, whoever asks and whenever. Computed by engines that keep results. */
  readonly identity: () => Promise<string>;
  /** 1 for the first try. */
  readonly number: number;
  /** Name of the task, for people who watch an engine. */
  readonly task: string;
  readonly module: string;
  readonly export: string;
  readonly input: unknown;
}

/**
 * Why an attempt was lost: its worker died or hung under it, ran out of memory or of time under it, or was lost for reasons
 * that have nothing to do with the task (a node went down, a thread did not start). The runner tries each again, not equally
 * often.
 */
export type LossCause = 'worker' | 'memory' | 'time' | 'place';

export type AttemptOutcome =
  | { readonly kind: 'ok'; readonly output: unknown }
  /** The task threw: its own error, not tried again. */
  | { readonly kind: 'failed'; readonly error: Error }
  /** Whoever ran it is gone or does not answer; somebody else may try. */
  | {
      readonly kind: 'lost';
      readonly cause: LossCause;
      readonly reason: string;
      /** It left more for the next attempt to go on from than it found: such a loss is not counted. */
      readonly advanced?: boolean;
    }
  | { readonly kind: 'cancelled' };

export interface Engine extends AsyncDisposable {
  readonly name: string;
  /** Attempts that can run at the same time. */
  readonly slots: number;
  /**
   * Run one attempt; never rejects. An abort ends it as soon as the task looks, `cancelled` then. What becomes of the
   * worker is told to `progress`.
   */
  start(
    attempt: Attempt,
    signal: AbortSignal,
    progress: ((event: RunEvent) => void) | undefined,
  ): Promise<AttemptOutcome>;
  /** Put data where every attempt can read them. The digest may serve as their name. */
  share(arrays: SharedArrays, digest: string): Promise<PlacedData>;
}
