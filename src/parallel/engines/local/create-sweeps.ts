/** Sweeps over data in the kernel memory or in a file, shared between threads where that pays. */
import {
  CompiledEngine,
  type CompiledOptions,
  createSweeps,
  instantiateKernels,
  type KernelMemory,
  pairsOf,
  SequentialExecutor,
  type Sweeps,
  type TriangleStack,
} from '../../../kernels/index.ts';
import { FEWEST_POINTS, FEWEST_TILES, ThreadedExecutor, type ThreadedOptions } from './threaded-executor.ts';
import type { WorkerThreads } from './worker-threads.ts';

export interface PoolSweeps {
  readonly sweeps: Sweeps;
  /** Why a single sweep runs in the calling thread although there are workers, or null. */
  readonly alone: string | null;
}

/** Takes all its memory now, of the threads' own or of a region of it; freed by releasing a mark taken before. */
export function createPoolSweeps(
  threads: WorkerThreads,
  data: TriangleStack,
  options: ThreadedOptions & CompiledOptions = {},
  memory: KernelMemory = threads.memory,
): PoolSweeps {
  const { kernels, workers } = threads;
  const engine = new CompiledEngine(instantiateKernels(kernels, memory), memory, data, options);
  if (workers < 2) return { sweeps: createSweeps(new SequentialExecutor(engine)), alone: null };
  const sweeps = createSweeps(new ThreadedExecutor(engine, threads, options, memory));
  return { sweeps, alone: whyAlone(engine.tiles.length, data.angles * pairsOf(data.frames)) };
}

function whyAlone(tiles: number, points: number): string | null {
  if (tiles < FEWEST_TILES) return `the data make ${tiles} tiles, fewer than ${FEWEST_TILES}`;
  if (points < FEWEST_POINTS) return `${points} points are fewer than ${FEWEST_POINTS}`;
  return null;
}
