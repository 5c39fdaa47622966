/** Sweeps over data in a file, window by window: the bits of the same data in memory. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  CompiledEngine,
  createKernelSweeps,
  createReferenceSweeps,
  createSweeps,
  instantiateKernels,
  isResident,
  pairsOf,
  readRows,
  rowBlocks,
  SequentialExecutor,
  type StoredTriangles,
  type Sweeps,
  type Tile,
  type TriangleFile,
  valuesOf,
} from '../../src/kernels/index.ts';
import { createPoolSweeps, WorkerThreads } from '../../src/parallel/index.ts';
import { kernels, makeProblem, memory, type Problem } from '../kernels/problems.ts';

/** A file that is an array, read a little later than asked for. */
class SlowArray implements TriangleFile {
  readonly values: Float32Array;
  reads = 0;
  fails = false;

  constructor(values: Float32Array) {
    this.values = values.slice();
  }

  read(first: number, into: Float32Array): void {
    into.set(this.values.subarray(first, first + into.length));
  }

  async readAhead(first: number, into: Float32Array): Promise<void> {
    this.reads += 1;
    await new Promise((resolve) => setImmediate(resolve));
    if (this.fails) throw new Error('the disk is gone');
    this.read(first, into);
  }
}

function stored(problem: Problem): { data: StoredTriangles; file: SlowArray } {
  const { frames, angles, excluded } = problem.data;
  const file = new SlowArray(valuesOf(problem.data));
  return { data: { frames, angles, excluded, file }, file };
}

async function everything({ physics, scaling, sensitivities }: Problem, sweeps: Sweeps): Promise<unknown> {
  return [
    await sweeps.sums(physics, scaling, {}),
    await sweeps.adjoint(physics, scaling, {}),
    await sweeps.slopes(physics, sensitivities, scaling, {}),
    await sweeps.normal(physics, sensitivities, scaling, {}),
    sweeps.shape(physics, 1),
  ];
}

const problem = makeProblem({ frames: 500, angles: 11 });
const holed = makeProblem({ frames: 201, angles: 3, maskEvery: 50 });
const expected = await everything(problem, createKernelSweeps(kernels, memory, problem.data));
const WINDOWS = [0, 300_000, 1_000_000, 2 ** 28];

let threads: WorkerThreads | null = null;
afterEach(async () => {
  await threads?.[Symbol.asyncDispose]();
  threads = null;
});

describe('data in a file', () => {
  it.each(WINDOWS)('give the bits of memory with windows of %i bytes', async (windowBytes) => {
    const { data } = stored(problem);
    expect(await everything(problem, createKernelSweeps(kernels, memory, data, { windowBytes }))).toEqual(expected);
  });

  it.each([2, 3, 7])('and with %i workers', async (workers) => {
    threads = new WorkerThreads(memory, kernels, workers);
    for (const windowBytes of WINDOWS) {
      const { data } = stored(problem);
      const { sweeps } = createPoolSweeps(threads, data, { windowBytes });
      expect(await everything(problem, sweeps)).toEqual(expected);
      await threads.start();
      expect(await everything(problem, sweeps)).toEqual(expected);
    }
  });

  it('and with tiles of a window in another order', async () => {
    const { data } = stored(problem);
    const engine = new CompiledEngine(instantiateKernels(kernels, memory), memory, data, { windowBytes: 1_000_000 });
    const order = (tiles: readonly Tile[]): Tile[] => tiles.toReversed();
    expect(await everything(problem, createSweeps(new SequentialExecutor(engine, { order })))).toEqual(expected);
  });

  it('and with pairs left out, in the plain twin too', async () => {
    const { data } = stored(holed);
    const inMemory = await everything(holed, createKernelSweeps(kernels, memory, holed.data));
    expect(await everything(holed, createKernelSweeps(kernels, memory, data, { windowBytes: 1000 }))).toEqual(inMemory);
    expect(await everything(holed, createReferenceSweeps(data))).toEqual(
      await everything(holed, createReferenceSweeps(holed.data)),
    );
  });

  it('are read once for sweeps that are asked for together', async () => {
    const { data, file } = stored(problem);
    const sweeps = createKernelSweeps(kernels, memory, data, { windowBytes: 1_000_000 });
    const { physics, scaling } = problem;
    await sweeps.sums(physics, scaling, {});
    const once = file.reads;
    const several = [1, 2, 3, 4].map((factor) => ({ ...physics, kappa: factor * physics.kappa }));
    const together = await Promise.all(several.map((one) => sweeps.sums(one, scaling, {})));
    expect(file.reads).toBe(2 * once);
    const memorySweeps = createKernelSweeps(kernels, memory, problem.data);
    for (const [k, one] of several.entries()) expect(together[k]).toEqual(await memorySweeps.sums(one, scaling, {}));
  });

  it('that cannot be read fail the sweep, and the next one works again', async () => {
    const { data, file } = stored(problem);
    const sweeps = createKernelSweeps(kernels, memory, data, { windowBytes: 1_000_000 });
    file.fails = true;
    await expect(sweeps.sums(problem.physics, problem.scaling, {})).rejects.toThrow('the disk is gone');
    file.fails = false;
    expect(await everything(problem, sweeps)).toEqual(expected);
  });

  it('give rows as memory does', () => {
    const { data } = stored(problem);
    expect(isResident(data)).toBe(false);
    expect(readRows(data, 3, 17, 20)).toEqual(readRows(problem.data, 3, 17, 20));
    expect(readRows(data, 0, 0, 500)).toHaveLength(pairsOf(500));
    const large = makeProblem({ frames: 1100, angles: 2 });
    const blocks = [...rowBlocks(stored(large).data, 1)].map(({ first, end }) => [first, end]);
    expect(blocks.length).toBeGreaterThan(1);
    expect(blocks.flat()).toEqual([0, ...blocks.slice(1).flatMap(([first]) => [first, first]), 1100]);
    for (const { first, end, values } of rowBlocks(stored(large).data, 1)) {
      expect(values).toEqual(readRows(large.data, 1, first, end));
    }
  });
});

describe('sweeps asked for at the same time', () => {
  it.each([1, 2, 4])('have the bits they have alone, of any kind, with %i workers', async (workers) => {
    threads = new WorkerThreads(memory, kernels, workers);
    const { physics, scaling, sensitivities, data } = problem;
    const { sweeps } = createPoolSweeps(threads, data);
    await threads.start();
    const physicsOf = (k: number): Problem['physics'] => ({ ...physics, kappa: (1 + k / 50) * physics.kappa });
    const ask = (k: number): Promise<unknown> => {
      if (k % 3 === 0) return sweeps.sums(physicsOf(k), scaling, {});
      if (k % 3 === 1) return sweeps.adjoint(physicsOf(k), scaling, {});
      return sweeps.normal(physicsOf(k), sensitivities, scaling, {});
    };
    const together = await Promise.all(Array.from({ length: 50 }, (_, k) => ask(k)));
    for (let k = 0; k < 50; k++) expect(together[k], `sweep ${k}`).toEqual(await ask(k));
    expect(sweeps.count).toBe(100);
  });

  it('can be stopped one by one', async () => {
    threads = new WorkerThreads(memory, kernels, 2);
    const { physics, scaling, data } = problem;
    const { sweeps } = createPoolSweeps(threads, data);
    await threads.start();
    const stop = new AbortController();
    const stopped = sweeps.sums(physics, scaling, { signal: stop.signal });
    const kept = sweeps.sums(physics, scaling, {});
    stop.abort('enough');
    await expect(stopped).rejects.toMatchObject({ tag: 'Cancelled' });
    expect(await kept).toEqual(await sweeps.sums(physics, scaling, {}));
  });
});
