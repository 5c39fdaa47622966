/** What the ways to distribute sweeps have in common: parts of the data on workers, and tasks for them in rounds. */
import { pointsOf, type Tile, type TileArrays, type TreeSum, type TriangleStack } from '../../kernels/index.ts';
import type { TaskContext } from '../../base/task-context.ts';
import type { ExecutionBackend } from '../protocol.ts';
import type { SharedData } from '../shared-data.ts';
import type { PackedJobs } from './plain-jobs.ts';

/** Data to be brought to workers. */
export interface Place {
  readonly data: TriangleStack;
  readonly backend: ExecutionBackend;
  /** Bring the values of some tiles. */
  readonly bring: (tiles: readonly Tile[]) => Promise<SharedData<TileArrays>>;
}

/** Compute some jobs over all data, into one sum per job. */
export type Round = (sums: readonly TreeSum[], jobs: PackedJobs, context: TaskContext) => Promise<void>;

export interface Pieces {
  /** Of a round. */
  readonly tasks: number;
  /** Of the sums. */
  readonly leaves: number;
  readonly round: Round;
  /** How long hosts computed in the last round, ms, added up, where they tell. */
  readonly lastWork: () => number;
}

export function pointsOfAll(tiles: readonly Tile[], frames: number): number {
  return tiles.reduce((sum, tile) => sum + pointsOf(tile, frames), 0);
}

/** Do something to each of several things at the same time; when one fails, the others are stopped, and its error is thrown. */
export async function allOrNone<T>(
  things: readonly T[],
  { signal: outer, progress }: TaskContext,
  work: (thing: T, context: TaskContext, index: number) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const failures: unknown[] = [];
  const signal = outer === undefined ? stop.signal : AbortSignal.any([stop.signal, outer]);
  const all = things.map(async (thing, index) => {
    try {
      await work(thing, { signal, progress }, index);
    } catch (error) {
      // The others end as cancelled, which is not why it failed.
      failures.push(error);
      stop.abort('another one failed');
    }
  });
  await Promise.all(all);
  if (failures.length > 0) throw failures[0];
}
