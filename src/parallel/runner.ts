/**
 * Identity, order, retries and accounts of tasks, once for all engines.
 *
 * Waiting tasks start longest first, as slots become free. An attempt whose worker was lost is tried again elsewhere; a
 * task under which three workers died is poison: it fails alone and the others go on. Every task submitted ends as
 * exactly one of ok, failed or cancelled.
 */
import { Cancelled, Defect } from '../base/errors.ts';
import { throwIfCancelled } from '../base/task-context.ts';
import type { Engine } from './engine.ts';
import { Losses } from './losses.ts';
import { mapItems } from './map-items.ts';
import type { Accounts, ExecutionBackend, MapOptions, Task, TaskOptions } from './protocol.ts';
import { dataRef, digestOf, type SharedArrays, type SharedData, type ShareOptions } from './shared-data.ts';
import { taskIdentity } from './task-identity.ts';
import { TaskLost } from './task-lost.ts';
import { WaitingLine } from './waiting-line.ts';

const RETRIES = 5;

export class TaskRunner implements ExecutionBackend {
  readonly #engine: Engine;
  readonly #waiting = new WaitingLine();
  readonly #unsettled = new Set<Promise<unknown>>();
  readonly #shared = new Set<() => Promise<void>>();
  readonly #stop = new AbortController();
  readonly #counts = { submitted: 0, ok: 0, failed: 0, cancelled: 0, retried: 0 };
  #running = 0;
  #closing: Promise<Accounts> | null = null;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get name(): string {
    return this.#engine.name;
  }

  get workers(): number {
    return this.#engine.slots;
  }

  get accounts(): Accounts {
    return { ...this.#counts };
  }

  async submit<Input, Output>(task: Task<Input, Output>, input: Input, options: TaskOptions = {}): Promise<Output> {
    this.#refuseWhenClosed();
    this.#counts.submitted += 1;
    const work = this.#run<Output>(task, input, options).then(
      (output) => {
        this.#counts.ok += 1;
        return output;
      },
      (error: unknown) => {
        this.#counts[error instanceof Cancelled ? 'cancelled' : 'failed'] += 1;
        throw error;
      },
    );
    const settled: Promise<unknown> = work.then(
      () => this.#unsettled.delete(settled),
      () => this.#unsettled.delete(settled),
    );
    this.#unsettled.add(settled);
    return work;
  }

  map<Input, Output>(
    task: Task<Input, Output>,
    items: Iterable<Input> | AsyncIterable<Input>,
    { window, signal: outer, ...options }: MapOptions = {},
  ): AsyncGenerator<[number, Output], void, undefined> {
    return mapItems(items, Math.max(1, window ?? 2 * this.workers), outer, (item: Input, signal) =>
      this.submit(task, item, { ...options, signal }),
    );
  }

  async share<Arrays extends SharedArrays>(arrays: Arrays, options: ShareOptions = {}): Promise<SharedData<Arrays>> {
    this.#refuseWhenClosed();
    const digest = options.digest ?? (await digestOf(arrays));
    this.#refuseWhenClosed();
    const { place, release } = await this.#engine.share(arrays, digest);
    const releaseOnce = async (): Promise<void> => {
      if (this.#shared.delete(releaseOnce)) await release();
    };
    this.#shared.add(releaseOnce);
    return { ref: dataRef(arrays, digest, place), [Symbol.asyncDispose]: releaseOnce };
  }

  shutdown({ wait = true }: { readonly wait?: boolean } = {}): Promise<Accounts> {
    if (!wait) {
      this.#stop.abort('shut down');
      this.#waiting.callAll();
    }
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown({ wait: false });
  }

  async #close(): Promise<Accounts> {
    while (this.#unsettled.size > 0) await Promise.all(this.#unsettled);
    await Promise.all([...this.#shared].map((release) => release()));
    await this.#engine[Symbol.asyncDispose]();
    const { submitted, ok, failed, cancelled } = this.#counts;
    if (submitted !== ok + failed + cancelled) {
      throw new Defect(`${submitted} tasks were submitted, but ${ok} + ${failed} + ${cancelled} ended`);
    }
    return this.accounts;
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== null) throw new Defect(`the ${this.name} backend is shut down`);
  }

  async #run<Output>(task: Task<never, Output>, input: unknown, options: TaskOptions): Promise<Output> {
    const { signal: own, progress, cost = 1 } = options;
    const signal = own === undefined ? this.#stop.signal : AbortSignal.any([this.#stop.signal, own]);
    const losses = new Losses(options.retries ?? RETRIES);
    const warn = (text: string): void => progress?.({ kind: 'log', level: 'warning', text: `${task.name}: ${text}` });
    for (let number = 1; ; number++) {
      await this.#slot(cost, signal, own !== undefined);
      try {
        throwIfCancelled({ signal });
        const attempt = {
          identity: () => taskIdentity(task, input),
          number,
          task: task.name,
          module: task.module,
          export: task.export,
          input,
        };
        const outcome = await this.#engine.start(attempt, signal, progress);
        if (outcome.kind === 'ok') return outcome.output as Output;
        if (outcome.kind === 'failed') throw outcome.error;
        if (outcome.kind === 'cancelled') throw new Cancelled('stopped on request', { cause: signal.reason });
        if (!losses.add(outcome)) {
          warn(`attempt ${number} was lost (${outcome.reason}); given up`);
          throw new TaskLost(task.name, losses.reasons);
        }
        warn(`attempt ${number} was lost (${outcome.reason}); tried again`);
      } finally {
        this.#release();
      }
      this.#counts.retried += 1;
    }
  }

  /**
   * Resolves when the task may start; at once when it is stopped. Thousands may wait under one signal, whose listeners are
   * a list: only a signal of the task's own is listened to, and shutdown calls all.
   */
  #slot(cost: number, signal: AbortSignal, isOwn: boolean): Promise<void> {
    if (signal.aborted || (this.#running < this.#engine.slots && this.#waiting.length === 0)) {
      this.#running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const { leave } = this.#waiting.join(cost, () => {
        signal.removeEventListener('abort', leave);
        this.#running += 1;
        resolve();
      });
      if (isOwn) signal.addEventListener('abort', leave, { once: true });
    });
  }

  #release(): void {
    this.#running -= 1;
    // Engines whose workers come and go may have more slots than before.
    while (this.#running < this.#engine.slots && this.#waiting.length > 0) this.#waiting.callNext();
  }
}
