/** How often a task is tried again whose workers are lost, by cause. */
import type { AttemptOutcome, LossCause } from './engine.ts';

export type Loss = Extract<AttemptOutcome, { readonly kind: 'lost' }>;

/**
 * Losses of one cause after which a task is given up. Three dead workers are the task's doing: it is poison, and fails
 * alone. Memory or time that did not suffice three times will not suffice.
 */
const MOST: Readonly<Record<LossCause, number>> = { worker: 3, memory: 3, time: 3, place: Infinity };

export class Losses {
  readonly #most: number;
  readonly #all: Loss[] = [];

  /** `retries` attempts after the first, whatever the causes. */
  constructor(retries: number) {
    this.#most = retries + 1;
  }

  /** Note a loss; false when the task must not be tried again. */
  add(loss: Loss): boolean {
    this.#all.push(loss);
    const counted = this.#all.filter(({ advanced }) => advanced !== true);
    const alike = counted.filter(({ cause }) => cause === loss.cause).length;
    return counted.length < this.#most && alike < MOST[loss.cause];
  }

  get reasons(): string[] {
    return this.#all.map(({ reason }) => reason);
  }
}
