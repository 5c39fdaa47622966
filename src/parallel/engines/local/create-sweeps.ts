/** Sweeps over data in the kernel memory, shared between threads where that pays. */
import {
  CompiledEngine,
  createSweeps,
  instantiateKernels,
  pairsOf,
  SequentialExecutor,
  type Sweeps,
  type TriangleStack,
} from '../../../kernels/index.ts';
import { ThreadedExecutor, type ThreadedOptions } from './threaded-executor.ts';
import type { WorkerThreads } from './worker-threads.ts';

/** Fewer tiles cannot be shared evenly. */
const FEWEST_TILES = 10;
/**
 * Points below which waking threads costs what they save: a value sweep of 20,000 points takes about 40 µs on one core,
 * a fork and join about 10 µs (bench/parallel).
 */
const FEWEST_POINTS = 20_000;

export interface PoolSweeps {
  readonly sweeps: Sweeps;
  /** Why these sweeps run in the calling thread although there are workers, or null. */
  readonly alone: string | null;
}

/** Takes all its memory now; freed by releasing a mark taken before. */
export function createPoolSweeps(
  threads: WorkerThreads,
  data: TriangleStack,
  options: ThreadedOptions = {},
): PoolSweeps {
  const { memory, kernels, workers } = threads;
  const engine = new CompiledEngine(instantiateKernels(kernels, memory), memory, data);
  const tiles = engine.tiles.length;
  const points = data.angles * pairsOf(data.frames);
  let alone: string | null = null;
  if (tiles < FEWEST_TILES) alone = `the data make ${tiles} tiles, fewer than ${FEWEST_TILES}`;
  else if (points < FEWEST_POINTS) alone = `${points} points are fewer than ${FEWEST_POINTS}`;
  const executor =
    workers < 2 || alone !== null ? new SequentialExecutor(engine) : new ThreadedExecutor(engine, threads, options);
  return { sweeps: createSweeps(executor), alone: workers < 2 ? null : alone };
}
