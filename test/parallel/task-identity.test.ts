/** Equal work has one name, wherever its data lie and in whatever order its input was written. */
import { describe, expect, it } from 'vitest';
import type { DataRef, Task } from '../../src/parallel/index.ts';
import { taskIdentity } from '../../src/parallel/task-identity.ts';

const task: Task<never, unknown> = { name: 'fit.shard', version: 1, module: 'file:///a.ts', export: 'fit' };
const ref = (digest: string, place: DataRef['place']): DataRef => ({
  kind: 'shared-data',
  digest,
  arrays: { c2: { type: 'Float32Array', length: 3 } },
  place,
});

describe('the identity of a task', () => {
  it('is the same for the same name, version and input, in any order of keys and from any module', async () => {
    const identity = await taskIdentity(task, { seed: 1, grid: Float64Array.of(1, 2), names: ['a', null] });
    expect(identity).toMatch(/^[0-9a-f]{32}$/);
    const elsewhere = { ...task, module: 'https://node7/a.ts' };
    expect(await taskIdentity(elsewhere, { names: ['a', null], grid: Float64Array.of(1, 2), seed: 1 })).toBe(identity);
  });

  it('changes with whatever may change the output', async () => {
    const grid = Float64Array.of(1, 2);
    const all = await Promise.all([
      taskIdentity(task, { seed: 1, grid }),
      taskIdentity({ ...task, version: 2 }, { seed: 1, grid }),
      taskIdentity({ ...task, name: 'fit.other' }, { seed: 1, grid }),
      taskIdentity(task, { seed: 2, grid }),
      taskIdentity(task, { seed: '1', grid }),
      taskIdentity(task, { seed: 1, grid: Float64Array.of(1, 2.5) }),
      taskIdentity(task, { seed: 1, grid: Float32Array.of(1, 2) }),
      taskIdentity(task, { seed: 1, grid: [1, 2] }),
      taskIdentity(task, { seed: 1, grid, more: undefined }),
      taskIdentity(task, { seed: -0, grid }),
      taskIdentity(task, { seed: 0, grid }),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });

  it('knows shared data by their digest, not by their place', async () => {
    const here = await taskIdentity(task, { data: ref('abc', { kind: 'this-process', number: 1 }), shard: 0 });
    const there = await taskIdentity(task, { data: ref('abc', { kind: 'file', path: '/scratch/abc' }), shard: 0 });
    const other = await taskIdentity(task, { data: ref('abd', { kind: 'this-process', number: 1 }), shard: 0 });
    expect(there).toBe(here);
    expect(other).not.toBe(here);
  });

  it('refuses an input that is not plain data, and says where', async () => {
    await expect(taskIdentity(task, { deep: [{ run: () => 1 }] })).rejects.toThrow(/\$\.deep\[0\]\.run is function/);
  });
});
