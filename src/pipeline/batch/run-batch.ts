/**
 * A batch: many files through load, fit and write, beside each other, in a folder that can be killed and continued.
 *
 * All jobs share one pool of threads, one kernel memory of which each has a region while it is under way, and one writer.
 * A job is what a single `fit` would be, with the same digest; it fails alone.
 */
import { isTwotimeError, type TwotimeError } from '../../base/errors.ts';
import type { RunEvent, Warning } from '../../base/events.ts';
import type { TaskContext } from '../../base/task-context.ts';
import type { Config, ParallelConfig } from '../../config/index.ts';
import { BackgroundWriter } from '../../data/index.ts';
import { KernelMemory, KernelRegions } from '../../kernels/index.ts';
import type { Dialect } from '../../parallel/engines/batch/index.ts';
import { BATCH_SCHEMA, countJobs, type BatchRecord, type JobRecord, type StageTimes } from '../../results/index.ts';
import { writerLimits } from '../complete-fit.ts';
import { endEarlierJobs, findScheduler, openClusterWorkers, type ClusterWorkers } from '../cluster/index.ts';
import { ComputePool } from '../compute.ts';
import { openRayWorkers, type RayWorkers } from '../ray-workers.ts';
import { BatchFolder, CLUSTER_FOLDER, lookAtRuns } from './batch-folder.ts';
import { refuseDetachedWork } from './submit-batch.ts';
import { planWork, type BatchRequest, type PlannedBatch } from './batch-plan.ts';
import { runOnCluster } from './cluster-jobs.ts';
import { concernsAllJobs } from './disk-failure.ts';
import { JobNames } from './job-names.ts';
import { JobStages } from './job-stages.ts';
import { runJobLanes, runJobThreads, runLanes, threadsForJobs, type JobLanes } from './job-threads.ts';
import { isUnlisted, planBatch } from './plan-batch.ts';
import { runStages } from './stages.ts';
import { Timeline } from './timeline.ts';
import { WarmStarts } from './warm-starts.ts';

/** Jobs loaded before the fit, the one being loaded included, and jobs being written after it. */
const AHEAD = 2;
const BEHIND = 2;
const OPEN_FIRST = 64;
/** How often a job is begun again whose process on another machine was lost. */
const BEGUN_AGAIN = 2;

export type BatchEvent =
  | { readonly kind: 'log'; readonly level: 'info' | 'warning'; readonly text: string; readonly code?: string }
  | { readonly kind: 'planned'; readonly todo: number; readonly submitted: number }
  | { readonly kind: 'ended'; readonly job: JobRecord; readonly done: number; readonly todo: number };

export interface BatchOutcome {
  readonly record: BatchRecord;
  /** What this process did. */
  readonly timeline: Timeline;
  /** The error that ended the batch before its time; null when none did. */
  readonly broken: TwotimeError | null;
  /** Nothing more is to be begun: it is broken, or there were as many failures as allowed. */
  readonly stopped: boolean;
}

/**
 * Run a batch. Throws before any work is done when it cannot be; afterwards every failure is that of a job, except that
 * of writing (a full disk), which ends the batch and is its `broken`.
 */
export async function runBatch(
  request: BatchRequest,
  tell: (event: BatchEvent) => void,
  context: TaskContext & { readonly signal: AbortSignal },
): Promise<BatchOutcome> {
  const planned = await planWork(request, context, request.openFirst ?? OPEN_FIRST);
  await refuseDetachedWork(request.output);
  // Before anything is written: it may be refused.
  await using ray = await openRay(request, planned, tell, context.signal);
  const scheduler = await schedulerFor(request, planned, tell);
  await using folder = await BatchFolder.open(request.output);
  if (folder.takenOver !== null) tell({ kind: 'log', level: 'warning', text: folder.takenOver });
  await folder.removeHalves();
  if (scheduler === null) await endEarlierJobs(folder.file(CLUSTER_FOLDER), logged(tell));
  const work = new BatchWork(request, planned, folder, tell, AbortSignal.any([context.signal, folder.lost]));
  await folder.save(work.record(null));
  if (planned.outdated > 0) {
    const text = `${planned.outdated} of the results are of files that have changed since; they are kept (to repeat one, remove its run directory)`;
    tell({ kind: 'log', level: 'warning', text });
  }
  tell({ kind: 'planned', todo: planned.todo.length, submitted: planned.jobs.length });
  await using cluster =
    scheduler === null
      ? null
      : await openClusterWorkers(scheduler, parallelOf(request), folder.file(CLUSTER_FOLDER), logged(tell));
  await work.run(ray, cluster);
  const record = work.record(work.timeline.times());
  let { broken } = work;
  try {
    await folder.save(record);
  } catch (error) {
    if (!isTwotimeError(error, 'OutputFailed')) throw error;
    broken ??= error;
  }
  return { record, timeline: work.timeline, broken, stopped: broken !== null || work.stopReason() !== null };
}

class BatchWork {
  readonly timeline = new Timeline();
  broken: TwotimeError | null = null;
  readonly #request: BatchRequest;
  readonly #planned: PlannedBatch;
  readonly #folder: BatchFolder;
  readonly #tell: (event: BatchEvent) => void;
  readonly #signal: AbortSignal;
  readonly #jobs: Map<string, JobRecord>;
  readonly #created: string;
  readonly #names: JobNames;
  /** Jobs as the plan has them, by file and configuration. */
  readonly #known: ReadonlyMap<string, readonly JobRecord[]>;
  /** Jobs of this process; a file that was not opened yet counts as one. */
  readonly #todo: Set<string>;
  /** Null when all jobs start on their own. */
  readonly #neighbours: WarmStarts | null;
  #failures = 0;
  #done = 0;

  constructor(
    request: BatchRequest,
    planned: PlannedBatch,
    folder: BatchFolder,
    tell: (event: BatchEvent) => void,
    signal: AbortSignal,
  ) {
    this.#request = request;
    this.#planned = planned;
    this.#folder = folder;
    this.#tell = tell;
    this.#signal = signal;
    const todo = new Set(planned.todo);
    // What an earlier process skipped has its turn now.
    const renewed = planned.jobs.map((job): JobRecord =>
      todo.has(job.name) && job.status === 'skipped' ? { ...job, status: 'pending', reason: null } : job,
    );
    this.#jobs = new Map(renewed.map((job) => [job.name, job]));
    this.#known = Map.groupBy(renewed, fileOf);
    this.#names = new JobNames(this.#jobs.keys());
    this.#todo = new Set(planned.todo);
    this.#created = planned.before?.created ?? new Date().toISOString();
    const isWarm = request.sets.some(({ config }) => config.fit.start === 'previous');
    this.#neighbours = isWarm ? new WarmStarts(this.record(null).jobs) : null;
  }

  record(stages: StageTimes | null): BatchRecord {
    // Rings that were found late stand where their file does.
    const files = new Map([...this.#known.keys()].map((path, rank) => [path, rank]));
    const rank = (job: JobRecord): number => files.get(fileOf(job))!;
    const jobs = [...this.#jobs.values()].toSorted((a, b) => rank(a) - rank(b));
    return {
      schema: BATCH_SCHEMA,
      created: this.#created,
      updated: new Date().toISOString(),
      configs: this.#planned.configs,
      counts: countJobs(jobs),
      stages: stages ?? this.#planned.before?.stages ?? null,
      jobs,
    };
  }

  async run(ray: RayWorkers | null, cluster: ClusterWorkers | null): Promise<void> {
    if (this.#todo.size === 0) return;
    const jobs = Array.from(this.#todo, (name) => this.#jobs.get(name)!);
    const { overlap } = this.#request;
    // What starts from a neighbour follows it, so all threads work on one job.
    const threads = overlap && this.#neighbours === null ? threadsForJobs(jobs, this.#parallel) : 0;
    if (ray !== null) await this.#runOnRay(ray);
    else if (cluster !== null) await this.#runOnCluster(cluster);
    else if (threads > 0) await runJobThreads(this.#lanes, threads);
    else await this.#runInTurn();
    const reason = this.stopReason();
    if (this.#signal.aborted || reason === null) return;
    for (const name of this.#todo) {
      const job = this.#jobs.get(name)!;
      if (job.status === 'pending') this.#jobs.set(name, { ...job, status: 'skipped', reason });
    }
  }

  /** The jobs in their order; those of a file that was not opened yet once its rings are listed. */
  async *#queue(): AsyncGenerator<JobRecord, void, undefined> {
    for (const name of [...this.#todo]) {
      const job = this.#jobs.get(name)!;
      const set = this.#request.sets.find((one) => one.name === job.config);
      if (set === undefined || !set.allRings || !isUnlisted(job) || this.#stopped()) {
        yield job;
        continue;
      }
      const { config, file, path, meta } = job;
      const rings = this.#known.get(fileOf(job)) ?? [job];
      const plan = await planBatch(
        [{ config, files: [{ file, path, meta }], q: 'all' }],
        rings,
        {},
        { names: this.#names },
      );
      const known = new Set(rings.map((one) => one.name));
      // Rings that were known have their own turn; the job that stood for the file stays when it cannot be opened.
      const found = plan.jobs.filter((one) => one.name === name || !known.has(one.name));
      this.#jobs.delete(name);
      this.#todo.delete(name);
      // A process that was killed may have finished some before it could note that.
      for (const one of lookAtRuns(this.#folder.path, found)) {
        this.#jobs.set(one.name, one);
        this.#todo.add(one.name);
        this.#neighbours?.add(one);
        if (one.result === null) yield one;
        else this.#end(one, null);
      }
    }
  }

  /** Every core of a cluster has jobs of its own. */
  async #runOnRay({ backend, most }: RayWorkers): Promise<void> {
    const memory = this.#parallel.memory / most;
    await runJobLanes({ ...this.#lanes, memory }, backend, BEGUN_AGAIN);
  }

  /** Every job of a cluster has jobs of its own. */
  async #runOnCluster(cluster: ClusterWorkers): Promise<void> {
    const lanes = this.#lanes;
    await runLanes(lanes, Math.min(cluster.backend.workers, this.#todo.size), (job) =>
      runOnCluster(job, lanes, cluster),
    );
  }

  /** What jobs that run side by side share. */
  get #lanes(): Omit<JobLanes, 'memory'> {
    const { argv } = this.#request;
    return {
      ...{ jobs: this.#queue(), parallel: this.#parallel, configs: this.#configs, argv },
      ...{ folder: this.#folder.path, timeline: this.timeline, signal: this.#signal },
      stopped: () => this.#stopped(),
      ended: (end, error) => this.#end({ ...this.#jobs.get(end.name)!, ...end }, error),
      warn: (text) => this.#tell({ kind: 'log', level: 'warning', text }),
    };
  }

  /** All threads work on one job, while others are read and written. */
  async #runInTurn(): Promise<void> {
    const { argv, overlap } = this.#request;
    const parallel = this.#parallel;
    const memory = new KernelMemory();
    // Ray, were it there, would have had whole jobs.
    await using pool = await ComputePool.open(memory, { ...parallel, backend: 'auto' });
    const stages = new JobStages({
      ...{
        parallel,
        configs: this.#configs,
        folder: this.#folder.path,
        argv,
        timeline: this.timeline,
        signal: this.#signal,
        neighbours: this.#neighbours,
      },
      shared: { pool, regions: new KernelRegions(memory) },
      writer: new BackgroundWriter(writerLimits(parallel)),
      ended: (end, error) => this.#end({ ...this.#jobs.get(end.name)!, ...end }, error),
    });
    const limits = { ahead: overlap ? AHEAD : 0, behind: BEHIND, bytes: parallel.memory };
    await runStages(this.#queue(), stages, limits, this.timeline, () => this.#stopped());
  }

  get #parallel(): ParallelConfig {
    return parallelOf(this.#request);
  }

  get #configs(): ReadonlyMap<string, Config> {
    return new Map(this.#request.sets.map(({ name, config }) => [name, config]));
  }

  #stopped(): boolean {
    return this.#signal.aborted || this.stopReason() !== null;
  }

  /** Why nothing more is begun; null when that is not so. */
  stopReason(): string | null {
    if (this.broken !== null) return 'not begun: the batch could not write';
    if (this.#failures < this.#request.maxFailures) return null;
    return `not begun: the batch stopped after ${this.#failures === 1 ? 'a failure' : `${this.#failures} failures`}`;
  }

  #end(job: JobRecord, error: unknown): void {
    this.#jobs.set(job.name, job);
    if (isTwotimeError(error) && concernsAllJobs(error)) this.broken ??= error;
    try {
      this.#folder.note(job);
    } catch (failure) {
      if (!isTwotimeError(failure)) throw failure;
      this.broken ??= failure;
    }
    if (job.status === 'failed') this.#failures += 1;
    if (job.status !== 'ok' && job.status !== 'failed') return;
    this.#done += 1;
    this.#tell({ kind: 'ended', job, done: this.#done, todo: this.#todo.size });
  }
}

/** Where jobs wait for each other, or there are none, they run here. */
function areForHere({ sets }: BatchRequest, { todo }: PlannedBatch): boolean {
  return todo.length === 0 || sets.some(({ config }) => config.fit.start === 'previous');
}

/** The workers of Ray for whole jobs; null where it is not asked for. */
async function openRay(
  request: BatchRequest,
  planned: PlannedBatch,
  tell: (event: BatchEvent) => void,
  signal: AbortSignal,
): Promise<RayWorkers | null> {
  if (areForHere(request, planned)) return null;
  return await openRayWorkers(parallelOf(request), { signal, progress: logged(tell) }, warned(tell));
}

/** The scheduler whose jobs have a job each; null where none is asked for. */
async function schedulerFor(
  request: BatchRequest,
  planned: PlannedBatch,
  tell: (event: BatchEvent) => void,
): Promise<Dialect | null> {
  return areForHere(request, planned) ? null : await findScheduler(parallelOf(request), warned(tell));
}

function parallelOf({ sets }: BatchRequest): ParallelConfig {
  return sets[0].config.parallel;
}

function logged(tell: (event: BatchEvent) => void): (event: RunEvent) => void {
  return (event) => {
    if (event.kind !== 'log' || event.level === 'debug') return;
    tell({ kind: 'log', level: event.level === 'info' ? 'info' : 'warning', text: event.text });
  };
}

function warned(tell: (event: BatchEvent) => void): (warning: Warning) => void {
  return ({ code, text }) => tell({ kind: 'log', level: 'warning', code, text });
}

/** Jobs of one file with one configuration have this in common. */
function fileOf({ config, path }: JobRecord): string {
  return `${config}\u0000${path}`;
}
