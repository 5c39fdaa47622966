/** Runs attempts on the worker threads of the pool, one per thread. */
import { Defect, isTwotimeError } from '../../../base/errors.ts';
import type { RunEvent } from '../../../base/events.ts';
import type { Attempt, AttemptOutcome, Engine } from '../../engine.ts';
import type { PlacedData, SharedArrays } from '../../shared-data.ts';
import { errorFromParts } from './error-parts.ts';
import type { WorkerReply } from './messages.ts';
import { deathEvent, type ThreadDeath, type WorkerThreads } from './worker-threads.ts';

export interface LocalEngineOptions {
  /** A task that was told to stop and does not within this time loses its thread, ms. Default 2000. */
  readonly grace?: number;
  /**
   * A task that does not move for so long hangs and loses its thread, ms. Tasks move with every progress event and every
   * `beat`. Default: no limit.
   */
  readonly lease?: number;
}

type Progress = ((event: RunEvent) => void) | undefined;

interface Running {
  readonly id: number;
  readonly settle: (outcome: AttemptOutcome) => void;
  readonly progress: Progress;
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

  /** The threads stay with whoever made them. */
  constructor(threads: WorkerThreads, options: LocalEngineOptions = {}) {
    this.#threads = threads;
    this.slots = threads.workers;
    this.#grace = options.grace ?? GRACE;
    this.#lease = options.lease;
    this.#listeners = [
      threads.onReply((thread, reply) => this.#receive(thread, reply)),
      threads.onDeath((death) => this.#mourn(death)),
    ];
  }

  async start(attempt: Attempt, signal: AbortSignal, progress: Progress): Promise<AttemptOutcome> {
    const thread = this.#freeThread();
    const id = this.#threads.newTask();
    const outcome = new Promise<AttemptOutcome>((settle) => this.#running.set(thread, { id, settle, progress }));
    try {
      this.#threads.ensure(thread);
      const { module, export: name, input } = attempt;
      this.#threads.post(thread, { kind: 'task', id, module, export: name, input });
    } catch (cause) {
      const error = cause instanceof Defect ? cause : new Defect('the input of a task cannot be sent', { cause });
      this.#end(thread, { kind: 'failed', error });
    }
    return await this.#watch(thread, id, outcome, signal);
  }

  async share(arrays: SharedArrays): Promise<PlacedData> {
    return this.#threads.share(arrays);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.#listeners) listener[Symbol.dispose]();
  }

  /** A thread without a task of ours; one that is ready before one that has to start. */
  #freeThread(): number {
    let free = 0;
    for (let thread = this.slots; thread > 0; thread--) {
      if (this.#running.has(thread)) continue;
      if (this.#threads.isReady(thread)) return thread;
      free = thread;
    }
    if (free === 0) throw new Defect('more attempts were started than there are threads');
    return free;
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
      const reason = `it did not stop within ${this.#grace} ms of being told`;
      late = setTimeout(() => void this.#threads.terminate(thread, reason), this.#grace);
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
    let beats: number | null = null;
    return setInterval(() => {
      const now = this.#threads.isReady(thread) ? this.#threads.board.beats(thread) : null;
      if (now !== null && now === beats) void this.#threads.terminate(thread, `it did not move for ${lease} ms`);
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

  #mourn(death: ThreadDeath): void {
    const { thread, cause, reason } = death;
    this.#running.get(thread)?.progress?.(deathEvent(death));
    this.#end(thread, { kind: 'lost', cause, reason });
  }

  #end(thread: number, outcome: AttemptOutcome): void {
    const running = this.#running.get(thread);
    if (running === undefined) return;
    this.#running.delete(thread);
    running.settle(outcome);
  }
}
