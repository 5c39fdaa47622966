/**
 * Several neighbouring parts of the data under many sweeps, by all cores of a host: the task of a round where a task costs so
 * much that each host should have one.
 *
 * Threads and the data they were given stay between rounds, and end some time after the last one.
 */
import type { Tile, TileArrays, TreeNode } from '../../kernels/index.ts';
import { KernelMemory, loadKernels, TreeSum } from '../../kernels/index.ts';
import { LocalEngine } from '../engines/local/local-engine.ts';
import { WorkerThreads } from '../engines/local/worker-threads.ts';
import type { Task } from '../protocol.ts';
import type { TaskFunctionContext } from '../run-named-task.ts';
import { TaskRunner } from '../runner.ts';
import type { SharedData } from '../shared-data.ts';
import type { PartInput } from './part-task.ts';
import { addParts } from './parts.ts';

export interface GroupInput extends Omit<PartInput, 'tiles' | 'numbers'> {
  /** The tiles of each part, numbered from 0 in each; those of `data` are numbered through all of them. */
  readonly parts: readonly (readonly Tile[])[];
  /** Number of the first part among all, and how many parts there are in all groups. */
  readonly first: number;
  readonly of: number;
  /** Numbers in the result of each job. */
  readonly lengths: readonly number[];
  readonly threads: number;
  readonly numbers: PartInput['numbers'] | Float64Array;
}

export interface GroupOutput {
  /** What the sums of each job consist of; the same for all jobs. */
  readonly nodes: readonly Omit<TreeNode, 'values'>[];
  /** The nodes of each job, one job after the other. */
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

/** Groups of parts whose data a thread keeps. */
const MOST_GROUPS = 4;
/** Threads end so long after the last round, ms. */
const KEPT_FOR = 30_000;

interface Kept {
  readonly threads: number;
  readonly backend: TaskRunner;
  /** By data and cut, the one used last at the end. */
  readonly groups: Map<string, readonly SharedData<TileArrays>[]>;
  readonly close: () => Promise<void>;
}

let kept: Kept | null = null;
let leaving: ReturnType<typeof setTimeout> | undefined;

export async function sweepGroup(input: GroupInput, context: TaskFunctionContext): Promise<GroupOutput> {
  clearTimeout(leaving);
  try {
    const arrays = await context.data(input.data);
    const numbers = input.numbers instanceof Float64Array ? input.numbers : (await context.data(input.numbers)).numbers;
    const { backend, groups } = await openThreads(input.threads);
    const shared = await shareParts(backend, groups, input, arrays);
    const began = performance.now();
    const sums = input.lengths.map((length) => new TreeSum(input.of, length));
    const parts = input.parts.map((tiles, k) => ({ number: input.first + k, tiles, points: 1, shared: shared[k]! }));
    await using posted = await backend.share({ numbers }, { digest: 'numbers' });
    await addParts(backend, parts, sums, { ...input, numbers: posted.ref }, context, context.beat);
    return { ...flatten(sums), milliseconds: performance.now() - began };
  } finally {
    leaving = setTimeout(() => void close(), KEPT_FOR);
    leaving.unref?.();
  }
}

async function openThreads(threads: number): Promise<Kept> {
  if (kept !== null && kept.threads !== threads) await close();
  if (kept !== null) return kept;
  const pool = new WorkerThreads(new KernelMemory(), await loadKernels(), threads);
  const backend = new TaskRunner(new LocalEngine(pool));
  const end = async (): Promise<void> => {
    await backend[Symbol.asyncDispose]();
    await pool[Symbol.asyncDispose]();
  };
  kept = { threads, backend, groups: new Map(), close: end };
  return kept;
}

async function close(): Promise<void> {
  const closing = kept;
  kept = null;
  await closing?.close();
}

/** The values of each part where the threads see them: views of what is there already. */
async function shareParts(
  backend: TaskRunner,
  groups: Kept['groups'],
  { data: { digest }, parts }: GroupInput,
  arrays: TileArrays,
): Promise<readonly SharedData<TileArrays>[]> {
  // The same data may be cut in another way.
  const key = `${digest} ${parts.map((tiles) => tiles.length).join(' ')}`;
  const known = groups.get(key);
  groups.delete(key);
  const shared =
    known ??
    (await Promise.all(cut(arrays, parts).map((part, k) => backend.share(part, { digest: `${digest}/${k}` }))));
  groups.set(key, shared);
  for (const [old, given] of groups) {
    if (groups.size <= MOST_GROUPS) break;
    groups.delete(old);
    for (const one of given) await one[Symbol.asyncDispose]();
  }
  return shared;
}

function cut(arrays: TileArrays, parts: readonly (readonly Tile[])[]): TileArrays[] {
  let before = 0;
  return parts.map((tiles) => {
    const first = before;
    before += tiles.length;
    const named = tiles.flatMap(({ angleStart, angleEnd }, k) =>
      Array.from({ length: angleEnd - angleStart }, (_, a) => {
        const angle = angleStart + a;
        return [`${k}:${angle}`, arrays[`${first + k}:${angle}`]!] as const;
      }),
    );
    return Object.fromEntries(named);
  });
}

function flatten(sums: readonly TreeSum[]): Pick<GroupOutput, 'nodes' | 'values'> {
  const found = sums.map((sum) => sum.nodes().toSorted((a, b) => a.level - b.level || a.position - b.position));
  const all = found.flat();
  const values = new Float64Array(all.reduce((length, node) => length + node.values.length, 0));
  let at = 0;
  for (const node of all) {
    values.set(node.values, at);
    at += node.values.length;
  }
  return { nodes: (found[0] ?? []).map(({ level, position }) => ({ level, position })), values };
}

/** Add what a group returned to the sums of all groups. */
export function addGroup(sums: readonly TreeSum[], { nodes, values }: GroupOutput): void {
  let at = 0;
  for (const sum of sums) {
    for (const node of nodes) sum.addNode({ ...node, values: values.subarray(at, (at += sum.length)) });
  }
}
