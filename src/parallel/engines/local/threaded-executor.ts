/**
 * Run the tiles of sweeps on all threads of the pool, the caller's included, and add them in the fixed tree.
 *
 * Fork: job records in the shared memory, one word to wake the threads. Join: a flag per unit. Whatever a thread had
 * taken when it died or hung is computed here; the result has the same bits. Data in a file pass by in windows, each of
 * them a fork and join while the next is read.
 */
import { nextTurn, type TaskContext } from '../../../base/task-context.ts';
import {
  type CompiledEngine,
  type KernelMemory,
  instantiateKernels,
  pairsOf,
  type QueuedSweep,
  resultLength,
  resultOf,
  type SweepJob,
  SweepQueue,
  type TileExecutor,
  type TileWindow,
  TreeSum,
  type TriangleStack,
} from '../../../kernels/index.ts';
import type { Physics } from '../../../model/two-time-model.ts';
import { MAXIMUM_UNITS, type SweepFacts } from './sweep-board.ts';
import { computeUnit, computeUnits, type SweepThread } from './sweep-unit.ts';
import type { WorkerThreads } from './worker-threads.ts';

export interface ThreadedOptions {
  /** A thread that has taken a unit and not moved for so long is ended, ms. */
  readonly lease?: number;
}

/** Units per thread aimed at: enough to share evenly, few enough to add quickly. */
const UNITS_PER_THREAD = 16;
/** Results of all units of sweeps computed together may take so much. */
const RESULT_BYTES = 8 * 2 ** 20;
const LEASE = 10_000;
/** How long to look at flags before sleeping: the others finish their last tile within this, ms. */
const SPIN = 0.05;
const YIELD_AFTER = 20;
/** Fewer tiles cannot be shared evenly. */
export const FEWEST_TILES = 10;
/**
 * Points below which waking threads costs what they save: a value sweep of 20,000 points takes about 40 µs on one core,
 * a fork and join about 10 µs (bench/parallel).
 */
export const FEWEST_POINTS = 20_000;

/** What stays the same during one pass over the data. */
interface Pass {
  readonly sweeps: readonly QueuedSweep[];
  /** Whether other threads take part. */
  readonly shared: boolean;
  readonly level: number;
  readonly stride: number;
  readonly sums: readonly TreeSum[];
}

export class ThreadedExecutor implements TileExecutor {
  readonly #engine: CompiledEngine;
  readonly #queue: SweepQueue;
  readonly #threads: WorkerThreads;
  readonly #own: SweepThread;
  readonly #unitsWanted: number;
  readonly #results: Float64Array;
  readonly #places: readonly { readonly arena: number; readonly scratch: number }[];
  readonly #lease: number;
  #lastYield = performance.now();

  /** `workers` threads share a sweep, this one among them. Takes all memory now: an arena each, a result per unit. */
  constructor(
    engine: CompiledEngine,
    threads: WorkerThreads,
    options: ThreadedOptions = {},
    memory: KernelMemory = threads.memory,
  ) {
    this.#engine = engine;
    this.#threads = threads;
    this.#lease = options.lease ?? LEASE;
    const { kernels, board } = threads;
    this.#own = { kernels: instantiateKernels(kernels, memory), memory: memory.memory, board, thread: 0 };
    this.#unitsWanted = Math.min(UNITS_PER_THREAD * threads.workers, MAXIMUM_UNITS);
    const { tilesAtOnce, align } = engine.windows;
    const fewestUnits = Math.max(1, Math.ceil(tilesAtOnce / align));
    const affordable = Math.min(MAXIMUM_UNITS, Math.floor(RESULT_BYTES / (8 * engine.longestResult)));
    const together = Math.max(1, Math.min(engine.jobsAtOnce, Math.floor(affordable / fewestUnits)));
    const units = Math.max(this.#unitsWanted, together * fewestUnits);
    this.#results = memory.float64(units * engine.longestResult);
    this.#places = Array.from({ length: threads.workers + 1 }, () => placesFor(engine, memory));
    this.#queue = new SweepQueue(engine.data, together, (sweeps) => board.exclusively(() => this.#compute(sweeps)));
  }

  get data(): TriangleStack {
    return this.#engine.data;
  }

  run(job: SweepJob, context: TaskContext): Promise<Float64Array> {
    return this.#queue.add(job, context);
  }

  shape(physics: Physics, angle: number): Float64Array {
    return this.#engine.shape(physics, angle);
  }

  async #compute(sweeps: readonly QueuedSweep[]): Promise<Float64Array[]> {
    const { data, windows, tiles } = this.#engine;
    const jobs = sweeps.map(({ job }) => job);
    this.#engine.place(jobs);
    const level = this.#levelFor(jobs.length);
    const lengths = jobs.map((job) => resultLength(job, data));
    const points = data.angles * pairsOf(data.frames) * jobs.length;
    const pass: Pass = {
      sweeps,
      shared: tiles.length * jobs.length >= FEWEST_TILES && points >= FEWEST_POINTS,
      level,
      stride: Math.max(...lengths),
      sums: lengths.map((length) => new TreeSum(Math.ceil(tiles.length / 2 ** level), length)),
    };
    for await (const window of windows.pass()) {
      await this.#sweepWindow(pass, window);
      if (isStopped(pass)) break;
    }
    return isStopped(pass) ? [] : pass.sums.map((sum) => resultOf(sum, this.#engine));
  }

  /** The smallest units that are not more than wanted. */
  #levelFor(jobs: number): number {
    const { tilesAtOnce, align } = this.#engine.windows;
    let level = 0;
    while (2 ** (level + 1) <= align && jobs * Math.ceil(tilesAtOnce / 2 ** level) > this.#unitsWanted) {
      if (2 ** level >= tilesAtOnce) break;
      level += 1;
    }
    return level;
  }

  async #sweepWindow(pass: Pass, window: TileWindow): Promise<void> {
    const { board } = this.#threads;
    const { level, stride, shared, sums } = pass;
    const jobCount = sums.length;
    const units = Math.ceil((window.end - window.first) / 2 ** level);
    for (const [thread, { arena, scratch }] of this.#places.entries()) board.setPlaces(thread, arena, scratch);
    const facts = board.publish({
      units: units * jobCount,
      level,
      jobs: this.#engine.jobTable,
      jobCount,
      results: this.#results.byteOffset,
      stride,
      window,
    });
    if (shared) board.wake();
    try {
      if (!shared || this.#helpers() < this.#threads.workers) await this.#computeOwn(facts, pass);
      await this.#join(facts, pass);
    } catch (error) {
      // A unit failed in this thread too. Nobody may still compute when the next sweep is published.
      board.stop(facts);
      board.clear(0);
      await this.#join(facts, pass);
      throw error;
    }
    if (isStopped(pass)) return;
    for (const [job, sum] of sums.entries()) {
      const length = resultLength(pass.sweeps[job]!.job, this.data);
      for (let k = 0; k < units; k++) {
        const at = (k * jobCount + job) * stride;
        sum.add((window.first >> level) + k, this.#results.subarray(at, at + length));
      }
    }
  }

  /** Threads that can take part now. */
  #helpers(): number {
    const { running, board } = this.#threads;
    return running.filter((thread) => !board.isBusy(thread)).length;
  }

  /** Claim units like any other thread; let the event loop run now and then, and look for a stop. */
  async #computeOwn(facts: SweepFacts, pass: Pass): Promise<void> {
    const { board } = this.#threads;
    for (let unit = board.claim(facts, 0); unit >= 0; unit = board.claim(facts, 0)) {
      if (isStopped(pass)) board.stop(facts);
      else computeUnit(this.#own, facts, unit);
      board.finish(facts, 0, unit);
      if (performance.now() - this.#lastYield > YIELD_AFTER) {
        await nextTurn();
        this.#lastYield = performance.now();
      }
    }
  }

  /** Wait until every unit is done, or after a stop until no thread computes any more. */
  async #join(facts: SweepFacts, pass: Pass): Promise<void> {
    const { board } = this.#threads;
    const isOver = (): boolean => (board.stopped ? this.#isIdle() : board.isComplete(facts));
    const spinUntil = performance.now() + SPIN;
    while (performance.now() < spinUntil) if (isOver()) return;
    let moved = performance.now();
    let beats = this.#beats();
    while (!isOver()) {
      if (isStopped(pass) && !board.stopped) board.stop(facts);
      await board.waitForProgress(board.stopped ? 1 : 50);
      const now = this.#beats();
      if (now !== beats) moved = performance.now();
      beats = now;
      if (performance.now() - moved > this.#lease) {
        await this.#endSilent();
        moved = performance.now();
      }
      this.#computeOrphans(facts);
    }
  }

  #isIdle(): boolean {
    return this.#threads.running.every((thread) => this.#threads.board.takenBy(thread) < 0);
  }

  #beats(): number {
    return this.#threads.running.reduce((sum, thread) => sum + this.#threads.board.beats(thread), 0);
  }

  /** A lease has run out: whoever still holds a unit hangs. */
  async #endSilent(): Promise<void> {
    const { board, running } = this.#threads;
    const silent = running.filter((thread) => board.takenBy(thread) >= 0);
    const reason = `it held a part of a sweep for ${this.#lease} ms without a sign`;
    for (const thread of silent) await this.#threads.terminate(thread, reason);
  }

  /** Units that nobody holds although all were handed out: what dead threads had taken. A trap shows here again. */
  #computeOrphans(facts: SweepFacts): void {
    const { board } = this.#threads;
    if (board.stopped || board.takenBy(0) >= 0 || !this.#isIdle()) return;
    computeUnits(this.#own, facts);
    // A thread that woke late may have taken one meanwhile; from now on no more can be taken.
    if (!this.#isIdle()) return;
    for (let unit = 0; unit < facts.units; unit++) {
      if (board.isDone(facts, unit)) continue;
      computeUnit(this.#own, facts, unit);
      board.finish(facts, 0, unit);
    }
  }
}

/** Nobody waits for the result any more. */
function isStopped({ sweeps }: Pass): boolean {
  return sweeps.every(({ context }) => context.signal?.aborted === true);
}

function placesFor(engine: CompiledEngine, memory: KernelMemory): { readonly arena: number; readonly scratch: number } {
  const arena = memory.allocate(engine.arenaBytes);
  const scratch = memory.allocate(engine.longestResult * 8);
  return { arena, scratch };
}
