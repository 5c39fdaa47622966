/**
 * The few shared words through which threads divide one sweep: what to compute, who takes which unit, what is done.
 *
 * Several jobs may be computed together over one window of tiles. A unit is an aligned run of 2^level tiles for one job;
 * the jobs of the same tiles follow each other. Its taker adds the tiles in the fixed tree, so the sum of units is the sum
 * of tiles whatever the level. A claim compares the number of the sweep, so a thread that wakes late can never take a
 * unit of a later sweep with the facts of an earlier one.
 *
 * A unit counts as done by its flag alone; the counter only wakes the caller. A thread that dies at any instruction
 * therefore loses at most one unit, which `takenBy` names.
 */

import type { TileWindow } from '../../../kernels/index.ts';

/** Most units of one sweep; more tiles are gathered into larger units. */
export const MAXIMUM_UNITS = 1024;

const WORD = {
  /** Changes whenever threads should look up; what idle threads wait on. */
  signal: 0,
  /** Sweep number modulo 2^15 in the upper half, next unit in the lower. */
  claim: 1,
  sweep: 2,
  units: 3,
  done: 4,
  stopped: 5,
  jobs: 6,
  results: 7,
  stride: 8,
  level: 9,
  quit: 10,
  jobCount: 11,
  windowFirst: 12,
  windowEnd: 13,
  windowAddress: 14,
  windowPacked: 15,
} as const;
/** A next unit beyond any sweep. */
const CLOSED = 0xffff;
const THREADS_AT = 16;
const WORDS_PER_THREAD = 5;
const THREAD = { arena: 0, scratch: 1, beat: 2, taken: 3, busy: 4 } as const;

/** What a thread needs to compute units of one sweep. */
export interface SweepFacts {
  readonly sweep: number;
  readonly units: number;
  readonly level: number;
  /** Address of the table of job addresses, and how many jobs. */
  readonly jobs: number;
  readonly jobCount: number;
  /** Address of the results, and numbers from one unit's result to the next. */
  readonly results: number;
  readonly stride: number;
  /** The tiles, and where their values lie. */
  readonly window: TileWindow;
}

export class SweepBoard {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #flagsAt: number;
  #turn: Promise<void> = Promise.resolve();

  constructor(buffer: SharedArrayBuffer, threads: number) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#flagsAt = THREADS_AT + threads * WORDS_PER_THREAD;
  }

  static create(threads: number): SweepBoard {
    const words = THREADS_AT + threads * WORDS_PER_THREAD + MAXIMUM_UNITS;
    return new SweepBoard(new SharedArrayBuffer(words * 4), threads);
  }

  /**
   * Start a sweep; the one before must be complete.
   *
   * The order matters: nothing can be claimed while facts change, and the number of the sweep, which `facts` reads first,
   * is the last to change. Whoever reads a mixture of two sweeps therefore holds the older number, and claims nothing.
   */
  publish(facts: Omit<SweepFacts, 'sweep'>): SweepFacts {
    const words = this.#words;
    const previous = Atomics.load(words, WORD.sweep);
    const sweep = previous + 1;
    Atomics.store(words, WORD.claim, ((previous & 0x7fff) << 16) | CLOSED);
    Atomics.store(words, WORD.units, facts.units);
    Atomics.store(words, WORD.level, facts.level);
    Atomics.store(words, WORD.jobs, facts.jobs);
    Atomics.store(words, WORD.jobCount, facts.jobCount);
    Atomics.store(words, WORD.results, facts.results);
    Atomics.store(words, WORD.stride, facts.stride);
    Atomics.store(words, WORD.windowFirst, facts.window.first);
    Atomics.store(words, WORD.windowEnd, facts.window.end);
    Atomics.store(words, WORD.windowAddress, facts.window.address);
    Atomics.store(words, WORD.windowPacked, facts.window.packed ? 1 : 0);
    Atomics.store(words, WORD.done, 0);
    Atomics.store(words, WORD.stopped, 0);
    Atomics.store(words, WORD.sweep, sweep);
    Atomics.store(words, WORD.claim, (sweep & 0x7fff) << 16);
    return { ...facts, sweep };
  }

  /** The sweep that can be claimed from now. */
  facts(): SweepFacts {
    const read = (word: number): number => Atomics.load(this.#words, word);
    return {
      sweep: read(WORD.sweep),
      units: read(WORD.units),
      level: read(WORD.level),
      jobs: read(WORD.jobs),
      jobCount: read(WORD.jobCount),
      results: read(WORD.results),
      stride: read(WORD.stride),
      window: {
        first: read(WORD.windowFirst),
        end: read(WORD.windowEnd),
        // Addresses are unsigned, words are not.
        address: read(WORD.windowAddress) >>> 0,
        packed: read(WORD.windowPacked) === 1,
      },
    };
  }

  /** Take the next unit of a sweep, or -1 when there is none left (or the sweep is over). */
  claim(facts: SweepFacts, thread: number): number {
    const words = this.#words;
    const number = facts.sweep & 0x7fff;
    for (;;) {
      const claim = Atomics.load(words, WORD.claim);
      const unit = claim & 0xffff;
      if (claim >>> 16 !== number || unit >= facts.units) return -1;
      Atomics.store(words, this.#thread(thread, THREAD.taken), unit + 1);
      if (Atomics.compareExchange(words, WORD.claim, claim, claim + 1) === claim) return unit;
      Atomics.store(words, this.#thread(thread, THREAD.taken), 0);
    }
  }

  /** Mark a unit as done; wakes the caller with the last one. */
  finish(facts: SweepFacts, thread: number, unit: number): void {
    const words = this.#words;
    Atomics.store(words, this.#flagsAt + unit, facts.sweep);
    Atomics.store(words, this.#thread(thread, THREAD.taken), 0);
    if (Atomics.add(words, WORD.done, 1) + 1 >= facts.units) Atomics.notify(words, WORD.done);
  }

  isDone(facts: SweepFacts, unit: number): boolean {
    return Atomics.load(this.#words, this.#flagsAt + unit) === facts.sweep;
  }

  isComplete(facts: SweepFacts): boolean {
    for (let unit = 0; unit < facts.units; unit++) if (!this.isDone(facts, unit)) return false;
    return true;
  }

  /** Resolves when the counter has moved, or after `milliseconds`. */
  async waitForProgress(milliseconds: number): Promise<void> {
    const done = Atomics.load(this.#words, WORD.done);
    const { async, value } = Atomics.waitAsync(this.#words, WORD.done, done, milliseconds);
    if (!async) return;
    // Such a wait does not keep the process alive by itself.
    const alive = setTimeout(() => undefined, milliseconds);
    await value;
    clearTimeout(alive);
  }

  /** No more units are handed out; those taken are finished. */
  stop(facts: SweepFacts): void {
    Atomics.store(this.#words, WORD.stopped, 1);
    Atomics.store(this.#words, WORD.claim, ((facts.sweep & 0x7fff) << 16) | CLOSED);
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, WORD.stopped) === 1;
  }

  /** The unit a thread has taken and not finished, or -1. */
  takenBy(thread: number): number {
    return Atomics.load(this.#words, this.#thread(thread, THREAD.taken)) - 1;
  }

  /** Forget what a dead thread had taken and did. */
  clear(thread: number): void {
    this.setBusy(thread, false);
    Atomics.store(this.#words, this.#thread(thread, THREAD.taken), 0);
  }

  /** Where a thread may write while it computes, set before a sweep is published. */
  setPlaces(thread: number, arena: number, scratch: number): void {
    Atomics.store(this.#words, this.#thread(thread, THREAD.arena), arena);
    Atomics.store(this.#words, this.#thread(thread, THREAD.scratch), scratch);
  }

  places(thread: number): { readonly arena: number; readonly scratch: number } {
    return {
      arena: Atomics.load(this.#words, this.#thread(thread, THREAD.arena)),
      scratch: Atomics.load(this.#words, this.#thread(thread, THREAD.scratch)),
    };
  }

  /** A thread tells that it moves. */
  beat(thread: number): void {
    Atomics.add(this.#words, this.#thread(thread, THREAD.beat), 1);
  }

  beats(thread: number): number {
    return Atomics.load(this.#words, this.#thread(thread, THREAD.beat));
  }

  /** A thread tells that it runs a task, and cannot take part in sweeps. */
  setBusy(thread: number, busy: boolean): void {
    Atomics.store(this.#words, this.#thread(thread, THREAD.busy), busy ? 1 : 0);
  }

  isBusy(thread: number): boolean {
    return Atomics.load(this.#words, this.#thread(thread, THREAD.busy)) === 1;
  }

  /** Sweeps over different data take turns: run `work` when no other has the board. Only the caller's thread asks. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    const own = Promise.withResolvers<void>();
    this.#turn = own.promise;
    await before;
    try {
      return await work();
    } finally {
      own.resolve();
    }
  }

  /** Wake idle threads. */
  wake(): void {
    Atomics.add(this.#words, WORD.signal, 1);
    Atomics.notify(this.#words, WORD.signal);
  }

  /** What to compare with in `sleep`; read it before looking for work. */
  signal(): number {
    return Atomics.load(this.#words, WORD.signal);
  }

  /** Block this thread until `wake` was called after `seen` was read. */
  sleep(seen: number): void {
    Atomics.wait(this.#words, WORD.signal, seen);
  }

  askToQuit(): void {
    Atomics.store(this.#words, WORD.quit, 1);
    this.wake();
  }

  get quitting(): boolean {
    return Atomics.load(this.#words, WORD.quit) === 1;
  }

  #thread(thread: number, word: number): number {
    return THREADS_AT + thread * WORDS_PER_THREAD + word;
  }
}
