/** Choose the backend of a run: configuration first, then what the machine has. */
import { ConfigRefused } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { ParallelConfig } from '../config/config.ts';
import { OLD_NAMES } from '../config/warnings.ts';

export interface BackendChoice {
  readonly name: 'sequential' | 'local';
  /** Threads that compute. */
  readonly workers: number;
  /** Why this one, for `doctor` and the log. */
  readonly why: string;
}

/** `cores` is what the system lets this process use. An engine this version lacks was warned about with the configuration. */
export function selectBackend(parallel: ParallelConfig, cores: number): BackendChoice {
  const { workers } = parallel;
  const backend = OLD_NAMES[parallel.backend] ?? parallel.backend;
  if (backend === 'sequential') return { name: 'sequential', workers: 1, why: 'parallel.backend is sequential' };
  if (workers === 1) return { name: 'sequential', workers: 1, why: 'parallel.workers is 1' };
  if (workers !== 'auto') return { name: 'local', workers, why: `parallel.workers is ${workers}` };
  if (cores < 2) return { name: 'sequential', workers: 1, why: 'one core is available' };
  return { name: 'local', workers: cores, why: `${cores} cores are available` };
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
