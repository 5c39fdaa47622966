/** What a fit computes with: the kernel memory, the kernels, and the worker threads that share its sweeps. */
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { ParallelConfig } from '../config/config.ts';
import { createKernelSweeps, loadKernels } from '../kernels/index.ts';
import type { CompiledKernels, KernelMemory, Sweeps, TriangleStack } from '../kernels/index.ts';
import { createPoolSweeps, deathEvent, fallbackWarning, selectBackend, WorkerThreads } from '../parallel/index.ts';
import { thisMachine } from './this-machine.ts';

/** Share of `parallel.memory` that each of the two windows over data in a file may take, and bytes that are always enough. */
const WINDOW_SHARE = 1 / 8;
const AMPLE_WINDOW = 64 * 2 ** 20;

export class Compute implements AsyncDisposable {
  readonly memory: KernelMemory;
  readonly kernels: CompiledKernels;
  readonly #threads: WorkerThreads | null;
  readonly #parallel: ParallelConfig;
  readonly #windowBytes: number;
  #workers: number;

  private constructor(memory: KernelMemory, kernels: CompiledKernels, parallel: ParallelConfig, context: TaskContext) {
    this.memory = memory;
    this.kernels = kernels;
    this.#parallel = parallel;
    this.#windowBytes = Math.min(parallel.memory * WINDOW_SHARE, AMPLE_WINDOW);
    this.#workers = parallel.chunks ? selectBackend(parallel, thisMachine()).workers : 1;
    this.#threads = this.#workers > 1 ? new WorkerThreads(memory, kernels, this.#workers) : null;
    this.#threads?.onDeath((death) => {
      if (!death.hadTask) context.progress?.(deathEvent(death));
    });
  }

  /** Compile the kernels, for data in `memory`; no thread is started yet. Deaths of threads are told to `progress`. */
  static async open(memory: KernelMemory, parallel: ParallelConfig, context: TaskContext = {}): Promise<Compute> {
    return new Compute(memory, await loadKernels(), parallel, context);
  }

  /** Threads that compute the sweeps over all data, this one included. */
  get workers(): number {
    return this.#workers;
  }

  /**
   * Sweeps over all data of a fit. Starts the threads in the background if they are to be used; `warn` is told of every
   * fallback, now or when a thread cannot start, and this thread then computes what is left to it.
   */
  sweepsOver(data: TriangleStack, warn: (warning: Warning) => void): Sweeps {
    const options = { windowBytes: this.#windowBytes };
    if (this.#threads === null) return createKernelSweeps(this.kernels, this.memory, data, options);
    const { sweeps, alone } = createPoolSweeps(this.#threads, data, options);
    if (alone !== null) {
      warn(fallbackWarning(this.#parallel, alone));
      this.#workers = 1;
      return sweeps;
    }
    // This thread computes as well, so one fewer is enough; until they are ready it computes alone.
    this.#threads.start(this.#workers - 1).catch((error: unknown) => {
      warn({ code: 'parallel-fallback', text: error instanceof Error ? error.message : String(error) });
    });
    return sweeps;
  }

  /** Sweeps over a part of the data, in the same threads where that pays. */
  coarseSweeps(data: TriangleStack): Sweeps {
    if (this.#threads === null) return createKernelSweeps(this.kernels, this.memory, data);
    return createPoolSweeps(this.#threads, data).sweeps;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads?.[Symbol.asyncDispose]();
  }
}
