/**
 * The content of `batch.json`: every job of a batch with what became of it, and counts that add up.
 *
 * A job is one q ring of one file. What its row in the summary needs stands here, so that no run has to be opened to say
 * how a batch went.
 */
import type { PosteriorQuantityRecord, PosteriorRecord } from './posterior-record.ts';
import type { FitStatus } from '../nlsq/outcome.ts';
import type { ShownKind } from '../nlsq/shown-errors.ts';
import { relaxationOf, type Relaxation } from './relaxation.ts';
import type { ParameterRecord, ResultRecord, UncertaintyRecord } from './result-record.ts';

export const BATCH_SCHEMA = 'twotime/batch@1';

/**
 * `ok`: there is a result, converged or not. `failed`: refused, broken, or without a usable result. `skipped`: not begun
 * because the batch was stopped by failures or told to leave it out. `pending`: not begun. `cancelled`: begun and stopped;
 * goes on from its checkpoint.
 */
export const JOB_STATUSES = ['ok', 'failed', 'skipped', 'pending', 'cancelled'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** Numbers of a finished fit that the summary shows. */
export interface JobResult {
  readonly fit: FitStatus;
  /** 1/Å. */
  readonly q: number;
  readonly points: number;
  readonly angles: number;
  readonly reducedChi2: number | null;
  readonly digest: string;
  /** The kind of standard error that this run uses. */
  readonly shownErrors: ShownKind;
  readonly parameters: Readonly<Record<string, JobParameter>>;
  /** Mean over the angles. */
  readonly contrast: number | null;
  readonly offset: number | null;
  /** Null where there is none. */
  readonly relaxation: Relaxation | null;
  /** Null where none was sampled; absent in batches of earlier versions. */
  readonly posterior?: JobPosterior | null;
  /** Codes of the warnings. */
  readonly warnings: readonly string[];
}

export interface JobPosterior {
  readonly method: PosteriorRecord['method'];
  readonly verdict: PosteriorRecord['verdict']['level'];
  readonly converged: boolean;
  readonly digest: string;
  readonly parameters: Readonly<Record<string, Pick<PosteriorQuantityRecord, 'median' | 'sd'>>>;
}

export interface JobParameter {
  readonly value: number | null;
  readonly unit: string;
  readonly vary: boolean;
  readonly atBound: ParameterRecord['atBound'];
  readonly speckle: number | null;
  readonly independent: number | null;
}

export interface JobRecord {
  /** Its run directory in that of the batch. */
  readonly name: string;
  /** As the user named it, and in full. */
  readonly file: string;
  readonly path: string;
  /** Name of its configuration among those of the batch; empty for the only one. */
  readonly config: string;
  /** The ring, 1/Å; null: the only one of a file that does not say its q, or the file cannot be opened. */
  readonly q: number | null;
  readonly angles: number;
  readonly frames: number;
  /** Of the file when the job was planned: bytes, and last change as ms since 1970; null when there was none. */
  readonly size: number | null;
  readonly modified: number | null;
  /** What the manifest says of the file, by name: temperature, time, …. */
  readonly meta?: Readonly<Record<string, number>> | undefined;
  readonly status: JobStatus;
  /** Why it failed, was skipped or cancelled; null otherwise. */
  readonly reason: string | null;
  /** s in each stage, the last time it ran; null before. */
  readonly seconds: {
    readonly load: number;
    readonly fit: number;
    /** 0 or absent where none was sampled. */
    readonly sample?: number;
    readonly write: number;
  } | null;
  readonly result: JobResult | null;
}

export interface BatchCounts extends Readonly<Record<JobStatus, number>> {
  readonly submitted: number;
  /** Of those that are ok. */
  readonly notConverged: number;
}

/** What the stages of one process did: s at work, s waiting for another stage. */
export interface StageTimes {
  readonly total: number;
  readonly load: number;
  readonly fit: number;
  /** Absent in batches of earlier versions. */
  readonly sample?: number;
  readonly write: number;
  /** The fit waited for data; reading waited for room; fits waited for earlier ones to be written. */
  readonly fitWaited: number;
  readonly loadWaited: number;
  readonly writeWaited: number;
  /** No stage was at work. */
  readonly outside: number;
}

export interface BatchConfig {
  /** As the user named it. */
  readonly file: string;
  /** What decides results, as YAML; a batch goes on only with the same. */
  readonly text: string;
}

export interface BatchRecord {
  readonly schema: typeof BATCH_SCHEMA;
  /** UTC, ISO 8601. */
  readonly created: string;
  readonly updated: string;
  /** By name; a batch without a manifest has one, without a name. */
  readonly configs: Readonly<Record<string, BatchConfig>>;
  readonly counts: BatchCounts;
  /** Of the last process that ended; null before one did. */
  readonly stages: StageTimes | null;
  readonly jobs: readonly JobRecord[];
}

/** What `batch --dry-run` says. */
export interface BatchPlanRecord {
  readonly schema: 'twotime/batch-plan@1';
  readonly counts: BatchCounts;
  /** Results whose file has changed since. */
  readonly outdated: number;
  readonly jobs: readonly PlannedJobRecord[];
  /** Jobs to be done, and their points. */
  readonly todo: number;
  readonly points: number;
  /** Of data and sweeps of the jobs under way together, at most. */
  readonly memoryBytes: number;
  /** s of all jobs one after the other on the cores of this machine, and what that rests on. */
  readonly estimate: { readonly seconds: number; readonly basis: string };
}

export interface PlannedJobRecord extends Pick<JobRecord, 'name' | 'file' | 'q' | 'angles' | 'frames' | 'status'> {
  readonly points: number;
  readonly action: 'run' | 'resume' | 'leave';
  /** Why its file cannot be opened; null when it can. */
  readonly refusal: string | null;
}

/** What `status` says of one folder. */
export interface FolderStatus {
  readonly folder: string;
  /** A batch, one run, or a folder with runs in it. */
  readonly kind: 'batch' | 'run' | 'runs';
  /** Who works there, in words; null when nobody does. */
  readonly worker: string | null;
  readonly counts: BatchCounts;
  /** Names of the runs that are worked on now; they count as pending. */
  readonly running: readonly string[];
  /** What is not there, and why. */
  readonly open: readonly Pick<JobRecord, 'name' | 'file' | 'status' | 'reason'>[];
}

export const STATUS_SCHEMA = 'twotime/status@1';

/** Counts of the jobs; the five statuses add up to `submitted`. */
export function countJobs(jobs: readonly JobRecord[]): BatchCounts {
  const counts = { ok: 0, failed: 0, skipped: 0, pending: 0, cancelled: 0 };
  let notConverged = 0;
  for (const { status, result } of jobs) {
    counts[status] += 1;
    if (status === 'ok' && result?.fit !== 'converged') notConverged += 1;
  }
  return { submitted: jobs.length, ...counts, notConverged };
}

/** The status of a job whose run has this result. */
export function jobStatusOf(fit: FitStatus): JobStatus {
  if (fit === 'cancelled' || fit === 'failed') return fit;
  return 'ok';
}

export function jobResultOf(record: ResultRecord): JobResult {
  const parameters = Object.entries(record.parameters).map(([name, one]): [string, JobParameter] => [
    name,
    { value: one.value, unit: one.unit, vary: one.vary, atBound: one.atBound, ...errorsOf(one.uncertainty) },
  ]);
  const { angles } = record.scaling;
  return {
    fit: record.status,
    q: record.q.value,
    points: record.support.points,
    angles: record.support.angles,
    reducedChi2: record.cost.reducedChi2,
    digest: record.digest,
    shownErrors: record.shownErrors,
    parameters: Object.fromEntries(parameters),
    contrast: mean(angles.map(({ contrast }) => contrast.value)),
    offset: mean(angles.map(({ offset }) => offset.value)),
    relaxation: relaxationOf(record),
    posterior: record.posterior === null ? null : posteriorOf(record.posterior),
    warnings: [...new Set(record.warnings.map(({ code }) => code))],
  };
}

function posteriorOf({ method, verdict, converged, digest, parameters }: PosteriorRecord): JobPosterior {
  const shown = Object.entries(parameters).map(
    ([name, { median, sd }]): [string, JobPosterior['parameters'][string]] => [name, { median, sd }],
  );
  return { method, verdict: verdict.level, converged, digest, parameters: Object.fromEntries(shown) };
}

function errorsOf({ speckle, independent }: UncertaintyRecord): Pick<JobParameter, 'speckle' | 'independent'> {
  return { speckle, independent };
}

/** Null when a value is not known. */
function mean(values: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return values.length === 0 ? null : sum / values.length;
}
