/** What a batch is to do: one job per file and q ring, those of an earlier process of the batch included. */
import { statSync } from 'node:fs';
import { formatError, isTwotimeError } from '../../base/errors.ts';
import { throwIfCancelled, type TaskContext } from '../../base/task-context.ts';
import { listRings, nearestRing, type ListedRing } from '../../data/index.ts';
import type { JobRecord } from '../../results/index.ts';
import type { NamedFile } from './expand-files.ts';
import { JobNames } from './job-names.ts';

/** Files with one configuration. */
export interface PlannedSet {
  /** Name of the configuration. */
  readonly config: string;
  readonly files: readonly NamedFile[];
  /** The ring to fit, 1/Å, as the configuration says it; `all`: every ring of a file is a job. */
  readonly q: number | null | 'all';
}

export interface BatchPlan {
  /** The known ones first. */
  readonly jobs: readonly JobRecord[];
  /** Names of the jobs of the files asked for. */
  readonly asked: ReadonlySet<string>;
  /** Why the file of a job cannot be opened or has not its ring, by its name. */
  readonly refusals: ReadonlyMap<string, string>;
  /** Jobs whose file is not the one they were fitted to any more. */
  readonly outdated: ReadonlySet<string>;
}

/** A ring of a file; with `refusal`, a file that cannot be opened. */
type FoundJob = Pick<JobRecord, 'q' | 'angles' | 'frames'> & { readonly refusal: string | null };

export interface PlanOptions {
  /** Files opened at most; each of the others is one job for now, whose rings are listed when its turn comes. */
  readonly most?: number;
  /** Names that are taken. Default: those of the known jobs. */
  readonly names?: JobNames;
}

/**
 * Open every file that is new or has changed and list its rings; nothing is read but headers. A file that cannot be opened
 * is one job, which will fail.
 */
export async function planBatch(
  sets: readonly PlannedSet[],
  known: readonly JobRecord[],
  context: TaskContext,
  { most = Infinity, names = new JobNames(known.map(({ name }) => name)) }: PlanOptions = {},
): Promise<BatchPlan> {
  const jobs = new Map(known.map((job) => [job.name, job]));
  const keyOf = (config: string, path: string): string => `${config}\u0000${path}`;
  const earlier = Map.groupBy(known, ({ config, path }) => keyOf(config, path));
  const wanted = sets.flatMap(({ files, ...set }) => files.map((named) => ({ ...set, ...named })));
  let opened = 0;
  const asked = new Set<string>();
  const refusals = new Map<string, string>();
  const outdated = new Set<string>();
  for (const [done, { file, path, meta, config, q }] of wanted.entries()) {
    throwIfCancelled(context);
    context.progress?.({ kind: 'progress', stage: 'plan', done, total: wanted.length, text: file });
    const state = stateOf(path);
    const old = earlier.get(keyOf(config, path)) ?? [];
    const isAsBefore = old.length > 0 && old.every((job) => isUnchanged(job, state));
    if (!isAsBefore) opened += 1;
    const found = isAsBefore
      ? old.map((job) => ({ ...job, refusal: null }))
      : opened <= most
        ? await jobsOf({ file, path }, q, old)
        : unopened(q, old);
    // What stood for the file while it could not be opened; its rings take over what became of it.
    const rings = new Set(found.map(({ q: ring }) => ring));
    const stood = old.find((job) => isUnlisted(job) && !rings.has(job.q));
    if (stood !== undefined) jobs.delete(stood.name);
    for (const { refusal, q: ring, angles, frames } of found) {
      const same = old.find((job) => job.q === ring);
      const name = same?.name ?? names.next(path, ring, config);
      asked.add(name);
      if (refusal !== null) refusals.set(name, refusal);
      if (same?.status === 'ok') {
        // What the job says of its file is what was fitted.
        if (!isUnchanged(same, state)) outdated.add(name);
        if (meta !== undefined) jobs.set(name, { ...same, meta });
        continue;
      }
      const { status, reason, seconds, result } = same ?? stood ?? NOTHING_YET;
      const facts = { name, file, path, config, q: ring, angles, frames, ...state, ...(meta && { meta }) };
      jobs.set(name, { ...facts, status, reason, seconds, result });
    }
  }
  return { jobs: [...jobs.values()], asked, refusals, outdated };
}

const NOTHING_YET = { status: 'pending', reason: null, seconds: null, result: null } as const;

/** Synchronous, since there may be thousands. */
function stateOf(path: string): Pick<JobRecord, 'size' | 'modified'> {
  try {
    const { size, mtimeMs } = statSync(path);
    return { size, modified: mtimeMs };
  } catch {
    return { size: null, modified: null };
  }
}

/** Whether a job stands for a file that was not opened, or could not be. */
export function isUnlisted({ frames, result }: JobRecord): boolean {
  return frames === 0 && result === null;
}

function unopened(q: PlannedSet['q'], old: readonly JobRecord[]): FoundJob[] {
  if (old.length > 0) return old.map((job) => ({ ...job, refusal: null }));
  return [{ q: q === 'all' ? null : q, angles: 0, frames: 0, refusal: null }];
}

/** A file that was not opened is looked at again. */
function isUnchanged(job: JobRecord, { size, modified }: Pick<JobRecord, 'size' | 'modified'>): boolean {
  return job.frames > 0 && job.size === size && job.modified === modified;
}

/** The rings of a file; those it had before, if it cannot be opened any more. */
async function jobsOf({ file, path }: NamedFile, q: PlannedSet['q'], old: readonly JobRecord[]): Promise<FoundJob[]> {
  try {
    const rings = await listRings(path, file);
    if (q === 'all') return rings.map((ring) => ({ ...ring, refusal: null }));
    const { ring, refusal } = wantedRing(file, rings, q);
    return [{ q, angles: ring?.angles ?? 0, frames: ring?.frames ?? 0, refusal }];
  } catch (error) {
    if (!isTwotimeError(error)) throw error;
    const refusal = formatError(error);
    if (old.length > 0) return old.map((job) => ({ ...job, refusal }));
    return [{ q: q === 'all' ? null : q, angles: 0, frames: 0, refusal }];
  }
}

/** The ring that will be fitted, or one like it and why there is none. */
function wantedRing(
  file: string,
  rings: readonly ListedRing[],
  q: number | null,
): { ring: ListedRing | undefined; refusal: string | null } {
  const [first] = rings;
  if (q === null || first === undefined || first.q === null) return { ring: first, refusal: null };
  try {
    return { ring: nearestRing(file, rings, q), refusal: null };
  } catch (error) {
    if (!isTwotimeError(error, 'InputRefused')) throw error;
    return { ring: first, refusal: formatError(error) };
  }
}
