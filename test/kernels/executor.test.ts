/** Sweeps in this thread: same bits in any order of tiles, counted, stopped within a tile, and kind to the event loop. */
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { isTwotimeError } from '../../src/base/errors.ts';
import {
  CompiledEngine,
  createKernelSweeps,
  createSweeps,
  instantiateKernels,
  KernelMemory,
  partition,
  SequentialExecutor,
  valuesOf,
  wholeWindow,
} from '../../src/kernels/index.ts';
import type { Sweeps, Tile, TileEngine } from '../../src/kernels/index.ts';
import { ENGINES, kernels, makeProblem, memory, randomNumbers } from './problems.ts';
import type { Problem } from './problems.ts';

function sweepsInOrder(problem: Problem, order: (tiles: readonly Tile[]) => readonly Tile[]): Sweeps {
  const engine = new CompiledEngine(instantiateKernels(kernels, memory), memory, problem.data);
  return createSweeps(new SequentialExecutor(engine, { order }));
}

/** sha256 of every number of the sweeps. */
async function digest(problem: Problem, sweeps: Sweeps): Promise<string> {
  const { physics, sensitivities, scaling } = problem;
  const hash = createHash('sha256');
  for (const result of [
    await sweeps.sums(physics, scaling, {}),
    await sweeps.adjoint(physics, scaling, {}),
    await sweeps.slopes(physics, sensitivities, scaling, {}),
    await sweeps.normal(physics, sensitivities, scaling, {}),
  ]) {
    for (const value of Object.values(result)) if (value instanceof Float64Array) hash.update(value);
  }
  return hash.digest('hex');
}

describe('the order of tiles', () => {
  const problem = makeProblem({ frames: 400, angles: 9 });

  test('does not change a bit', async () => {
    const random = randomNumbers(3);
    const shuffled = (tiles: readonly Tile[]): Tile[] =>
      tiles
        .map((tile) => [random(), tile] as const)
        .toSorted((a, b) => a[0] - b[0])
        .map(([, tile]) => tile);
    const expected = await digest(
      problem,
      sweepsInOrder(problem, (tiles) => tiles),
    );
    expect(
      await digest(
        problem,
        sweepsInOrder(problem, (tiles) => tiles.toReversed()),
      ),
    ).toBe(expected);
    expect(await digest(problem, sweepsInOrder(problem, shuffled))).toBe(expected);
  });

  test('nor does another place in memory', async () => {
    const other = new KernelMemory();
    other.allocate(123_456);
    const values = other.float32(valuesOf(problem.data).length);
    values.set(valuesOf(problem.data));
    const moved = { ...problem, data: { ...problem.data, values } };
    expect(await digest(moved, createKernelSweeps(kernels, other, moved.data))).toBe(
      await digest(problem, createKernelSweeps(kernels, memory, problem.data)),
    );
  });
});

describe.each(ENGINES)('%s', (_, create) => {
  const { data, physics, scaling, sensitivities } = makeProblem({ frames: 20, angles: 2 });

  test('counts passes over the data', async () => {
    const sweeps = create(data);
    await sweeps.sums(physics, scaling, {});
    await sweeps.adjoint(physics, scaling, {});
    await sweeps.slopes(physics, sensitivities, scaling, {});
    await sweeps.normal(physics, sensitivities, scaling, {});
    sweeps.shape(physics, 0);
    expect(sweeps.count).toBe(4);
  });

  test('refuses vectors that do not fit the data', async () => {
    const sweeps = create(data);
    await expect(async () => sweeps.sums({ ...physics, c: physics.c.slice(1) }, scaling, {})).rejects.toThrow(
      '19 frames',
    );
    await expect(async () => sweeps.sums(physics, { ...scaling, weight: new Float64Array(1) }, {})).rejects.toThrow(
      '1 angles',
    );
    for (const kind of ['slopes', 'normal'] as const) {
      await expect(async () => sweeps[kind]({ ...physics, g: null }, sensitivities, scaling, {})).rejects.toThrow(
        'static',
      );
    }
    expect(() => sweeps.shape(physics, 2)).toThrow('no angle 2');
  });

  test('two sweeps at the same time do not mix', async () => {
    const sweeps = create(data);
    const other = { ...physics, kappa: 2 * physics.kappa };
    const [alone, otherAlone] = [await sweeps.sums(physics, scaling, {}), await sweeps.sums(other, scaling, {})];
    const together = await Promise.all([sweeps.sums(physics, scaling, {}), sweeps.sums(other, scaling, {})]);
    expect(together).toEqual([alone, otherAlone]);
  });
});

describe('a sequential executor', () => {
  const { data, physics, scaling } = makeProblem({ frames: 400, angles: 9 });

  /** An engine whose tiles take a while and tell when they run. */
  function slowEngine(milliseconds: number, onTile: () => void): TileEngine {
    const tiles = partition(data.frames, data.angles);
    return {
      data,
      tiles,
      windows: wholeWindow(tiles.length, 0),
      jobsAtOnce: 4,
      place: () => undefined,
      runTile: () => {
        onTile();
        for (const end = performance.now() + milliseconds; performance.now() < end;);
        return new Float64Array(5 * data.angles);
      },
      shape: () => new Float64Array(0),
    };
  }

  test('stops within a tile when it is told to', async () => {
    const controller = new AbortController();
    let tiles = 0;
    const executor = new SequentialExecutor(slowEngine(0, () => ++tiles === 3 && controller.abort()));
    const running = createSweeps(executor).sums(physics, scaling, { signal: controller.signal });
    await expect(running).rejects.toSatisfy((error) => isTwotimeError(error, 'Cancelled'));
    expect(tiles).toBe(3);
  });

  test('lets timers run every few tiles, so that an interrupt arrives during a sweep', async () => {
    const controller = new AbortController();
    let tiles = 0;
    const executor = new SequentialExecutor(slowEngine(15, () => (tiles += 1)));
    const running = createSweeps(executor).sums(physics, scaling, { signal: controller.signal });
    const interrupt = setTimeout(20).then(() => controller.abort());
    await expect(running).rejects.toSatisfy((error) => isTwotimeError(error, 'Cancelled'));
    await interrupt;
    expect(tiles).toBeLessThan(8);
  });

  test('lets timers run between short sweeps too', async () => {
    const sweeps = createSweeps(new SequentialExecutor(slowEngine(1, () => undefined)));
    let ticks = 0;
    const counting = setInterval(() => (ticks += 1), 1);
    for (let k = 0; k < 12; k++) await sweeps.sums(physics, scaling, {});
    clearInterval(counting);
    expect(ticks).toBeGreaterThan(2);
  });
});

describe('compiled sweeps', () => {
  test('write only into memory of their own', async () => {
    const problem = makeProblem({ frames: 333, angles: 9, parameters: [5, 3, 1] });
    const { data, physics, scaling, sensitivities } = problem;
    const values = valuesOf(data).slice();
    const sweeps = createKernelSweeps(kernels, memory, data);
    const beyond = memory.float64(50_000).fill(1.5);
    for (const convention of ['published', 'homodyne2'] as const) {
      const at = { ...physics, pairFunction: convention };
      await sweeps.sums(at, scaling, {});
      await sweeps.adjoint(at, scaling, {});
      await sweeps.slopes(at, sensitivities, scaling, {});
      await sweeps.normal(at, sensitivities, scaling, {});
      sweeps.shape(at, 8);
    }
    expect(beyond.every((value) => value === 1.5)).toBe(true);
    expect(valuesOf(data)).toEqual(values);
  });

  test('give their memory back with a mark taken before', () => {
    const { data } = makeProblem({ frames: 50, angles: 2 });
    const mark = memory.mark();
    createKernelSweeps(kernels, memory, data);
    const top = memory.mark();
    memory.release(mark);
    createKernelSweeps(kernels, memory, data);
    expect(memory.mark()).toBe(top);
  });

  test('refuse data outside the kernel memory and more parameters than they were made for', async () => {
    const { data, physics, scaling, sensitivities } = makeProblem({ frames: 20, angles: 2, parameters: [3, 2, 0] });
    const outside = { ...data, values: new Float32Array(valuesOf(data)) };
    expect(() => createKernelSweeps(kernels, memory, outside)).toThrow('kernel memory only');
    const small = createKernelSweeps(kernels, memory, data, { sensitivities: 4 });
    await expect(small.slopes(physics, sensitivities, scaling, {})).rejects.toThrow('5 sensitivities');
    await expect(small.normal(physics, sensitivities, scaling, {})).rejects.toThrow('5 sensitivities');
  });
});
