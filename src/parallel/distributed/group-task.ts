/**
 * A stretch of the data under many sweeps, by all cores of a host: the task of a round where a task costs so much that each
 * host should have one.
 *
 * Threads and the values they compute with stay between rounds, and go some time after the last one.
 */
import {
  CompiledEngine,
  instantiateKernels,
  KernelMemory,
  KernelRegions,
  loadKernels,
  nodesOfStretch,
  packTiles,
  partition,
  SequentialExecutor,
  type TileExecutor,
  type TileStretch,
  type TreeSum,
} from '../../kernels/index.ts';
import { ThreadedExecutor } from '../engines/local/threaded-executor.ts';
import { WorkerThreads } from '../engines/local/worker-threads.ts';
import type { Task } from '../protocol.ts';
import type { TaskFunctionContext } from '../run-named-task.ts';
import { computeJobs, join, sensitivitiesOf, type PartInput } from './part-task.ts';
import { unpackJobs } from './plain-jobs.ts';

export interface GroupInput extends Omit<PartInput, 'tiles' | 'numbers'> {
  /** The tiles that `data` has the values of, numbered there from 0. */
  readonly stretch: TileStretch;
  readonly threads: number;
  readonly numbers: PartInput['numbers'] | Float64Array;
}

export interface GroupOutput {
  /** For each job, one after the other, the subtrees that its stretch makes up in the sum of all tiles. */
  readonly values: Float64Array;
  /** Time this took, without the bringing of the data, ms. */
  readonly milliseconds: number;
}

export const groupTask: Task<GroupInput, GroupOutput> = {
  name: 'sweep.group',
  version: 1,
  module: import.meta.url,
  export: 'sweepGroup',
};

/** Stretches whose values a host keeps. */
const MOST_KEPT = 3;
/** Everything goes so long after the last round, ms. */
const KEPT_FOR = 30_000;

interface Stretch extends Disposable {
  readonly executor: TileExecutor;
}

interface Host {
  readonly pool: WorkerThreads;
  readonly regions: KernelRegions;
  /** The one used last at the end. */
  readonly stretches: Map<string, Stretch>;
}

let host: Host | null = null;
let leaving: ReturnType<typeof setTimeout> | undefined;

export async function sweepGroup(input: GroupInput, context: TaskFunctionContext): Promise<GroupOutput> {
  clearTimeout(leaving);
  try {
    const { executor } = await bring(input, context);
    const numbers = input.numbers instanceof Float64Array ? input.numbers : (await context.data(input.numbers)).numbers;
    const began = performance.now();
    const jobs = unpackJobs({ heads: input.heads, numbers }, input.frames, input.angles);
    const values = join(await computeJobs(executor, jobs, context));
    return { values, milliseconds: performance.now() - began };
  } finally {
    leaving = setTimeout(() => void close(), KEPT_FOR);
    leaving.unref?.();
  }
}

async function open(threads: number): Promise<Host> {
  if (host !== null && host.pool.workers !== threads) await close();
  if (host !== null) return host;
  const memory = new KernelMemory();
  const pool = new WorkerThreads(memory, await loadKernels(), threads);
  // This thread computes as well.
  await pool.start(threads - 1);
  host = { pool, regions: new KernelRegions(memory), stretches: new Map() };
  return host;
}

async function close(): Promise<void> {
  const closing = host;
  host = null;
  await closing?.pool[Symbol.asyncDispose]();
}

/** The values where the threads compute, from an earlier round if they are there. */
async function bring(input: GroupInput, context: TaskFunctionContext): Promise<Stretch> {
  const { data, stretch, frames, angles, threads } = input;
  const { pool, regions, stretches } = await open(threads);
  const sensitivities = sensitivitiesOf(input.heads);
  const key = `${data.digest} ${stretch.first} ${stretch.end} ${sensitivities}`;
  const known = stretches.get(key);
  stretches.delete(key);
  for (const [old, kept] of stretches) {
    if (stretches.size < MOST_KEPT) break;
    kept[Symbol.dispose]();
    stretches.delete(old);
  }
  if (known !== undefined) {
    stretches.set(key, known);
    return known;
  }
  const arrays = await context.data(data);
  const region = regions.open();
  const tiles = partition(frames, angles).slice(stretch.first, stretch.end);
  const packed = packTiles(arrays, tiles, input, (length) => region.float32(length));
  const kernels = instantiateKernels(pool.kernels, region);
  const engine = new CompiledEngine(kernels, region, packed, { stretch, sensitivities });
  const executor = threads < 2 ? new SequentialExecutor(engine) : new ThreadedExecutor(engine, pool, {}, region);
  const made = { executor, [Symbol.dispose]: () => region[Symbol.dispose]() };
  stretches.set(key, made);
  return made;
}

/** Add what a group returned to the sums of all tiles. */
export function addGroup(
  sums: readonly TreeSum[],
  { first, end }: TileStretch,
  leaves: number,
  { values }: GroupOutput,
): void {
  const nodes = nodesOfStretch(first, end, leaves);
  let at = 0;
  for (const sum of sums) {
    for (const node of nodes) sum.addNode({ ...node, values: values.subarray(at, (at += sum.length)) });
  }
}
