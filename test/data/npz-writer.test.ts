import { valuesOf } from '../../src/kernels/index.ts';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeNpy } from '../../src/data/npy.ts';
import { NpzReader } from '../../src/data/npz-reader.ts';
import { encodeNpz, npzArray } from '../../src/data/npz-writer.ts';
import type { NpzMember } from '../../src/data/npz-writer.ts';
import { writeNpz } from '../../src/data/writers/npz.ts';
import { range, read, value } from './fixtures.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-data-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function encode(members: NpzMember[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodeNpz(members)) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

describe('an NPZ archive', () => {
  it('holds what was put in: types, shapes, pieces, text', async () => {
    const path = join(folder, 'a.npz');
    const pieces = [Float64Array.of(1, 2), Float64Array.of(3.5), Float64Array.of(-4, NaN, 6)];
    const members: NpzMember[] = [
      { name: 'pieces', dtype: 'f8', shape: [2, 3], pieces },
      npzArray('single', Float32Array.of(0.1, 0.2), [1, 2]),
      npzArray('signed', Int32Array.of(-7)),
      npzArray('unsigned', Uint32Array.of(2 ** 31), []),
      npzArray('nothing', new Float64Array(0)),
      { name: 'text', text: '{"unit": "Å²/s", "µ": "𝛾̇"}' },
    ];
    writeFileSync(path, await encode(members));
    using archive = new NpzReader(path, path);
    const found = [];
    for (const entry of archive.entries.values()) {
      const { header, values } = decodeNpy(archive.whole(entry), archive.where(entry));
      found.push([entry.name, header.dtype, header.shape, [...values]]);
    }
    expect(found).toEqual([
      ['pieces', 'f8', [2, 3], [1, 2, 3.5, -4, NaN, 6]],
      ['single', 'f4', [1, 2], [Math.fround(0.1), Math.fround(0.2)]],
      ['signed', 'i4', [1], [-7]],
      ['unsigned', 'u4', [], [2 ** 31]],
      ['nothing', 'f8', [0], []],
      ['text', 'U27', [], ['{"unit": "Å²/s", "µ": "𝛾̇"}']],
    ]);
  });

  it('has the same bytes every time', async () => {
    const make = (): Promise<Buffer> => encode([npzArray('x', Float64Array.of(1, 2, 3)), { name: 't', text: 'é' }]);
    expect((await make()).equals(await make())).toBe(true);
  });

  it('starts each array as NumPy does: magic, version 1.0, data at a multiple of 64', async () => {
    const bytes = await encode([npzArray('x', Float32Array.of(1))]);
    const start = bytes.indexOf('NUMPY') - 1;
    expect([...bytes.subarray(start, start + 10)]).toEqual([0x93, 78, 85, 77, 80, 89, 1, 0, 118, 0]);
    expect(bytes.toString('latin1', start + 10, start + 128)).toBe(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".padEnd(117) + '\n',
    );
  });

  it('tells a caller whose pieces do not fill the shape', async () => {
    const member: NpzMember = { name: 'x', dtype: 'f8', shape: [3], pieces: [Float64Array.of(1, 2)] };
    await expect(encode([member])).rejects.toThrow('x.npy has 144 bytes where 152 were announced');
  });
});

describe('a simulated data set as NPZ', () => {
  const content = {
    q: 0.02,
    phi: [0, 45],
    dt: 0.1,
    frames: 6,
    truth: '{"D0": 1}',
    matrix: (a: number) =>
      Float64Array.from({ length: 36 }, (_, k) => {
        const [i, j] = [Math.floor(k / 6), k % 6];
        return i === j ? 1.5 : value(a, i, j);
      }),
  };

  it('is read back exactly, and nothing else is left in the folder', async () => {
    const path = join(folder, 'out', 'simulated.npz');
    await writeNpz(path, content);
    expect(readdirSync(join(folder, 'out'))).toEqual(['simulated.npz']);
    const dataset = await read(path);
    expect(dataset).toMatchObject({ q: 0.02, grid: { dt: 0.1 } });
    expect([...dataset.phi]).toEqual([0, 45]);
    expect([...valuesOf(dataset.triangles).subarray(10)]).toEqual(
      range(1, 5).flatMap((i) => range(i + 1, 5).map((j) => value(1, i, j))),
    );
    expect(readFileSync(path).includes('truth.npy')).toBe(true);
  });

  it('leaves nothing when it is stopped or cannot be written', async () => {
    const out = join(folder, 'stopped');
    const stopped = writeNpz(join(out, 'x.npz'), content, { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ tag: 'Cancelled' });
    expect(readdirSync(out)).toEqual([]);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(writeNpz(join(file, 'x.npz'), content)).rejects.toMatchObject({ tag: 'OutputFailed' });
  });
});
