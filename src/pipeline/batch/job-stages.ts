/** The three stages of one job: the pieces of `fit` and `resume`, within the threads, the writer and the memory of all. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Defect, formatError, isTwotimeError } from '../../base/errors.ts';
import type { Config, ParallelConfig } from '../../config/index.ts';
import type { BackgroundWriter } from '../../data/index.ts';
import { jobResultOf, jobStatusOf, type JobRecord, type ResultRecord } from '../../results/index.ts';
import { fitRun, sampleRun, writeFitted, type FittedRun, type RunToComplete } from '../complete-fit.ts';
import { EVENTS_FILE, EventLog } from '../event-log.ts';
import { checkNewRun, createRun } from '../fit-run.ts';
import { prepareFit, type PreparedFit, type SharedCompute } from '../prepare-fit.ts';
import { fitOptions, parameterSettings, type FitRunRequest } from '../requests.ts';
import { takeUp } from '../resume-run.ts';
import { RunDirectory } from '../run-directory.ts';
import type { JobEnd } from './batch-folder.ts';
import { refuseChangedFile } from './changed-file.ts';
import { bytesOfJob } from './job-memory.ts';
import type { Stages } from './stages.ts';
import type { Timeline } from './timeline.ts';
import { startedFrom, withOwnStart, type WarmStarts } from './warm-starts.ts';

export interface JobSurroundings {
  /** The folder of the batch. */
  readonly folder: string;
  readonly parallel: ParallelConfig;
  /** By the names jobs have for them. */
  readonly configs: ReadonlyMap<string, Config>;
  readonly argv: readonly string[];
  readonly shared: SharedCompute;
  readonly writer: BackgroundWriter;
  readonly timeline: Timeline;
  readonly signal: AbortSignal;
  /** Where jobs that start from a neighbour find it; null when all jobs begin on their own. */
  readonly neighbours: WarmStarts | null;
  /** Told once of every job that came through a stage and goes no further. */
  readonly ended: (end: JobEnd, error: unknown) => void;
}

interface UnderWay {
  readonly job: JobRecord;
  readonly log: EventLog;
  readonly begun: number;
  readonly prepared: PreparedFit;
}

/** Data read; the run directory of a new run is made when its fit begins. */
type LoadedJob = UnderWay &
  (
    | { readonly kind: 'new'; readonly request: FitRunRequest; readonly started: string }
    | { readonly kind: 'resumed'; readonly run: RunToComplete }
  );

interface FittedJob extends UnderWay {
  readonly run: RunToComplete;
  readonly fitted: FittedRun;
  readonly isNew: boolean;
}

export class JobStages implements Stages<JobRecord, LoadedJob, FittedJob> {
  readonly #around: JobSurroundings;

  constructor(around: JobSurroundings) {
    this.#around = around;
  }

  bytes(job: JobRecord): number {
    return bytesOfJob(job, this.#around.parallel.memory);
  }

  name({ name }: JobRecord): string {
    return name;
  }

  async load(job: JobRecord): Promise<LoadedJob | null> {
    const log = new EventLog();
    const begun = performance.now();
    try {
      await refuseChangedFile(job);
      const output = join(this.#around.folder, job.name);
      const isBegun = await stat(join(output, EVENTS_FILE)).then(
        () => true,
        () => false,
      );
      // What is to be done again although it has ended is begun anew.
      return isBegun && job.result === null
        ? await this.#reopen(job, output, log, begun)
        : await this.#begin(job, output, isBegun, log, begun);
    } catch (error) {
      log.abandon();
      this.#failed(job, error);
      return null;
    }
  }

  async fit(loaded: LoadedJob): Promise<FittedJob | null> {
    const { job, log, begun, prepared } = loaded;
    const isNew = loaded.kind === 'new';
    let run: RunToComplete | null = null;
    try {
      run = isNew ? await this.#create(loaded) : loaded.run;
      run = { ...run, begun };
      const fitted = await fitRun(run, log, this.#around.signal);
      const { status, parameters } = fitted.finished.outcome;
      if (status === 'converged') {
        this.#around.neighbours?.note(
          job.name,
          parameters.map((one) => [one.name, one]),
        );
      }
      return { job, log, begun, prepared, run, fitted, isNew };
    } catch (error) {
      await giveUp(loaded, run, isNew);
      this.#failed(job, error);
      return null;
    }
  }

  samples(job: JobRecord): boolean {
    return configOf(this.#around.configs, job).sample.batch;
  }

  async sample(fitted: FittedJob): Promise<FittedJob | null> {
    const { job, log, run, isNew } = fitted;
    try {
      return { ...fitted, fitted: await sampleRun(fitted.fitted, log, this.#around.signal) };
    } catch (error) {
      await giveUp(fitted, run, isNew);
      this.#failed(job, error);
      return null;
    }
  }

  async write({ job, log, begun, prepared, run, fitted, isNew }: FittedJob): Promise<void> {
    const writingSince = performance.now();
    let record: ResultRecord;
    try {
      record = await writeFitted(fitted, this.#around.writer, log, this.#around.signal);
      await prepared[Symbol.asyncDispose]();
    } catch (error) {
      await giveUp({ job, log, begun, prepared }, run, isNew);
      this.#failed(job, error);
      return;
    }
    const { timeline } = this.#around;
    const isStopped = record.status === 'cancelled';
    const status = jobStatusOf(record.status);
    const end: JobEnd = {
      name: job.name,
      status,
      reason: status === 'ok' ? null : record.solver.reason,
      seconds: {
        load: round(timeline.secondsOf(job.name, 'load')),
        fit: round(timeline.secondsOf(job.name, 'fit')),
        sample: round(timeline.secondsOf(job.name, 'sample')),
        write: round((performance.now() - writingSince) / 1000),
      },
      result: isStopped ? null : jobResultOf(record),
    };
    this.#around.ended(end, null);
  }

  async drop(loaded: LoadedJob): Promise<void> {
    loaded.log.abandon();
    if (loaded.kind === 'resumed') await loaded.run.directory.leave();
    await loaded.prepared[Symbol.asyncDispose]();
  }

  async #begin(job: JobRecord, output: string, force: boolean, log: EventLog, begun: number): Promise<LoadedJob> {
    const { configs, argv, shared, signal } = this.#around;
    const config = withOwnStart(configOf(configs, job));
    const work = config.sample.batch ? ('sample' as const) : ('fit' as const);
    const request = { file: job.file, config, output, force, work, argv };
    await checkNewRun(request);
    const started = new Date().toISOString();
    const prepared = await prepareFit(request, log, { signal, progress: log.record }, shared);
    return { kind: 'new', job, log, begun, prepared, request, started };
  }

  /** Start values of a neighbour are known now that the jobs before were fitted. */
  async #create({
    job,
    log,
    request,
    prepared,
    started,
  }: LoadedJob & { readonly kind: 'new' }): Promise<RunToComplete> {
    const { configs, neighbours } = this.#around;
    const start = configOf(configs, job).fit.start === 'previous' ? (neighbours?.of(job) ?? null) : null;
    if (start === null) return createRun(request, prepared, started);
    log.record({ kind: 'log', level: 'info', text: `starting from the values of ${start.from}` });
    const config = startedFrom(request.config, start);
    const problem = { ...prepared.problem, parameters: parameterSettings(config), options: fitOptions(config) };
    return createRun({ ...request, config, neighbour: start.from }, { ...prepared, problem }, started);
  }

  async #reopen(job: JobRecord, output: string, log: EventLog, begun: number): Promise<LoadedJob> {
    const { shared, signal } = this.#around;
    const directory = await RunDirectory.reopen(output);
    try {
      const run = await takeUp({ input: job.file, set: [], fromStart: false }, directory, log, signal, shared);
      return { kind: 'resumed', job, log, begun, prepared: run.prepared, run };
    } catch (error) {
      await directory.leave();
      throw error;
    }
  }

  /** What was stopped before there was a result is as if it had not been begun, or still to be resumed. */
  #failed(job: JobRecord, error: unknown): void {
    const isStopped = isTwotimeError(error, 'Cancelled');
    const status = isStopped ? (job.status === 'cancelled' ? 'cancelled' : 'pending') : 'failed';
    const reason = isStopped ? (job.status === 'cancelled' ? job.reason : null) : reasonOf(error);
    this.#around.ended({ name: job.name, status, reason, seconds: null, result: null }, error);
  }
}

/** Leave nothing half-written of a new run, and a resumed one as it was. */
async function giveUp({ log, prepared }: UnderWay, run: RunToComplete | null, isNew: boolean): Promise<void> {
  log.abandon();
  if (isNew) await run?.directory.discard();
  else await run?.directory.leave();
  await prepared[Symbol.asyncDispose]();
}

/** The configuration of a job, with its ring. */
export function configOf(configs: ReadonlyMap<string, Config>, { config: name, q }: JobRecord): Config {
  const config = configs.get(name);
  if (config === undefined) throw new Defect(`the batch has no configuration '${name}'`);
  if (q === null || q === config.data.q) return config;
  return { ...config, data: { ...config.data, q }, origins: new Map(config.origins).set('data.q', 'command line') };
}

function reasonOf(error: unknown): string {
  if (isTwotimeError(error)) return formatError(error);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `a defect in twotime, please report it: ${text}`;
}

function round(seconds: number): number {
  return Math.round(seconds * 1e4) / 1e4;
}
