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
import type { RunEvent } from '../../../base/events.ts';
import type { CompiledKernels, KernelMemory } from '../../../kernels/index.ts';
import type { LossCause } from '../../engine.ts';
import { DataTable, inSharedMemory, type PlacedData, type SharedArrays } from '../../shared-data.ts';
import type { WorkerMessage, WorkerReply, WorkerStart } from './messages.ts';
import { SweepBoard } from './sweep-board.ts';

export interface ThreadDeath {
  readonly thread: number;
  readonly reason: string;
  readonly cause: LossCause;
  /** Whether it had a task; whoever runs that one tells of the death. */
  readonly hadTask: boolean;
  /** Whether a new thread takes its place. */
  readonly replaced: boolean;
}

/** The death of a thread as an event of a run. */
export function deathEvent({ thread, reason, replaced }: ThreadDeath): RunEvent {
  const next = replaced ? 'a new one takes its place' : 'it is not replaced';
  return { kind: 'log', level: 'warning', text: `worker thread ${thread} died (${reason}); ${next}` };
}

export interface WorkerThreadsOptions {
  /** JavaScript heap of a thread, MB; data lie outside it. Default: that of Node. */
  readonly heap?: number | undefined;
}

interface Slot {
  worker: Worker | null;
  ready: Promise<void>;
  isReady: boolean;
  /** Tasks handed over and not answered. */
  tasks: number;
  /** Why it is being ended from here, and whether it failed; null while it is not. */
  ending: { readonly reason: string; readonly failed: boolean } | null;
}

/** Deaths in a row, each before the thread was of any use, after which the pool gives up starting threads. */
const MOST_USELESS = 3;
/** How long a thread may take to end when asked to before it is ended, ms. */
const QUIT_WITHIN = 500;

export class WorkerThreads implements AsyncDisposable {
  readonly memory: KernelMemory;
  readonly kernels: CompiledKernels;
  readonly board: SweepBoard;
  /** Worker threads at most, numbered from 1; number 0 is the caller, who computes tiles of sweeps too. */
  readonly workers: number;
  readonly #options: WorkerThreadsOptions;
  readonly #slots: Slot[];
  readonly #deathListeners = new Set<(death: ThreadDeath) => void>();
  readonly #replyListeners = new Set<(thread: number, reply: WorkerReply) => void>();
  readonly #data = new DataTable();
  #lastData = 0;
  #lastTask = 0;
  #useless = 0;
  #lastReason = '';
  #closing = false;

  /** No thread is started before it is needed. */
  constructor(memory: KernelMemory, kernels: CompiledKernels, workers: number, options: WorkerThreadsOptions = {}) {
    this.memory = memory;
    this.kernels = kernels;
    this.workers = workers;
    this.#options = options;
    this.board = SweepBoard.create(workers + 1);
    this.#slots = Array.from({ length: workers }, () => ({
      worker: null,
      ready: Promise.resolve(),
      isReady: false,
      tasks: 0,
      ending: null,
    }));
  }

  /** Start the threads 1 … `last` that do not run; resolves when all are ready, rejects with `Defect` when one cannot. */
  async start(last: number = this.workers): Promise<void> {
    const threads = Array.from({ length: last }, (_, k) => k + 1);
    for (const thread of threads) this.ensure(thread);
    await Promise.all(threads.map((thread) => this.#slot(thread).ready));
  }

  /** Start a thread unless it runs; messages wait until it is ready. Throws `Defect` when no thread can be started. */
  ensure(thread: number): void {
    if (this.#closing) throw new Defect('the worker threads have ended');
    if (this.#slot(thread).worker !== null) return;
    if (this.#useless >= MOST_USELESS) throw new Defect(`worker threads die at once: ${this.#lastReason}`);
    this.#spawn(thread);
  }

  /** Numbers of the threads that run now. */
  get running(): number[] {
    return this.#slots.flatMap(({ worker }, k) => (worker === null ? [] : [k + 1]));
  }

  isReady(thread: number): boolean {
    return this.#slot(thread).isReady;
  }

  onDeath(listener: (death: ThreadDeath) => void): Disposable {
    this.#deathListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#deathListeners.delete(listener) };
  }

  onReply(listener: (thread: number, reply: WorkerReply) => void): Disposable {
    this.#replyListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#replyListeners.delete(listener) };
  }

  /** A number for a task, unlike that of any other task of these threads, whoever runs it. */
  newTask(): number {
    return ++this.#lastTask;
  }

  /** Hand a message to a thread; it wakes if it is idle. */
  post(thread: number, message: WorkerMessage): void {
    const slot = this.#slot(thread);
    if (slot.worker === null) throw new Defect(`thread ${thread} does not run`);
    slot.worker.postMessage(message);
    if (message.kind === 'task') slot.tasks += 1;
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

  /** End a thread; a new one takes its place. With a reason, told with its death, when it failed: it hangs. */
  async terminate(thread: number, reason?: string): Promise<void> {
    const slot = this.#slot(thread);
    slot.ending ??= { reason: reason ?? 'it was ended', failed: reason !== undefined };
    await slot.worker?.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    this.board.askToQuit();
    const gone = this.#slots.map(async ({ worker }) => {
      if (worker === null) return;
      const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      const late = setTimeout(() => void worker.terminate(), QUIT_WITHIN);
      await exited;
      clearTimeout(late);
    });
    await Promise.all(gone);
  }

  #slot(thread: number): Slot {
    const slot = this.#slots[thread - 1];
    if (slot === undefined) throw new Defect(`there is no thread ${thread}`);
    return slot;
  }

  #tellAll(message: WorkerMessage): void {
    if (this.#closing) return;
    for (const { worker } of this.#slots) worker?.postMessage(message);
    // Also those asleep: they would hold on to data that were released.
    this.board.wake();
  }

  #spawn(thread: number): void {
    const start: WorkerStart = {
      memory: this.memory.memory,
      module: this.kernels.module,
      board: this.board.buffer,
      threads: this.workers + 1,
      thread,
      data: this.#data.all,
    };
    const worker = startWorker(start, this.#options);
    const slot = this.#slot(thread);
    const beats = this.board.beats(thread);
    slot.worker = worker;
    slot.ending = null;
    let reason = '';
    let cause: LossCause = 'place';
    slot.ready = new Promise((resolve, reject) => {
      worker.on('message', (reply: WorkerReply) => {
        if (reply.kind === 'ready') {
          slot.isReady = true;
          cause = 'worker';
          resolve();
          return;
        }
        if (reply.kind !== 'progress') slot.tasks -= 1;
        for (const listener of this.#replyListeners) listener(thread, reply);
      });
      worker.on('error', (error: Error) => {
        const memory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
        if (memory) cause = 'memory';
        reason = memory ? `out of memory: ${error.message}` : `${error.name}: ${error.message}`;
      });
      worker.on('exit', (code) => {
        const hadTask = slot.tasks > 0;
        const wasOfUse = slot.isReady && (hadTask || this.board.beats(thread) !== beats);
        if (wasOfUse) this.#useless = 0;
        else if (slot.ending?.failed !== false) this.#useless += 1;
        // Before a new thread takes units in its name.
        this.board.clear(thread);
        slot.worker = null;
        slot.isReady = false;
        slot.tasks = 0;
        reason ||= slot.ending?.reason ?? `it exited with code ${code}`;
        this.#lastReason = reason;
        reject(new Defect(`a worker thread could not start: ${reason}`));
        const replaced = !this.#closing && this.#useless < MOST_USELESS;
        if (replaced) this.#spawn(thread);
        // Who ends because the pool is closed did not die, unless a task died with it.
        if (this.#closing && !hadTask) return;
        for (const listener of this.#deathListeners) listener({ thread, reason, cause, hadTask, replaced });
      });
    });
    // Nobody may be waiting for the thread; its death is told anyway.
    slot.ready.catch(() => undefined);
  }
}

function startWorker(start: WorkerStart, { heap }: WorkerThreadsOptions): Worker {
  // The suffix is that of this file: .ts in a checkout, .js in the package.
  const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const worker = new Worker(new URL(`./worker${suffix}`, import.meta.url), {
    workerData: start,
    env: environment(),
    ...(heap === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heap } }),
  });
  // A pool never keeps a process alive; whoever waits for its work does.
  worker.unref();
  return worker;
}

/**
 * The environment of a thread. It keeps compiled scripts where this thread does, and from its first script on: in a
 * checkout that saves loading the compiler that takes types out, most of the time of a start.
 */
function environment(): NodeJS.ProcessEnv {
  const folder = getCompileCacheDir();
  return folder === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: path.dirname(folder) };
}
