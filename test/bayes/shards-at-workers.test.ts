/** Shards on their way to the workers: ahead of their use, in their order, each once, and never too many at a time. */
import { describe, expect, test } from 'vitest';
import { ShardsAtWorkers } from '../../src/bayes/index.ts';
import type { ExecutionBackend } from '../../src/parallel/index.ts';
import { simulatedProblem, STATIC_TRUTH } from '../nlsq/simulated.ts';

const { data } = simulatedProblem({
  ...{ mode: 'static', frames: 60, q: 0.01, phi: [0, 50], truth: STATIC_TRUTH, sigma: 0.003, seed: 5 },
}).sweeps;

/** A backend of so many workers that notes what is shared and taken away, by the number of values. */
function notingBackend(workers: number): ExecutionBackend & { readonly notes: string[] } {
  const notes: string[] = [];
  return {
    ...{ name: 'noting', workers, notes },
    share: async (arrays: Record<string, Float32Array>) => {
      const values = Object.values(arrays).reduce((sum, one) => sum + one.length, 0);
      notes.push(`+${values}`);
      return { ref: values, [Symbol.asyncDispose]: async () => void notes.push(`-${values}`) };
    },
  } as unknown as ExecutionBackend & { readonly notes: string[] };
}
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('shards at the workers', () => {
  test('are brought once if there is room for all of them, and taken away at the end', async () => {
    const backend = notingBackend(2);
    const shards = new ShardsAtWorkers(data, { shards: 3 }, backend);
    expect(backend.notes).toEqual([]);
    shards.begin();
    await turn();
    const sizes = shards.order.map((shard) => data.angles * shards.pairs(shard));
    expect(backend.notes).toEqual(sizes.map((size) => `+${size}`));
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    for (const pass of [1, 2]) {
      for (const shard of shards.order)
        expect(await shards.use(shard, async (ref) => [pass, ref])).toEqual([pass, data.angles * shards.pairs(shard)]);
    }
    expect(backend.notes).toHaveLength(3);
    await shards[Symbol.asyncDispose]();
    await shards[Symbol.asyncDispose]();
    expect(backend.notes.slice(3).toSorted()).toEqual(sizes.map((size) => `-${size}`).toSorted());
  });

  test('make way for others where there are more of them than room', async () => {
    const backend = notingBackend(1);
    await using shards = new ShardsAtWorkers(data, { shards: 4 }, backend);
    shards.begin();
    await turn();
    expect(backend.notes).toHaveLength(2);
    for (const shard of shards.order) await shards.use(shard, turn);
    const there = backend.notes
      .map((note) => Math.sign(Number(note)))
      .reduce<number[]>((sums, sign) => [...sums, (sums.at(-1) ?? 0) + sign], []);
    expect(Math.max(...there)).toBe(2);
    expect(there.at(-1)).toBe(0);
  });

  test('that cannot be brought fail where they are used, and nowhere else', async () => {
    const backend = { ...notingBackend(2), share: () => Promise.reject(new Error('no room')) };
    await using shards = new ShardsAtWorkers(data, { shards: 3 }, backend);
    shards.begin();
    await turn();
    await expect(shards.use(0, async () => 1)).rejects.toThrow('no room');
  });
});
