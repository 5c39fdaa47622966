/** How batches and runs stand, from what their folders say; nothing is written or locked. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InputRefused, isTwotimeError } from '../../base/errors.ts';
import { lookDetached } from '../../parallel/engines/batch/index.ts';
import { countJobs, type FolderStatus, type JobRecord } from '../../results/index.ts';
import { EVENTS_FILE } from '../event-log.ts';
import { RunLock } from '../run-lock.ts';
import { BATCH_FILE, CLUSTER_FOLDER, lookAtRuns, readBatch } from './batch-folder.ts';

/** Status of a batch, of a run, or of the runs in a folder. Throws `InputRefused` when it is none of them. */
export async function statusOfFolder(folder: string): Promise<FolderStatus> {
  const names = await entriesOf(folder);
  const entries = new Set(names);
  if (entries.has(BATCH_FILE)) {
    const record = await readBatch(folder);
    if (record !== null) return await describe(folder, 'batch', folder, lookAtRuns(folder, record.jobs));
  }
  if (entries.has(EVENTS_FILE)) {
    const above = dirname(resolve(folder));
    return await describe(folder, 'run', above, lookAtRuns(above, [unknownJob(basename(resolve(folder)))]));
  }
  const runs = names.filter((name) => !name.startsWith('.') && existsSync(join(folder, name, EVENTS_FILE)));
  if (runs.length > 0) return await describe(folder, 'runs', folder, lookAtRuns(folder, runs.map(unknownJob)));
  throw new InputRefused('there is neither a run nor a batch in this folder', {
    where: { file: folder },
    help: 'name what twotime fit or twotime batch was given with -o',
  });
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'there is no such folder' : `the folder cannot be read (${code})`;
    throw new InputRefused(what, { where: { file: folder }, help: 'name a run or a batch', cause });
  }
}

/** A run of which only its folder is known. */
function unknownJob(name: string): JobRecord {
  const nothing = { file: '', path: '', config: '', q: null, angles: 0, frames: 0, size: null, modified: null };
  return { name, ...nothing, status: 'pending', reason: null, seconds: null, result: null };
}

async function describe(
  folder: string,
  kind: FolderStatus['kind'],
  place: string,
  looked: readonly JobRecord[],
): Promise<FolderStatus> {
  const running: string[] = [];
  const jobs: JobRecord[] = [];
  for (const job of looked) {
    const isBegun = job.status === 'cancelled' && (await stat(join(place, job.name)).catch(() => null)) !== null;
    if (isBegun && (await workerOf(join(place, job.name))) !== null) {
      running.push(job.name);
      jobs.push({ ...job, status: 'pending', reason: null });
    } else jobs.push(job);
  }
  return {
    folder,
    kind,
    worker: (await workerOf(folder)) ?? (await clusterOn(folder)),
    counts: countJobs(jobs),
    running,
    open: jobs
      .filter(({ status }) => status !== 'ok')
      .map(({ name, file, status, reason }) => ({ name, file, status, reason })),
  };
}

/** `jobs of slurm work on 12 of its runs`, or null. */
async function clusterOn(folder: string): Promise<string | null> {
  const state = await lookDetached(join(folder, CLUSTER_FOLDER));
  if (state === null || state.open.length === 0) return null;
  const runs = state.open.length === 1 ? 'one of its runs' : `${state.open.length} of its runs`;
  return `jobs of ${state.scheduler} have ${runs}`;
}

/** `process 12 on this machine works on this run since …`, or null. */
async function workerOf(folder: string): Promise<string | null> {
  try {
    await RunLock.check(folder);
    return null;
  } catch (error) {
    if (!isTwotimeError(error, 'OutputRefused')) throw error;
    return error.message;
  }
}
