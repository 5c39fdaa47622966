/** What fits compute with: the kernel memory, the kernels, and the worker threads that share their sweeps. */
import type { RunEvent, Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { ParallelConfig } from '../config/config.ts';
import { createKernelSweeps, instantiateKernels, loadKernels } from '../kernels/index.ts';
import type { CompiledKernels, KernelMemory, Sweeps, TriangleStack } from '../kernels/index.ts';
import type { FitProblem } from '../nlsq/index.ts';
import {
  createPoolSweeps,
  deathEvent,
  type DistributedSweeps,
  type ExecutionBackend,
  fallbackWarning,
  LocalEngine,
  selectBackend,
  SequentialEngine,
  TaskRunner,
  WorkerThreads,
} from '../parallel/index.ts';
import { distributeIfQuicker } from './quickest-sweeps.ts';
import type { RayWorkers } from './ray-workers.ts';
import { thisMachine } from './this-machine.ts';

/** Share of `parallel.memory` that each of the two windows over data in a file may take, and bytes that are always enough. */
const WINDOW_SHARE = 1 / 16;
const AMPLE_WINDOW = 64 * 2 ** 20;

/** The threads of a process, which may serve one fit or many; disposing ends them. */
export class ComputePool implements AsyncDisposable {
  readonly memory: KernelMemory;
  readonly kernels: CompiledKernels;
  readonly parallel: ParallelConfig;
  readonly workers: number;
  /** Null when one thread computes everything. */
  readonly threads: WorkerThreads | null;
  /** The workers of Ray, once they are there; null without Ray. */
  readonly ray: Promise<RayWorkers | null>;
  readonly #stop = new AbortController();

  private constructor(
    memory: KernelMemory,
    kernels: CompiledKernels,
    parallel: ParallelConfig,
    { signal, progress }: TaskContext,
    warn: (warning: Warning) => void,
  ) {
    this.memory = memory;
    this.kernels = kernels;
    this.parallel = parallel;
    const stop = signal === undefined ? this.#stop.signal : AbortSignal.any([this.#stop.signal, signal]);
    this.ray = rayWorkers(parallel, { signal: stop, progress }, warn);
    // Whoever needs them hears of a failure; who ends before that does not.
    this.ray.catch(() => undefined);
    this.workers = parallel.chunks ? selectBackend(parallel, thisMachine()).workers : 1;
    this.threads = this.workers > 1 ? new WorkerThreads(memory, kernels, this.workers) : null;
  }

  /**
   * Compile the kernels, for data in `memory` or in regions of it; no thread is started yet. Ray is, in the background, if
   * it is asked for; `warn` is told when it cannot be used.
   */
  static async open(
    memory: KernelMemory,
    parallel: ParallelConfig,
    context: TaskContext = {},
    warn: (warning: Warning) => void = () => undefined,
  ): Promise<ComputePool> {
    return new ComputePool(memory, await loadKernels(), parallel, context, warn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort('closed');
    const ray = await this.ray.catch(() => null);
    await Promise.all([ray?.[Symbol.asyncDispose](), this.threads?.[Symbol.asyncDispose]()]);
  }
}

/** The engine is loaded only where it is asked for. */
async function rayWorkers(
  parallel: ParallelConfig,
  context: TaskContext,
  warn: (warning: Warning) => void,
): Promise<RayWorkers | null> {
  if (parallel.backend !== 'ray') return null;
  const { openRayWorkers } = await import('./ray-workers.ts');
  return openRayWorkers(parallel, context, warn);
}

/** What one fit computes with. */
export class Compute implements AsyncDisposable {
  readonly memory: KernelMemory;
  readonly #pool: ComputePool;
  readonly #windowBytes: number;
  readonly #owned = new AsyncDisposableStack();
  #tasks: ExecutionBackend | null = null;
  #alone: ExecutionBackend | null = null;
  #ray: RayWorkers | null = null;
  #workers: number;

  /** Over threads that stay with whoever made them; `memory` is that of the pool or a region of it. */
  constructor(pool: ComputePool, memory: KernelMemory, context: TaskContext = {}) {
    this.memory = memory;
    this.#pool = pool;
    this.#workers = pool.workers;
    this.#windowBytes = Math.min(pool.parallel.memory * WINDOW_SHARE, AMPLE_WINDOW);
    const listening = pool.threads?.onDeath((death) => {
      if (!death.hadTask) context.progress?.(deathEvent(death));
    });
    if (listening !== undefined) this.#owned.use(listening);
  }

  /**
   * Compile the kernels, for data in `memory`, with threads of its own; none is started yet. Deaths of threads are told
   * to `progress`.
   */
  static async open(
    memory: KernelMemory,
    parallel: ParallelConfig,
    context: TaskContext = {},
    warn: (warning: Warning) => void = () => undefined,
  ): Promise<Compute> {
    const pool = await ComputePool.open(memory, parallel, context, warn);
    const compute = new Compute(pool, memory, context);
    compute.#owned.use(pool);
    return compute;
  }

  get kernels(): CompiledKernels {
    return this.#pool.kernels;
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
    const { threads, kernels, parallel } = this.#pool;
    const options = { windowBytes: this.#windowBytes };
    if (threads === null) return createKernelSweeps(kernels, this.memory, data, options);
    const { sweeps, alone } = createPoolSweeps(threads, data, options, this.memory);
    if (alone !== null) {
      warn(fallbackWarning(parallel, alone));
      this.#workers = 1;
      return sweeps;
    }
    this.#start(warn);
    return sweeps;
  }

  /**
   * Start the threads for sweeps that are asked for together, although one alone is too small for them; how many threads
   * there are, this one included.
   */
  togetherOver(warn: (warning: Warning) => void): number {
    this.#start(warn);
    return this.#pool.workers;
  }

  /** In the background: this thread computes as well, so one fewer is enough; until they are ready it computes alone. */
  #start(warn: (warning: Warning) => void): void {
    const { threads, workers } = this.#pool;
    threads?.start(workers - 1).catch((error: unknown) => {
      warn({ code: 'parallel-fallback', text: error instanceof Error ? error.message : String(error) });
    });
  }

  /** Sweeps over a part of the data, in the same threads where that pays. */
  coarseSweeps(data: TriangleStack): Sweeps {
    const { threads, kernels } = this.#pool;
    if (threads === null) return createKernelSweeps(kernels, this.memory, data);
    return createPoolSweeps(threads, data, {}, this.memory).sweeps;
  }

  /** Wait for the workers of Ray, if it is asked for. Throws `ConfigRefused` with `fallback: error`, `Cancelled`. */
  async join(): Promise<void> {
    this.#ray = await this.#pool.ray;
  }

  /** Sweeps over all data on the nodes of Ray, where that was found to be quicker than `sweeps`; null where it is not. */
  async sweepsOnNodes(
    { sweeps, model }: Pick<FitProblem, 'sweeps' | 'model'>,
    context: TaskContext & { readonly progress: (event: RunEvent) => void },
  ): Promise<DistributedSweeps | null> {
    if (this.#ray === null || !this.#pool.parallel.chunks) return null;
    const { backend } = this.#ray;
    return await distributeIfQuicker({ local: sweeps, threads: this.#workers, model, backend }, context);
  }

  /** Where independent work of the fit runs side by side; null when one thread computes everything. */
  get tasks(): ExecutionBackend | null {
    if (this.#ray !== null) return this.#ray.backend;
    const { threads } = this.#pool;
    if (threads === null) return null;
    this.#tasks ??= this.#owned.use(new TaskRunner(new LocalEngine(threads)));
    return this.#tasks;
  }

  /** Where tasks run in any case: as `tasks`, or in this thread where there is no other. */
  get backend(): ExecutionBackend {
    if (this.tasks !== null) return this.tasks;
    const { memory } = this.memory;
    this.#alone ??= this.#owned.use(
      new TaskRunner(new SequentialEngine({ memory, kernels: instantiateKernels(this.kernels, this.memory) })),
    );
    return this.#alone;
  }

  /** Dispose `resource` with the rest, and before the workers it needs. */
  own<T extends AsyncDisposable>(resource: T): T {
    return this.#owned.use(resource);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}
