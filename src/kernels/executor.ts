/**
 * Run the tiles of a sweep: the interface every executor implements, and the one that uses this thread.
 *
 * A job is plain numbers and typed arrays, so that it can be posted to a worker or written to a file.
 */
import type { TaskContext } from '../base/task-context.ts';
import { throwIfCancelled } from '../base/task-context.ts';
import type { Physics, Sensitivities } from '../model/two-time-model.ts';
import { TreeSum } from './reduce.ts';
import type { SweepKind } from './result-layout.ts';
import { resultLayout } from './result-layout.ts';
import type { AngleScaling } from './sweep.ts';
import type { Tile } from './tiles.ts';
import { partition } from './tiles.ts';
import type { TriangleStack } from './triangles.ts';

/** One sweep to be computed. A job object is never changed after it was handed over. */
export interface SweepJob {
  readonly kind: SweepKind;
  readonly physics: Physics;
  readonly scaling: AngleScaling;
  /** Present for `normal` sweeps. */
  readonly sensitivities: Sensitivities | null;
}

/** Computes single tiles of sweeps over one set of data. */
export interface TileEngine {
  readonly data: TriangleStack;
  /** The tile's partial result in the layout of its kind; valid until the next call. */
  runTile(job: SweepJob, tile: Tile): Float64Array;
  /** M of one angle's pairs in triangle order, shape N(N−1)/2. */
  shape(physics: Physics, angle: number): Float64Array;
}

/** Runs all tiles of a sweep somewhere and returns their sum in the fixed tree. */
export interface TileExecutor {
  readonly data: TriangleStack;
  run(job: SweepJob, context: TaskContext): Promise<Float64Array>;
  shape(physics: Physics, angle: number): Float64Array;
}

/** Number of sensitivities of a job, K. */
export function parametersOf(sensitivities: Sensitivities | null): number {
  if (sensitivities === null) return 0;
  return sensitivities.c.length + sensitivities.g.length + sensitivities.h.length;
}

/** Work this long before letting timers and signals run, ms: short enough for Ctrl-C, long enough to cost nothing. */
const WORK_BETWEEN_YIELDS = 20;

export interface SequentialOptions {
  /** The order in which tiles are computed; results do not depend on it. Default: as they are numbered. */
  readonly order?: ((tiles: readonly Tile[]) => readonly Tile[]) | undefined;
}

/** Runs tiles one after the other in this thread; stops between tiles when the context is aborted. */
export class SequentialExecutor implements TileExecutor {
  readonly #engine: TileEngine;
  readonly #tiles: readonly Tile[];
  #lastYield = performance.now();

  constructor(engine: TileEngine, options: SequentialOptions = {}) {
    this.#engine = engine;
    const tiles = partition(engine.data.frames, engine.data.angles);
    this.#tiles = options.order?.(tiles) ?? tiles;
  }

  get data(): TriangleStack {
    return this.#engine.data;
  }

  async run(job: SweepJob, context: TaskContext): Promise<Float64Array> {
    const { frames, angles } = this.data;
    const layout = resultLayout(job.kind, frames, angles, parametersOf(job.sensitivities));
    const sum = new TreeSum(this.#tiles.length, layout.length);
    for (const tile of this.#tiles) {
      throwIfCancelled(context);
      sum.add(tile.index, this.#engine.runTile(job, tile));
      // Counted across sweeps: a fit of many short sweeps must also let the event loop run.
      if (performance.now() - this.#lastYield > WORK_BETWEEN_YIELDS) {
        await yieldToEventLoop();
        this.#lastYield = performance.now();
      }
    }
    throwIfCancelled(context);
    return sum.total();
  }

  shape(physics: Physics, angle: number): Float64Array {
    return this.#engine.shape(physics, angle);
  }
}

/** Resolves after pending events were handled; a zero timeout would wait for at least a millisecond. */
function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof globalThis.setImmediate === 'function') {
      globalThis.setImmediate(resolve);
      return;
    }
    const channel = new MessageChannel();
    const done = (): void => {
      channel.port1.close();
      resolve();
    };
    channel.port1.addEventListener('message', done, { once: true });
    channel.port1.start();
    channel.port2.postMessage(null);
  });
}
