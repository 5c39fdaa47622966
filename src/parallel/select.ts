/** Choose the backend of a run: configuration first, then the allocation around this process, then the machine. */
import { ConfigRefused } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { ParallelConfig } from '../config/config.ts';
import { OLD_NAMES } from '../config/warnings.ts';
import { findAllocation, usableCores, SCHEDULER_NAMES, type Machine } from './machine.ts';

export interface BackendChoice {
  readonly name: 'sequential' | 'local';
  /** Threads that compute. */
  readonly workers: number;
  /** Why this one, for `doctor` and the log. */
  readonly why: string;
}

/** Threads beyond this would take the memory of the machine (some 10 MB each) and bring nothing. */
const MOST_THREADS_PER_CORE = 64;

/** Engines whose workers are on other machines. */
const ELSEWHERE: ReadonlySet<string> = new Set(['slurm', 'pbs', 'ray']);

/** How this process computes; `slurm`, `pbs` and `ray` are for tasks on other machines, and count as `auto` here. Throws `ConfigRefused`. */
export function selectBackend(parallel: ParallelConfig, machine: Machine): BackendChoice {
  const { workers } = parallel;
  const backend = OLD_NAMES[parallel.backend] ?? parallel.backend;
  if (backend === 'sequential') return { name: 'sequential', workers: 1, why: 'parallel.backend is sequential' };
  if (workers === 1) return { name: 'sequential', workers: 1, why: 'parallel.workers is 1' };
  const { cores, why } = usableCores(machine);
  if (workers !== 'auto') {
    const most = MOST_THREADS_PER_CORE * cores;
    if (workers > most && !ELSEWHERE.has(backend)) {
      throw new ConfigRefused(`${workers} worker threads are too many for ${cores} cores`, {
        where: { key: 'parallel.workers' },
        help: `write parallel.workers: auto, or ${most} at most`,
      });
    }
    const beyond = workers > cores ? `, although ${why}` : '';
    return { name: 'local', workers: Math.min(workers, most), why: `parallel.workers is ${workers}${beyond}` };
  }
  return { name: cores < 2 ? 'sequential' : 'local', workers: cores, why };
}

/** Every other backend of this machine or the job around it, and why it was not chosen. */
export function explainOthers(choice: BackendChoice, machine: Machine): ReadonlyMap<string, string> {
  const others = new Map<string, string>();
  if (choice.name === 'local') others.set('sequential', 'several cores are faster, with the same bits');
  else others.set('local', `threads gain nothing: ${choice.why}`);
  const allocation = findAllocation(machine.environment);
  for (const scheduler of ['slurm', 'pbs'] as const) {
    const around =
      allocation?.scheduler === scheduler
        ? `the cores that ${SCHEDULER_NAMES[scheduler]} job ${allocation.job} has here are used through ${choice.name}`
        : `no ${SCHEDULER_NAMES[scheduler]} job around this process`;
    others.set(scheduler, `used with parallel.backend: ${scheduler}; ${around}`);
  }
  return others;
}

/**
 * A fallback made by the program is told once at level WARNING, or refused when the user asked for that.
 *
 * Throws `ConfigRefused` with `fallback: error`.
 */
export function fallbackWarning(parallel: ParallelConfig, reason: string): Warning {
  const text = `sweeps run in one thread: ${reason}`;
  if (parallel.fallback === 'error') {
    throw new ConfigRefused(`${text}, and parallel.fallback is error`, {
      where: { key: 'parallel.fallback' },
      help: 'set parallel.workers: 1, parallel.chunks: false or parallel.fallback: warn',
    });
  }
  return { code: 'parallel-fallback', text };
}

/**
 * The engine that the configuration names is not there: told at level WARNING, or refused when the user asked for that.
 *
 * Throws `ConfigRefused` with `fallback: error`.
 */
export function missingBackendWarning({ backend, fallback }: ParallelConfig, reason: string, help: string): Warning {
  if (fallback === 'error') {
    throw new ConfigRefused(`${backend} cannot be used: ${reason}`, {
      where: { key: 'parallel.backend' },
      help: `${help}; or set parallel.fallback: warn`,
    });
  }
  return { code: 'backend-not-available', text: `${backend} cannot be used (${reason}); local is used instead` };
}

/** Told once by what always computes where it is called; null when nothing else is asked for. `what` is in the plural. */
export function computedHereWarning({ backend }: ParallelConfig, what: string): Warning | null {
  if (backend !== 'slurm' && backend !== 'pbs' && backend !== 'ray') return null;
  const text = `${what} are computed on this machine: parallel.backend: ${backend} is for runs and batches`;
  return { code: 'computed-here', text };
}
