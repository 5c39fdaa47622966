/** What a fit computes with: the kernel memory, the kernels, and the worker threads that share its sweeps. */
import { availableParallelism } from 'node:os';
import type { Warning } from '../base/events.ts';
import type { ParallelConfig } from '../config/config.ts';
import { createKernelSweeps, KernelMemory, loadKernels, type CompiledKernels } from '../kernels/index.ts';
import type { Sweeps, TriangleStack } from '../kernels/index.ts';
import { createPoolSweeps, fallbackWarning, selectBackend, WorkerThreads } from '../parallel/index.ts';

export class Compute implements AsyncDisposable {
  readonly memory: KernelMemory;
  readonly kernels: CompiledKernels;
  /** Threads that compute, this one included. */
  readonly workers: number;
  readonly #threads: WorkerThreads | null;
  readonly #parallel: ParallelConfig;

  private constructor(kernels: CompiledKernels, parallel: ParallelConfig) {
    this.memory = new KernelMemory();
    this.kernels = kernels;
    this.#parallel = parallel;
    this.workers = parallel.chunks ? selectBackend(parallel, availableParallelism()).workers : 1;
    this.#threads = this.workers > 1 ? new WorkerThreads(this.memory, kernels, this.workers) : null;
  }

  /** Compile the kernels; no thread is started yet. */
  static async open(parallel: ParallelConfig): Promise<Compute> {
    return new Compute(await loadKernels(), parallel);
  }

  /** Sweeps over all data of a fit. Starts the threads in the background if they are to be used. */
  sweepsOver(data: TriangleStack): { readonly sweeps: Sweeps; readonly warnings: readonly Warning[] } {
    if (this.#threads === null) return { sweeps: this.coarseSweeps(data), warnings: [] };
    const { sweeps, alone } = createPoolSweeps(this.#threads, data);
    if (alone !== null) return { sweeps, warnings: [fallbackWarning(this.#parallel, alone)] };
    // This thread computes as well, so one fewer is enough; until they are ready it computes alone.
    void this.#threads.start(this.workers - 1);
    return { sweeps, warnings: [] };
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
