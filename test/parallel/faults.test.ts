/** Workers of the local pool fail in every way: results without faults or one clear error, and nothing is left behind. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CompiledEngine,
  createKernelSweeps,
  createSweeps,
  instantiateKernels,
  KernelMemory,
  loadKernels,
  pairsOf,
  type CompiledKernels,
  type ResidentTriangles,
  type Sweeps,
} from '../../src/kernels/index.ts';
import {
  deathEvent,
  LocalEngine,
  TaskRunner,
  ThreadedExecutor,
  WorkerThreads,
  type ThreadDeath,
} from '../../src/parallel/index.ts';
import { describeFaults } from './fault-suite.ts';
import { doubleTask, loopTask, moduleOf } from './tasks.ts';

const memory = new KernelMemory();
const kernels = await loadKernels();
let threads: WorkerThreads;

describeFaults({
  name: 'local',
  open: async () => {
    threads = new WorkerThreads(memory, kernels, 2, { heap: 32 });
    await threads.start();
    return threads;
  },
  make: (options) => new LocalEngine(threads, options),
});

const frames = 1000;
const physics = {
  pairFunction: 'published',
  kappa: 3e-5,
  c: Float64Array.from({ length: frames }, (_, k) => k),
  g: null,
  h: new Float64Array(1),
} as const;
const one = Float64Array.of(1);
const scaling = { contrast: Float64Array.of(0.3), offset: one, weight: one };

function stack(values: Float32Array): ResidentTriangles {
  for (let k = 0; k < values.length; k++) values[k] = 1 + ((k * 7919) % 1000) / 4000;
  return { frames, angles: 1, values, excluded: new Uint32Array(1) };
}

function shared(data: ResidentTriangles, lease = 10_000): Sweeps {
  const engine = new CompiledEngine(instantiateKernels(kernels, threads.memory), threads.memory, data);
  return createSweeps(new ThreadedExecutor(engine, threads, { lease }));
}

describe('a failure in a unit of a sweep', () => {
  const deaths: ThreadDeath[] = [];
  const open = async (own: KernelMemory, compiled: CompiledKernels): Promise<void> => {
    deaths.length = 0;
    threads = new WorkerThreads(own, compiled, 2);
    threads.onDeath((death) => deaths.push(death));
    await threads.start();
  };
  afterEach(() => threads[Symbol.asyncDispose]());

  it('costs its thread and no bit when it is a trap; threads that trap at once are soon not replaced', async () => {
    const data = stack(memory.float32(pairsOf(frames)));
    const expected = await createKernelSweeps(kernels, memory, data).adjoint(physics, scaling, {});
    await open(memory, { ...kernels, module: moduleOf('trap', 'runTile') });
    const sweeps = shared(data);
    for (let round = 0; round < 2000 && !deaths.some(({ replaced }) => !replaced); round++) {
      const { cost, c } = await sweeps.adjoint(physics, scaling, {});
      expect(cost).toBe(expected.cost);
      expect(c).toEqual(expected.c);
      // Deaths are told, and threads replaced, by the event loop.
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(deaths[0]).toMatchObject({ reason: 'RuntimeError: unreachable', cause: 'worker', hadTask: false });
    expect(deaths.map(deathEvent)).toContainEqual({
      kind: 'log',
      level: 'warning',
      text: `worker thread ${deaths.at(-1)!.thread} died (RuntimeError: unreachable); it is not replaced`,
    });
    expect(deaths.filter(({ replaced }) => replaced).length).toBeLessThanOrEqual(2);
    await expect(threads.start()).rejects.toThrow(/die at once: RuntimeError: unreachable/);
    expect(await sweeps.adjoint(physics, scaling, {})).toEqual(expected);
  });

  it('costs its thread and no bit when it hangs, after its lease', async () => {
    const data = stack(memory.float32(pairsOf(frames)));
    const expected = await createKernelSweeps(kernels, memory, data).adjoint(physics, scaling, {});
    await open(memory, { ...kernels, module: moduleOf('loop', 'runTile') });
    const sweeps = shared(data, 100);
    for (let round = 0; round < 2000 && !deaths.some(({ replaced }) => !replaced); round++) {
      expect((await sweeps.adjoint(physics, scaling, {})).cost).toBe(expected.cost);
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(deaths[0]).toMatchObject({ cause: 'worker', hadTask: false });
    expect(deaths[0]!.reason).toBe('it held a part of a sweep for 100 ms without a sign');
    expect(await sweeps.adjoint(physics, scaling, {})).toEqual(expected);
  });

  it('fails the sweep where it happens in every thread, and the next sweep is right', async () => {
    const small = new KernelMemory();
    const good = stack(small.float32(pairsOf(frames)));
    const expected = await createKernelSweeps(kernels, small, good).adjoint(physics, scaling, {});
    await open(small, kernels);
    const [right, wrong] = [shared(good), shared(stack(beyond(small)))];
    await expect(wrong.adjoint(physics, scaling, {})).rejects.toThrow(/out of bounds/);
    expect(await right.adjoint(physics, scaling, {})).toEqual(expected);
    await expect(wrong.adjoint(physics, scaling, {})).rejects.toThrow(/out of bounds/);
    expect(await right.adjoint(physics, scaling, {})).toEqual(expected);
    // Closing the pool is no death.
    const before = deaths.length;
    await threads[Symbol.asyncDispose]();
    expect(deaths.slice(before).filter(({ reason }) => !/out of bounds/.test(reason))).toEqual([]);
  });
});

/** Data that claim to lie beyond the end of a memory. */
function beyond(own: KernelMemory): Float32Array {
  const end = own.memory.buffer.byteLength + 2 ** 25;
  return new Float32Array(new SharedArrayBuffer(end + 4 * pairsOf(frames)), end);
}

describe('a pool that cannot work', () => {
  afterEach(() => threads[Symbol.asyncDispose]());

  it('fails every task with the reason its threads cannot start', async () => {
    threads = new WorkerThreads(memory, { ...kernels, module: null as unknown as WebAssembly.Module }, 2);
    const backend = new TaskRunner(new LocalEngine(threads));
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map((value) => backend.submit(doubleTask, value)));
    for (const result of results) {
      expect(result).toMatchObject({ reason: { message: expect.stringMatching(/TypeError|null/) as string } });
    }
    expect(await backend.shutdown()).toMatchObject({ submitted: 5, failed: 5 });
  });

  it('fails its tasks when its threads are ended under them', async () => {
    threads = new WorkerThreads(memory, kernels, 2);
    const backend = new TaskRunner(new LocalEngine(threads));
    const work = [1, 2, 3].map(() => expect(backend.submit(loopTask, null)).rejects.toThrow(/threads have ended/));
    await threads.start();
    await threads[Symbol.asyncDispose]();
    await Promise.all(work);
    expect(await backend.shutdown()).toMatchObject({ submitted: 3, failed: 3 });
  });
});

describe('a process that used the pool', () => {
  it('has no thread, file or handle left when the pool is closed, and ends by itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'twotime-pool-'));
    try {
      const script = join(import.meta.dirname, 'use-pool.ts');
      const { stdout } = await promisify(execFile)(process.execPath, [script, folder], { timeout: 40_000 });
      const { before, after, caches } = JSON.parse(stdout) as Record<string, unknown>;
      expect(after).toEqual(before);
      // Threads keep compiled scripts where the process does.
      expect(caches).toEqual([expect.any(String), (caches as string[])[0]]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
