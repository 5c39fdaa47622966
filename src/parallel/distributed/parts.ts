/** Parts of the data on workers, and one task for each of them. */
import { pointsOf, type Tile, type TileArrays, type TreeSum, type TriangleStack } from '../../kernels/index.ts';
import type { TaskContext } from '../../base/task-context.ts';
import type { ExecutionBackend } from '../protocol.ts';
import type { SharedData } from '../shared-data.ts';
import { partTask, type PartInput } from './part-task.ts';
import type { PackedJobs } from './plain-jobs.ts';

/** Data to be brought to workers, and the parts they are cut into, each with tiles numbered from 0. */
export interface Place {
  readonly data: TriangleStack;
  readonly backend: ExecutionBackend;
  readonly parts: readonly Tile[][];
  /** Bring the values of some tiles. */
  readonly bring: (tiles: readonly Tile[]) => Promise<SharedData<TileArrays>>;
}

/** Compute some jobs over all parts, into one sum per job with a leaf per part. */
export type Round = (sums: readonly TreeSum[], jobs: PackedJobs, context: TaskContext) => Promise<void>;

export interface Pieces {
  /** Tasks of a round. */
  readonly groups: number;
  readonly round: Round;
  /** How long hosts computed in the last round, ms, added up, where they tell. */
  readonly lastWork: () => number;
}

export function pointsOfAll(tiles: readonly Tile[], frames: number): number {
  return tiles.reduce((sum, tile) => sum + pointsOf(tile, frames), 0);
}

/** An aligned run of tiles: what a worker returns of it is one leaf of the sums. */
export interface Part {
  /** Among all parts. */
  readonly number: number;
  /** Numbered from 0. */
  readonly tiles: readonly Tile[];
  readonly points: number;
  readonly shared: SharedData<TileArrays>;
}

/** What all parts are asked. */
export type Question = Omit<PartInput, 'data' | 'tiles'>;

/** Compute all jobs over each part and add what comes back to the sums of the jobs, in whatever order it comes. */
export async function addParts(
  backend: ExecutionBackend,
  parts: readonly Part[],
  sums: readonly TreeSum[],
  { frames, angles, excluded, heads, numbers }: Question,
  context: TaskContext,
  afterPart: () => void = () => undefined,
): Promise<void> {
  await allOrNone(parts, context, async ({ number, tiles, points, shared }, own) => {
    const input = { data: shared.ref, tiles, frames, angles, excluded, heads, numbers };
    const found = await backend.submit(partTask, input, { ...own, cost: points });
    let at = 0;
    for (const sum of sums) sum.add(number, found.subarray(at, (at += sum.length)));
    afterPart();
  });
}

/** Do something to each of several things at the same time; when one fails, the others are stopped, and its error is thrown. */
export async function allOrNone<T>(
  things: readonly T[],
  { signal: outer, progress }: TaskContext,
  work: (thing: T, context: TaskContext) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const failures: unknown[] = [];
  const signal = outer === undefined ? stop.signal : AbortSignal.any([stop.signal, outer]);
  const all = things.map(async (thing) => {
    try {
      await work(thing, { signal, progress });
    } catch (error) {
      // The others end as cancelled, which is not why it failed.
      failures.push(error);
      stop.abort('another one failed');
    }
  });
  await Promise.all(all);
  if (failures.length > 0) throw failures[0];
}
