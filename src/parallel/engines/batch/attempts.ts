/** The attempts a driver waits for, by task: several may wait for the same task, which is done once. */
import type { RunEvent } from '../../../base/events.ts';
import type { AttemptOutcome } from '../../engine.ts';
import type { TaskName } from './work-folder.ts';

export interface Waiter {
  readonly settle: (outcome: AttemptOutcome) => void;
  readonly progress: ((event: RunEvent) => void) | undefined;
}

export interface InFlight {
  readonly task: TaskName;
  readonly waiters: Set<Waiter>;
  /** Whoever has claimed it; null: nobody, as far as is known. */
  holder: string | null;
  /** Since when its host says that there is a result, ms; null: it does not. */
  resultSince: number | null;
  /** Since when it is to stop, ms; null: it is not. */
  stoppingSince: number | null;
  readonly since: number;
}

export class Attempts {
  readonly #all = new Map<string, InFlight>();

  get size(): number {
    return this.#all.size;
  }

  get all(): Iterable<InFlight> {
    return this.#all.values();
  }

  of(id: string): InFlight | undefined {
    return this.#all.get(id);
  }

  add(task: TaskName): InFlight {
    const since = performance.now();
    const attempt = { task, waiters: new Set<Waiter>(), holder: null, resultSince: null, stoppingSince: null, since };
    this.#all.set(task.id, attempt);
    return attempt;
  }

  /** Tell everybody who waits, once. */
  end(attempt: InFlight, outcome: AttemptOutcome): void {
    if (this.#all.get(attempt.task.id) !== attempt) return;
    this.#all.delete(attempt.task.id);
    for (const { settle } of attempt.waiters) settle(outcome);
  }

  endAll(outcome: (attempt: InFlight) => AttemptOutcome): void {
    for (const attempt of [...this.#all.values()]) this.end(attempt, outcome(attempt));
  }

  heldBy(holder: string): InFlight[] {
    return [...this.#all.values()].filter((attempt) => attempt.holder === holder);
  }

  get waiting(): InFlight[] {
    return [...this.#all.values()].filter(({ holder, stoppingSince }) => holder === null && stoppingSince === null);
  }
}
