/** Jobs that a driver left which was killed, where nobody needs them any more. */
import { rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { RunEvent } from '../../base/events.ts';
import { DEFAULT_CLUSTER } from '../../config/index.ts';
import { CommandFailed, endJobs, livingJobs, pbs, schedulerIn, slurm } from '../../parallel/engines/batch/index.ts';
import { RunLock } from '../run-lock.ts';
import { FIT_GRACE } from './cluster-workers.ts';

const LOOK_EVERY = 1000;

/**
 * End the jobs that work in a folder, and remove it; nothing happens where there is none. What cannot be reached ends by
 * itself without its folder. Throws `OutputRefused` while their driver lives.
 */
export async function endEarlierJobs(folder: string, tell: (event: RunEvent) => void): Promise<void> {
  const scheduler = await schedulerIn(folder);
  if (scheduler === null) return;
  const lock = await RunLock.acquire(folder);
  const dialect = scheduler === 'slurm' ? slurm : pbs;
  tell({ kind: 'log', level: 'info', text: `jobs of ${dialect.title} that an earlier process left are ended` });
  const options = { dialect, site: DEFAULT_CLUSTER, folder };
  try {
    await endJobs(options);
    // Fits write their checkpoints first, and hold their runs until then.
    const until = performance.now() + FIT_GRACE;
    while ((await livingJobs(options)) > 0 && performance.now() < until) await setTimeout(LOOK_EVERY);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const text = `jobs of ${dialect.title} may be left that could not be cancelled from here (${error.message})`;
    tell({ kind: 'log', level: 'warning', text });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    await lock.release();
  }
}
