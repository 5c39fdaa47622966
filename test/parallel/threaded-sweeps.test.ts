/** Sweeps shared between threads: the bits of one thread, whatever happens to the others. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CompiledEngine,
  createKernelSweeps,
  createSweeps,
  instantiateKernels,
  KernelMemory,
  loadKernels,
  pairsOf,
  type Sweeps,
  type TriangleStack,
} from '../../src/kernels/index.ts';
import { bindModel, makeTimeGrid } from '../../src/model/index.ts';
import { LocalEngine, TaskRunner, ThreadedExecutor, WorkerThreads } from '../../src/parallel/index.ts';
import { exitTask, loopTask } from './tasks.ts';

const kernels = await loadKernels();
const memory = new KernelMemory();
const frames = 400;
const phi = Float64Array.of(-40, -10, 20, 50, 80);
const grid = makeTimeGrid(
  0.1,
  0,
  Float64Array.from({ length: frames }, (_, k) => k + 1),
);
const model = bindModel({ mode: 'laminar_flow', convention: 'published', q: 0.0054, gap: 2e6, phi, grid });
const values = {
  D0: 19230,
  alpha: -1.063,
  D_offset: 879,
  gamma_dot_t0: 2e-3,
  beta: -0.3,
  gamma_dot_t_offset: 2e-4,
  phi0: 4,
};
const physics = model.physics(values);
const sensitivities = model.sensitivities(values, model.parameters);
const one = new Float64Array(phi.length).fill(1);
const scaling = { contrast: one.map(() => 0.3), offset: one, weight: one };
const data: TriangleStack = {
  frames,
  angles: phi.length,
  values: memory.float32(pairsOf(frames) * phi.length),
  excluded: new Uint32Array(phi.length),
};
for (let k = 0; k < data.values.length; k++) data.values[k] = 1 + ((k * 7919) % 1000) / 4000;

async function everything(sweeps: Sweeps): Promise<unknown> {
  return [
    await sweeps.sums(physics, scaling, {}),
    await sweeps.adjoint(physics, scaling, {}),
    await sweeps.slopes(physics, sensitivities, scaling, {}),
    await sweeps.normal(physics, sensitivities, scaling, {}),
  ];
}
const expected = await everything(createKernelSweeps(kernels, memory, data));

let threads: WorkerThreads;
function shared(workers: number, lease = 10_000): Sweeps {
  threads = new WorkerThreads(memory, kernels, workers);
  const engine = new CompiledEngine(instantiateKernels(kernels, memory), memory, data);
  return createSweeps(new ThreadedExecutor(engine, threads, { lease }));
}
afterEach(() => threads[Symbol.asyncDispose]());

describe('a sweep shared between threads', () => {
  it.each([1, 2, 3, 7])('has the bits of one thread with %i workers', async (workers) => {
    const sweeps = shared(workers);
    await threads.start(workers - 1);
    expect(await everything(sweeps)).toEqual(expected);
    await threads.start();
    expect(await everything(sweeps)).toEqual(expected);
  });

  it('is computed here while no thread runs', async () => {
    expect(await everything(shared(4))).toEqual(expected);
    expect(threads.running).toEqual([]);
  });

  it('says that threads cannot start, and is then computed here', async () => {
    const nothing = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    threads = new WorkerThreads(memory, { ...kernels, module: nothing }, 2);
    const engine = new CompiledEngine(instantiateKernels(kernels, memory), memory, data);
    const sweeps = createSweeps(new ThreadedExecutor(engine, threads));
    // Kernels without exports start and fail with the first tile they take.
    await threads.start(1);
    expect(await everything(sweeps)).toEqual(expected);
    await threads[Symbol.asyncDispose]();
    threads = new WorkerThreads(memory, { ...kernels, module: null as unknown as WebAssembly.Module }, 2);
    await expect(threads.start()).rejects.toThrow(/could not start/);
    const again = createSweeps(new ThreadedExecutor(engine, threads));
    expect(await everything(again)).toEqual(expected);
  });

  it('keeps its bits while threads are killed and replaced', async () => {
    const sweeps = shared(3);
    await threads.start();
    for (let round = 0; round < 12; round++) {
      const killed = threads.terminate(1 + (round % 3));
      expect(await everything(sweeps)).toEqual(expected);
      await killed;
    }
    await threads.start();
    expect(threads.running).toEqual([1, 2, 3]);
  });

  it('goes on beside tasks that exit or hang in a thread', async () => {
    const sweeps = shared(2);
    const backend = new TaskRunner(new LocalEngine(threads, { grace: 50 }));
    const stop = new AbortController();
    const hanging = backend.submit(loopTask, null, { signal: stop.signal });
    const folder = await mkdtemp(join(tmpdir(), 'twotime-exit-'));
    const exiting = backend.submit(exitTask, { folder, times: 1, value: 5 });
    for (let round = 0; round < 5; round++) expect(await everything(sweeps)).toEqual(expected);
    stop.abort('enough');
    await expect(hanging).rejects.toMatchObject({ tag: 'Cancelled' });
    expect(await exiting).toBe(5);
    await rm(folder, { recursive: true });
    await backend.shutdown();
  });

  it('keeps sweeps over different data apart, however quickly they follow each other', async () => {
    threads = new WorkerThreads(memory, kernels, 3);
    await threads.start();
    const executed = [2000, 5000, 20_000].map((pairs) => {
      const frames = Math.round(Math.sqrt(2 * pairs));
      const part: TriangleStack = {
        frames,
        angles: 1,
        values: memory.float32(pairsOf(frames)).fill(1.1),
        excluded: new Uint32Array(1),
      };
      const times = makeTimeGrid(
        0.1,
        0,
        Float64Array.from({ length: frames }, (_, k) => k + 1),
      );
      const { c } = model.on(times).physics(values);
      const still = { pairFunction: 'published', kappa: 3e-5, c, g: null, h: new Float64Array(1) } as const;
      const unit = { contrast: one.slice(0, 1), offset: one.slice(0, 1), weight: one.slice(0, 1) };
      const engine = new CompiledEngine(instantiateKernels(kernels, memory), memory, part);
      const alone = createKernelSweeps(kernels, memory, part);
      const together = createSweeps(new ThreadedExecutor(engine, threads));
      return { still, unit, alone, together };
    });
    const wanted = await Promise.all(executed.map(({ alone, still, unit }) => alone.adjoint(still, unit, {})));
    for (let round = 0; round < 3000; round++) {
      const { together, still, unit } = executed[round % 3]!;
      const { cost, c } = await together.adjoint(still, unit, {});
      const expectedSums = wanted[round % 3]!;
      if (cost !== expectedSums.cost || c.some((value, k) => value !== expectedSums.c[k])) {
        expect({ round, cost }).toEqual({ round, cost: expectedSums.cost });
        expect([...c]).toEqual([...expectedSums.c]);
      }
    }
  });

  it('stops within a tile when told, at any instant, and can sweep again', async () => {
    const sweeps = shared(2);
    await threads.start();
    for (let round = 0; round < 50; round++) {
      const stop = new AbortController();
      const work = sweeps.normal(physics, sensitivities, scaling, { signal: stop.signal });
      setTimeout(() => stop.abort('enough'), round % 8);
      await work.catch((error: unknown) => expect(error).toMatchObject({ tag: 'Cancelled' }));
    }
    expect(await everything(sweeps)).toEqual(expected);
  });
});
