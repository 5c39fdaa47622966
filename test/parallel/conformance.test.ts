/** The engines of this version pass the suite of all engines. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KernelMemory, instantiateKernels, loadKernels } from '../../src/kernels/index.ts';
import { LocalEngine, SequentialEngine, TaskRunner, WorkerThreads } from '../../src/parallel/index.ts';
import { describeConformance } from './conformance-suite.ts';
import { addressOfSharedTask, doubleTask, exitTask, loopTask } from './tasks.ts';

const memory = new KernelMemory();
const kernels = await loadKernels();
let threads: WorkerThreads;

describeConformance({
  name: 'sequential',
  open: async () => ({ [Symbol.asyncDispose]: async () => undefined }),
  make: () => new SequentialEngine({ memory: memory.memory, kernels: instantiateKernels(kernels, memory) }),
});

describeConformance({
  name: 'local',
  open: async () => {
    threads = new WorkerThreads(memory, kernels, 2);
    await threads.start();
    return threads;
  },
  make: (options) => new LocalEngine(threads, options),
});

describe('shared data of the local backend', () => {
  beforeAll(() => {
    threads = new WorkerThreads(memory, kernels, 2);
  });
  afterAll(() => threads[Symbol.asyncDispose]());

  it('stay where they are when they lie in the kernel memory, also for threads that start later', async () => {
    const before = memory.float32(1000).fill(2);
    const after = memory.float32(3_000_000).fill(3);
    await threads.start(1);
    const backend = new TaskRunner(new LocalEngine(threads));
    await using shared = await backend.share({ before, after });
    await threads.start();
    const inputs = Array.from({ length: 8 }, () => shared.ref);
    for await (const [, told] of backend.map(addressOfSharedTask, inputs)) {
      expect(told).toEqual({ before: [before.byteOffset, 2], after: [after.byteOffset, 3] });
    }
    // What a task reads is what stands there now: nothing was copied.
    before[0] = 5;
    expect((await backend.submit(addressOfSharedTask, shared.ref)).before[1]).toBe(5);
    await backend.shutdown();
  });
});

describe('the local backend when threads fail', () => {
  let threads: WorkerThreads;
  beforeAll(() => {
    threads = new WorkerThreads(memory, kernels, 2);
  });
  afterAll(() => threads[Symbol.asyncDispose]());

  it('runs a task again whose thread exited, and replaces the thread', async () => {
    const backend = new TaskRunner(new LocalEngine(threads));
    const flag = new SharedArrayBuffer(4);
    expect(await backend.submit(exitTask, { flag, deaths: 2 })).toBe('survived');
    expect((await backend.shutdown()).retried).toBe(2);
    await threads.start();
    expect(threads.running).toEqual([1, 2]);
  });

  it('gives up a task under which three threads died, and goes on with the others', async () => {
    const backend = new TaskRunner(new LocalEngine(threads));
    const flag = new SharedArrayBuffer(4);
    const poison = backend.submit(exitTask, { flag, deaths: 1000 });
    const others = Promise.all(Array.from({ length: 20 }, (_, k) => backend.submit(doubleTask, k)));
    await expect(poison).rejects.toThrow(/3 workers were lost/);
    expect(await others).toEqual(Array.from({ length: 20 }, (_, k) => 2 * k));
    await backend.shutdown();
  });

  it('ends the thread of a task that neither stops when told nor moves', async () => {
    const backend = new TaskRunner(new LocalEngine(threads, { grace: 100 }));
    const stop = new AbortController();
    const work = backend.submit(loopTask, null, { signal: stop.signal });
    setTimeout(() => stop.abort('enough'), 50);
    await expect(work).rejects.toMatchObject({ tag: 'Cancelled' });
    const leased = new TaskRunner(new LocalEngine(threads, { lease: 100 }));
    await expect(leased.submit(loopTask, null)).rejects.toThrow(/workers were lost/);
    await backend.shutdown();
    await leased.shutdown();
  });
});
