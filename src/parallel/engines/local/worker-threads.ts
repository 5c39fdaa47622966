/**
 * The worker threads of the local pool: started when first needed, replaced when they die, gone with the process.
 *
 * Who dies is told to whoever waits (`onDeath`): a sweep then computes what that thread had taken, a task is started
 * again elsewhere by the runner.
 */
import { getCompileCacheDir } from 'node:module';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { Defect } from '../../../base/errors.ts';
import type { CompiledKernels, KernelMemory } from '../../../kernels/index.ts';
import { DataTable, inSharedMemory, type PlacedData, type SharedArrays } from '../../shared-data.ts';
import type { WorkerMessage, WorkerReply, WorkerStart } from './messages.ts';
import { SweepBoard } from './sweep-board.ts';

export interface ThreadDeath {
  readonly thread: number;
  readonly reason: string;
}

interface Slot {
  worker: Worker | null;
  ready: Promise<void>;
}

/**
 * The environment of a thread. It keeps compiled scripts where this thread does, and from its first script on: in a
 * checkout that saves loading the compiler that takes types out, most of the time of a start.
 */
function environment(): NodeJS.ProcessEnv {
  const folder = getCompileCacheDir();
  return folder === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: path.dirname(folder) };
}

/** Deaths in a row, none of them after a ready message, after which the pool gives up starting threads. */
const MOST_FAILED_STARTS = 3;

export class WorkerThreads implements AsyncDisposable {
  readonly memory: KernelMemory;
  readonly kernels: CompiledKernels;
  readonly board: SweepBoard;
  /** Worker threads at most, numbered from 1; number 0 is the caller, who computes tiles of sweeps too. */
  readonly workers: number;
  readonly #slots: Slot[];
  readonly #deathListeners = new Set<(death: ThreadDeath) => void>();
  readonly #replyListeners = new Set<(thread: number, reply: WorkerReply) => void>();
  readonly #data = new DataTable();
  #lastData = 0;
  #failedStarts = 0;
  #closing = false;

  /** No thread is started before it is needed. */
  constructor(memory: KernelMemory, kernels: CompiledKernels, workers: number) {
    this.memory = memory;
    this.kernels = kernels;
    this.workers = workers;
    this.board = SweepBoard.create(workers + 1);
    this.#slots = Array.from({ length: workers }, () => ({ worker: null, ready: Promise.resolve() }));
  }

  /** Start the threads 1 … `last` that do not run; resolves when all are ready. */
  async start(last: number = this.workers): Promise<void> {
    const starting: Promise<void>[] = [];
    for (let thread = 1; thread <= last; thread++) {
      const slot = this.#slots[thread - 1]!;
      if (slot.worker === null && !this.#closing) slot.ready = this.#spawn(thread);
      starting.push(slot.ready);
    }
    await Promise.all(starting);
  }

  /** Numbers of the threads that run now. */
  get running(): number[] {
    return this.#slots.flatMap(({ worker }, k) => (worker === null ? [] : [k + 1]));
  }

  onDeath(listener: (death: ThreadDeath) => void): Disposable {
    this.#deathListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#deathListeners.delete(listener) };
  }

  onReply(listener: (thread: number, reply: WorkerReply) => void): Disposable {
    this.#replyListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#replyListeners.delete(listener) };
  }

  /** Hand a message to a thread; it wakes if it is idle. */
  post(thread: number, message: WorkerMessage): void {
    const worker = this.#slots[thread - 1]?.worker;
    if (worker === null || worker === undefined) throw new Defect(`thread ${thread} does not run`);
    worker.postMessage(message);
    this.board.wake();
  }

  /** Let every thread, those started later included, see the arrays; what is not in shared memory is copied there once. */
  share(arrays: SharedArrays): PlacedData {
    const number = ++this.#lastData;
    const seen = inSharedMemory(arrays);
    this.#data.keep(number, seen);
    this.#tellAll({ kind: 'data', number, arrays: seen });
    const release = async (): Promise<void> => {
      this.#data.forget(number);
      this.#tellAll({ kind: 'data', number, arrays: null });
    };
    return { place: DataTable.place(number), release };
  }

  /** End a thread that does not answer; a new one takes its place. */
  async terminate(thread: number): Promise<void> {
    await this.#slots[thread - 1]?.worker?.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    this.board.askToQuit();
    const gone = this.#slots.map(async ({ worker }) => {
      if (worker === null) return;
      const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      const late = setTimeout(() => void worker.terminate(), 500);
      await exited;
      clearTimeout(late);
    });
    await Promise.all(gone);
  }

  #tellAll(message: WorkerMessage): void {
    if (this.#closing) return;
    for (const { worker } of this.#slots) worker?.postMessage(message);
    // Also those asleep: they would hold on to data that were released.
    this.board.wake();
  }

  #spawn(thread: number): Promise<void> {
    const start: WorkerStart = {
      memory: this.memory.memory,
      module: this.kernels.module,
      board: this.board.buffer,
      threads: this.workers + 1,
      thread,
      data: this.#data.all,
    };
    const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    const worker = new Worker(new URL(`./worker${suffix}`, import.meta.url), { workerData: start, env: environment() });
    // A pool never keeps a process alive; whoever waits for its work does.
    worker.unref();
    const slot = this.#slots[thread - 1]!;
    slot.worker = worker;
    let reason = '';
    return new Promise((resolve, reject) => {
      worker.on('message', (reply: WorkerReply) => {
        if (reply.kind === 'ready') {
          this.#failedStarts = 0;
          resolve();
          return;
        }
        for (const listener of this.#replyListeners) listener(thread, reply);
      });
      worker.on('error', (error: Error) => {
        reason = `${error.name}: ${error.message}`;
      });
      worker.on('exit', (code) => {
        if (slot.worker === worker) slot.worker = null;
        const death = { thread, reason: reason === '' ? `it exited with code ${code}` : reason };
        reject(new Defect(`a worker thread could not start: ${death.reason}`));
        if (this.#closing) return;
        this.#failedStarts += 1;
        if (this.#failedStarts < MOST_FAILED_STARTS) slot.ready = this.#spawn(thread).catch(() => undefined);
        for (const listener of this.#deathListeners) listener(death);
      });
    });
  }
}
