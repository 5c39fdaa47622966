/**
 * The one protocol everything parallel goes through: named tasks in, results out, nothing lost.
 *
 * A task is a name, never a closure, so that the same task runs in this thread, in a worker thread or on another
 * machine. Its input and output are plain data (structured clone). How often it is tried, in which order results are
 * told and what is counted is the runner's business and the same for every engine.
 */
import type { TaskContext } from '../base/task-context.ts';
import type { SharedArrays, SharedData, ShareOptions } from './shared-data.ts';

/** A task by name: the export of a module that takes an input and a context. `Input` and `Output` are for the compiler. */
export interface Task<Input, Output> {
  readonly name: string;
  /** Changes whenever the same input may give another output. */
  readonly version: number;
  /** URL of the module. */
  readonly module: string;
  readonly export: string;
  /** What of an input the output depends on, for the identity of the task. Default: all of it. */
  readonly decides?: (input: Input) => unknown;
  /** Never set; ties the types to the name. */
  readonly types?: (input: Input) => Output;
}

export interface TaskOptions extends TaskContext {
  /** Expected work in any unit, compared with that of other tasks: the longest goes first. Default 1. */
  readonly cost?: number | undefined;
  /** Attempts after the first when a worker was lost. Default 5. */
  readonly retries?: number | undefined;
}

export interface MapOptions extends Omit<TaskOptions, 'cost'> {
  /** Items read ahead of the consumer and in flight, at most. Default: twice the workers. */
  readonly window?: number | undefined;
}

/** What became of all tasks of a backend; `submitted` is the sum of the others once it is shut down. */
export interface Accounts {
  readonly submitted: number;
  readonly ok: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Attempts beyond the first. */
  readonly retried: number;
}

export interface ExecutionBackend extends AsyncDisposable {
  readonly name: string;
  /** Tasks that can run at the same time. */
  readonly workers: number;
  readonly accounts: Accounts;
  /** Run one task. Rejects with the task's own error, `TaskLost` when every attempt lost its worker, or `Cancelled`. */
  submit<Input, Output>(task: Task<Input, Output>, input: Input, options?: TaskOptions): Promise<Output>;
  /**
   * Run one task per item; yields `[index, output]` as they finish and reads items no further ahead than the window. A
   * consumer that stops early cancels what is in flight; the first failure ends the map.
   */
  map<Input, Output>(
    task: Task<Input, Output>,
    items: Iterable<Input> | AsyncIterable<Input>,
    options?: MapOptions,
  ): AsyncGenerator<[index: number, output: Output], void, undefined>;
  /**
   * Bring data to where every worker reads them, once; tasks carry the handle and open it with `context.data`. Nothing is
   * copied that already lies where workers see it. The data must not change until they are released, by disposing what is
   * returned or by shutdown.
   */
  share<Arrays extends SharedArrays>(arrays: Arrays, options?: ShareOptions): Promise<SharedData<Arrays>>;
  /** Finish what was submitted (`wait`, the default) or cancel it, and end the workers. */
  shutdown(options?: { readonly wait?: boolean }): Promise<Accounts>;
}
