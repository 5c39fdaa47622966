/** Run shards as named tasks on the workers, and keep each as soon as it is finished. */
import { mapBounded } from '../../base/map-bounded.ts';
import type { TaskContext } from '../../base/task-context.ts';
import { TaskLost } from '../../parallel/index.ts';
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
import type { ShardsAtWorkers } from './shards-at-workers.ts';

export interface RunShards {
  readonly shards: ShardsAtWorkers;
  readonly problem: ShardedProblem;
  /** Those of all shards; each gets a seed of its own. */
  readonly settings: ChainSettings;
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

/** A shard with fewer points of an angle has no mode worth looking for. */
const FEWEST_POINTS = 10;

/**
 * Look at the shapes of all shards, then run chains on them; the largest begin. Throws `InputRefused` where they are too
 * small, `Cancelled` when stopped, with all finished ones kept, and what a shard refuses.
 */
export async function runShards(run: RunShards, context: TaskContext): Promise<ShardsRun> {
  const { shards, problem, settings, save } = run;
  const { plan, contents, backend } = shards;
  const total = plan.shards.length;
  const identity = await taskIdentity(chainsTask, { problem, settings, shards: plan.shards });
  const kept = takeUp(run.resumeFrom, identity);
  const waiting = shards.order.filter((shard) => !kept.has(shard));
  const ask = (shard: number): Omit<ShardQuestion, 'data'> => {
    const own = { ...settings, seed: seedOf(settings.seed, shard) };
    return { problem, shard, settings: own, ...contents[shard]! };
  };
  const outcomes = new Map<number, ShardOutcome>();
  for (const [shard, answer] of kept) outcomes.set(shard, { answer, resumed: true });
  const each = (numbers: readonly number[], work: (shard: number, ref: ShardQuestion['data']) => Promise<void>) =>
    mapBounded(numbers, shards.atOnce, async (shard) => {
      try {
        await shards.use(shard, (ref) => work(shard, ref));
      } catch (error) {
        if (!(error instanceof TaskLost)) throw error;
        outcomes.set(shard, { answer: null, reason: error.message });
      }
    });

  const shapes = new Map<number, ShardShape | null>([...kept].map(([shard, { shape }]) => [shard, shape]));
  const isLargeEnough = (shard: number): boolean => contents[shard]!.points.every((own) => own >= FEWEST_POINTS);
  for (const shard of waiting) if (!isLargeEnough(shard)) shapes.set(shard, null);
  await each(waiting.filter(isLargeEnough), async (shard, data) => {
    const own = { ...context, cost: shards.pairs(shard) };
    shapes.set(shard, await backend.submit(shapeTask, { ...ask(shard), data }, own));
    context.progress?.({ kind: 'progress', stage: 'shapes', done: shapes.size, total });
  });
  const skews = [...shapes].toSorted(([a], [b]) => a - b).map(([shard, shape]) => skewOf(shards.points(shard), shape));
  const lean = refuseSmallShards(skews);

  const answers = (): ShardAnswer[] => [...outcomes.values()].flatMap(({ answer }) => answer ?? []);
  const ready = waiting.filter((shard) => shapes.has(shard));
  await each(ready, async (shard, data) => {
    const shape = shapes.get(shard)!;
    const own = { ...context, cost: shards.pairs(shard) };
    const chains = await backend.submit(chainsTask, { ...ask(shard), data, shape }, own);
    outcomes.set(shard, { answer: { shard, points: shards.points(shard), shape, chains }, resumed: false });
    context.progress?.({ kind: 'progress', stage: 'shards', done: outcomes.size, total });
    save?.({ format: CONSENSUS_CHECKPOINT_FORMAT, identity, shards: answers().map(finishedShard) });
  });
  return { outcomes: plan.shards.map((_, shard) => outcomes.get(shard)!), lean };
}

function skewOf(points: number, shape: ShardShape | null): ShardSkew {
  if (shape === null) return { points, kHat: null, lean: null };
  return { points, kHat: fromPlain(shape.kHat), lean: Float64Array.from(shape.lean, fromPlain) };
}
