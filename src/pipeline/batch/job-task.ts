/**
 * A whole job as a named task, for batches of so many jobs that every thread has its own: it reads, fits and writes there,
 * with a kernel memory and a writer that serve that thread's jobs one after the other.
 */
import { isTwotimeError } from '../../base/errors.ts';
import type { Config } from '../../config/index.ts';
import { BackgroundWriter } from '../../data/index.ts';
import { KernelMemory, KernelRegions } from '../../kernels/index.ts';
import type { Task, TaskFunctionContext } from '../../parallel/index.ts';
import type { JobRecord } from '../../results/index.ts';
import { writerLimits } from '../complete-fit.ts';
import { ComputePool } from '../compute.ts';
import type { JobEnd } from './batch-folder.ts';
import { concernsAllJobs } from './disk-failure.ts';
import { JobStages } from './job-stages.ts';
import { runStages } from './stages.ts';
import { Timeline, type Span } from './timeline.ts';

export interface JobTaskInput {
  readonly job: JobRecord;
  readonly config: Config;
  /** The folder of the batch. */
  readonly folder: string;
  readonly argv: readonly string[];
  /** Share of `parallel.memory` of this thread, bytes. */
  readonly memory: number;
}

export interface JobTaskOutput {
  readonly end: JobEnd;
  /** Why every job after this one would fail as well; null when it would not. */
  readonly broken: string | null;
  /** Spans of the stages, s since `began`, which is in ms since 1970. */
  readonly spans: readonly Span[];
  readonly began: number;
}

export const jobTask: Task<JobTaskInput, JobTaskOutput> = {
  name: 'batch.job',
  version: 1,
  module: import.meta.url,
  export: 'runJob',
};

interface Place {
  readonly pool: ComputePool;
  readonly regions: KernelRegions;
  readonly writer: BackgroundWriter;
}

/** Of this thread. */
let place: Promise<Place> | null = null;

export async function runJob(
  { job, config, folder, argv, memory }: JobTaskInput,
  { signal }: TaskFunctionContext,
): Promise<JobTaskOutput> {
  place ??= openPlace(config, memory);
  const { pool, regions, writer } = await place;
  const timeline = new Timeline();
  let end: JobEnd = { name: job.name, status: job.status, reason: job.reason, seconds: null, result: null };
  let broken: string | null = null;
  const stages = new JobStages({
    ...{ folder, argv, writer, timeline, parallel: pool.parallel },
    configs: new Map([[job.config, config]]),
    shared: { pool, regions },
    signal: signal ?? new AbortController().signal,
    neighbours: null,
    ended: (ended, error) => {
      end = ended;
      if (isTwotimeError(error) && concernsAllJobs(error)) broken = error.message;
    },
  });
  const limits = { ahead: 0, behind: 1, bytes: memory };
  await runStages([job], stages, limits, timeline, () => signal?.aborted === true);
  return { end, broken, spans: timeline.spans, began: timeline.began };
}

async function openPlace(config: Config, memory: number): Promise<Place> {
  const parallel = { ...config.parallel, backend: 'sequential' as const, workers: 1, memory };
  const kernelMemory = new KernelMemory();
  const pool = await ComputePool.open(kernelMemory, parallel);
  return { pool, regions: new KernelRegions(kernelMemory), writer: new BackgroundWriter(writerLimits(parallel)) };
}
