/** Bring shards to workers, run them as named tasks, and keep each as soon as it is finished. */
import { mapBounded } from '../../base/map-bounded.ts';
import type { TaskContext } from '../../base/task-context.ts';
import {
  pairsOf,
  pointsOf,
  readRows,
  tileArrays,
  tilesOfStrips,
  type RowStrip,
  type Tile,
  type TriangleStack,
} from '../../kernels/index.ts';
import { TaskLost } from '../../parallel/index.ts';
import type { ExecutionBackend } from '../../parallel/protocol.ts';
import { taskIdentity } from '../../parallel/task-identity.ts';
import { fromPlain } from '../../nlsq/checkpoint.ts';
import type { ChainSettings } from '../nuts/index.ts';
import { seedOf } from '../streams.ts';
import {
  CONSENSUS_CHECKPOINT_FORMAT,
  finishedShard,
  takeUp,
  type ConsensusCheckpoint,
  type ShardAnswer,
} from './checkpoint.ts';
import { refuseSmallShards, type ShardSkew } from './near-normal.ts';
import { chainsTask, shapeTask, type ShardedProblem, type ShardQuestion, type ShardShape } from './shard-task.ts';

export interface RunShards {
  readonly data: TriangleStack;
  /** Strips of each shard. */
  readonly shards: readonly (readonly RowStrip[])[];
  readonly problem: ShardedProblem;
  /** Those of all shards; each gets a seed of its own. */
  readonly settings: ChainSettings;
  readonly backend: ExecutionBackend;
  readonly resumeFrom?: ConsensusCheckpoint | undefined;
  readonly save?: ((checkpoint: ConsensusCheckpoint) => void) | undefined;
}

/** A shard that answered, or why it never will: its workers were lost again and again. */
export type ShardOutcome =
  | { readonly answer: ShardAnswer; readonly resumed: boolean }
  | { readonly answer: null; readonly reason: string };

export interface ShardsRun {
  /** In the order of the shards. */
  readonly outcomes: readonly ShardOutcome[];
  /** What the shapes of the shards together cost, in standard deviations of the posterior (`near-normal.ts`). */
  readonly lean: number;
}

/** From so many shards on they are worked on side by side. */
export const FEWEST_FOR_POOL = 3;
/** A shard with fewer points of an angle has no mode worth looking for. */
const FEWEST_POINTS = 10;
/** Shards at workers or on their way to them, per worker. */
const IN_FLIGHT_PER_WORKER = 2;

/**
 * Look at the shapes of all shards, then run chains on them; the largest begin. Throws `InputRefused` where they are too
 * small, `Cancelled` when stopped, with all finished ones kept, and what a shard refuses.
 */
export async function runShards(run: RunShards, context: TaskContext): Promise<ShardsRun> {
  const { data, shards, problem, settings, save } = run;
  const identity = await taskIdentity(chainsTask, { problem, settings, shards });
  const kept = takeUp(run.resumeFrom, identity);
  const points = shards.map((strips) => countPoints(data, tilesOf(strips, data)));
  const count = (shard: number): number => points[shard]!.points.reduce((sum, value) => sum + value, 0);
  const waiting = shards.map((_, shard) => shard).filter((shard) => !kept.has(shard));
  const ask = (shard: number): Omit<ShardQuestion, 'data'> => {
    const own = { ...settings, seed: seedOf(settings.seed, shard) };
    return { problem, shard, settings: own, tiles: tilesOf(shards[shard]!, data), ...points[shard]! };
  };
  const outcomes = new Map<number, ShardOutcome>();
  for (const [shard, answer] of kept) outcomes.set(shard, { answer, resumed: true });
  const lost = (shard: number, { message }: TaskLost): void => {
    outcomes.set(shard, { answer: null, reason: message });
  };

  const shapes = new Map<number, ShardShape | null>([...kept].map(([shard, { shape }]) => [shard, shape]));
  const isLargeEnough = (shard: number): boolean => points[shard]!.points.every((own) => own >= FEWEST_POINTS);
  for (const shard of waiting) if (!isLargeEnough(shard)) shapes.set(shard, null);
  await eachShard(run, waiting.filter(isLargeEnough), lost, async (shard, ref, cost) => {
    shapes.set(shard, await run.backend.submit(shapeTask, { ...ask(shard), data: ref }, { ...context, cost }));
    context.progress?.({ kind: 'progress', stage: 'shapes', done: shapes.size, total: shards.length });
  });
  const skews = [...shapes].toSorted(([a], [b]) => a - b).map(([shard, shape]) => skewOf(count(shard), shape));
  const lean = refuseSmallShards(skews);

  const answers = (): ShardAnswer[] => [...outcomes.values()].flatMap(({ answer }) => answer ?? []);
  const ready = waiting.filter((shard) => shapes.has(shard));
  await eachShard(run, ready, lost, async (shard, ref, cost) => {
    const shape = shapes.get(shard)!;
    const chains = await run.backend.submit(chainsTask, { ...ask(shard), data: ref, shape }, { ...context, cost });
    outcomes.set(shard, { answer: { shard, points: count(shard), shape, chains }, resumed: false });
    context.progress?.({ kind: 'progress', stage: 'shards', done: outcomes.size, total: shards.length });
    save?.({ format: CONSENSUS_CHECKPOINT_FORMAT, identity, shards: answers().map(finishedShard) });
  });
  return { outcomes: shards.map((_, shard) => outcomes.get(shard)!), lean };
}

/** Do `work` on shards with their data at the workers, the largest first. */
async function eachShard(
  { data, shards, backend }: RunShards,
  numbers: readonly number[],
  lost: (shard: number, error: TaskLost) => void,
  work: (shard: number, ref: ShardQuestion['data'], cost: number) => Promise<void>,
): Promise<void> {
  const pairs = shards.map((strips) => pairsOfStrips(strips, data.frames));
  const order = numbers.toSorted((a, b) => pairs[b]! - pairs[a]! || a - b);
  const limit = shards.length < FEWEST_FOR_POOL ? 1 : IN_FLIGHT_PER_WORKER * backend.workers;
  // Brought one after the other, so that they are submitted in their order.
  let turn: Promise<unknown> = Promise.resolve();
  await mapBounded(order, limit, async (shard) => {
    const sharing = turn.then(() => backend.share(tileArrays(data, tilesOf(shards[shard]!, data))));
    turn = sharing.catch(() => undefined);
    await using shared = await sharing;
    try {
      await work(shard, shared.ref, pairs[shard]!);
    } catch (error) {
      if (!(error instanceof TaskLost)) throw error;
      lost(shard, error);
    }
  });
}

function skewOf(points: number, shape: ShardShape | null): ShardSkew {
  if (shape === null) return { points, kHat: null, lean: null };
  return { points, kHat: fromPlain(shape.kHat), lean: Float64Array.from(shape.lean, fromPlain) };
}

function tilesOf(strips: readonly RowStrip[], { frames, angles }: TriangleStack): Tile[] {
  return tilesOfStrips(strips, frames, angles);
}

function pairsOfStrips(strips: readonly RowStrip[], frames: number): number {
  return strips.reduce((sum, { first, end }) => sum + pairsOf(frames - first) - pairsOf(frames - end), 0);
}

/** Pairs of each angle within the tiles that are fitted and excluded. */
function countPoints(
  data: TriangleStack,
  tiles: readonly Tile[],
): { readonly points: Float64Array; readonly excluded: Uint32Array } {
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
  return { points, excluded };
}

function countMissing(values: Float32Array): number {
  return values.reduce((sum, value) => sum + (value !== value ? 1 : 0), 0);
}
