/** The jobs of a cluster for named tasks, when the configuration asks for Slurm or PBS; a warning when it is not there. */
import { OutputRefused } from '../../base/errors.ts';
import type { RunEvent, Warning } from '../../base/events.ts';
import { DEFAULT_CLUSTER, type ParallelConfig } from '../../config/index.ts';
import { makeFolder } from '../../data/index.ts';
import { missingBackendWarning, TaskRunner, type ExecutionBackend } from '../../parallel/index.ts';
import {
  BatchEngine,
  CommandFailed,
  dismissSpare,
  pbs,
  runCommand,
  slurm,
  type BatchEngineOptions,
  type Dialect,
} from '../../parallel/engines/batch/index.ts';
import { RunLock } from '../run-lock.ts';

/** Disposing cancels what is under way, ends the jobs and removes the work folder. */
export interface ClusterWorkers extends AsyncDisposable {
  readonly backend: ExecutionBackend;
  /** Aborts when another process took the work over. */
  readonly lost: AbortSignal;
  /** Jobs that have neither work nor shared data are not needed any more. */
  readonly dismissSpare: () => Promise<void>;
}

/** A stopped fit writes what it has before it ends, ms. */
export const FIT_GRACE = 60_000;

/** The words of the scheduler that the configuration names; null when it names none. */
export function dialectOf({ backend }: ParallelConfig): Dialect | null {
  if (backend === 'slurm') return slurm;
  return backend === 'pbs' ? pbs : null;
}

/**
 * The scheduler that the configuration asks for, if it is there; null when it asks for none, or it is not, of which `warn` is
 * told. Nothing is written. Throws `ConfigRefused` with `fallback: error`.
 */
export async function findScheduler(
  parallel: ParallelConfig,
  warn: (warning: Warning) => void,
): Promise<Dialect | null> {
  const dialect = dialectOf(parallel);
  if (dialect === null) return null;
  const why = await whyMissing(dialect);
  if (why === null) return dialect;
  const commands = dialect.commands.join(', ');
  warn(missingBackendWarning(parallel, why, `run twotime where ${commands} are found`));
  return null;
}

/** Why this scheduler cannot be used here; null when it can. */
export async function whyMissing({ commands }: Dialect): Promise<string | null> {
  for (const command of commands) {
    try {
      await runCommand(command, ['--version']);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      // Any other answer shows that it is there.
      if (error.said.includes('ENOENT')) return `${command} is not found`;
    }
  }
  return null;
}

/** Take the work folder of a cluster. Throws `OutputRefused` while another process works with it. */
export async function openClusterWorkers(
  dialect: Dialect,
  { cluster = DEFAULT_CLUSTER }: ParallelConfig,
  folder: string,
  tell: (event: RunEvent) => void,
  pace: Pick<BatchEngineOptions, 'poll' | 'idle'> = {},
): Promise<ClusterWorkers> {
  await makeFolder(folder).catch((cause: unknown) => {
    throw new OutputRefused('the work folder of the cluster cannot be made', { where: { file: folder }, cause });
  });
  const lock = await RunLock.acquire(folder);
  const engine = new BatchEngine({
    ...{ dialect, site: cluster, folder, tasksPerHost: 1, grace: FIT_GRACE, ...pace },
    tell: (level, text) => tell({ kind: 'log', level, text }),
  });
  const backend = new TaskRunner(engine);
  return {
    backend,
    lost: lock.lost,
    dismissSpare: () => dismissSpare(folder),
    [Symbol.asyncDispose]: async () => {
      // Before the folder goes, in which it lies.
      await backend[Symbol.asyncDispose]();
      await lock.release();
    },
  };
}
