/** Sweeps over parts of the data on any engine: the bits of one thread, whatever the parts, workers and rounds. */
import { afterAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/base/events.ts';
import {
  createKernelSweeps,
  createReferenceSweeps,
  instantiateKernels,
  KernelMemory,
  loadKernels,
  pairsOf,
  valuesOf,
  type AngleScaling,
  type Sweeps,
  type TriangleStack,
} from '../../src/kernels/index.ts';
import {
  distributeSweeps,
  LocalEngine,
  SequentialEngine,
  TaskRunner,
  WorkerThreads,
  type Engine,
  type ExecutionBackend,
} from '../../src/parallel/index.ts';
import type { TwoTimeModel } from '../../src/model/index.ts';
import { fillUniforms, fold, keyFromSeed } from '../../src/math/index.ts';
import { FLOW_TRUTH, simulatedModel } from '../nlsq/simulated.ts';

const memory = new KernelMemory();
const kernels = await loadKernels();
const threads = new Map([1, 2, 7].map((workers) => [workers, new WorkerThreads(memory, kernels, workers)]));
afterAll(() => Promise.all([...threads.values()].map((pool) => pool[Symbol.asyncDispose]())));

function backendOf(workers: number): ExecutionBackend {
  if (workers === 0) {
    return new TaskRunner(
      new SequentialEngine({ memory: memory.memory, kernels: instantiateKernels(kernels, memory) }),
    );
  }
  return new TaskRunner(new LocalEngine(threads.get(workers)!));
}

const PHI = [-80, -60, -40, -20, 0, 15, 30, 45, 60, 75];

/** Noise, with a few pairs of one angle excluded. */
function noisyData(frames: number): TriangleStack {
  const pairs = pairsOf(frames);
  const values = memory.float32(PHI.length * pairs);
  const numbers = new Float64Array(values.length);
  fillUniforms(fold(keyFromSeed(3), frames), numbers);
  values.set(numbers);
  const excluded = new Uint32Array(PHI.length);
  for (const at of [5, 90, 91]) values[2 * pairs + at] = NaN;
  excluded[2] = 3;
  return { frames, angles: PHI.length, values, excluded };
}

interface Question {
  readonly local: Sweeps;
  readonly model: TwoTimeModel;
  readonly scaling: AngleScaling;
}

function question(frames: number): Question {
  const size = PHI.length;
  return {
    local: createKernelSweeps(kernels, memory, noisyData(frames)),
    model: simulatedModel({
      ...{ mode: 'laminar_flow', frames: frames + 1, q: 0.0054, phi: PHI, truth: FLOW_TRUTH, sigma: 0, seed: 0 },
    }),
    scaling: {
      contrast: new Float64Array(size).fill(0.2),
      offset: new Float64Array(size).fill(1),
      weight: new Float64Array(size).fill(4),
    },
  };
}

/** Everything a few sweeps of each kind return. */
async function ask(sweeps: Sweeps, { model, scaling }: Question): Promise<unknown> {
  const places = [0, 1, 2].map((k) => ({ ...FLOW_TRUTH, D0: 18_000 + 500 * k }));
  const names = Object.keys(FLOW_TRUTH);
  return Promise.all(
    places.flatMap((values): Promise<unknown>[] => [
      sweeps.sums(model.physics(values), scaling, {}),
      sweeps.adjoint(model.physics(values), scaling, {}),
      sweeps.slopes(model.physics(values), model.sensitivities(values, names), scaling, {}),
      sweeps.normal(model.physics(values), model.sensitivities(values, names), scaling, {}),
    ]),
  );
}

describe('distributed sweeps', () => {
  test.each([0, 1, 2, 7])('return the bits of one thread: %i workers', async (workers) => {
    const asked = question(200);
    const expected = await ask(asked.local, asked);
    await using backend = backendOf(workers);
    for (const options of [{}, { parts: 3 }, { parts: 1, sweepsPerRound: 2 }]) {
      await using distributed = await distributeSweeps(asked.local, backend, options);
      expect(await ask(distributed.sweeps, asked)).toEqual(expected);
      expect(distributed.sweeps.count).toBe(12);
    }
  });

  test.each([0, 1])('return the bits of one thread in groups: %i workers', async (workers) => {
    const asked = question(200);
    const expected = await ask(asked.local, asked);
    await using backend = backendOf(workers);

    for (const groups of [
      { count: 3, threads: 2 },
      { count: 2, threads: 2 },
      { count: 50, threads: 1 },
    ]) {
      await using distributed = await distributeSweeps(asked.local, backend, { groups });
      expect(await ask(distributed.sweeps, asked)).toEqual(expected);
      expect(await ask(distributed.sweeps, asked)).toEqual(expected);
    }
  });

  test('read data that lie in a file', async () => {
    const asked = question(100);
    const expected = await ask(asked.local, asked);
    const { frames, angles, excluded } = asked.local.data;
    const values = valuesOf(asked.local.data);
    const read = (first: number, into: Float32Array): void => into.set(values.subarray(first, first + into.length));
    const stored = {
      frames,
      angles,
      excluded,
      file: { read, readAhead: async (...of: Parameters<typeof read>) => read(...of) },
    };
    await using backend = backendOf(2);
    await using distributed = await distributeSweeps(createReferenceSweeps(stored), backend);
    expect(await ask(distributed.sweeps, asked)).toEqual(expected);
  });

  test('make one task per part of all sweeps that are asked for together', async () => {
    const asked = question(200);
    await using backend = backendOf(0);
    await using distributed = await distributeSweeps(asked.local, backend, { parts: 5 });
    expect(distributed.parts).toBeGreaterThan(1);
    expect(distributed.parts).toBeLessThanOrEqual(5);
    await ask(distributed.sweeps, asked);
    expect(backend.accounts.submitted).toBe(distributed.parts);
  });

  test('make one task per group, and tell how long hosts computed', async () => {
    const asked = question(200);
    await using backend = backendOf(1);
    await using distributed = await distributeSweeps(asked.local, backend, { groups: { count: 3, threads: 2 } });
    expect(distributed.parts).toBe(3);
    await ask(distributed.sweeps, asked);
    expect(backend.accounts.submitted).toBe(3);
    expect(distributed.lastWork()).toBeGreaterThan(0);
  });

  test.each([{}, { groups: { count: 2, threads: 1 } }])('stop when they are told to: %j', async (options) => {
    const asked = question(60);
    await using backend = backendOf(2);
    await using distributed = await distributeSweeps(asked.local, backend, options);
    const stop = new AbortController();
    const sweep = distributed.sweeps.sums(asked.model.physics(FLOW_TRUTH), asked.scaling, { signal: stop.signal });
    stop.abort();
    await expect(sweep).rejects.toMatchObject({ tag: 'Cancelled' });
  });

  test('tell of workers that are lost', async () => {
    const asked = question(60);
    const engine = new SequentialEngine({ memory: memory.memory, kernels: instantiateKernels(kernels, memory) });
    let lost = 0;
    const failing: Engine = {
      ...{ name: 'failing', slots: 1, share: (arrays) => engine.share(arrays) },
      start: async (...attempt) =>
        lost++ === 0 ? { kind: 'lost', cause: 'place', reason: 'the node went down' } : await engine.start(...attempt),
      [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
    };
    await using backend = new TaskRunner(failing);
    const told: RunEvent[] = [];
    const progress = (event: RunEvent): void => void told.push(event);
    await using distributed = await distributeSweeps(asked.local, backend, { parts: 1, progress });
    await distributed.sweeps.sums(asked.model.physics(FLOW_TRUTH), asked.scaling, {});
    const text = 'sweep.part: attempt 1 was lost (the node went down); tried again';
    expect(told).toEqual([{ kind: 'log', level: 'warning', text }]);
  });

  test('fail with the error of the part that failed', async () => {
    const asked = question(60);
    await using backend = backendOf(2);
    const distributed = await distributeSweeps(asked.local, backend, { parts: 2 });
    await distributed[Symbol.asyncDispose]();
    await expect(distributed.sweeps.sums(asked.model.physics(FLOW_TRUTH), asked.scaling, {})).rejects.toThrow(
      /released/,
    );
  });
});
