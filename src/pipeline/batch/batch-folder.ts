/**
 * The folder of a batch: `batch.json`, the plan and what became of every job, and `batch.ndjson`, one line per job that
 * has ended since. The first is replaced as a whole, the second only grows, so a process that is killed loses nothing.
 */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputRefused, OutputFailed, OutputRefused } from '../../base/errors.ts';
import { parseJson, toJson } from '../../base/json.ts';
import { makeFolder, writeFileAtomically } from '../../data/index.ts';
import {
  BATCH_SCHEMA,
  countJobs,
  jobResultOf,
  jobStatusOf,
  type BatchRecord,
  type JobRecord,
  type ResultRecord,
} from '../../results/index.ts';
import { EVENTS_FILE } from '../event-log.ts';
import { checkWritable, notWritable } from '../output-folder.ts';
import { isLockFile, RunLock } from '../run-lock.ts';

export const BATCH_FILE = 'batch.json';
export const JOURNAL_FILE = 'batch.ndjson';
/** What the jobs of a cluster share while they work on the batch. */
export const CLUSTER_FOLDER = '.cluster';

/** What becomes of a job. */
export type JobEnd = Pick<JobRecord, 'name' | 'status' | 'reason' | 'seconds' | 'result'>;

/** The record of a batch as its folder has it, the journal included; null when the folder is no batch yet. */
export async function readBatch(folder: string): Promise<BatchRecord | null> {
  const file = join(folder, BATCH_FILE);
  const text = await readIfThere(file);
  if (text === null) return null;
  const record = parseJson(text, { file }) as BatchRecord;
  if (record?.schema !== BATCH_SCHEMA) {
    throw new InputRefused('this is not the record of a batch', {
      where: { file },
      help: 'it is damaged or of another version; begin a new batch with another -o',
    });
  }
  const ended = new Map((await readJournal(folder)).map((job) => [job.name, job]));
  if (ended.size === 0) return record;
  // Rings of files that were opened after batch.json was written are in the journal alone.
  const all = new Map([...record.jobs.map((job): [string, JobRecord] => [job.name, job]), ...ended]);
  const jobs = [...all.values()];
  return { ...record, jobs, counts: countJobs(jobs) };
}

/** One job per line, as it ended. */
async function readJournal(folder: string): Promise<JobRecord[]> {
  const text = (await readIfThere(join(folder, JOURNAL_FILE))) ?? '';
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as JobRecord];
    } catch {
      // The last line of a process that was killed; its job is found by its run directory.
      return [];
    }
  });
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new InputRefused(`the batch cannot be read (${code})`, { where: { file }, cause });
  }
}

/**
 * Jobs as their run directories say: one that has a result has ended, whoever finished it; one whose result is gone is to
 * be run again; one that was begun and has none goes on.
 */
export function lookAtRuns(folder: string, jobs: readonly JobRecord[]): JobRecord[] {
  return jobs.map((job) => {
    const run = join(folder, job.name);
    if (job.status === 'ok') return existsSync(join(run, RESULT_FILE)) ? job : { ...job, ...NOT_BEGUN };
    if (!existsSync(join(run, EVENTS_FILE))) return job.status === 'cancelled' ? { ...job, ...NOT_BEGUN } : job;
    const record = readResult(join(run, RESULT_FILE));
    if (record === null || record.status === 'cancelled') {
      return job.status === 'failed' ? job : { ...job, status: 'cancelled', reason: job.reason ?? STOPPED };
    }
    const status = jobStatusOf(record.status);
    return { ...job, status, reason: status === 'failed' ? record.solver.reason : null, result: jobResultOf(record) };
  });
}

const RESULT_FILE = 'result.json';
const NOT_BEGUN = { status: 'pending', reason: null, seconds: null, result: null } as const;
const STOPPED = 'stopped or killed; it goes on from its checkpoint';

function readResult(file: string): ResultRecord | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ResultRecord;
  } catch {
    return null;
  }
}

/** Refuse a folder that is neither empty nor a batch; writes nothing. */
export async function checkBatchFolder(folder: string): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      await checkWritable(folder);
      return;
    }
    const message = code === 'ENOTDIR' ? 'the output is not a folder' : `the output cannot be read (${code})`;
    throw new OutputRefused(message, { where: { file: folder }, help: 'choose another folder with -o', cause });
  }
  if (!entries.includes(BATCH_FILE) && !entries.every(isLockFile)) {
    throw new OutputRefused('the output folder is not empty and no batch', {
      where: { file: folder },
      help: 'choose another folder with -o',
    });
  }
  await RunLock.check(folder);
  await checkWritable(folder);
}

/** An open, locked folder of a batch. */
export class BatchFolder implements AsyncDisposable {
  readonly path: string;
  readonly #lock: RunLock;
  readonly #journal: number;

  private constructor(path: string, lock: RunLock, journal: number) {
    this.path = path;
    this.#lock = lock;
    this.#journal = journal;
  }

  /** Make or open the folder, and lock it. Throws `OutputRefused` while another process works there. */
  static async open(path: string): Promise<BatchFolder> {
    try {
      await makeFolder(path);
    } catch (cause) {
      throw notWritable(path, cause);
    }
    const lock = await RunLock.acquire(path);
    try {
      const journal = openSync(join(path, JOURNAL_FILE), 'a');
      // A line that a killed process left half must not swallow the next one.
      writeSync(journal, '\n');
      return new BatchFolder(path, lock, journal);
    } catch (cause) {
      await lock.release();
      throw notWritable(path, cause);
    }
  }

  /** What became of the lock that was there, in words; null when there was none. */
  get takenOver(): string | null {
    return this.#lock.takenOver;
  }

  /** Aborts when another process took the folder over. */
  get lost(): AbortSignal {
    return this.#lock.lost;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Note that a job has ended. */
  note(job: JobRecord): void {
    try {
      writeSync(this.#journal, `${JSON.stringify(job)}\n`);
    } catch (cause) {
      throw new OutputFailed('the journal of the batch cannot be written', {
        where: { file: this.file(JOURNAL_FILE) },
        cause,
      });
    }
  }

  /** Replace `batch.json`; what the journal said is in it. */
  async save(record: BatchRecord): Promise<void> {
    await writeFileAtomically(this.file(BATCH_FILE), `${toJson(record, { indent: 1 })}\n`);
    ftruncateSync(this.#journal);
  }

  /** Remove what killed processes left of run directories they were putting together, and of files they were writing. */
  async removeHalves(): Promise<void> {
    const halves = (await readdir(this.path)).filter((name) => /^\..+\.(?:new-\d+|\d+\.tmp)$/.test(name));
    for (const name of halves) await rm(this.file(name), { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    closeSync(this.#journal);
    await this.#lock.release();
  }
}
