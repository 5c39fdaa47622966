/** Bring shards to workers, run them as named tasks, and keep each as soon as it is finished. */
import { mapBounded } from '../../base/map-bounded.ts';
import type { TaskContext } from '../../base/task-context.ts';
import {
  pairsOf,
  tileArrays,
  tilesOfStrips,
  type RowStrip,
  type Tile,
  type TriangleStack,
} from '../../kernels/index.ts';
import { TaskLost, type ExecutionBackend } from '../../parallel/index.ts';
import { taskIdentity } from '../../parallel/task-identity.ts';
import type { ChainSettings } from '../nuts/index.ts';
import { seedOf } from '../streams.ts';
import { CONSENSUS_CHECKPOINT_FORMAT, finishedShard, takeUp, type ConsensusCheckpoint } from './checkpoint.ts';
import { shardTask, type ShardAnswer, type ShardedProblem } from './shard-task.ts';

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

/** From so many shards on they are worked on side by side. */
export const FEWEST_FOR_POOL = 3;
/** Shards at workers or on their way to them, per worker. */
const IN_FLIGHT_PER_WORKER = 2;

/**
 * Outcomes in the order of the shards. The largest shards begin. Throws `Cancelled` when stopped, with all finished ones
 * kept, and what a shard refuses.
 */
export async function runShards(run: RunShards, context: TaskContext): Promise<ShardOutcome[]> {
  const { data, shards, problem, settings, backend, save } = run;
  const identity = await taskIdentity(shardTask, { problem, settings, shards });
  const kept = takeUp(run.resumeFrom, identity);
  const outcomes = new Map<number, ShardOutcome>();
  const answers = (): ShardAnswer[] => [...outcomes.values()].flatMap(({ answer }) => answer ?? []);
  const note = (shard: number, outcome: ShardOutcome): void => {
    outcomes.set(shard, outcome);
    context.progress?.({ kind: 'progress', stage: 'shards', done: outcomes.size, total: shards.length });
  };
  for (const [shard, answer] of kept) note(shard, { answer, resumed: true });
  const pairs = shards.map((strips) => pairsOfStrips(strips, data.frames));
  const waiting = shards
    .map((_, shard) => shard)
    .filter((shard) => !kept.has(shard))
    .toSorted((a, b) => pairs[b]! - pairs[a]! || a - b);
  const limit = shards.length < FEWEST_FOR_POOL ? 1 : IN_FLIGHT_PER_WORKER * backend.workers;
  // One after the other, so that they are submitted in their order.
  let turn: Promise<unknown> = Promise.resolve();
  await mapBounded(waiting, limit, async (shard) => {
    const tiles = tilesOfStrips(shards[shard]!, data.frames, data.angles);
    const sharing = turn.then(() => backend.share(tileArrays(data, tiles)));
    turn = sharing.catch(() => undefined);
    await using shared = await sharing;
    const own = { ...settings, seed: seedOf(settings.seed, shard) };
    const question = { problem, shard, settings: own, data: shared.ref, tiles, ...countPoints(data, tiles) };
    try {
      const answer = await backend.submit(shardTask, question, { ...context, cost: pairs[shard]! });
      note(shard, { answer, resumed: false });
      save?.({ format: CONSENSUS_CHECKPOINT_FORMAT, identity, shards: answers().map(finishedShard) });
    } catch (error) {
      if (!(error instanceof TaskLost)) throw error;
      note(shard, { answer: null, reason: error.message });
    }
  });
  return shards.map((_, shard) => outcomes.get(shard)!);
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
  for (const [name, values] of Object.entries(tileArrays(data, tiles))) {
    const angle = Number(name.slice(name.indexOf(':') + 1));
    const missing = data.excluded[angle] === 0 ? 0 : values.reduce((sum, value) => sum + (value !== value ? 1 : 0), 0);
    points[angle] = points[angle]! + values.length - missing;
    excluded[angle] = excluded[angle]! + missing;
  }
  return { points, excluded };
}
