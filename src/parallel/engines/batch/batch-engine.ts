/**
 * Runs attempts as jobs of a scheduler, through a folder on a file system that all machines see.
 *
 * Attempts become files in the folder; jobs are hosts that take them from there, as many at a time as they have cores. What
 * counts is the result in the folder; what the scheduler says only decides whether there is hope for one. Attempts that
 * come together make one array; jobs that are there serve what comes later.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { isTwotimeError, OutputFailed } from '../../../base/errors.ts';
import type { EventLevel, RunEvent } from '../../../base/events.ts';
import type { Attempt, AttemptOutcome, Engine } from '../../engine.ts';
import { encodeAttempt, releasedError } from '../../host/index.ts';
import type { PlacedData, SharedArrays } from '../../shared-data.ts';
import { AttemptStore } from './attempt-store.ts';
import { Attempts, type InFlight } from './attempts.ts';
import { runCommand } from './command.ts';
import { findEarlierWork, openWorkFolder } from './earlier-work.ts';
import { refusalIn, type EngineFile } from './engine-file.ts';
import { Fleet, type GoneElement } from './fleet.ts';
import { Hosts, type ToldLine } from './hosts.ts';
import { JobKeeper } from './job-keeper.ts';
import { hostPlaces } from './job-script.ts';
import { Nap } from './nap.ts';
import type { BatchEngineOptions } from './options.ts';
import { markOf, SharedFiles } from './shared-files.ts';
import { judged, verdictOf } from './verdict.ts';
import { codeOf, folderError, WorkFolder } from './work-folder.ts';

/** Attempts in the folder per attempt that can run, so that a host need not wait for the driver. */
const AHEAD = 2;
/** What is written on one machine may be seen on another so much later, ms. */
const VISIBLE = 90_000;
/** A job without a result is given up sooner: one that comes after all is taken. */
const JUDGE_AFTER = 15_000;
const FOLDER_FAILS_FOR = 120_000;

export class BatchEngine implements Engine {
  readonly name: 'slurm' | 'pbs';
  readonly #options: BatchEngineOptions;
  readonly #folder: WorkFolder;
  readonly #fleet: Fleet;
  readonly #hosts: Hosts;
  readonly #jobs: JobKeeper;
  readonly #store: AttemptStore;
  readonly #attempts = new Attempts();
  readonly #poll: EngineFile['poll'];
  readonly #shared: SharedFiles;
  /** Tasks with a result in the folder. */
  readonly #known = new Set<string>();
  readonly #numbers = new Map<string, number>();
  /** Attempts of an earlier driver that may be at work, by task. */
  readonly #earlier = new Map<string, { readonly number: number; readonly holder: string }>();
  #token = '';
  #order = 0;
  #lastArrival = 0;
  #opening: Promise<void> | null = null;
  #pumping: Promise<void> | null = null;
  #isClosed = false;
  readonly #nap = new Nap();

  /** Nothing is written or submitted before the first attempt. */
  constructor(options: BatchEngineOptions) {
    const { dialect, site, folder, directory = process.cwd(), run = runCommand } = options;
    this.name = dialect.name;
    this.#options = options;
    this.#poll = options.poll ?? { least: 50, most: 2000 };
    this.#folder = new WorkFolder(path.resolve(folder));
    this.#hosts = new Hosts(this.#folder);
    const places = hostPlaces(directory);
    const limits = {
      ask: options.ask ?? { least: 10_000, most: 60_000 },
      grace: Math.min(options.visible ?? VISIBLE, JUDGE_AFTER),
    };
    this.#fleet = new Fleet(dialect, site, this.#folder, places, run, limits);
    this.#store = new AttemptStore(this.#folder);
    this.#shared = new SharedFiles(this.#folder);
    this.#jobs = new JobKeeper(this.#fleet, this.#hosts, this.#folder, {
      jobs: site.jobs,
      title: dialect.title,
      silence: options.silence ?? 20_000,
      tell: (level, text) => this.#tell(level, text),
    });
  }

  /** Those that wait in the folder for their turn included. */
  get slots(): number {
    return AHEAD * this.#options.site.jobs * this.#perHost;
  }

  /** Questions to the scheduler and submissions so far. */
  get counts(): Readonly<Fleet['counts']> {
    return this.#fleet.counts;
  }

  async start(
    attempt: Attempt,
    signal: AbortSignal,
    progress: ((event: RunEvent) => void) | undefined,
  ): Promise<AttemptOutcome> {
    try {
      const id = await attempt.identity();
      await (this.#opening ??= this.#open());
      if (!this.#shared.has(attempt.input)) return { kind: 'failed', error: releasedError() };
      if (signal.aborted) return { kind: 'cancelled' };
      const known = this.#known.has(id) ? await this.#store.result(id) : null;
      if (known !== null) return known;
      const inFlight = this.#attempts.of(id) ?? (await this.#put(id, attempt));
      return await this.#wait(inFlight, signal, progress);
    } catch (error) {
      return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  async share(arrays: SharedArrays, digest: string): Promise<PlacedData> {
    await (this.#opening ??= this.#open());
    return await this.#shared.share(arrays, digest);
  }

  /** End the jobs and remove the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#nap.wake();
    await this.#pumping;
    this.#attempts.endAll(() => ({ kind: 'cancelled' }));
    if (this.#opening === null) return;
    await this.#opening.catch(() => undefined);
    await this.#folder.put('', 'closed');
    const { grace = 2000 } = this.#options;
    await this.#jobs.endAll(2 * this.#poll.most + grace + 3000, () => this.#readByes());
    await rm(this.#folder.path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  /** Make the folder, or take up what an earlier driver left in it. */
  async #open(): Promise<void> {
    const options = { ...this.#options, poll: this.#poll };
    const { token, isEarlier } = await openWorkFolder(this.#folder, options, (text) => this.#tell('warning', text));
    this.#token = token;
    if (isEarlier) await this.#adopt();
    await this.#folder.remove('closed');
  }

  async #adopt(): Promise<void> {
    const { known, numbers, running } = await findEarlierWork(this.#folder, this.#store);
    for (const id of known) this.#known.add(id);
    for (const [id, number] of numbers) this.#numbers.set(id, number);
    for (const [id, attempt] of running) this.#earlier.set(id, attempt);
    const jobs = await this.#fleet.adopt();
    this.#tell('info', `${known.size} results and ${jobs} jobs of an earlier process are taken over`);
  }

  async #put(id: string, attempt: Attempt): Promise<InFlight> {
    const { module, export: name, input } = attempt;
    const earlier = this.#earlier.get(id);
    if (earlier !== undefined) {
      this.#earlier.delete(id);
      const adopted = this.#attempts.add({ order: 0, id, number: earlier.number });
      adopted.holder = earlier.holder;
      this.#pump();
      return adopted;
    }
    const number = (this.#numbers.get(id) ?? 0) + 1;
    const bytes = encodeAttempt({ id, number, module, export: name, input });
    this.#numbers.set(id, number);
    const inFlight = this.#attempts.add({ order: ++this.#order, id, number, data: markOf(input) });
    try {
      await this.#store.offer(inFlight.task, bytes);
    } catch (cause) {
      const error = new OutputFailed(`a task cannot be written to the work folder (${codeOf(cause)})`, {
        where: { file: this.#folder.path },
        cause,
      });
      this.#attempts.end(inFlight, { kind: 'failed', error });
      throw error;
    }
    this.#lastArrival = performance.now();
    this.#pump();
    return inFlight;
  }

  #wait(
    inFlight: InFlight,
    signal: AbortSignal,
    progress: ((event: RunEvent) => void) | undefined,
  ): Promise<AttemptOutcome> {
    return new Promise((resolve) => {
      const stop = (): void => {
        inFlight.waiters.delete(waiter);
        if (inFlight.waiters.size > 0) resolve({ kind: 'cancelled' });
        else {
          inFlight.waiters.add(waiter);
          void this.#stopAttempt(inFlight);
        }
      };
      const waiter = {
        progress,
        settle: (outcome: AttemptOutcome): void => {
          signal.removeEventListener('abort', stop);
          resolve(signal.aborted && outcome.kind === 'lost' ? { kind: 'cancelled' } : outcome);
        },
      };
      inFlight.waiters.add(waiter);
      if (this.#attempts.of(inFlight.task.id) !== inFlight)
        resolve({ kind: 'lost', cause: 'place', reason: 'it ended as it was asked for' });
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
  }

  async #stopAttempt(inFlight: InFlight): Promise<void> {
    const { task } = inFlight;
    inFlight.stoppingSince ??= performance.now();
    try {
      if (await this.#store.withdraw(task)) this.#attempts.end(inFlight, { kind: 'cancelled' });
      else await this.#store.askToStop(task);
    } catch {
      // Nobody can be told; it is given up below when its time is over.
    }
    this.#nap.wake();
  }

  #pump(): void {
    this.#nap.wake();
    this.#pumping ??= this.#watch().finally(() => {
      this.#pumping = null;
      if (this.#attempts.size > 0 && !this.#isClosed) this.#pump();
    });
  }

  async #watch(): Promise<void> {
    const { least, most } = this.#poll;
    let pause = least;
    let failingSince: number | null = null;
    while (this.#attempts.size > 0 && !this.#isClosed) {
      let moved = false;
      try {
        moved = await this.#turn();
        failingSince = null;
      } catch (error) {
        if (failingSince === null) this.#tell('warning', `the cluster cannot be watched for now: ${String(error)}`);
        failingSince ??= performance.now();
        const isHopeless = isTwotimeError(error) || performance.now() - failingSince > FOLDER_FAILS_FOR;
        if (isHopeless) this.#attempts.endAll(() => ({ kind: 'failed', error: folderError(error, this.#folder.path) }));
      }
      pause = moved ? least : Math.min(most, 1.2 * pause);
      if (await this.#nap.sleep(pause)) pause = least;
    }
  }

  async #turn(): Promise<boolean> {
    await this.#heedRefusal();
    const told = await this.#hosts.look();
    for (const { holder, line } of told) await this.#hear({ holder, line });
    for (const attempt of this.#attempts.all) await this.#check(attempt);
    await this.#jobs.submitFor(this.#token, {
      waiting: this.#attempts.waiting.length,
      all: this.#attempts.size,
      perHost: this.#perHost,
      lastArrival: this.#lastArrival,
    });
    await this.#jobs.buryGone((gone) => this.#bury(gone));
    return told.some(({ line }) => line.kind !== 'beat');
  }

  /** A job that found another program takes nothing, and neither would the next. */
  async #heedRefusal(): Promise<void> {
    const { waiting } = this.#attempts;
    const error = waiting.length === 0 ? null : await refusalIn(this.#folder);
    if (error !== null) for (const attempt of waiting) this.#attempts.end(attempt, { kind: 'failed', error });
  }

  async #hear({ holder, line }: ToldLine): Promise<void> {
    const element = this.#hosts.elementOf(holder);
    switch (line.kind) {
      case 'hello': {
        this.#jobs.noteUse();
        const before = this.#fleet.hello(line.element, holder);
        if (before !== null) this.#lose(before, `${this.#options.dialect.title} started job ${line.element} again`);
        return;
      }
      case 'claimed': {
        const attempt = this.#attempts.of(line.id);
        if (attempt?.task.number === line.number) attempt.holder = holder;
        return;
      }
      case 'event':
        for (const { progress } of this.#attempts.of(line.id)?.waiters ?? []) progress?.(line.event);
        return;
      case 'ended':
        await this.#hearEnd(line.id, line.number, line.outcome);
        return;
      case 'leaving':
        if (element !== null) this.#fleet.leaving(element, holder, line.why === 'ended');
        return;
      case 'bye':
        if (element !== null) this.#fleet.bye(element, holder);
        return;
      default:
    }
  }

  async #hearEnd(id: string, number: number, kind: AttemptOutcome['kind']): Promise<void> {
    if (kind === 'ok') this.#known.add(id);
    const attempt = this.#attempts.of(id);
    if (attempt === undefined) return;
    if (kind === 'ok') {
      // Whoever finished first has the word, also one that was given up.
      attempt.resultSince ??= performance.now();
      const outcome = await this.#store.result(id);
      if (outcome !== null) this.#attempts.end(attempt, outcome);
      return;
    }
    // Of a job that was told to end, the scheduler says why.
    if (number !== attempt.task.number || (kind === 'lost' && this.#isTerminated(attempt.holder))) return;
    const outcome = await this.#store.ended(attempt.task);
    this.#attempts.end(
      attempt,
      outcome ?? { kind: 'lost', cause: 'place', reason: 'what became of it was not written' },
    );
  }

  /** What no ledger tells: results that come late or are damaged, hosts that went without a word, tasks that do not stop. */
  async #check(attempt: InFlight): Promise<void> {
    const { task, holder, resultSince, stoppingSince } = attempt;
    const now = performance.now();
    const { visible = VISIBLE, grace = 2000 } = this.#options;
    if (resultSince !== null) {
      const outcome = await this.#store.result(task.id);
      if (outcome !== null) this.#attempts.end(attempt, outcome);
      else if (now - resultSince > visible) {
        // Out of the way, or nobody could commit another.
        this.#known.delete(task.id);
        await this.#store.removeResult(task.id);
        this.#attempts.end(attempt, { kind: 'lost', cause: 'place', reason: 'its result is damaged or was lost' });
      }
      return;
    }
    if (stoppingSince !== null && now - stoppingSince > grace + visible) {
      const element = holder === null ? null : this.#hosts.elementOf(holder);
      if (element !== null) await this.#fleet.cancel([element]);
      this.#attempts.end(attempt, { kind: 'cancelled' });
      return;
    }
    if (holder === null || !this.#hosts.isOver(holder) || this.#isTerminated(holder)) return;
    const outcome = await this.#store.outcome(task);
    if (outcome !== null) this.#attempts.end(attempt, outcome);
    else if (this.#hosts.silence(holder) > visible) this.#lose(holder, 'its host ended without a word of it');
  }

  #isTerminated(holder: string | null): boolean {
    const element = holder === null ? null : this.#hosts.elementOf(holder);
    return element !== null && this.#fleet.isTerminated(element);
  }

  #lose(holder: string, reason: string): void {
    for (const attempt of this.#attempts.heldBy(holder)) {
      this.#attempts.end(attempt, { kind: 'lost', cause: 'place', reason });
    }
  }

  get #perHost(): number {
    const { tasksPerHost = 'cores', site } = this.#options;
    return tasksPerHost === 'cores' ? (this.#hosts.slots ?? site.cores) : tasksPerHost;
  }

  /** A job is over: what it had taken is judged. */
  async #bury(gone: GoneElement): Promise<void> {
    const { name, holder, state } = gone;
    const outcome = verdictOf(this.#options.dialect, name, state);
    if (holder === null) {
      const error = outcome.kind === 'failed' ? outcome.error : await this.#jobs.uselessAfter(gone);
      if (error !== null && this.#fleet.live === 0) this.#attempts.endAll(() => ({ kind: 'failed', error }));
      return;
    }
    // A claim of which its ledger does not tell.
    for (const attempt of this.#attempts.waiting) {
      if ((await this.#store.holderOf(attempt.task.id, attempt.task.number)) === holder) attempt.holder = holder;
    }
    for (const attempt of this.#attempts.heldBy(holder)) {
      this.#attempts.end(attempt, judged(await this.#store.outcome(attempt.task), outcome));
    }
  }

  async #readByes(): Promise<void> {
    for (const told of await this.#hosts.look()) {
      if (told.line.kind === 'hello' || told.line.kind === 'leaving' || told.line.kind === 'bye')
        await this.#hear(told);
    }
  }

  #tell(level: EventLevel, text: string): void {
    this.#options.tell?.(level, text);
  }
}
