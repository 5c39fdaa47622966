/** A damaged file is refused with a tagged error, or read as h5py reads it; it never crashes, hangs or invents numbers. */
import { valuesOf } from '../../src/kernels/index.ts';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputRefused } from '../../src/base/errors.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { Hdf5File } from '../../src/data/hdf5-file.ts';
import { fixture, range, read, triangle } from './fixtures.ts';

type Checksums = Record<string, number | null>;
interface Damaged {
  readonly intact: Record<string, Checksums>;
  readonly changes: readonly { file: string; offset: number; mask: number; h5py: Checksums | null }[];
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-data-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function readChanged(name: string, bytes: Uint8Array, q: number): Promise<Dataset | InputRefused> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  // Files written just now are waited for.
  utimesSync(path, 1, 1);
  try {
    return await read(path, { q, dt: 0.1 });
  } catch (error) {
    if (error instanceof InputRefused) return error;
    throw error;
  }
}

function checksum(dataset: Dataset, angle: number): number {
  const { frames } = dataset.triangles;
  const values = valuesOf(dataset.triangles);
  const pairs = (frames * (frames - 1)) / 2;
  return crc32(new Uint8Array(Float32Array.from(values.subarray(angle * pairs, (angle + 1) * pairs)).buffer));
}

describe('HDF5 files with one changed byte', () => {
  const { intact, changes } = JSON.parse(readFileSync(fixture('damaged.json'), 'utf8')) as Damaged;

  it.each(Object.keys(intact))('%s is refused or read as h5py reads it', async (file) => {
    const original = readFileSync(fixture(file));
    const q = file === 'aps-ids.h5' ? 0.01 : 0.02;
    let refused = 0;
    for (const { offset, mask, h5py } of changes.filter((change) => change.file === file)) {
      const bytes = Buffer.from(original);
      bytes[offset]! ^= mask;
      const outcome = await readChanged(file, bytes, q);
      if (outcome instanceof InputRefused) {
        refused++;
        continue;
      }
      outcome.source.matrices.forEach((path, angle) => {
        const allowed = [intact[file]?.[path], h5py?.[path]];
        expect(allowed, `${path}, byte ${offset} ^ ${mask}`).toContain(checksum(outcome, angle));
      });
    }
    expect(refused).toBeGreaterThan(0);
  });

  it('cut at any place are refused', async () => {
    const original = readFileSync(fixture('aps-ids.h5'));
    for (let length = 1; length < original.length; length += 997) {
      const outcome = await readChanged('cut.h5', original.subarray(0, length), 0.01);
      expect(outcome, `cut to ${length} bytes`).toBeInstanceOf(InputRefused);
    }
  });
});

describe('NPZ files', () => {
  const intact = Float32Array.from([1, 2, 4].flatMap((bin) => [...triangle(bin, range(1, 11))]));

  it.each(['cache.npz', 'cache-deflated.npz'])(
    '%s with one changed byte is refused or read unchanged',
    async (file) => {
      const original = readFileSync(fixture(file));
      let refused = 0;
      for (let offset = 0; offset < original.length; offset += file === 'cache.npz' ? 61 : 19) {
        const bytes = Buffer.from(original);
        bytes[offset]! ^= 0x11;
        const outcome = await readChanged(file, bytes, 0.01);
        if (outcome instanceof InputRefused) refused++;
        else expect(valuesOf(outcome.triangles), `byte ${offset}`).toEqual(intact);
      }
      expect(refused).toBeGreaterThan(30);
    },
  );

  it('cut at any place are refused', async () => {
    const original = readFileSync(fixture('cache-deflated.npz'));
    for (let length = 1; length < original.length; length += 97) {
      const outcome = await readChanged('cut.npz', original.subarray(0, length), 0.01);
      expect(outcome, `cut to ${length} bytes`).toBeInstanceOf(InputRefused);
    }
  });
});

describe('an HDF5 matrix', () => {
  it('comes out the same in blocks of any size', async () => {
    using file = await Hdf5File.open(fixture('aps-storage.h5'), 'x.h5');
    for (const [name, blocks] of [
      ['g2_00005', 4],
      ['g2_00002', 3],
    ] as const) {
      const info = file.describe(`/exchange/C2T_all/${name}`);
      const collect = (blockBytes?: number): { rows: number[][]; blocks: number } => {
        const found: number[][] = [];
        let count = 0;
        for (const block of file.readWindow(info, 0, 12, blockBytes)) {
          count++;
          for (let r = 0; r < block.rows; r++) found.push([...block.cells.subarray(12 * r, 12 * (r + 1))]);
        }
        return { rows: found, blocks: count };
      };
      const inBlocks = collect(3 * 12 * info.itemBytes);
      expect(inBlocks.rows).toEqual(collect().rows);
      expect(inBlocks.blocks).toBe(blocks);
    }
  });
});
