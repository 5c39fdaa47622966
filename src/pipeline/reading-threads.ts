/**
 * Worker threads that read a large file beside the calling one, and are gone when it is read: each holds an HDF5 library
 * and its buffers, which nothing needs afterwards.
 */
import type { TaskContext } from '../base/task-context.ts';
import type { ReadingHelpers, ReadingTaskInput, ReadingTaskOutput, ReadingWork, HelperChoice } from '../data/index.ts';
import { READING_MODULE } from '../data/index.ts';
import type { CompiledKernels, KernelMemory } from '../kernels/index.ts';
import { LocalEngine, TaskRunner, WorkerThreads } from '../parallel/index.ts';
import type { BackendChoice, ExecutionBackend, Task } from '../parallel/index.ts';

/**
 * Values to decode that make one more thread worth its start, its HDF5 library and the time until its code is compiled,
 * some 0.3 s of one core in all: measured, see docs/algorithms.md.
 */
const VALUES_PER_THREAD = { plain: 64e6, compressed: 16e6 } as const;
/** What a thread takes while it reads, and the share of `parallel.memory` that all of them may. */
const MEMORY_PER_THREAD = 100e6;
const MEMORY_SHARE = 1 / 2;

const readTask: Task<ReadingTaskInput, ReadingTaskOutput> = {
  name: 'read.matrices',
  version: 1,
  module: READING_MODULE,
  export: 'readMatrices',
};

export class ReadingThreads implements ReadingHelpers, AsyncDisposable {
  readonly #memory: KernelMemory;
  readonly #kernels: Promise<CompiledKernels>;
  readonly #backend: BackendChoice;
  readonly #mostByMemory: number;
  readonly #owned = new AsyncDisposableStack();
  #pool: Promise<ExecutionBackend> | null = null;

  /** `memory` is the kernel memory the data go to, `bytes` is `parallel.memory`. No thread is started yet. */
  constructor(memory: KernelMemory, kernels: Promise<CompiledKernels>, backend: BackendChoice, bytes: number) {
    this.#memory = memory;
    this.#kernels = kernels;
    // Whoever made them tells of a failure; here it only means that no thread helps.
    kernels.catch(() => undefined);
    this.#backend = backend;
    this.#mostByMemory = Math.floor((bytes * MEMORY_SHARE) / MEMORY_PER_THREAD);
  }

  choose({ values, compressed }: ReadingWork): HelperChoice {
    const { workers, why } = this.#backend;
    if (workers < 2) return { helpers: 0, why };
    const kind = compressed ? 'compressed' : 'plain';
    const perThread = VALUES_PER_THREAD[kind];
    const worth = Math.floor(values / perThread);
    const price = `another one pays per ${perThread / 1e6} million values of ${kind} data`;
    if (worth < 1) return { helpers: 0, why: price };
    const helpers = Math.min(workers - 1, worth, this.#mostByMemory);
    if (helpers === workers - 1) return { helpers, why };
    return { helpers, why: helpers === worth ? price : 'parallel.memory allows no more' };
  }

  async run(input: ReadingTaskInput, helpers: number, context: TaskContext): Promise<readonly ReadingTaskOutput[]> {
    try {
      const pool = await this.#open(helpers);
      const length = Math.min(helpers, pool.workers);
      const tasks = Array.from({ length }, () => pool.submit(readTask, input, { ...context, retries: 0 }));
      const ended = await Promise.allSettled(tasks);
      return ended.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    } catch {
      // Without threads the calling one reads everything.
      return [];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool?.catch(() => undefined);
    await this.#owned.disposeAsync();
  }

  #open(helpers: number): Promise<ExecutionBackend> {
    this.#pool ??= this.#kernels.then((kernels) => {
      const threads = this.#owned.use(new WorkerThreads(this.#memory, kernels, helpers));
      return this.#owned.use(new TaskRunner(new LocalEngine(threads)));
    });
    return this.#pool;
  }
}
