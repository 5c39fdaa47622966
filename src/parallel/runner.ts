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
import { Channel } from './channel.ts';
import type { Accounts, ExecutionBackend, MapOptions, Task, TaskOptions } from './protocol.ts';
import { dataRef, digestOf, type SharedArrays, type SharedData, type ShareOptions } from './shared-data.ts';
import { taskIdentity } from './task-identity.ts';
import { TaskLost } from './task-lost.ts';

/** Workers that may die under one task before it counts as poison. */
const POISON_AFTER = 3;
const RETRIES = 5;

interface Waiting {
  readonly cost: number;
  readonly order: number;
  readonly begin: () => void;
}

export class TaskRunner implements ExecutionBackend {
  readonly #engine: Engine;
  readonly #waiting: Waiting[] = [];
  readonly #settled = new Set<Promise<unknown>>();
  readonly #shared = new Set<() => Promise<void>>();
  readonly #stop = new AbortController();
  readonly #counts = { submitted: 0, ok: 0, failed: 0, cancelled: 0, retried: 0 };
  #running = 0;
  #order = 0;
  #closed = false;

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
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#settled.add(settled);
    void settled.then(() => this.#settled.delete(settled));
    return work;
  }

  async *map<Input, Output>(
    task: Task<Input, Output>,
    items: Iterable<Input> | AsyncIterable<Input>,
    options: MapOptions = {},
  ): AsyncGenerator<[number, Output], void, undefined> {
    const window = Math.max(1, options.window ?? 2 * this.workers);
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    const finished = new Channel<[number, Output]>();
    let index = 0;
    let inFlight = 0;
    let more = true;
    const source = iterate(items);
    const fill = async (): Promise<void> => {
      while (more && inFlight < window) {
        const next = await source.next();
        if (next.done === true) {
          more = false;
          return;
        }
        const place = index++;
        inFlight += 1;
        this.submit(task, next.value, { ...options, signal }).then(
          (output) => finished.push([place, output]),
          (error: unknown) => finished.fail(error),
        );
      }
    };
    try {
      await fill();
      while (inFlight > 0) {
        const result = await finished.next();
        inFlight -= 1;
        yield result;
        await fill();
      }
    } finally {
      stop.abort('the map has ended');
      await source.return?.();
    }
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

  async shutdown({ wait = true }: { readonly wait?: boolean } = {}): Promise<Accounts> {
    this.#closed = true;
    if (!wait) {
      this.#stop.abort('shut down');
      for (const { begin } of this.#waiting.splice(0)) begin();
    }
    while (this.#settled.size > 0) await Promise.all(this.#settled);
    await Promise.all([...this.#shared].map((release) => release()));
    await this.#engine[Symbol.asyncDispose]();
    const { submitted, ok, failed, cancelled } = this.#counts;
    if (submitted !== ok + failed + cancelled) {
      throw new Defect(`${submitted} tasks were submitted, but ${ok} + ${failed} + ${cancelled} ended`);
    }
    return this.accounts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown({ wait: false });
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new Defect(`the ${this.name} backend is shut down`);
  }

  async #run<Output>(task: Task<never, Output>, input: unknown, options: TaskOptions): Promise<Output> {
    const signals = [this.#stop.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const signal = AbortSignal.any(signals);
    const most = 1 + (options.retries ?? RETRIES);
    const reasons: string[] = [];
    for (let number = 1; ; number++) {
      await this.#slot(options.cost ?? 1, signal);
      try {
        throwIfCancelled({ signal });
        const attempt = {
          identity: () => taskIdentity(task, input),
          number,
          module: task.module,
          export: task.export,
          input,
        };
        const outcome = await this.#engine.start(attempt, signal, options.progress);
        if (outcome.kind === 'ok') return outcome.output as Output;
        if (outcome.kind === 'failed') throw outcome.error;
        if (outcome.kind === 'cancelled') throw new Cancelled('stopped on request', { cause: signal.reason });
        reasons.push(outcome.reason);
      } finally {
        this.#release();
      }
      if (reasons.length >= Math.min(POISON_AFTER, most)) throw new TaskLost(task.name, reasons);
      this.#counts.retried += 1;
    }
  }

  /** Resolves when the task may start; at once when it is stopped. */
  #slot(cost: number, signal: AbortSignal): Promise<void> {
    if (this.#running < this.#engine.slots && this.#waiting.length === 0) {
      this.#running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const entry: Waiting = {
        cost,
        order: this.#order++,
        begin: () => {
          signal.removeEventListener('abort', leave);
          this.#running += 1;
          resolve();
        },
      };
      const leave = (): void => {
        const at = this.#waiting.indexOf(entry);
        if (at >= 0) this.#waiting.splice(at, 1)[0]!.begin();
      };
      this.#waiting.push(entry);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #release(): void {
    this.#running -= 1;
    if (this.#running >= this.#engine.slots || this.#waiting.length === 0) return;
    let first = 0;
    for (const [k, { cost, order }] of this.#waiting.entries()) {
      const best = this.#waiting[first]!;
      if (cost > best.cost || (cost === best.cost && order < best.order)) first = k;
    }
    this.#waiting.splice(first, 1)[0]!.begin();
  }
}

function iterate<T>(items: Iterable<T> | AsyncIterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
