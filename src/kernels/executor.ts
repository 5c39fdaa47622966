/**
 * Run the tiles of a sweep: the interface every executor implements, and the one that uses this thread.
 *
 * A job is plain numbers and typed arrays, so that it can be posted to a worker or written to a file.
 */
import { nextTurn, type TaskContext } from '../base/task-context.ts';
import type { Physics, Sensitivities } from '../model/two-time-model.ts';
import { TreeSum } from './reduce.ts';
import type { SweepKind } from './result-layout.ts';
import { resultLayout } from './result-layout.ts';
import type { AngleScaling } from './sweep.ts';
import { SweepQueue, type QueuedSweep } from './sweep-queue.ts';
import type { Tile } from './tiles.ts';
import type { TriangleStack } from './triangles.ts';
import type { TileWindow, WindowSource } from './windows.ts';

/** One sweep to be computed. A job object is never changed after it was handed over. */
export interface SweepJob {
  readonly kind: SweepKind;
  readonly physics: Physics;
  readonly scaling: AngleScaling;
  /** Present for `slopes` and `normal` sweeps. */
  readonly sensitivities: Sensitivities | null;
}

/** Computes single tiles of sweeps over one set of data. */
export interface TileEngine {
  readonly data: TriangleStack;
  readonly tiles: readonly Tile[];
  readonly windows: WindowSource;
  /** Whether it has a stretch of the tiles only, and results are subtrees of the sum. Default: it has all. */
  readonly isPart?: boolean;
  /** Jobs it can hold at a time. */
  readonly jobsAtOnce: number;
  /** Take up jobs, each with at most one sensitivity of h; they stay until the next call. */
  place(jobs: readonly SweepJob[]): void;
  /** The partial result of a tile of the job placed at position `job`; valid until the next call. */
  runTile(job: number, tile: Tile, window: TileWindow): Float64Array;
  /** M of one angle's pairs in triangle order, shape N(N−1)/2. */
  shape(physics: Physics, angle: number): Float64Array;
}

/** Runs all tiles of a sweep somewhere and returns their sum in the fixed tree. */
export interface TileExecutor {
  readonly data: TriangleStack;
  /** May be called again before the first call is finished: such sweeps share one pass over the data. */
  run(job: SweepJob, context: TaskContext): Promise<Float64Array>;
  shape(physics: Physics, angle: number): Float64Array;
}

/** Numbers in the result of a job for these data. */
export function resultLength({ kind, sensitivities }: SweepJob, { frames, angles }: TriangleStack): number {
  return resultLayout(kind, frames, angles, parametersOf(sensitivities)).length;
}

/** K. */
export function parametersOf(sensitivities: Sensitivities | null): number {
  if (sensitivities === null) return 0;
  return sensitivities.c.length + sensitivities.g.length + sensitivities.h.length;
}

/** Milliseconds of work between two looks at the event loop: short enough for Ctrl-C, long enough to cost nothing. */
const WORK_BETWEEN_YIELDS = 20;

export interface SequentialOptions {
  /** The order in which tiles are computed; results do not depend on it. Default: as they are numbered. */
  readonly order?: ((tiles: readonly Tile[]) => readonly Tile[]) | undefined;
}

/** Runs tiles one after the other in this thread; stops between tiles when the context is aborted. */
export class SequentialExecutor implements TileExecutor {
  readonly #engine: TileEngine;
  readonly #queue: SweepQueue;
  readonly #order: (tiles: readonly Tile[]) => readonly Tile[];
  #lastYield = performance.now();

  constructor(engine: TileEngine, options: SequentialOptions = {}) {
    this.#engine = engine;
    this.#order = options.order ?? ((tiles) => tiles);
    this.#queue = new SweepQueue(engine.data, engine.jobsAtOnce, (sweeps) => this.#compute(sweeps));
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
    const engine = this.#engine;
    engine.place(sweeps.map(({ job }) => job));
    const sums = sweeps.map(({ job }) => new TreeSum(engine.tiles.length, resultLength(job, engine.data)));
    for await (const window of engine.windows.pass()) {
      for (const tile of this.#order(engine.tiles.slice(window.first, window.end))) {
        const wanted = sweeps.flatMap(({ context }, k) => (context.signal?.aborted === true ? [] : [k]));
        if (wanted.length === 0) return [];
        for (const k of wanted) sums[k]!.add(tile.index, engine.runTile(k, tile, window));
        // Counted across sweeps: a fit of many short sweeps must also let the event loop run.
        if (performance.now() - this.#lastYield > WORK_BETWEEN_YIELDS) {
          await nextTurn();
          this.#lastYield = performance.now();
        }
      }
    }
    return sweeps.map(({ context }, k) =>
      context.signal?.aborted === true ? new Float64Array(0) : resultOf(sums[k]!, engine),
    );
  }
}

/** What an executor gives for a sum of tiles. */
export function resultOf(sum: TreeSum, { isPart = false }: Pick<TileEngine, 'isPart'>): Float64Array {
  return isPart ? sum.partial() : sum.total();
}
