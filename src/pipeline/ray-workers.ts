/** The workers of a Ray cluster for named tasks, when the configuration asks for Ray; a warning when there is none. */
import type { RunEvent, Warning } from '../base/events.ts';
import { throwIfCancelled, type TaskContext } from '../base/task-context.ts';
import { DEFAULT_RAY, type ParallelConfig } from '../config/index.ts';
import { missingBackendWarning, TaskRunner, usableCores } from '../parallel/index.ts';
import { RayEngine, RayPool, RayUnavailable } from '../parallel/engines/ray/index.ts';
import type { ExecutionBackend } from '../parallel/index.ts';
import { thisMachine } from './this-machine.ts';

/** Disposing cancels what is under way and ends the hosts, and Ray too if it was started for them. */
export interface RayWorkers extends AsyncDisposable {
  readonly backend: ExecutionBackend;
  /** Tasks at a time on the node that takes most of them. */
  readonly most: number;
}

/** A stopped task writes what it has before it ends. */
const GRACE_MILLISECONDS = 8000;

/**
 * Connect to Ray if `parallel.backend` is `ray`; null when it is not, or cannot be used, of which `warn` is told.
 *
 * Throws `ConfigRefused` with `fallback: error`, `Cancelled`.
 */
export async function openRayWorkers(
  parallel: ParallelConfig,
  context: TaskContext,
  warn: (warning: Warning) => void,
): Promise<RayWorkers | null> {
  if (parallel.backend !== 'ray') return null;
  const { ray = DEFAULT_RAY, workers } = parallel;
  const machine = thisMachine();
  const address = ray.address === 'auto' ? (machine.environment['RAY_ADDRESS'] ?? 'local') : ray.address;
  const tell = (event: RunEvent): void => context.progress?.(event);
  try {
    const pool = await RayPool.open({
      ...{ python: ray.python, address, tell, signal: context.signal },
      workers: workers !== 'auto' ? workers : address === 'local' ? usableCores(machine).cores : null,
    });
    const { facts, hosts, slots } = pool;
    const nodes = hosts.length === 1 ? 'one node' : `${hosts.length} nodes`;
    tell({ kind: 'log', level: 'info', text: `Ray ${facts.ray}: ${slots} tasks at a time on ${nodes}` });
    const backend = new TaskRunner(new RayEngine(pool, { grace: GRACE_MILLISECONDS }));
    return {
      backend,
      most: Math.max(...hosts.map((host) => host.slots)),
      [Symbol.asyncDispose]: async () => {
        await backend[Symbol.asyncDispose]();
        await pool[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    throwIfCancelled(context);
    if (!(error instanceof RayUnavailable)) throw error;
    warn(missingBackendWarning(parallel, error.message, 'see docs/cluster.md for what Ray needs'));
    return null;
  }
}
