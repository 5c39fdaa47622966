/** One part of the data under many sweeps: the task of every round of a distributed computation. */
import {
  CompiledEngine,
  packTiles,
  SequentialExecutor,
  type SweepJob,
  type Tile,
  type TileArrays,
  type TileExecutor,
} from '../../kernels/index.ts';
import type { Task } from '../protocol.ts';
import type { TaskFunctionContext } from '../run-named-task.ts';
import type { DataRef } from '../shared-data.ts';
import { unpackJobs, type JobHead } from './plain-jobs.ts';
import { openTaskKernels } from './task-kernels.ts';

export interface PartInput {
  /** The values of the tiles (`tileArrays`). */
  readonly data: DataRef<TileArrays>;
  /** Numbered from 0. */
  readonly tiles: readonly Tile[];
  readonly frames: number;
  readonly angles: number;
  /** Of the whole data, shape (P). */
  readonly excluded: Uint32Array;
  readonly heads: readonly JobHead[];
  readonly numbers: DataRef<{ readonly numbers: Float64Array }>;
}

/** The sums of each job over the tiles, one job after the other. */
export const partTask: Task<PartInput, Float64Array> = {
  name: 'sweep.part',
  version: 1,
  module: import.meta.url,
  export: 'sweepPart',
};

/** Jobs between two signs of life. */
const JOBS_PER_BEAT = 32;
/** What engines have room for unless told otherwise. */
const USUAL_SENSITIVITIES = 16;

export async function sweepPart(input: PartInput, context: TaskFunctionContext): Promise<Float64Array> {
  const { tiles, frames, angles, heads } = input;
  const [arrays, { numbers }] = await Promise.all([context.data(input.data), context.data(input.numbers)]);
  const jobs = unpackJobs({ heads, numbers }, frames, angles);
  const { kernels, region } = await openTaskKernels();
  using own = region;
  const data = packTiles(arrays, tiles, input, (length) => own.float32(length));
  const engine = new CompiledEngine(kernels, own, data, { packedTiles: tiles, sensitivities: sensitivitiesOf(heads) });
  return join(await computeJobs(new SequentialExecutor(engine), jobs, context));
}

/** The result of each job, with a sign of life now and then. */
export async function computeJobs(
  executor: TileExecutor,
  jobs: readonly SweepJob[],
  context: TaskFunctionContext,
): Promise<Float64Array[]> {
  const found: Float64Array[] = [];
  for (let first = 0; first < jobs.length; first += JOBS_PER_BEAT) {
    const together = jobs.slice(first, first + JOBS_PER_BEAT);
    found.push(...(await Promise.all(together.map((job) => executor.run(job, context)))));
    context.beat();
  }
  return found;
}

export function join(results: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(results.reduce((length, one) => length + one.length, 0));
  let at = 0;
  for (const one of results) {
    all.set(one, at);
    at += one.length;
  }
  return all;
}

/** Sensitivities of C and G together that an engine for these jobs must have room for. */
export function sensitivitiesOf(heads: readonly JobHead[]): number {
  const most = heads.map(({ sensitivities }) => (sensitivities?.c ?? 0) + (sensitivities?.g ?? 0));
  return Math.max(USUAL_SENSITIVITIES, ...most);
}
