/**
 * The jobs of a work folder: what was submitted, what started, what ended and why.
 *
 * A job is known to live by its host's ledger. The scheduler is asked only when a ledger says nothing, all jobs at once, at
 * most every 10 s and less often while nothing changes; no answer means nothing for any job.
 */
import { ConfigRefused } from '../../../base/errors.ts';
import type { ClusterConfig } from '../../../config/config.ts';
import { CommandFailed, isOutOfReach } from './command.ts';
import type { Dialect, ElementState, RunCommand, Submission } from './dialect.ts';
import { jobScript, type ScriptPlaces } from './job-script.ts';
import type { WorkFolder } from './work-folder.ts';

interface Element {
  readonly name: string;
  readonly submission: Submission;
  /** `terminated`: it was told to end before its time, by the scheduler or by somebody. */
  state: 'submitted' | 'up' | 'leaving' | 'terminated' | 'gone';
  holder: string | null;
  /** Since when it is in this state, ms on a clock that only goes forward. */
  since: number;
  /** Since when the scheduler says that it has ended. */
  endedSince: number | null;
  wasKnown: boolean;
  cancelledHere: boolean;
}

/** A job that is over although its host did not say so. */
export interface GoneElement {
  readonly name: string;
  readonly holder: string | null;
  readonly state: ElementState | null;
  /** Folder of its submission in the work folder. */
  readonly job: string;
}

export interface FleetLimits {
  /** Between two questions to the scheduler, ms: at least, and when nothing changes. */
  readonly ask: { readonly least: number; readonly most: number };
  /** A job that has ended is judged so much later, ms: what its host wrote last may not have arrived. */
  readonly grace: number;
}

/** The scheduler may take so long to know a job, ms. */
const KNOWN_WITHIN = 60_000;
const CANCELLED_AT_ONCE = 1000;

export class Fleet {
  readonly #dialect: Dialect;
  readonly #site: ClusterConfig;
  readonly #folder: WorkFolder;
  readonly #places: Omit<ScriptPlaces, 'folder' | 'job'>;
  readonly #run: RunCommand;
  readonly #limits: FleetLimits;
  readonly #elements = new Map<string, Element>();
  /** Submissions that may have been taken although no answer came: name and number of jobs. */
  readonly #doubtful = new Map<string, number>();
  #submissions = 0;
  #askedAt = -Infinity;
  #pause: number;
  #most: number | null = null;
  /** Questions to the scheduler about states, and submissions, so far. */
  readonly counts = { questions: 0, submissions: 0 };

  constructor(
    dialect: Dialect,
    site: ClusterConfig,
    folder: WorkFolder,
    places: Omit<ScriptPlaces, 'folder' | 'job'>,
    run: RunCommand,
    limits: FleetLimits,
  ) {
    this.#dialect = dialect;
    this.#site = site;
    this.#folder = folder;
    this.#places = places;
    this.#run = run;
    this.#limits = limits;
    this.#pause = limits.ask.least;
  }

  /** Jobs that take tasks, or will. */
  get live(): number {
    let live = 0;
    for (const { state } of this.#elements.values()) if (state === 'submitted' || state === 'up') live += 1;
    return live;
  }

  /** Jobs that are not known to be over. */
  get open(): readonly string[] {
    return [...this.#elements.values()].filter(({ state }) => state !== 'gone').map(({ name }) => name);
  }

  isUp(name: string): boolean {
    return this.#elements.get(name)?.state === 'up';
  }

  /** Its host, or the last one; null before the first. */
  holderOf(name: string): string | null {
    return this.#elements.get(name)?.holder ?? null;
  }

  /** A host has begun; the holder of the same job before it, whose work is lost. */
  hello(name: string, holder: string): string | null {
    const element = this.#elements.get(name);
    if (element === undefined) return null;
    const before = element.holder;
    Object.assign(element, { state: 'up', holder, since: performance.now(), endedSince: null });
    return before === holder ? null : before;
  }

  leaving(name: string, holder: string, isTerminated: boolean): void {
    const element = this.#elements.get(name);
    if (element?.holder !== holder || element.state === 'gone') return;
    // Whoever cancelled it here knows why.
    element.state = isTerminated && !element.cancelledHere ? 'terminated' : 'leaving';
  }

  bye(name: string, holder: string): void {
    const element = this.#elements.get(name);
    if (element?.holder === holder && element.state !== 'terminated') element.state = 'gone';
  }

  /** It was told to end, and the scheduler has not said yet why. */
  isTerminated(name: string): boolean {
    return this.#elements.get(name)?.state === 'terminated';
  }

  /** The script of the next submission. */
  script(token: string, count: number, memoryFactor: number, without: readonly string[], requeue: boolean): string {
    const name = `tw${token}-${this.#submissions + 1}`;
    const request = { name, elements: count, site: this.#site, memoryFactor, without, requeue };
    const places = { ...this.#places, folder: this.#folder.path, job: this.#folder.file('jobs', name) };
    return jobScript(this.#dialect, request, places);
  }

  /**
   * Submit jobs, in as many arrays as the scheduler wants; how many it took. Fewer than asked for: there are too many now.
   * Throws `ConfigRefused` when it does not want such jobs.
   */
  async submit(
    token: string,
    count: number,
    memoryFactor: number,
    without: readonly string[],
    requeue: boolean,
  ): Promise<number> {
    this.#most ??= await this.#dialect.mostElements(this.#run);
    let taken = await this.clearDoubts();
    let part = Math.min(count, this.#most);
    while (taken < count && part > 0) {
      part = Math.min(part, count - taken);
      const script = this.script(token, part, memoryFactor, without, requeue);
      const name = `tw${token}-${++this.#submissions}`;
      await this.#folder.make(`jobs/${name}`);
      await this.#folder.put(script, 'jobs', name, 'script.sh');
      // Written before, so that what was submitted is looked for by whoever finds no answer.
      await this.#folder.put(JSON.stringify({ name, elements: part }), 'jobs', name, 'intent.json');
      const job = await this.#handOver(name, script, part);
      if (job === null) part = Math.floor(part / 2);
      else {
        await this.#note({ name, job, elements: part });
        taken += part;
      }
    }
    return taken;
  }

  /** The identifier of the new job; null when there are too many. */
  async #handOver(name: string, script: string, elements: number): Promise<string | null> {
    const [command, ...args] = this.#dialect.submit;
    this.counts.submissions += 1;
    try {
      const answer = await this.#run(command, args, script);
      const job = this.#dialect.jobOf(answer);
      if (job !== null) return job;
      throw new CommandFailed(command, `its answer is not understood: ${answer.trim()}`);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      if (isOutOfReach(error)) {
        this.#doubtful.set(name, elements);
        const found = await this.#dialect.find(this.#run, name);
        if (found === null) throw error;
        this.#doubtful.delete(name);
        return found;
      }
      await this.#folder.remove('jobs', name);
      if (this.#dialect.isLimit(error.said)) return null;
      throw new ConfigRefused(`${this.#dialect.title} refuses the jobs: ${error.said}`, {
        where: { key: 'parallel.cluster' },
        help: 'mend the profile of the site; --dry-run of twotime submit shows the script',
        cause: error,
      });
    }
  }

  /** Look for submissions that were not answered; how many jobs were found. Throws `CommandFailed` while nobody answers. */
  async clearDoubts(): Promise<number> {
    let found = 0;
    for (const [name, elements] of this.#doubtful) {
      const job = await this.#dialect.find(this.#run, name);
      this.#doubtful.delete(name);
      if (job === null) continue;
      await this.#note({ name, job, elements });
      found += elements;
    }
    return found;
  }

  async #note(submission: Submission): Promise<void> {
    await this.#folder.put(JSON.stringify(submission), 'jobs', submission.name, 'submitted.json');
    this.#add(submission);
  }

  #add(submission: Submission): void {
    for (const name of this.#dialect.elementsOf(submission)) {
      const since = performance.now();
      const start = {
        state: 'submitted',
        holder: null,
        endedSince: null,
        wasKnown: false,
        cancelledHere: false,
      } as const;
      this.#elements.set(name, { name, submission, since, ...start });
    }
  }

  /** Find the jobs again that an earlier driver submitted, also when it died before it could note them. */
  async adopt(): Promise<number> {
    for (const name of await this.#folder.list('jobs')) {
      this.#submissions = Math.max(this.#submissions, Number(/-(\d+)$/.exec(name)?.[1] ?? 0));
      const submitted = await this.#folder.read('jobs', name, 'submitted.json');
      if (submitted !== null) {
        this.#add(JSON.parse(submitted.toString('utf8')) as Submission);
        continue;
      }
      const intent = await this.#folder.read('jobs', name, 'intent.json');
      if (intent === null) continue;
      const { elements } = JSON.parse(intent.toString('utf8')) as { readonly elements: number };
      this.counts.questions += 1;
      const job = await this.#dialect.find(this.#run, name);
      if (job !== null) await this.#note({ name, job, elements });
    }
    return this.#elements.size;
  }

  /** Whether the scheduler should be asked: jobs give no sign, `isSilent` says which hosts do not. */
  isDue(isSilent: (holder: string) => boolean): boolean {
    const now = performance.now();
    if (now - this.#askedAt < this.#pause) return false;
    return [...this.#elements.values()].some(({ state, since, holder, endedSince }) => {
      if (state === 'gone') return false;
      if (endedSince !== null) return true;
      if (state === 'terminated') return true;
      return state === 'submitted' ? now - since > this.#limits.ask.least : holder !== null && isSilent(holder);
    });
  }

  /** Ask the scheduler; `silence` says for how long hosts gave no sign, ms. Throws `CommandFailed` when it does not answer. */
  async ask(silence: (holder: string) => number): Promise<GoneElement[]> {
    this.#askedAt = performance.now();
    this.counts.questions += 1;
    const open = [...this.#elements.values()].filter(({ state }) => state !== 'gone');
    const submissions = [...new Set(open.map(({ submission }) => submission))];
    let states: Map<string, ElementState>;
    try {
      states = await this.#dialect.states(this.#run, submissions);
    } catch (error) {
      this.#pause = Math.min(this.#limits.ask.most, 2 * this.#pause);
      throw error;
    }
    const gone = open.flatMap((element) => {
      const state = states.get(element.name) ?? null;
      const { holder, endedSince } = element;
      // Not to be in a list is no proof for a job whose host has been heard since.
      const isHeard = holder !== null && endedSince !== null && silence(holder) < performance.now() - endedSince;
      if (state === null && isHeard) element.endedSince = null;
      return this.#judge(element, state) ?? [];
    });
    this.#pause = gone.length > 0 ? this.#limits.ask.least : Math.min(this.#limits.ask.most, 1.5 * this.#pause);
    return gone;
  }

  /** Jobs that the scheduler says wait or run. Throws `CommandFailed` when it does not answer. */
  async living(): Promise<number> {
    const submissions = [...new Set(Array.from(this.#elements.values(), ({ submission }) => submission))];
    const states = await this.#dialect.states(this.#run, submissions);
    return [...states].filter(
      ([name, { kind }]) => this.#elements.has(name) && (kind === 'waiting' || kind === 'running'),
    ).length;
  }

  #judge(element: Element, state: ElementState | null): GoneElement | null {
    const now = performance.now();
    const { name, holder, submission } = element;
    const told = { name, holder, state, job: submission.name };
    if (state?.kind === 'running') {
      Object.assign(element, { wasKnown: true, endedSince: null });
      return null;
    }
    if (state?.kind === 'waiting') {
      element.wasKnown = true;
      if (holder === null) return null;
      Object.assign(element, { state: 'submitted', holder: null, since: now, endedSince: null });
      return told;
    }
    if (state === null && !element.wasKnown && holder === null && now - element.since < KNOWN_WITHIN) return null;
    element.endedSince ??= now;
    if (holder !== null && now - element.endedSince < this.#limits.grace) return null;
    element.state = 'gone';
    return element.cancelledHere ? { ...told, state: null } : told;
  }

  /** Have jobs cancelled; those that are over already are no matter. */
  async cancel(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const element = this.#elements.get(name);
      if (element !== undefined) element.cancelledHere = true;
    }
    for (let at = 0; at < names.length; at += CANCELLED_AT_ONCE) {
      const [command, ...args] = this.#dialect.cancel(names.slice(at, at + CANCELLED_AT_ONCE));
      await this.#run(command, args).catch((error: unknown) => {
        if (!(error instanceof CommandFailed) || isOutOfReach(error)) throw error;
      });
    }
  }
}
