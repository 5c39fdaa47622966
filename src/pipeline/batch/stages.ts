/**
 * Load, fit, sample, write: stages that work beside each other on a stream of jobs, each on one job or a few.
 *
 * Reading keeps at most `ahead` jobs before the fit, one job is sampled while the next is fitted, writing keeps at most
 * `behind`, and all of them together take no more memory than given; whoever is ahead waits. One job alone may take any
 * memory.
 */
import type { Timeline } from './timeline.ts';

/** A job on its way; what `load` gives goes to `fit`, what `fit` gives to `sample` if it is to be, and to `write`. */
export interface Stages<Job, Loaded, Fitted> {
  /** Memory a job takes from its loading until it is written, bytes. */
  bytes(job: Job): number;
  name(job: Job): string;
  /** Whether a job is sampled. */
  samples(job: Job): boolean;
  /** Null when the job has ended here. None of the stages may throw for the sake of one job. */
  load(job: Job): Promise<Loaded | null>;
  fit(loaded: Loaded): Promise<Fitted | null>;
  sample(fitted: Fitted): Promise<Fitted | null>;
  write(fitted: Fitted): Promise<void>;
  /** Give up what was loaded and is not wanted any more. */
  drop(loaded: Loaded): Promise<void>;
}

export interface StageLimits {
  /** Jobs loaded or being loaded before the fit; 0: nothing overlaps. */
  readonly ahead: number;
  /** Jobs being written beside the fit. */
  readonly behind: number;
  /** Bytes of all jobs under way. */
  readonly bytes: number;
}

/** Take `jobs` through the stages until they are through or `stopped` says so; what is under way then comes to its end. */
export async function runStages<Job, Loaded, Fitted>(
  jobs: Iterable<Job> | AsyncIterable<Job>,
  stages: Stages<Job, Loaded, Fitted>,
  limits: StageLimits,
  timeline: Timeline,
  stopped: () => boolean,
): Promise<void> {
  if (limits.ahead === 0) {
    for await (const job of jobs) {
      if (stopped()) return;
      await takeThrough(job, stages, timeline);
    }
    return;
  }
  const memory = new Allowance(limits.bytes);
  const places = new Allowance(limits.ahead);
  const desk = new Allowance(1);
  const pens = new Allowance(limits.behind);
  const queue = new Queue<{ readonly job: Job; readonly loaded: Loaded }>();
  const load = async (): Promise<void> => {
    try {
      for await (const job of jobs) {
        await timeline.waiting('load', async () => {
          await places.take(1);
          await memory.take(stages.bytes(job));
        });
        const loaded = stopped() ? null : await timeline.working('load', stages.name(job), () => stages.load(job));
        if (loaded === null) {
          places.give(1);
          memory.give(stages.bytes(job));
          if (stopped()) return;
        } else queue.put({ job, loaded });
      }
    } finally {
      queue.close();
    }
  };
  /** What follows the fit; a place at the desk or a pen is taken already. */
  const finish = async (job: Job, fitted: Fitted): Promise<void> => {
    const name = stages.name(job);
    let done: Fitted | null = fitted;
    if (stages.samples(job)) {
      done = await timeline.working('sample', name, () => stages.sample(fitted)).finally(() => desk.give(1));
      if (done !== null) await pens.take(1);
    }
    if (done === null) return;
    const whole = done;
    await timeline.working('write', name, () => stages.write(whole)).finally(() => pens.give(1));
  };
  const fit = async (): Promise<void> => {
    const finishing = new Set<Promise<void>>();
    const failures: unknown[] = [];
    try {
      for (;;) {
        const next = await timeline.waiting('fit', () => queue.take());
        if (next === null) break;
        const { job, loaded } = next;
        places.give(1);
        const isWanted = !stopped();
        if (!isWanted) await stages.drop(loaded);
        const fitted = isWanted ? await timeline.working('fit', stages.name(job), () => stages.fit(loaded)) : null;
        if (fitted === null) {
          memory.give(stages.bytes(job));
          continue;
        }
        const [stage, room] = stages.samples(job) ? (['sample', desk] as const) : (['write', pens] as const);
        await timeline.waiting(stage, () => room.take(1));
        const finished = finish(job, fitted)
          .catch((error: unknown) => void failures.push(error))
          .finally(() => {
            memory.give(stages.bytes(job));
            finishing.delete(finished);
          });
        finishing.add(finished);
      }
    } finally {
      await Promise.all(finishing);
    }
    if (failures.length > 0) throw failures[0];
  };
  const ends = await Promise.allSettled([load(), fit()]);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function takeThrough<Job, Loaded, Fitted>(
  job: Job,
  stages: Stages<Job, Loaded, Fitted>,
  timeline: Timeline,
): Promise<void> {
  const name = stages.name(job);
  const loaded = await timeline.working('load', name, () => stages.load(job));
  if (loaded === null) return;
  let fitted = await timeline.working('fit', name, () => stages.fit(loaded));
  if (fitted !== null && stages.samples(job)) {
    const before = fitted;
    fitted = await timeline.working('sample', name, () => stages.sample(before));
  }
  if (fitted === null) return;
  const whole = fitted;
  await timeline.working('write', name, () => stages.write(whole));
}

/** So much of something; who wants more than there is waits, in order. More than all of it is given when all is there. */
class Allowance {
  readonly #all: number;
  #taken = 0;
  readonly #waiting: { readonly amount: number; readonly given: () => void }[] = [];

  constructor(all: number) {
    this.#all = all;
  }

  async take(amount: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ amount, given: resolve });
    this.#advance();
    await promise;
  }

  give(amount: number): void {
    this.#taken -= amount;
    this.#advance();
  }

  #advance(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#taken > 0 && this.#taken + next.amount > this.#all) return;
      this.#taken += next.amount;
      this.#waiting.shift();
      next.given();
    }
  }
}

/** From one that puts to one that takes; how much it holds is for others to bound. */
class Queue<T> {
  readonly #items: T[] = [];
  #closed = false;
  #wake: () => void = () => undefined;

  put(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Null when nothing more comes. */
  async take(): Promise<T | null> {
    while (this.#items.length === 0) {
      if (this.#closed) return null;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#items.shift()!;
  }
}
