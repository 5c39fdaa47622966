/**
 * Sweeps whose data lie in parts on the workers of any engine: every round sends the same jobs to every part.
 *
 * A part is an aligned run of tiles, so what a worker returns is a node of the fixed summation tree, and the sums of all parts
 * are bit for bit those of one thread. Sweeps that are asked for together make one round; a round costs one task per part.
 */
import {
  createSweeps,
  partition,
  pointsOf,
  resultLength,
  SweepQueue,
  type QueuedSweep,
  type SweepJob,
  type Sweeps,
  type Tile,
  type TileArrays,
  tileArrays,
  type TileExecutor,
  type TriangleStack,
  TreeSum,
} from '../../kernels/index.ts';
import type { TaskContext } from '../../base/task-context.ts';
import { settleAll } from '../../base/settle.ts';
import type { Physics } from '../../model/two-time-model.ts';
import type { ExecutionBackend } from '../protocol.ts';
import type { SharedData } from '../shared-data.ts';
import { packJobs } from './plain-jobs.ts';
import { partTask } from './part-task.ts';

export interface DistributionOptions {
  /** Parts at most; fewer where there are fewer tiles. Never the number of workers: bits do not depend on it either way. Default 16. */
  readonly parts?: number | undefined;
  /** Sweeps of one round at most. Default 512. */
  readonly sweepsPerRound?: number | undefined;
}

export interface DistributedSweeps extends AsyncDisposable {
  readonly sweeps: Sweeps;
  /** Parts there are, and sweeps that make one round when they are asked for at the same time. */
  readonly parts: number;
  readonly sweepsPerRound: number;
}

const PARTS = 16;
const SWEEPS_PER_ROUND = 512;

/**
 * Bring the data of `local` to the workers of `backend`, in parts, and sweep over them there. Disposing takes them away.
 * Data in a file are read for it; data in memory are not copied where workers see them.
 */
export async function distributeSweeps(
  local: Sweeps,
  backend: ExecutionBackend,
  { parts: most = PARTS, sweepsPerRound = SWEEPS_PER_ROUND }: DistributionOptions = {},
): Promise<DistributedSweeps> {
  const { data } = local;
  const parts: Part[] = [];
  const release = (): Promise<void> => settleAll(parts.map(async ({ shared }) => shared[Symbol.asyncDispose]()));
  try {
    for (const tiles of cutTiles(partition(data.frames, data.angles), most)) {
      const points = tiles.reduce((sum, tile) => sum + pointsOf(tile, data.frames), 0);
      parts.push({ tiles, points, shared: await backend.share(tileArrays(data, tiles)) });
    }
  } catch (error) {
    await release();
    throw error;
  }
  const sweeps = createSweeps(new PartsExecutor(local, backend, parts, sweepsPerRound));
  return { sweeps, parts: parts.length, sweepsPerRound, [Symbol.asyncDispose]: release };
}

interface Part {
  /** Numbered from 0. */
  readonly tiles: readonly Tile[];
  readonly points: number;
  readonly shared: SharedData<TileArrays>;
}

/** Aligned runs of 2^level tiles, no more of them than `most`. */
function cutTiles(tiles: readonly Tile[], most: number): Tile[][] {
  let length = 1;
  while (Math.ceil(tiles.length / length) > Math.max(1, most)) length *= 2;
  return Array.from({ length: Math.ceil(tiles.length / length) }, (_, part) =>
    tiles.slice(part * length, (part + 1) * length).map((tile, index) => ({ ...tile, index })),
  );
}

class PartsExecutor implements TileExecutor {
  readonly data: TriangleStack;
  readonly #local: Sweeps;
  readonly #backend: ExecutionBackend;
  readonly #parts: readonly Part[];
  readonly #queue: SweepQueue;

  constructor(local: Sweeps, backend: ExecutionBackend, parts: readonly Part[], sweepsPerRound: number) {
    this.data = local.data;
    this.#local = local;
    this.#backend = backend;
    this.#parts = parts;
    this.#queue = new SweepQueue(local.data, sweepsPerRound, (sweeps) => this.#round(sweeps));
  }

  run(job: SweepJob, context: TaskContext): Promise<Float64Array> {
    return this.#queue.add(job, context);
  }

  /** One angle, for figures and files: not worth a round. */
  shape(physics: Physics, angle: number): Float64Array {
    return this.#local.shape(physics, angle);
  }

  async #round(sweeps: readonly QueuedSweep[]): Promise<Float64Array[]> {
    const { frames, angles } = this.data;
    const jobs = sweeps.map(({ job }) => job);
    const { heads, numbers } = packJobs(jobs);
    await using shared = await this.#backend.share({ numbers });
    const excluded = this.data.excluded.slice();
    const lengths = jobs.map((job) => resultLength(job, this.data));
    const sums = lengths.map((length) => new TreeSum(this.#parts.length, length));
    const stop = new AbortController();
    const failures: unknown[] = [];
    const signal = AbortSignal.any([stop.signal, ...signalOfAll(sweeps)]);
    const context = { signal, progress: sweeps[0]?.context.progress };
    const work = this.#parts.map(async ({ tiles, points, shared: data }, part) => {
      const input = { data: data.ref, tiles, frames, angles, excluded, heads, numbers: shared.ref };
      try {
        const found = await this.#backend.submit(partTask, input, { ...context, cost: points });
        let at = 0;
        for (const [k, length] of lengths.entries()) sums[k]!.add(part, found.subarray(at, (at += length)));
      } catch (error) {
        // The others end as cancelled, which is not why the round failed.
        failures.push(error);
        stop.abort('a part failed');
      }
    });
    await Promise.all(work);
    if (failures.length > 0) throw failures[0];
    return sums.map((sum) => sum.total());
  }
}

/** The signal that stops a round: the one that all its sweeps have, if they have the same. */
function signalOfAll(sweeps: readonly QueuedSweep[]): AbortSignal[] {
  const first = sweeps[0]?.context.signal;
  return first !== undefined && sweeps.every(({ context }) => context.signal === first) ? [first] : [];
}
