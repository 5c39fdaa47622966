/**
 * Cut the data into shards and bring them to the workers, the largest first and a few ahead of their use.
 *
 * Nothing here depends on a fit: it can be made and told to begin while a fit is not at its end yet.
 */
import {
  pairsOf,
  pointsOf,
  readRows,
  tileArrays,
  tilesOfStrips,
  type RowStrip,
  type Tile,
  type TileArrays,
  type TriangleStack,
} from '../../kernels/index.ts';
import { settleAll } from '../../base/settle.ts';
import type { ExecutionBackend } from '../../parallel/protocol.ts';
import type { DataRef, SharedData } from '../../parallel/shared-data.ts';
import { planShards, pointsOfRows, type AskedShards, type ShardPlan } from './plan-shards.ts';

/** What a shard holds of every angle, shape (P). */
export interface ShardContent {
  /** Numbered from 0. */
  readonly tiles: readonly Tile[];
  /** Pairs that are fitted, and pairs that are not. */
  readonly points: Float64Array;
  readonly excluded: Uint32Array;
}

/** From so many shards on they are worked on side by side. */
export const FEWEST_FOR_POOL = 3;
/** Shards at workers or on their way to them, per worker. */
const IN_FLIGHT_PER_WORKER = 2;

export class ShardsAtWorkers implements AsyncDisposable {
  readonly plan: ShardPlan;
  readonly contents: readonly ShardContent[];
  readonly backend: ExecutionBackend;
  /** Shards that may be at the workers at a time. */
  readonly atOnce: number;
  readonly #data: TriangleStack;
  readonly #brought = new Map<number, Promise<SharedData<TileArrays>>>();
  /** Brought one after the other, so that they are there, and submitted, in their order. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Nothing is brought yet. Throws `InputRefused` for more shards than frames can make. */
  constructor(data: TriangleStack, asked: AskedShards, backend: ExecutionBackend) {
    this.#data = data;
    this.backend = backend;
    this.plan = planShards(pointsOfRows(data), asked);
    this.contents = this.plan.shards.map((strips) => contentOf(data, strips));
    this.atOnce = this.plan.shards.length < FEWEST_FOR_POOL ? 1 : IN_FLIGHT_PER_WORKER * backend.workers;
  }

  /** All shards, the one of the most pairs first. */
  get order(): number[] {
    return this.plan.shards.map((_, shard) => shard).toSorted((a, b) => this.pairs(b) - this.pairs(a) || a - b);
  }

  /** Pairs of frames in a shard, fitted or not. */
  pairs(shard: number): number {
    const { frames } = this.#data;
    return this.plan.shards[shard]!.reduce(
      (sum, { first, end }) => sum + pairsOf(frames - first) - pairsOf(frames - end),
      0,
    );
  }

  /** Points of all angles in a shard. */
  points(shard: number): number {
    return this.contents[shard]!.points.reduce((sum, count) => sum + count, 0);
  }

  /** Begin to bring the first shards in the background; a failure shows where they are used. */
  begin(): void {
    for (const shard of this.order.slice(0, this.atOnce)) this.#bring(shard).catch(() => undefined);
  }

  /** Do `work` with a shard at the workers, where it stays if there is room for all of them. */
  async use<T>(shard: number, work: (ref: DataRef<TileArrays>) => Promise<T>): Promise<T> {
    const { ref } = await this.#bring(shard);
    try {
      return await work(ref);
    } finally {
      if (this.plan.shards.length > this.atOnce) await this.#takeAway(shard);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await settleAll([...this.#brought.keys()].map((shard) => this.#takeAway(shard)));
  }

  #bring(shard: number): Promise<SharedData<TileArrays>> {
    const there = this.#brought.get(shard);
    if (there !== undefined) return there;
    const sharing = this.#turn.then(() => this.backend.share(tileArrays(this.#data, this.contents[shard]!.tiles)));
    this.#turn = sharing.catch(() => undefined);
    this.#brought.set(shard, sharing);
    return sharing;
  }

  async #takeAway(shard: number): Promise<void> {
    const sharing = this.#brought.get(shard);
    this.#brought.delete(shard);
    const shared = await sharing?.catch(() => null);
    await shared?.[Symbol.asyncDispose]();
  }
}

function contentOf(data: TriangleStack, strips: readonly RowStrip[]): ShardContent {
  const tiles = tilesOfStrips(strips, data.frames, data.angles);
  const points = new Float64Array(data.angles);
  const excluded = new Uint32Array(data.angles);
  for (const tile of tiles) {
    const pairs = pointsOf({ ...tile, angleStart: 0, angleEnd: 1 }, data.frames);
    for (let a = tile.angleStart; a < tile.angleEnd; a++) {
      const missing = data.excluded[a] === 0 ? 0 : countMissing(readRows(data, a, tile.rowStart, tile.rowEnd));
      points[a] = points[a]! + pairs - missing;
      excluded[a] = excluded[a]! + missing;
    }
  }
  return { tiles, points, excluded };
}

function countMissing(values: Float32Array): number {
  return values.reduce((sum, value) => sum + (value !== value ? 1 : 0), 0);
}
