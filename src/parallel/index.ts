/**
 * Work on many cores: named tasks through one protocol, and sweeps whose tiles are shared between threads.
 *
 * ```ts
 * await using threads = new WorkerThreads(memory, kernels, 2);
 * const backend = new TaskRunner(new LocalEngine(threads));
 * for await (const [index, output] of backend.map(task, inputs, { signal })) …
 * ```
 *
 * The engines of other machines have faces of their own, `engines/batch` and `engines/ray`, which are loaded only when they
 * are asked for.
 */
export type { Attempt, AttemptOutcome, Engine, LossCause } from './engine.ts';
export * from './distributed/index.ts';
export { createPoolSweeps, type PoolSweeps } from './engines/local/create-sweeps.ts';
export { LocalEngine, type LocalEngineOptions } from './engines/local/local-engine.ts';
export { ThreadedExecutor, type ThreadedOptions } from './engines/local/threaded-executor.ts';
export {
  deathEvent,
  WorkerThreads,
  type ThreadDeath,
  type WorkerThreadsOptions,
} from './engines/local/worker-threads.ts';
export { SequentialEngine } from './engines/sequential/sequential-engine.ts';
export { findAllocation, usableCores, type Allocation, type Machine } from './machine.ts';
export type { Accounts, ExecutionBackend, MapOptions, Task, TaskOptions } from './protocol.ts';
export type { TaskFunctionContext, TaskSurroundings } from './run-named-task.ts';
export { TaskRunner } from './runner.ts';
export type { DataRef, NumericArray, SharedArrays, SharedData, ShareOptions } from './shared-data.ts';
export {
  computedHereWarning,
  explainOthers,
  fallbackWarning,
  missingBackendWarning,
  selectBackend,
  type BackendChoice,
} from './select.ts';
export { TaskLost } from './task-lost.ts';
