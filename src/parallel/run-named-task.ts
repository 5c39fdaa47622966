/** Find the function a task names and call it: the last step of every engine, in whichever thread or process. */
import { Defect } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { KernelExports } from '../kernels/index.ts';
import type { DataRef, SharedArrays } from './shared-data.ts';

/** What a task finds where it runs: the shared memory its data lie in, and the kernels on it. */
export interface TaskSurroundings {
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelExports;
}

/** The second argument of a task function. */
export interface TaskFunctionContext extends TaskContext, TaskSurroundings {
  /** Tell that the task moves, in long work without progress events: what gives no sign for too long counts as hung. */
  readonly beat: () => void;
  /** Shared data by their handle; to be read only. Throws `Defect` when they were released. */
  readonly data: <Arrays extends SharedArrays>(ref: DataRef<Arrays>) => Promise<Arrays>;
}

type TaskFunction = (input: unknown, context: TaskFunctionContext) => unknown;

/** Kept, because asking the loader costs more than a small task. */
const modules = new Map<string, Record<string, unknown>>();

export async function runNamedTask(
  named: { readonly module: string; readonly export: string },
  input: unknown,
  context: TaskFunctionContext,
): Promise<unknown> {
  let module = modules.get(named.module);
  if (module === undefined) {
    module = (await import(named.module)) as Record<string, unknown>;
    modules.set(named.module, module);
  }
  const run = module[named.export];
  if (typeof run !== 'function') throw new Defect(`${named.module} exports no function ${named.export}`);
  return await (run as TaskFunction)(input, context);
}
