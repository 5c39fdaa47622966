/** A batch given to the jobs of a cluster, which do it without anybody waiting; and what they have done, taken up later. */
import { ConfigRefused, InputRefused, OutputRefused } from '../../base/errors.ts';
import type { TaskContext } from '../../base/task-context.ts';
import { DEFAULT_CLUSTER } from '../../config/index.ts';
import {
  closeDetached,
  CommandFailed,
  detachedScript,
  livingJobs,
  lookDetached,
  pbs,
  slurm,
  submitDetached,
  type DetachedOptions,
  type Dialect,
} from '../../parallel/engines/batch/index.ts';
import { BATCH_SCHEMA, countJobs, type BatchRecord } from '../../results/index.ts';
import { dialectOf, FIT_GRACE, fitTask, whyMissing } from '../cluster/index.ts';
import { BatchFolder, CLUSTER_FOLDER, lookAtRuns, readBatch } from './batch-folder.ts';
import { planWork, type BatchRequest, type PlannedBatch } from './batch-plan.ts';
import { clusterInputOf } from './cluster-jobs.ts';

export interface SubmittedBatch {
  readonly record: BatchRecord;
  /** Jobs of the scheduler; null when there was nothing to submit. */
  readonly jobs: number | null;
  readonly title: string;
}

/** The scheduler of a configuration. Throws `ConfigRefused` when it names none. */
function schedulerOf({ sets }: BatchRequest): Dialect {
  const { parallel } = sets[0].config;
  const dialect = dialectOf(parallel);
  if (dialect !== null) return dialect;
  throw new ConfigRefused(`jobs are submitted to slurm or pbs, and parallel.backend is ${parallel.backend}`, {
    where: { key: 'parallel.backend' },
    help: 'add --backend slurm or --backend pbs',
  });
}

function optionsOf({ sets }: BatchRequest, dialect: Dialect, folder: string): DetachedOptions {
  const { cluster = DEFAULT_CLUSTER } = sets[0].config.parallel;
  return { dialect, site: cluster, folder, grace: FIT_GRACE };
}

/** The script that would be submitted; nothing is written or submitted. */
export async function scriptOfBatch(request: BatchRequest, context: TaskContext): Promise<string> {
  const dialect = schedulerOf(request);
  const { todo } = await planWork(request, context);
  return detachedScript(optionsOf(request, dialect, clusterFolderOf(request.output)), Math.max(1, todo.length));
}

function clusterFolderOf(output: string): string {
  return `${output}/${CLUSTER_FOLDER}`;
}

/**
 * Submit what is to be done of a batch, and return. Throws before anything is submitted when the batch cannot be, the
 * scheduler is not there (`ConfigRefused`), or jobs work on it already (`OutputRefused`).
 */
export async function submitBatch(request: BatchRequest, context: TaskContext): Promise<SubmittedBatch> {
  const dialect = schedulerOf(request);
  const why = await whyMissing(dialect);
  if (why !== null) {
    throw new ConfigRefused(`${dialect.name} cannot be used: ${why}`, {
      where: { key: 'parallel.backend' },
      help: `run twotime where ${dialect.commands.join(', ')} are found`,
    });
  }
  const planned = await planWork(request, context);
  await using folder = await BatchFolder.open(request.output);
  await refuseDetachedWork(request.output);
  await folder.removeHalves();
  const record = recordOf(planned);
  await folder.save(record);
  const wanted = new Set(planned.todo);
  const todo = record.jobs.filter(({ name }) => wanted.has(name));
  if (todo.length === 0) return { record, jobs: null, title: dialect.title };
  const { argv, sets, output } = request;
  const configs = new Map(sets.map(({ name, config }) => [name, config]));
  const tasks = await Promise.all(
    todo.map(async (job) => {
      const input = await clusterInputOf(job, { configs, folder: output, argv });
      return { name: job.name, task: fitTask, input };
    }),
  );
  const jobs = await submitDetached(optionsOf(request, dialect, folder.file(CLUSTER_FOLDER)), tasks);
  return { record, jobs, title: dialect.title };
}

/** Refuse a batch that jobs of a cluster work on without a driver. */
export async function refuseDetachedWork(output: string): Promise<void> {
  if ((await lookDetached(clusterFolderOf(output))) === null) return;
  throw new OutputRefused('jobs of a cluster work on this batch', {
    where: { file: output },
    help: `take up what they have done with twotime collect ${output}`,
  });
}

function recordOf({ before, configs, jobs }: PlannedBatch): BatchRecord {
  const now = new Date().toISOString();
  return {
    ...{ schema: BATCH_SCHEMA, created: before?.created ?? now, updated: now, configs },
    ...{ counts: countJobs(jobs), stages: before?.stages ?? null, jobs },
  };
}

export interface CollectedBatch {
  readonly record: BatchRecord;
  /** Jobs of the batch that wait or are at work. */
  readonly open: number;
  /** Jobs of the scheduler for them; null when it does not answer. */
  readonly living: number | null;
  readonly title: string;
}

/**
 * Take up what the jobs of a submitted batch have done so far; when all is done, or to `close`, they are ended and their
 * folder removed.
 * Throws `InputRefused` where there is no batch.
 */
export async function collectBatch(output: string, close: boolean): Promise<CollectedBatch> {
  const before = await readBatch(output);
  if (before === null) {
    throw new InputRefused('there is no batch in this folder', {
      where: { file: output },
      help: 'name the folder that twotime submit was given with -o',
    });
  }
  await using folder = await BatchFolder.open(output);
  const cluster = folder.file(CLUSTER_FOLDER);
  const state = await lookDetached(cluster);
  const open = new Set(state?.open);
  const jobs = lookAtRuns(output, before.jobs).map((job) => {
    const reason = state?.failed.get(job.name);
    if (open.has(job.name))
      return job.status === 'cancelled' ? { ...job, reason: null, status: 'pending' as const } : job;
    return reason === undefined || job.result !== null ? job : { ...job, status: 'failed' as const, reason };
  });
  const record = { ...before, updated: new Date().toISOString(), counts: countJobs(jobs), jobs };
  await folder.save(record);
  if (state === null) return { record, open: 0, living: 0, title: '' };
  const dialect = state.scheduler === 'slurm' ? slurm : pbs;
  const options = { dialect, site: DEFAULT_CLUSTER, folder: cluster };
  const living = await livingJobs(options).catch((error: unknown) => {
    if (error instanceof CommandFailed) return null;
    throw error;
  });
  const isOver = close || open.size === 0;
  if (isOver) await closeDetached(options);
  return { record, open: isOver ? 0 : open.size, living, title: dialect.title };
}
