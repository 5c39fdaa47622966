/** Data sets whose triangles lie in a file are the same as those in memory. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { estimateNoise } from '../../src/data/noise.ts';
import { readDataset, type OpenDataset } from '../../src/data/read-dataset.ts';
import { isResident, KernelMemory, readRows } from '../../src/kernels/index.ts';
import { fixture, refusal, request } from './fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'twotime-stored-'));
afterAll(() => rmSync(folder, { recursive: true }));
const memory = new KernelMemory();

/** Everything but the values. */
function factsOf(dataset: OpenDataset): object {
  return { ...dataset, triangles: null, [Symbol.dispose]: null };
}

describe('data larger than they may be in memory', () => {
  it.each([
    ['aps-storage.h5', null],
    ['aps-nan-few.h5', null],
    ['cache.npz', 0.01],
    ['cache-deflated.npz', 0.01],
  ])('are the same from a file: %s', async (name, q) => {
    const start = memory.mark();
    using resident = await readDataset(fixture(name), request({ q }), memory);
    const before = memory.mark();
    using stored = await readDataset(fixture(name), request({ q }), memory, {}, { limit: 100, folder });
    expect(memory.mark()).toBe(before);
    expect(readdirSync(folder)).toEqual([]);
    const { triangles } = stored;
    expect(isResident(triangles)).toBe(false);
    expect(factsOf(stored)).toEqual(factsOf(resident));
    expect(triangles.excluded).toEqual(resident.triangles.excluded);
    const { frames, angles } = triangles;
    for (let angle = 0; angle < angles; angle++) {
      expect(readRows(triangles, angle, 1, frames)).toEqual(readRows(resident.triangles, angle, 1, frames));
    }
    expect(estimateNoise(triangles)).toEqual(estimateNoise(resident.triangles));
    memory.release(start);
  });

  it('stay in memory up to the limit', async () => {
    const start = memory.mark();
    using dataset = await readDataset(fixture('aps-storage.h5'), request(), memory, {}, { limit: 1e6, folder });
    expect(isResident(dataset.triangles)).toBe(true);
    memory.release(start);
  });

  it('leave neither memory nor a file behind when they are refused', async () => {
    const start = memory.mark();
    const reading = readDataset(fixture('aps-nan-many.h5'), request(), memory, {}, { limit: 100, folder });
    expect((await refusal(reading)).message).toContain('not finite');
    expect(memory.mark()).toBe(start);
    expect(readdirSync(folder)).toEqual([]);
  });
});
