/** Runs attempts on the worker threads of the pool, one per thread. */
import { Defect, isTwotimeError } from '../../../base/errors.ts';
import type { RunEvent } from '../../../base/events.ts';
import type { Attempt, AttemptOutcome, Engine } from '../../engine.ts';
import type { PlacedData, SharedArrays } from '../../shared-data.ts';
import { errorFromParts } from './error-parts.ts';
import type { WorkerReply } from './messages.ts';
import type { WorkerThreads } from './worker-threads.ts';

export interface LocalEngineOptions {
  /** A task that was told to stop and does not within this time loses its thread, ms. Default 2000. */
  readonly grace?: number;
  /** A task that does not move for so long hangs, ms; tasks move with every progress event. Default: no limit. */
  readonly lease?: number;
}

interface Running {
  readonly id: number;
  readonly settle: (outcome: AttemptOutcome) => void;
  readonly progress: ((event: RunEvent) => void) | undefined;
}

const GRACE = 2000;

export class LocalEngine implements Engine {
  readonly name = 'local';
  readonly slots: number;
  readonly #threads: WorkerThreads;
  readonly #grace: number;
  readonly #lease: number | undefined;
  readonly #running = new Map<number, Running>();
  readonly #listeners: readonly Disposable[];
  #next = 0;

  /** The threads stay with whoever made them. */
  constructor(threads: WorkerThreads, options: LocalEngineOptions = {}) {
    this.#threads = threads;
    this.slots = threads.workers;
    this.#grace = options.grace ?? GRACE;
    this.#lease = options.lease;
    this.#listeners = [
      threads.onReply((thread, reply) => this.#receive(thread, reply)),
      threads.onDeath(({ thread, reason }) => this.#end(thread, { kind: 'lost', reason })),
    ];
  }

  async start(
    attempt: Attempt,
    signal: AbortSignal,
    progress: ((event: RunEvent) => void) | undefined,
  ): Promise<AttemptOutcome> {
    let thread: number | undefined;
    try {
      await this.#threads.start(this.slots);
      thread = this.#threads.running.find((one) => !this.#running.has(one));
    } catch (error) {
      return { kind: 'lost', reason: error instanceof Error ? error.message : String(error) };
    }
    if (thread === undefined) return { kind: 'lost', reason: 'no worker thread runs' };
    const id = ++this.#next;
    const own = thread;
    const outcome = new Promise<AttemptOutcome>((settle) => this.#running.set(own, { id, settle, progress }));
    try {
      const { module, export: name, input } = attempt;
      this.#threads.post(own, { kind: 'task', id, module, export: name, input });
    } catch (cause) {
      const error = new Defect('the input of a task cannot be sent to a thread', { cause });
      this.#end(own, { kind: 'failed', error });
    }
    return await this.#watch(own, id, outcome, signal);
  }

  async share(arrays: SharedArrays): Promise<PlacedData> {
    return this.#threads.share(arrays);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.#listeners) listener[Symbol.dispose]();
  }

  /** Wait for the outcome; ask the task to stop when told so, and end its thread when it does not or hangs. */
  async #watch(
    thread: number,
    id: number,
    outcome: Promise<AttemptOutcome>,
    signal: AbortSignal,
  ): Promise<AttemptOutcome> {
    let late: NodeJS.Timeout | undefined;
    const stop = (): void => {
      if (this.#running.get(thread)?.id !== id) return;
      this.#threads.post(thread, { kind: 'cancel', id });
      late = setTimeout(() => void this.#threads.terminate(thread), this.#grace);
    };
    // The threads do not keep the process alive; a task under way does.
    const alive = setInterval(() => undefined, 60_000);
    const lease = this.#watchLease(thread);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      const result = await outcome;
      return signal.aborted && result.kind === 'lost' ? { kind: 'cancelled' } : result;
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(late);
      clearInterval(alive);
      clearInterval(lease);
    }
  }

  #watchLease(thread: number): NodeJS.Timeout | undefined {
    const lease = this.#lease;
    if (lease === undefined) return undefined;
    let beats = this.#threads.board.beats(thread);
    return setInterval(() => {
      const now = this.#threads.board.beats(thread);
      if (now === beats) void this.#threads.terminate(thread);
      beats = now;
    }, lease);
  }

  #receive(thread: number, reply: WorkerReply): void {
    const running = this.#running.get(thread);
    if (reply.kind === 'ready' || running?.id !== reply.id) return;
    switch (reply.kind) {
      case 'progress':
        running.progress?.(reply.event as RunEvent);
        return;
      case 'done':
        this.#end(thread, { kind: 'ok', output: reply.output });
        return;
      case 'failed': {
        const error = errorFromParts(reply.error);
        this.#end(thread, isTwotimeError(error, 'Cancelled') ? { kind: 'cancelled' } : { kind: 'failed', error });
      }
    }
  }

  #end(thread: number, outcome: AttemptOutcome): void {
    const running = this.#running.get(thread);
    if (running === undefined) return;
    this.#running.delete(thread);
    running.settle(outcome);
  }
}
