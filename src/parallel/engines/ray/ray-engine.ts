/** Runs attempts on the nodes of a Ray cluster, through hosts that stay there. */
import type { RunEvent } from '../../../base/events.ts';
import type { Attempt, AttemptOutcome, Engine } from '../../engine.ts';
import type { AttemptLimits } from '../../host/index.ts';
import type { PlacedData, SharedArrays } from '../../shared-data.ts';
import type { RayPool } from './ray-pool.ts';

export class RayEngine implements Engine {
  readonly name = 'ray';
  readonly #pool: RayPool;
  readonly #limits: AttemptLimits;

  /** The pool stays with whoever made it. Limits as in `LocalEngine`, kept by the hosts. */
  constructor(pool: RayPool, limits: AttemptLimits = {}) {
    this.#pool = pool;
    this.#limits = limits;
  }

  get slots(): number {
    return Math.max(1, this.#pool.slots);
  }

  start(
    attempt: Attempt,
    signal: AbortSignal,
    progress: ((event: RunEvent) => void) | undefined,
  ): Promise<AttemptOutcome> {
    return this.#pool.run(attempt, this.#limits, signal, progress);
  }

  share(arrays: SharedArrays, digest: string): Promise<PlacedData> {
    return this.#pool.share(arrays, digest);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
