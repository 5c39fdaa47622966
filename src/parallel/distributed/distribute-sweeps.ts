/**
 * Sweeps whose data lie in parts on the workers of any engine: every round sends the same jobs to every part.
 *
 * A part is an aligned run of tiles, so what a worker returns is a node of the fixed summation tree, and the sums of all parts
 * are bit for bit those of one thread. Sweeps that are asked for together make one round; a round costs one task per part.
 */
import {
  createSweeps,
  partition,
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
import { inGroups, type GroupOptions } from './groups.ts';
import { partTask } from './part-task.ts';
import { allOrNone, type Pieces, type Place, pointsOfAll, type Round } from './rounds.ts';
import { packJobs } from './plain-jobs.ts';

export interface DistributionOptions {
  /** Parts at most; fewer where there are fewer tiles. Never the number of workers: bits do not depend on it either way. Default 16. */
  readonly parts?: number | undefined;
  /** Sweeps of one round at most. Default 512. */
  readonly sweepsPerRound?: number | undefined;
  /** In place of parts, stretches of the data, each computed by several threads: where a task costs more than a message. */
  readonly groups?: GroupOptions | undefined;
  /** Told of workers that are lost, where a sweep has no listener of its own. */
  readonly progress?: TaskContext['progress'];
}

export interface DistributedSweeps extends AsyncDisposable {
  readonly sweeps: Sweeps;
  /** Parts or groups there are, and sweeps that make one round when they are asked for at the same time. */
  readonly parts: number;
  readonly sweepsPerRound: number;
  /** With groups: how long their hosts computed in the last round, ms, added up. */
  readonly lastWork: () => number;
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
  { parts = PARTS, sweepsPerRound = SWEEPS_PER_ROUND, groups, progress }: DistributionOptions = {},
): Promise<DistributedSweeps> {
  const { data } = local;
  const places: SharedData[] = [];
  const release = (): Promise<void> => settleAll(places.map(async (shared) => shared[Symbol.asyncDispose]()));
  const bring = async (tiles: readonly Tile[]): Promise<SharedData<TileArrays>> => {
    const shared = await backend.share(tileArrays(data, tiles));
    places.push(shared);
    return shared;
  };
  try {
    const place = { data, backend, bring };
    const { tasks, leaves, round, lastWork } =
      groups === undefined ? await inParts(place, parts) : await inGroups(place, groups);
    return {
      sweeps: createSweeps(new RoundsExecutor(local, { leaves, round, progress }, sweepsPerRound)),
      ...{ parts: tasks, sweepsPerRound, lastWork },
      [Symbol.asyncDispose]: release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Aligned runs of 2^level tiles, no more of them than `most`. */
function cutTiles(tiles: readonly Tile[], most: number): Tile[][] {
  let length = 1;
  while (Math.ceil(tiles.length / length) > Math.max(1, most)) length *= 2;
  return Array.from({ length: Math.ceil(tiles.length / length) }, (_, part) =>
    tiles.slice(part * length, (part + 1) * length).map((tile, index) => ({ ...tile, index })),
  );
}

async function inParts({ data, backend, bring }: Place, most: number): Promise<Pieces> {
  const { frames, angles } = data;
  const parts = cutTiles(partition(frames, angles), most);
  const brought: { tiles: readonly Tile[]; points: number; shared: SharedData<TileArrays> }[] = [];
  for (const tiles of parts) brought.push({ tiles, points: pointsOfAll(tiles, frames), shared: await bring(tiles) });
  const round: Round = async (sums, { heads, numbers }, context) => {
    await using packed = await backend.share({ numbers });
    const all = { frames, angles, excluded: data.excluded.slice(), heads, numbers: packed.ref };
    await allOrNone(brought, context, async ({ tiles, points, shared }, options, part) => {
      const input = { ...all, data: shared.ref, tiles };
      const found = await backend.submit(partTask, input, { ...options, cost: points });
      let at = 0;
      for (const sum of sums) sum.add(part, found.subarray(at, (at += sum.length)));
    });
  };
  return { tasks: parts.length, leaves: parts.length, round, lastWork: () => 0 };
}

type Rounds = Pick<Pieces, 'leaves' | 'round'> & Pick<DistributionOptions, 'progress'>;

class RoundsExecutor implements TileExecutor {
  readonly data: TriangleStack;
  readonly #local: Sweeps;
  readonly #leaves: number;
  readonly #round: Round;
  readonly #progress: TaskContext['progress'];
  readonly #queue: SweepQueue;

  constructor(local: Sweeps, { leaves, round, progress }: Rounds, sweepsPerRound: number) {
    this.data = local.data;
    this.#local = local;
    this.#leaves = leaves;
    this.#round = round;
    this.#progress = progress;
    this.#queue = new SweepQueue(local.data, sweepsPerRound, (sweeps) => this.#compute(sweeps));
  }

  run(job: SweepJob, context: TaskContext): Promise<Float64Array> {
    return this.#queue.add(job, context);
  }

  /** One angle, for figures and files: not worth a round. */
  shape(physics: Physics, angle: number): Float64Array {
    return this.#local.shape(physics, angle);
  }

  async #compute(sweeps: readonly QueuedSweep[]): Promise<Float64Array[]> {
    const jobs = sweeps.map(({ job }) => job);
    const sums = jobs.map((job) => new TreeSum(this.#leaves, resultLength(job, this.data)));
    const context = { signal: signalOfAll(sweeps), progress: sweeps[0]?.context.progress ?? this.#progress };
    await this.#round(sums, packJobs(jobs), context);
    return sums.map((sum) => sum.total());
  }
}

/** The signal that stops a round: the one that all its sweeps have, if they have the same. */
function signalOfAll(sweeps: readonly QueuedSweep[]): AbortSignal | undefined {
  const first = sweeps[0]?.context.signal;
  return sweeps.every(({ context }) => context.signal === first) ? first : undefined;
}
