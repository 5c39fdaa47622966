/** The engines of this version pass the suite of all engines. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KernelMemory, instantiateKernels, loadKernels } from '../../src/kernels/index.ts';
import { LocalEngine, SequentialEngine, TaskRunner, WorkerThreads } from '../../src/parallel/index.ts';
import { describeConformance } from './conformance-suite.ts';
import { addressOfSharedTask, doubleTask, sumTask } from './tasks.ts';

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

describe('two local backends on the same threads', () => {
  beforeAll(() => {
    threads = new WorkerThreads(memory, kernels, 2);
  });
  afterAll(() => threads[Symbol.asyncDispose]());

  it('keep their tasks apart', async () => {
    const one = new TaskRunner(new LocalEngine(threads));
    const two = new TaskRunner(new LocalEngine(threads));
    const numbers = Array.from({ length: 200 }, (_, k) => k);
    const doubled = Promise.all(numbers.map((k) => one.submit(doubleTask, k)));
    const summed = Promise.all(numbers.map((k) => two.submit(sumTask, Float64Array.of(k, 0.5))));
    expect(await doubled).toEqual(numbers.map((k) => 2 * k));
    expect(await summed).toEqual(numbers.map((k) => k + 0.5));
    await one.shutdown();
    await two.shutdown();
  });
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
