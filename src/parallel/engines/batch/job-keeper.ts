/** Decides how many jobs there are: submits them when work waits, learns from those that are lost, ends them all. */
import { Defect, isTwotimeError } from '../../../base/errors.ts';
import type { EventLevel } from '../../../base/events.ts';
import { CommandFailed } from './command.ts';
import type { Fleet, GoneElement } from './fleet.ts';
import type { Hosts } from './hosts.ts';
import type { WorkFolder } from './work-folder.ts';

export interface KeeperOptions {
  /** Jobs at a time, at most. */
  readonly jobs: number;
  readonly title: string;
  /** A host that tells nothing for so long is asked for, ms. */
  readonly silence: number;
  readonly tell: (level: EventLevel, text: string) => void;
}

/** Attempts that come within this time make one array, ms. */
const COLLECT = 200;
/** Between two submissions while jobs are there, ms. */
const GROW_EVERY = 10_000;
/** Before jobs are submitted again of which there were too many, or that the scheduler did not answer for, ms. */
const AGAIN_AFTER = 30_000;
/** Jobs in a row that ended before they were of use, after which no more are submitted. */
const MOST_USELESS = 3;
const LOSSES_OF_A_NODE = 2;
const MOST_MEMORY_FACTOR = 4;
const LINES_OF_LOG = 5;

export interface Work {
  /** Attempts that nobody has taken, and all that are not done. */
  readonly waiting: number;
  readonly all: number;
  readonly perHost: number;
  /** When the last of them came, ms. */
  readonly lastArrival: number;
}

export class JobKeeper {
  readonly #fleet: Fleet;
  readonly #hosts: Hosts;
  readonly #folder: WorkFolder;
  readonly #options: KeeperOptions;
  readonly #nodeLosses = new Map<string, number>();
  readonly #over: GoneElement[] = [];
  #memoryFactor = 1;
  #useless = 0;
  #nextSubmission = 0;
  #unanswered = 0;

  constructor(fleet: Fleet, hosts: Hosts, folder: WorkFolder, options: KeeperOptions) {
    this.#fleet = fleet;
    this.#hosts = hosts;
    this.#folder = folder;
    this.#options = options;
  }

  /** Submit jobs when there is work that none of them will take. Throws `ConfigRefused`. */
  async submitFor(token: string, { waiting, all, perHost, lastArrival }: Work): Promise<void> {
    const now = performance.now();
    if (waiting === 0 || now < this.#nextSubmission || now - lastArrival < COLLECT) return;
    const { jobs, title, tell } = this.#options;
    const count = Math.min(jobs, Math.ceil(all / perHost)) - this.#fleet.live;
    if (count <= 0) return;
    const without = [...this.#nodeLosses].filter(([, losses]) => losses >= LOSSES_OF_A_NODE).map(([node]) => node);
    try {
      const taken = await this.#fleet.submit(token, count, this.#memoryFactor, without, false);
      this.#nextSubmission = performance.now() + (taken < count ? AGAIN_AFTER : GROW_EVERY);
      if (taken > 0) tell('info', `${taken} ${taken === 1 ? 'job' : 'jobs'} submitted to ${title}`);
      if (taken < count) tell('warning', `${title} takes no more jobs for now (${taken} of ${count})`);
    } catch (error) {
      if (isTwotimeError(error, 'ConfigRefused') && this.#memoryFactor > 1) {
        this.#memoryFactor = 1;
        tell('warning', `${title} has no jobs with more memory (${error.message}); as much as before is asked for`);
        return;
      }
      if (!(error instanceof CommandFailed)) throw error;
      this.#nextSubmission = performance.now() + AGAIN_AFTER;
      tell('warning', `jobs could not be submitted (${error.message}); tried again`);
    }
  }

  /** Tell of jobs that are over without having said so; of one that could not be told of, again the next time. */
  async buryGone(bury: (gone: GoneElement) => Promise<void>): Promise<void> {
    this.#over.push(...(await this.#gone()));
    for (let first = this.#over[0]; first !== undefined; first = this.#over[0]) {
      await bury(first);
      this.#over.shift();
    }
  }

  /** They, if it is time to ask. */
  async #gone(): Promise<GoneElement[]> {
    const { silence, title, tell } = this.#options;
    if (!this.#fleet.isDue((holder) => this.#hosts.silence(holder) > silence)) return [];
    try {
      const gone = await this.#fleet.ask((holder) => this.#hosts.silence(holder));
      this.#unanswered = 0;
      for (const element of gone) await this.#learn(element);
      return gone;
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      this.#unanswered += 1;
      if (this.#unanswered === 3) tell('warning', `${title} does not answer (${error.message}); jobs go on`);
      return [];
    }
  }

  /** A host has begun. */
  noteUse(): void {
    this.#useless = 0;
  }

  async #learn({ name, holder, state }: GoneElement): Promise<void> {
    if (state?.kind === 'memory') this.#memoryFactor = Math.min(MOST_MEMORY_FACTOR, 2 * this.#memoryFactor);
    if (state?.kind === 'hopeless') await this.#fleet.cancel([name]);
    const node = state?.node ?? (holder === null ? null : this.#hosts.nodeOf(holder));
    if (node === null || holder === null || (state?.kind !== 'place' && state?.kind !== 'failed')) return;
    this.#nodeLosses.set(node, (this.#nodeLosses.get(node) ?? 0) + 1);
  }

  /** Why no more jobs are worth submitting after one that ended before its host began; null while they are. */
  async uselessAfter({ name, state, job }: GoneElement): Promise<Defect | null> {
    this.#useless += 1;
    if (this.#useless < MOST_USELESS || this.#fleet.live > 0) return null;
    const log = (await this.#folder.read('jobs', job, `${name}.log`))?.toString('utf8').trim() ?? '';
    const end = log === '' ? '' : `: ${log.split('\n').slice(-LINES_OF_LOG).join('; ')}`;
    const said = state === null ? `${this.#options.title} does not know them any more` : state.text;
    return new Defect(`${this.#useless} jobs in a row ended before they began to work (${said})${end}`, {
      help: 'the nodes must see this program and the output folder under the same names',
    });
  }

  /**
   * End all jobs: those that wait are cancelled, the others see that the folder is closed, and are cancelled if they do not
   * `within` this time, ms, or give no sign meanwhile. `listen` hears what hosts say.
   */
  async endAll(within: number, listen: () => Promise<void>): Promise<void> {
    const { silence, title, tell } = this.#options;
    const until = performance.now() + within;
    const isUp = (name: string): boolean => this.#fleet.isUp(name);
    const isHeard = (name: string): boolean => this.#hosts.silence(this.#fleet.holderOf(name) ?? '') <= silence;
    await listen();
    try {
      await this.#fleet.clearDoubts();
      const waiting = this.#fleet.open.filter((name) => !isUp(name));
      if (waiting.length > 0) await this.#fleet.cancel(waiting);
      while (performance.now() < until && this.#fleet.open.some((name) => isUp(name) && isHeard(name))) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await listen();
      }
      const left = this.#fleet.open.filter(isUp);
      if (left.length > 0) await this.#fleet.cancel(left);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      tell('warning', `jobs of ${title} could not be cancelled (${error.message}): ${this.#fleet.open.join(' ')}`);
    }
  }
}
