/** Several threads read one file: the same data set, the same errors, and nothing left behind. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatError } from '../../src/base/errors.ts';
import type { RunEvent } from '../../src/base/events.ts';
import { combineCrc32 } from '../../src/data/crc32-combine.ts';
import { estimateNoise, readDataset, writeApsLegacy, writeNpz } from '../../src/data/index.ts';
import type { OpenDataset, ReadingHelpers, TwoTimeContent } from '../../src/data/index.ts';
import { ReadingBoard } from '../../src/data/reading-board.ts';
import { KernelMemory, loadKernels, readRows } from '../../src/kernels/index.ts';
import { ReadingThreads } from '../../src/pipeline/reading-threads.ts';
import { fixture, refusal, request } from './fixtures.ts';

const PHI = Float64Array.from({ length: 9 }, (_, k) => 10 * k);
const FRAMES = 60;
const memory = new KernelMemory();
const kernels = loadKernels();
const start = memory.mark();
let folder = '';
let threads: ReadingThreads;

/** Two threads beside this one for any file. */
const helpers: ReadingHelpers = {
  choose: () => ({ helpers: 2, why: 'a test' }),
  run: (...given) => threads.run(...given),
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-threads-'));
  threads = new ReadingThreads(memory, kernels, { name: 'local', workers: 3, why: 'a test' }, 1e9);
  await writeApsLegacy(join(folder, 'good.h5'), content());
  await writeNpz(join(folder, 'good.npz'), content());
  const bad = content((angle, values) => (angle === 4 || angle === 5 || angle === 8 ? values.fill(1) : values));
  await writeApsLegacy(join(folder, 'bad.h5'), bad);
  await writeNpz(join(folder, 'bad.npz'), bad);
});
afterAll(async () => {
  await threads[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function content(change = (_: number, values: Float64Array): Float64Array => values): TwoTimeContent {
  const matrix = (angle: number): Float64Array => {
    const values = new Float64Array(FRAMES * FRAMES);
    for (let i = 0; i < FRAMES; i++) {
      for (let j = 0; j < FRAMES; j++) {
        const [a, b] = [Math.min(i, j), Math.max(i, j)];
        values[i * FRAMES + j] = Math.fround(1 + ((a * 7919 + b * 104729 + angle * 31337) % 1009) / 4000);
      }
    }
    // A hole, so that counts and warnings have something to agree on.
    if (angle === 3) values[5 * FRAMES + 9] = NaN;
    return change(angle, values);
  };
  return { q: 0.01, phi: PHI, dt: 0.1, frames: FRAMES, matrix, truth: '{}' };
}

function read(name: string, help?: ReadingHelpers, limit = 1e9, events: RunEvent[] = []): Promise<OpenDataset> {
  memory.release(start);
  const placement = { limit, folder };
  return readDataset(
    join(folder, name),
    request(),
    memory,
    { progress: (event) => events.push(event) },
    placement,
    help,
  );
}

const factsOf = (dataset: OpenDataset): object => ({ ...dataset, triangles: null, [Symbol.dispose]: null });

describe('a file read by several threads', () => {
  it.each([
    ['good.h5', 1e9],
    ['good.npz', 1e9],
    ['good.h5', 45_000],
    ['good.npz', 45_000],
  ])('gives the data set that one thread reads: %s, %d bytes in memory', async (name, limit) => {
    using alone = await read(name);
    const rows = PHI.map((_, angle) => crc32(Float32Array.from(readRows(alone.triangles, angle, 0, FRAMES - 1))));
    const noise = estimateNoise(alone.triangles);
    const events: RunEvent[] = [];
    using shared = await read(name, helpers, limit, events);
    expect(factsOf(shared)).toEqual(factsOf(alone));
    expect(shared.warnings.map(({ code }) => code)).toContain('non-finite-points');
    expect(PHI.map((_, angle) => crc32(Float32Array.from(readRows(shared.triangles, angle, 0, FRAMES - 1))))).toEqual(
      rows,
    );
    expect(estimateNoise(shared.triangles)).toEqual(noise);
    const logs = events.flatMap((event) => (event.kind === 'log' ? [event.text] : []));
    expect(logs).toEqual(['0.0324 million values are read by 3 threads: a test']);
  });

  it.each(['bad.h5', 'bad.npz'])('is refused for its first bad matrix, whoever met it: %s', async (name) => {
    const alone = await refusal(read(name));
    for (let time = 0; time < 5; time++) {
      const shared = await refusal(read(name, helpers));
      expect(formatError(shared)).toBe(formatError(alone));
      expect(memory.mark()).toBe(start);
    }
    expect(alone.where?.path).toContain(name === 'bad.h5' ? 'g2_00005' : 'c2_exp[4]');
  });

  it('is refused for a damaged chunk as one thread would', async () => {
    const path = fixture('corrupt-chunk.h5');
    memory.release(start);
    const alone = await refusal(readDataset(path, request(), memory));
    const shared = await refusal(readDataset(path, request(), memory, {}, undefined, helpers));
    expect(formatError(shared)).toBe(formatError(alone));
  });

  it('is refused for a wrong checksum that no single reader can see', async () => {
    const bytes = readFileSync(join(folder, 'good.npz'));
    const at = bytes.indexOf('c2_exp.npy') + 200 + 7 * FRAMES * FRAMES * 8 + 8 * 130;
    bytes[at]! ^= 1;
    writeFileSync(join(folder, 'flipped.npz'), bytes);
    const message = 'this member of the archive is damaged (its checksum or length is wrong)';
    expect((await refusal(read('flipped.npz'))).message).toBe(message);
    expect((await refusal(read('flipped.npz', helpers))).message).toBe(message);
  });

  it('is read by the calling thread alone when no other can', async () => {
    const none: ReadingHelpers = { ...helpers, run: async () => [] };
    using alone = await read('good.h5');
    const { contentHash } = alone.source;
    using dataset = await read('good.h5', none);
    expect(dataset.source.contentHash).toBe(contentHash);
  });

  it('is whole although a thread left matrices behind that it had taken', async () => {
    using alone = await read('good.h5');
    const { contentHash } = alone.source;
    const run: ReadingHelpers['run'] = async (input) => {
      const board = new ReadingBoard(input.board);
      board.take();
      board.take();
      return [];
    };
    using dataset = await read('good.h5', { ...helpers, run });
    expect(dataset.source.contentHash).toBe(contentHash);
    expect(dataset.excluded).toEqual(alone.excluded);
  });

  it('stops when it is told to, and no thread goes on', async () => {
    memory.release(start);
    const stop = new AbortController();
    const progress = (event: RunEvent): void => {
      if (event.kind === 'progress') stop.abort();
    };
    const context = { signal: stop.signal, progress };
    const reading = readDataset(join(folder, 'good.h5'), request(), memory, context, undefined, helpers);
    await expect(reading).rejects.toMatchObject({ tag: 'Cancelled' });
    expect(memory.mark()).toBe(start);
  });
});

describe('the number of threads', () => {
  const choose = (workers: number, millions: number, compressed: boolean, parallelMemory = 2e9): number => {
    const backend = { name: 'local', workers, why: 'cores' } as const;
    const reading = new ReadingThreads(memory, kernels, backend, parallelMemory);
    return reading.choose({ values: 1e6 * millions, compressed }).helpers;
  };

  it('grows with the data, sooner with compressed ones, and is bounded by workers and memory', () => {
    expect(choose(8, 10, true)).toBe(0);
    expect(choose(8, 50, false)).toBe(0);
    expect(choose(8, 100, false)).toBe(1);
    expect(choose(8, 20, true)).toBe(1);
    expect(choose(8, 100, true)).toBe(6);
    expect(choose(2, 1000, true)).toBe(1);
    expect(choose(1, 1000, true)).toBe(0);
    expect(choose(64, 1000, true)).toBe(10);
    expect(choose(64, 1000, true, 256e6)).toBe(1);
  });
});

describe('the CRC-32 of two runs of bytes', () => {
  it('is that of both together', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
        expect(combineCrc32(crc32(a), crc32(b), b.length)).toBe(crc32(Buffer.concat([a, b])));
      }),
      { seed: 5, numRuns: 100 },
    );
    expect(combineCrc32(7, 9, 0)).toBe(7 ^ 9);
  });
});
