/** One host of a cluster: takes tasks of the work folder, runs them, commits their results, and tells what it does. */
import { availableParallelism, hostname } from 'node:os';
import type { RunEvent } from '../../../base/events.ts';
import {
  decodeAttempt,
  differenceOf,
  encodeAttempt,
  encodeOutcome,
  releasedError,
  TaskHost,
  thisProgram,
  type RemoteAttempt,
} from '../../host/index.ts';
import type { AttemptOutcome } from '../../engine.ts';
import { usableCores } from '../../machine.ts';
import { runCommand } from './command.ts';
import { dataFileName, dataMark, readDataFile } from './data-file.ts';
import { readEngineFile, refuse, type EngineFile } from './engine-file.ts';
import { LedgerWriter } from './ledger.ts';
import { Nap } from './nap.ts';
import { pbs } from './pbs.ts';
import { slurm } from './slurm.ts';
import { attemptName, codeOf, taskFileName, WorkFolder, type TaskName } from './work-folder.ts';

const BEAT_MILLISECONDS = 5000;
/** Of one attempt; more often nobody can follow. */
const MILLISECONDS_PER_PROGRESS = 250;
const GRACE_MILLISECONDS = 2000;
/** Jobs that are not needed any more wait so long for work, ms: what is to be done by one of them may be on its way. */
const SPARE_IDLE = 3000;
/** A task whose data are not here is left to other hosts for so many of their longest pauses. */
const PATIENCE = 1.5;
/** Attempts of a task when hosts try again by themselves. */
const MOST_ATTEMPTS = 6;

/** Exit code of a host that is of another version than the driver. */
const OTHER_PROGRAM = 68;

interface Running {
  readonly task: TaskName;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** Serve until there is nothing to do, the folder is closed or gone, or `stop` is aborted; resolves to an exit code. */
export async function serveFolder(path: string, element: string, stop: AbortSignal): Promise<number> {
  const folder = new WorkFolder(path);
  try {
    const file = await readEngineFile(folder);
    if (file === null) return 0;
    const difference = differenceOf(await thisProgram(), file.program);
    if (difference !== null) {
      console.error(`this is another program than the one that submitted the work: ${difference}`);
      await refuse(folder, `${difference} (on ${hostname()})`);
      return OTHER_PROGRAM;
    }
    const { cores } = usableCores({ cores: availableParallelism(), environment: process.env });
    const slots = file.tasksPerHost === 'cores' ? cores : file.tasksPerHost;
    await using tasks = await TaskHost.open({
      slots,
      grace: file.grace ?? GRACE_MILLISECONDS,
      lease: file.lease ?? undefined,
      heap: file.heap ?? undefined,
      load: async (ref) => {
        const arrays = await readDataFile(folder.file('data', dataFileName(ref.digest)));
        if (arrays === null) throw releasedError();
        return arrays;
      },
    });
    await new BatchHost(folder, file, element, tasks).serve(stop);
    return 0;
  } catch (error) {
    // A folder that is gone wants nothing any more.
    if (codeOf(error) === 'ENOENT' && (await folder.read('engine.json').catch(() => null)) === null) return 0;
    console.error(error);
    return 1;
  }
}

class BatchHost {
  readonly #folder: WorkFolder;
  readonly #file: EngineFile;
  readonly #element: string;
  readonly #holder: string;
  readonly #tasks: TaskHost;
  readonly #ledger: LedgerWriter;
  readonly #running = new Map<string, Running>();
  /** Why nothing more is taken; null while it is. */
  #leaving: 'time' | 'ended' | null = null;
  #failure: { readonly error: unknown } | null = null;
  /** A thread was lost that may have left something held in the name of this process: it ends. */
  #isSpent = false;
  /** Since when attempts are there to be taken, ms, as far as is known. */
  #seen: ReadonlyMap<string, number> = new Map();
  readonly #nap = new Nap();

  constructor(folder: WorkFolder, file: EngineFile, element: string, tasks: TaskHost) {
    this.#folder = folder;
    this.#file = file;
    this.#element = element;
    this.#holder = `${element.replaceAll(/[^\w.[\]-]/g, '_')}.${hostname()}.${process.pid}`;
    this.#tasks = tasks;
    this.#ledger = new LedgerWriter(folder.file('hosts', this.#holder));
  }

  async serve(stop: AbortSignal): Promise<void> {
    const { least, most } = this.#file.poll;
    const { slots } = this.#tasks;
    this.#ledger.add({ kind: 'hello', element: this.#element, node: hostname(), pid: process.pid, slots });
    await this.#ledger.flush();
    if (this.#file.detached) await this.#takeUpOwn();
    const beat = setInterval(() => {
      this.#ledger.add({ kind: 'beat' });
      this.#ledger.flush().catch((error: unknown) => this.#fail(error));
    }, BEAT_MILLISECONDS);
    stop.addEventListener('abort', this.#nap.wake, { once: true });
    let pause = least;
    let idleSince = performance.now();
    try {
      while (!stop.aborted && !this.#isSpent && this.#failure === null) {
        const moved = await this.#look();
        await this.#ledger.flush();
        if (moved || this.#running.size > 0) idleSince = performance.now();
        if (this.#running.size === 0 && (await this.#isOver(idleSince))) break;
        pause = moved ? least : Math.min(most, 1.5 * pause);
        if (await this.#nap.sleep(pause)) pause = least;
      }
      if (this.#failure !== null) throw this.#failure.error;
      await this.#leave(stop);
    } finally {
      clearInterval(beat);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#nap.wake();
  }

  async #isOver(idleSince: number): Promise<boolean> {
    const idle = performance.now() - idleSince;
    if (idle > 1000 * this.#file.idle) return true;
    const names = await this.#folder.list();
    if (!names.includes('engine.json')) throw Object.assign(new Error('the work folder is gone'), { code: 'ENOENT' });
    for (const digest of this.#tasks.held) {
      if ((await this.#folder.list('data')).includes(dataFileName(digest))) continue;
      await this.#tasks.forget(digest);
    }
    const isSpare = names.includes('spare') && this.#tasks.held.length === 0;
    return names.includes('closed') || (isSpare && idle > SPARE_IDLE);
  }

  /** Stop what is to be stopped, take what can be taken; whether anything happened. */
  async #look(): Promise<boolean> {
    let moved = false;
    if (this.#running.size > 0) {
      for (const name of await this.#folder.list('cancel')) {
        const running = this.#running.get(name);
        if (running === undefined || running.stop.signal.aborted) continue;
        running.stop.abort('cancelled');
        moved = true;
      }
    }
    if (this.#running.size >= this.#tasks.slots) return moved;
    const taken = this.#file.detached ? new Set(await this.#folder.list('leases')) : new Set<string>();
    for (const task of this.#worthTaking(await this.#folder.tasks())) {
      if (this.#running.size >= this.#tasks.slots) break;
      if (!taken.has(attemptName(task.id, task.number)) && (await this.#take(task))) moved = true;
    }
    return moved;
  }

  /** Those whose data are here; others only when whoever has theirs should have seen them by now. */
  #worthTaking(tasks: readonly TaskName[]): TaskName[] {
    const now = performance.now();
    const here = new Set(this.#tasks.held.map(dataMark));
    const seen = new Map(tasks.map(({ id, number }) => [attemptName(id, number), now]));
    for (const name of seen.keys()) seen.set(name, this.#seen.get(name) ?? now);
    this.#seen = seen;
    const isNear = ({ data }: TaskName): boolean => data !== undefined && here.has(data);
    const isLeft = ({ id, number, data }: TaskName): boolean =>
      data === undefined || now - seen.get(attemptName(id, number))! > PATIENCE * this.#file.poll.most;
    return [...tasks.filter(isNear), ...tasks.filter((task) => !isNear(task) && isLeft(task))];
  }

  async #take(task: TaskName): Promise<boolean> {
    const name = attemptName(task.id, task.number);
    const lease = JSON.stringify({ holder: this.#holder, element: this.#element });
    if (!(await this.#folder.claim(lease, 'leases', name))) return false;
    const bytes = await this.#folder.read('tasks', taskFileName(task));
    if (!this.#file.detached) await this.#folder.remove('tasks', taskFileName(task));
    this.#ledger.add({ kind: 'claimed', id: task.id, number: task.number });
    const attempt = bytes === null ? null : decodeAttempt(bytes);
    const stop = new AbortController();
    const done = this.#run(task, attempt, stop.signal)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#running.delete(name);
        this.#nap.wake();
      });
    this.#running.set(name, { task, stop, done });
    return true;
  }

  async #run(task: TaskName, attempt: RemoteAttempt | null, signal: AbortSignal): Promise<void> {
    const { id, number } = task;
    let advanced = false;
    let told = -Infinity;
    const progress = (event: RunEvent): void => {
      if (event.kind === 'checkpoint') advanced = true;
      if (event.kind === 'progress') {
        const isSoon = performance.now() - told < MILLISECONDS_PER_PROGRESS;
        if (isSoon && event.done < event.total) return;
        told = performance.now();
      }
      this.#ledger.add({ kind: 'event', id, number, event });
    };
    const damaged: AttemptOutcome = { kind: 'lost', cause: 'place', reason: 'its description is damaged' };
    // What another attempt has finished since need not be done again.
    const isDone = number > 1 && (await this.#folder.read('results', id)) !== null;
    if (isDone) this.#ledger.add({ kind: 'ended', id, number, outcome: 'ok', late: true });
    else if (attempt === null) await this.#tell(task, damaged);
    else {
      const outcome = await this.#tasks.run(attempt, signal, progress);
      const isInterrupted = outcome.kind === 'cancelled' && this.#leaving !== null;
      await this.#tell(task, isInterrupted ? this.#interrupted(advanced) : outcome, attempt);
    }
    await this.#ledger.flush();
  }

  #interrupted(advanced: boolean): AttemptOutcome {
    const saved = advanced ? ', with a checkpoint' : '';
    return this.#leaving === 'time'
      ? {
          kind: 'lost',
          cause: 'time',
          reason: `the wall time of job ${this.#element} came to its end${saved}`,
          advanced,
        }
      : { kind: 'lost', cause: 'place', reason: `job ${this.#element} was ended${saved}`, advanced };
  }

  /** Commit a result, or say why there is none. */
  async #tell(task: TaskName, outcome: AttemptOutcome, attempt: RemoteAttempt | null = null): Promise<void> {
    const { id, number } = task;
    const also = { number, holder: this.#holder };
    if (outcome.kind === 'ok') {
      const late = !(await this.#folder.commit(encodeOutcome(id, outcome, also), 'results', id));
      this.#ledger.add({ kind: 'ended', id, number, outcome: 'ok', ...(late ? { late } : {}) });
      return;
    }
    if (this.#file.detached && outcome.kind === 'lost' && attempt !== null) {
      // Before it is told: whoever looked in between would take the task for failed.
      if (number < MOST_ATTEMPTS || outcome.advanced === true) await this.#offerAgain(task, attempt);
    }
    await this.#folder.put(encodeOutcome(id, outcome, also), 'ended', attemptName(id, number));
    this.#ledger.add({ kind: 'ended', id, number, outcome: outcome.kind });
    if (outcome.kind === 'lost' && this.#file.tasksPerHost === 1) this.#isSpent = true;
  }

  async #offerAgain({ order, id, number }: TaskName, attempt: RemoteAttempt): Promise<void> {
    const next = { order, id, number: number + 1 };
    await this.#folder.commit(encodeAttempt({ ...attempt, number: next.number }), 'tasks', taskFileName(next));
  }

  /** The scheduler started this element again: what it had taken before was lost with it. */
  async #takeUpOwn(): Promise<void> {
    const [ended, results] = await Promise.all([this.#folder.list('ended'), this.#folder.list('results')]);
    for (const task of await this.#folder.tasks()) {
      const name = attemptName(task.id, task.number);
      if (ended.includes(name) || results.includes(task.id)) continue;
      const lease = await this.#folder.read('leases', name);
      if (lease === null || (JSON.parse(lease.toString('utf8')) as { element: string }).element !== this.#element)
        continue;
      const bytes = await this.#folder.read('tasks', taskFileName(task));
      const attempt = bytes === null ? null : decodeAttempt(bytes);
      const reason = `job ${this.#element} was lost and started again`;
      await this.#tell(task, { kind: 'lost', cause: 'place', reason }, attempt);
    }
  }

  async #leave(stop: AbortSignal): Promise<void> {
    if (stop.aborted) {
      this.#leaving = stop.reason === 'time' ? 'time' : 'ended';
      this.#ledger.add({ kind: 'leaving', why: this.#leaving });
      await this.#ledger.flush();
      for (const { stop: abort } of this.#running.values()) abort.abort(this.#leaving);
      await Promise.all(Array.from(this.#running.values(), ({ done }) => done));
    }
    this.#ledger.add({ kind: 'bye' });
    await this.#ledger.flush();
    if (this.#leaving === 'time' && this.#file.detached) await this.#queueAgain();
  }

  /** There is no driver that would: the scheduler starts this job once more while there is work left. */
  async #queueAgain(): Promise<void> {
    const { requeue } = this.#file.scheduler === 'slurm' ? slurm : pbs;
    const taken = new Set(await this.#folder.list('leases'));
    const isLeft = (await this.#folder.tasks()).some(({ id, number }) => !taken.has(attemptName(id, number)));
    if (requeue === null || !isLeft) return;
    const [command, ...args] = requeue(this.#element);
    await runCommand(command, args);
  }
}
