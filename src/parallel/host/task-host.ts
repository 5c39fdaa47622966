/**
 * The part of a process on another machine that runs attempts: worker threads for all its cores, and the shared data that
 * its tasks read, brought into shared memory once for all of them.
 */
import { Defect } from '../../base/errors.ts';
import type { RunEvent } from '../../base/events.ts';
import { KernelMemory, loadKernels } from '../../kernels/index.ts';
import type { AttemptOutcome } from '../engine.ts';
import { LocalEngine } from '../engines/local/local-engine.ts';
import { WorkerThreads } from '../engines/local/worker-threads.ts';
import { isDataRef, type DataRef, type PlacedData, type SharedArrays } from '../shared-data.ts';
import { taskIdentity } from '../task-identity.ts';
import type { RemoteAttempt } from './outcome-frame.ts';

/** How long an attempt may take to stop or give no sign, as in `LocalEngine`. */
export interface AttemptLimits {
  readonly grace?: number | undefined;
  readonly lease?: number | undefined;
}

export interface TaskHostOptions extends AttemptLimits {
  /** Attempts at a time, each in a thread of its own. */
  readonly slots: number;
  /** Read shared data where the engine has put them; throws when they are not there any more. */
  readonly load: (ref: DataRef) => Promise<SharedArrays>;
  /** As in `WorkerThreads`. */
  readonly heap?: number | undefined;
}

export class TaskHost implements AsyncDisposable {
  readonly slots: number;
  readonly #threads: WorkerThreads;
  /** By the limits of their attempts. */
  readonly #engines = new Map<string, LocalEngine>();
  readonly #limits: AttemptLimits;
  readonly #load: TaskHostOptions['load'];
  /** By digest. */
  readonly #data = new Map<string, Promise<PlacedData>>();

  private constructor(threads: WorkerThreads, { slots, load, grace, lease }: TaskHostOptions) {
    this.slots = slots;
    this.#threads = threads;
    this.#load = load;
    this.#limits = { grace, lease };
  }

  /** Load the kernels; threads start when there are tasks. */
  static async open(options: TaskHostOptions): Promise<TaskHost> {
    const { heap, slots } = options;
    return new TaskHost(new WorkerThreads(new KernelMemory(), await loadKernels(), slots, { heap }), options);
  }

  /**
   * Run one attempt, of at most `slots` at a time; never rejects. Data that its input names are loaded before. Limits
   * that are not given are those of the host.
   */
  async run(
    attempt: RemoteAttempt,
    signal: AbortSignal,
    progress?: (event: RunEvent) => void,
    limits: AttemptLimits = this.#limits,
  ): Promise<AttemptOutcome> {
    const { number, module, export: name } = attempt;
    try {
      const input = await this.#withLocalData(attempt.input);
      const identity = (): Promise<string> => taskIdentity({ name, version: 0, module, export: name }, input);
      const own = { identity, number, task: name, module, export: name, input };
      return await this.#engineWith(limits).start(own, signal, progress);
    } catch (cause) {
      return { kind: 'failed', error: cause instanceof Error ? cause : new Error(String(cause)) };
    }
  }

  /** Give up data that are not to be read any more. */
  async forget(digest: string): Promise<void> {
    const placed = this.#data.get(digest);
    this.#data.delete(digest);
    await placed?.then(({ release }) => release());
  }

  /** Digests of the data held. */
  get held(): readonly string[] {
    return [...this.#data.keys()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const engine of this.#engines.values()) await engine[Symbol.asyncDispose]();
    await this.#threads[Symbol.asyncDispose]();
  }

  #engineWith({ grace, lease }: AttemptLimits): LocalEngine {
    const name = `${grace} ${lease}`;
    let engine = this.#engines.get(name);
    if (engine === undefined) {
      engine = new LocalEngine(this.#threads, {
        ...(grace === undefined ? {} : { grace }),
        ...(lease === undefined ? {} : { lease }),
      });
      this.#engines.set(name, engine);
    }
    return engine;
  }

  /** The input with every handle of shared data leading to this process. */
  async #withLocalData(value: unknown): Promise<unknown> {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
    if (isDataRef(value)) return { ...value, place: (await this.#placed(value)).place };
    if (Array.isArray(value)) return await Promise.all(value.map((item) => this.#withLocalData(item)));
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    const entries = Object.entries(value).map(async ([key, item]) => [key, await this.#withLocalData(item)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }

  #placed(ref: DataRef): Promise<PlacedData> {
    const known = this.#data.get(ref.digest);
    if (known !== undefined) return known;
    const placed = this.#load(ref).then((arrays) => this.#threads.share(arrays));
    this.#data.set(ref.digest, placed);
    placed.catch(() => this.#data.delete(ref.digest));
    return placed;
  }
}

/** What is said of data that were released before a task read them, by every engine. */
export function releasedError(): Defect {
  return new Defect('the shared data of a task were released before it read them');
}
