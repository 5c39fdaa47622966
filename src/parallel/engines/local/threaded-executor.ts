/**
 * Run the tiles of a sweep on all threads of the pool, the caller's included, and add them in the fixed tree.
 *
 * Fork: one job record in the shared memory, one word to wake the threads. Join: a flag per unit. Whatever a thread had
 * taken when it died or hung is computed here; the result has the same bits.
 */
import { throwIfCancelled, type TaskContext } from '../../../base/task-context.ts';
import {
  type CompiledEngine,
  type KernelMemory,
  instantiateKernels,
  mergeAngleParameters,
  splitAngleParameters,
  type SweepJob,
  type TileExecutor,
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
const LEASE = 10_000;
/** How long to look at flags before sleeping: the others finish their last tile within this, ms. */
const SPIN = 0.05;
const YIELD_AFTER = 20;

export class ThreadedExecutor implements TileExecutor {
  readonly #engine: CompiledEngine;
  readonly #threads: WorkerThreads;
  readonly #own: SweepThread;
  readonly #level: number;
  readonly #units: number;
  readonly #results: Float64Array;
  readonly #places: readonly { readonly arena: number; readonly scratch: number }[];
  readonly #lease: number;
  /** Threads that died during this sweep and may have left a unit. */
  #dead: number[] = [];
  #lastYield = performance.now();

  /** `workers` threads share a sweep, this one among them. Takes all memory now: an arena each, a result per unit. */
  constructor(engine: CompiledEngine, threads: WorkerThreads, options: ThreadedOptions = {}) {
    this.#engine = engine;
    this.#threads = threads;
    this.#lease = options.lease ?? LEASE;
    const { memory, kernels, board } = threads;
    this.#own = { kernels: instantiateKernels(kernels, memory), memory: memory.memory, board, thread: 0 };
    const tiles = engine.tiles.length;
    const wanted = Math.min(UNITS_PER_THREAD * threads.workers, MAXIMUM_UNITS);
    let level = 0;
    while (Math.ceil(tiles / 2 ** level) > wanted) level += 1;
    this.#level = level;
    this.#units = Math.ceil(tiles / 2 ** level);
    this.#results = memory.float64(this.#units * engine.longestResult);
    this.#places = Array.from({ length: threads.workers + 1 }, () => placesFor(engine, memory));
  }

  get data(): TriangleStack {
    return this.#engine.data;
  }

  async run(job: SweepJob, context: TaskContext): Promise<Float64Array> {
    if (job.sensitivities === null || job.sensitivities.h.length <= 1) return this.#sweep(job, context);
    const parts: Float64Array[] = [];
    for (const sensitivities of splitAngleParameters(job.sensitivities)) {
      parts.push(await this.#sweep({ ...job, sensitivities }, context));
    }
    return mergeAngleParameters(parts, this.data, job.sensitivities);
  }

  shape(physics: Physics, angle: number): Float64Array {
    return this.#engine.shape(physics, angle);
  }

  async #sweep(job: SweepJob, context: TaskContext): Promise<Float64Array> {
    throwIfCancelled(context);
    const { board } = this.#threads;
    const { address, length } = this.#engine.place(job);
    for (const [thread, { arena, scratch }] of this.#places.entries()) board.setPlaces(thread, arena, scratch);
    const facts = board.publish({
      units: this.#units,
      level: this.#level,
      job: address,
      results: this.#results.byteOffset,
      resultLength: length,
    });
    board.wake();
    const death = this.#threads.onDeath(({ thread }) => this.#dead.push(thread));
    try {
      if (this.#threads.running.length < this.#threads.workers) await this.#computeOwn(facts, context);
      await this.#join(facts, context);
    } finally {
      death[Symbol.dispose]();
    }
    throwIfCancelled(context);
    const sum = new TreeSum(facts.units, length);
    for (let unit = 0; unit < facts.units; unit++) {
      sum.add(unit, this.#results.subarray(unit * length, (unit + 1) * length));
    }
    return sum.total();
  }

  /** Claim units like any other thread; let the event loop run now and then, and look for a stop. */
  async #computeOwn(facts: SweepFacts, context: TaskContext): Promise<void> {
    const { board } = this.#threads;
    for (let unit = board.claim(facts, 0); unit >= 0; unit = board.claim(facts, 0)) {
      if (context.signal?.aborted === true) board.stop(facts);
      else computeUnit(this.#own, facts, unit);
      board.finish(facts, 0, unit);
      if (performance.now() - this.#lastYield > YIELD_AFTER) {
        await new Promise((resolve) => setImmediate(resolve));
        this.#lastYield = performance.now();
      }
    }
  }

  /** Wait until every unit is done, or after a stop until no thread computes any more. */
  async #join(facts: SweepFacts, context: TaskContext): Promise<void> {
    const { board } = this.#threads;
    const isOver = (): boolean => (board.stopped ? this.#isIdle() : board.isComplete(facts));
    const spinUntil = performance.now() + SPIN;
    while (performance.now() < spinUntil) if (isOver()) return;
    let moved = performance.now();
    let beats = this.#beats();
    while (!isOver()) {
      if (context.signal?.aborted === true && !board.stopped) board.stop(facts);
      await board.waitForProgress(board.stopped ? 1 : 50);
      const now = this.#beats();
      if (now !== beats) moved = performance.now();
      beats = now;
      if (performance.now() - moved > this.#lease) {
        await this.#endSilent();
        moved = performance.now();
      }
      for (const thread of this.#dead.splice(0)) board.clear(thread);
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
    for (const thread of silent) await this.#threads.terminate(thread);
  }

  /** Units that nobody holds although all were handed out: what dead threads had taken. A trap shows here again. */
  #computeOrphans(facts: SweepFacts): void {
    const { board } = this.#threads;
    if (board.stopped || board.takenBy(0) >= 0 || !this.#isIdle()) return;
    computeUnits(this.#own, facts);
    for (let unit = 0; unit < facts.units; unit++) {
      if (board.isDone(facts, unit)) continue;
      computeUnit(this.#own, facts, unit);
      board.finish(facts, 0, unit);
    }
  }
}

function placesFor(engine: CompiledEngine, memory: KernelMemory): { readonly arena: number; readonly scratch: number } {
  const arena = memory.allocate(engine.arenaBytes);
  const scratch = memory.allocate(engine.longestResult * 8);
  return { arena, scratch };
}
