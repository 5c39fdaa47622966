/** Jobs side by side, each whole in a thread of its own, here or on other machines. */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Defect, formatError, isTwotimeError, OutputFailed } from '../../base/errors.ts';
import type { Config, ParallelConfig } from '../../config/index.ts';
import { settleAll } from '../../base/settle.ts';
import { KernelMemory, loadKernels } from '../../kernels/index.ts';
import { LocalEngine, selectBackend, TaskLost, TaskRunner, WorkerThreads } from '../../parallel/index.ts';
import type { ExecutionBackend } from '../../parallel/index.ts';
import { jobResultOf, jobStatusOf, type JobRecord, type ResultRecord } from '../../results/index.ts';
import { beginOf, finishedRun } from '../run-begin.ts';
import { RunLock } from '../run-lock.ts';
import { thisMachine } from '../this-machine.ts';
import type { JobEnd } from './batch-folder.ts';
import { bytesOfJob, pointsOfJob } from './job-memory.ts';
import { jobTask, type JobTaskOutput } from './job-task.ts';
import type { Timeline } from './timeline.ts';

/** What a thread takes beside the data: code, the HDF5 library, buffers. */
const BYTES_PER_THREAD = 150e6;
/** Each thread has several jobs, so that the last ones leave little idle; small jobs must be many to be worth the start. */
const JOBS_PER_THREAD = 2;
const SMALL_JOBS_PER_THREAD = 12;
const POINTS_WORTH_A_THREAD = 1e6;
/** A stopped job writes what it has before it ends. */
const GRACE_MILLISECONDS = 8000;

/** Threads that have a job each; 0 when all of them had better work on one job. */
export function threadsForJobs(jobs: readonly JobRecord[], parallel: ParallelConfig): number {
  const { name, workers } = selectBackend(parallel, thisMachine());
  if (name !== 'local' || workers < 2 || jobs.length < JOBS_PER_THREAD * workers) return 0;
  const points = jobs.reduce((sum, job) => sum + pointsOfJob(job), 0);
  if (jobs.length < SMALL_JOBS_PER_THREAD * workers && points < POINTS_WORTH_A_THREAD * workers) return 0;
  const largest = Math.max(...jobs.map((job) => bytesOfJob(job, parallel.memory)));
  return workers * (largest + BYTES_PER_THREAD) <= parallel.memory ? workers : 0;
}

/** The lock of a process on another machine counts for a minute after its last sign of life, ms. */
const FREED_WITHIN = 90_000;
const LOOK_EVERY = 2000;

/** Says of a failure in another thread that it concerns every job. */
const DISK = Object.assign(new Error('as told by a worker thread'), { code: 'ENOSPC' });

export interface JobLanes {
  readonly jobs: AsyncIterator<JobRecord>;
  readonly parallel: ParallelConfig;
  /** By the names jobs have for them. */
  readonly configs: ReadonlyMap<string, Config>;
  readonly folder: string;
  readonly argv: readonly string[];
  /** Bytes of `parallel.memory` for a job. */
  readonly memory: number;
  readonly timeline: Timeline;
  readonly signal: AbortSignal;
  readonly stopped: () => boolean;
  readonly ended: (end: JobEnd, error: unknown) => void;
  /** Told of what is worth telling beside the ends of jobs. */
  readonly warn: (text: string) => void;
}

/** In threads of this process. */
export async function runJobThreads(work: Omit<JobLanes, 'memory'>, threads: number): Promise<void> {
  await using pool = new WorkerThreads(new KernelMemory(), await loadKernels(), threads);
  await using backend = new TaskRunner(new LocalEngine(pool, { grace: GRACE_MILLISECONDS }));
  // The lock of a thread that died is that of this process: whoever continues the batch can take the job up.
  await runJobLanes({ ...work, memory: work.parallel.memory / threads }, backend, 0);
}

/**
 * As many jobs at a time as the backend has workers. One whose process was lost is begun again, `again` times at most, once
 * its run directory is free.
 */
export async function runJobLanes(work: JobLanes, backend: ExecutionBackend, again: number): Promise<void> {
  await runLanes(work, backend.workers, (job) => submitJob(job, work, backend, again));
}

/** So many jobs at a time, each through `run`. */
export async function runLanes(
  { jobs, folder, timeline, stopped, ended }: Pick<JobLanes, 'jobs' | 'folder' | 'timeline' | 'stopped' | 'ended'>,
  lanes: number,
  run: (job: JobRecord) => Promise<JobTaskOutput>,
): Promise<void> {
  const lane = async (): Promise<void> => {
    for (;;) {
      const next = stopped() ? null : await jobs.next();
      if (next === null || next.done === true) return;
      const job = next.value;
      try {
        const { end, broken, spans, began } = await run(job);
        timeline.add(spans, began);
        ended(end, broken === null ? null : new OutputFailed(broken, { where: { file: folder }, cause: DISK }));
      } catch (error) {
        if (isTwotimeError(error, 'Cancelled')) return;
        const reason = isTwotimeError(error) ? formatError(error) : String(error);
        ended({ name: job.name, status: 'failed', reason, seconds: null, result: null }, error);
      }
    }
  };
  await settleAll(Array.from({ length: lanes }, lane));
}

async function submitJob(
  job: JobRecord,
  { configs, parallel, folder, argv, memory, signal, warn }: JobLanes,
  backend: ExecutionBackend,
  again: number,
): Promise<JobTaskOutput> {
  const config = configs.get(job.config);
  if (config === undefined) throw new Defect(`the batch has no configuration '${job.config}'`);
  const input = { job, config: { ...config, parallel }, folder, argv, memory };
  const run = join(folder, job.name);
  const replaces = job.result === null ? null : await beginOf(run);
  for (let left = again; ; left--) {
    try {
      return await backend.submit(jobTask, input, { signal, retries: 0 });
    } catch (error) {
      if (!(error instanceof TaskLost)) throw error;
      if (left > 0) await freed(run, signal);
      const finished = await finishedRun(run, replaces);
      if (finished !== null) return { end: endOf(job, finished), broken: null, spans: [], began: Date.now() };
      if (left === 0) throw error;
      warn(`${job.name}: ${error.reasons.join(', ')}; begun again`);
    }
  }
}

/** The end of a job whose result is all that is known of it. */
export function endOf({ name }: JobRecord, record: ResultRecord): JobEnd {
  const status = jobStatusOf(record.status);
  const reason = status === 'ok' ? null : record.solver.reason;
  return { name, status, reason, seconds: null, result: jobResultOf(record) };
}

/** Wait until a lock that was left behind counts no more. A lock that still counts is told by whoever meets it. */
async function freed(run: string, signal: AbortSignal): Promise<void> {
  const until = performance.now() + FREED_WITHIN;
  while (performance.now() < until && !signal.aborted) {
    const isFree = await RunLock.check(run).then(
      () => true,
      (error: unknown) => !isTwotimeError(error, 'OutputRefused'),
    );
    if (isFree) return;
    await setTimeout(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
  }
}
