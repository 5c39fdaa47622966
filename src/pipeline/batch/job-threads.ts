/** Jobs side by side, each whole in a thread of its own: for batches with many more jobs than threads. */
import { Defect, formatError, isTwotimeError, OutputFailed } from '../../base/errors.ts';
import type { Config, ParallelConfig } from '../../config/index.ts';
import { settleAll } from '../../base/settle.ts';
import { KernelMemory, loadKernels } from '../../kernels/index.ts';
import { LocalEngine, selectBackend, TaskRunner, WorkerThreads } from '../../parallel/index.ts';
import type { JobRecord } from '../../results/index.ts';
import { thisMachine } from '../this-machine.ts';
import type { JobEnd } from './batch-folder.ts';
import { bytesOfJob, pointsOfJob } from './job-memory.ts';
import { jobTask } from './job-task.ts';
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

/** Says of a failure in another thread that it concerns every job. */
const DISK = Object.assign(new Error('as told by a worker thread'), { code: 'ENOSPC' });

export interface JobThreads {
  readonly jobs: AsyncIterator<JobRecord>;
  readonly parallel: ParallelConfig;
  /** By the names jobs have for them. */
  readonly configs: ReadonlyMap<string, Config>;
  readonly folder: string;
  readonly argv: readonly string[];
  readonly threads: number;
  readonly timeline: Timeline;
  readonly signal: AbortSignal;
  readonly stopped: () => boolean;
  readonly ended: (end: JobEnd, error: unknown) => void;
}

export async function runJobThreads(work: JobThreads): Promise<void> {
  const { jobs, parallel, configs, folder, argv, threads, timeline, signal, stopped, ended } = work;
  await using pool = new WorkerThreads(new KernelMemory(), await loadKernels(), threads);
  await using backend = new TaskRunner(new LocalEngine(pool, { grace: GRACE_MILLISECONDS }));
  const memory = parallel.memory / threads;
  const lane = async (): Promise<void> => {
    for (;;) {
      const next = stopped() ? null : await jobs.next();
      if (next === null || next.done === true) return;
      const job = next.value;
      try {
        const config = configs.get(job.config);
        if (config === undefined) throw new Defect(`the batch has no configuration '${job.config}'`);
        const input = { job, config: { ...config, parallel }, folder, argv, memory };
        // The lock of a thread that died is that of this process: whoever continues the batch can take the job up.
        const output = await backend.submit(jobTask, input, { signal, retries: 0 });
        timeline.add(output.spans, output.began);
        const { broken, end } = output;
        ended(end, broken === null ? null : new OutputFailed(broken, { where: { file: folder }, cause: DISK }));
      } catch (error) {
        if (isTwotimeError(error, 'Cancelled')) return;
        const reason = isTwotimeError(error) ? formatError(error) : String(error);
        ended({ name: job.name, status: 'failed', reason, seconds: null, result: null }, error);
      }
    }
  };
  await settleAll(Array.from({ length: threads }, lane));
}
