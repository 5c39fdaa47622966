import { valuesOf } from '../../src/kernels/index.ts';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFile } from '../../src/data/describe-file.ts';
import { Hdf5File } from '../../src/data/hdf5-file.ts';
import { writeApsLegacy } from '../../src/data/writers/aps-legacy.ts';
import { writeNpz } from '../../src/data/writers/npz.ts';
import { range, read, triangle, value } from './fixtures.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-data-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const content = {
  q: 0.0237,
  phi: [0, 45.5, -90],
  dt: 0.1,
  frames: 9,
  truth: '{"D0": 19230, "unit": "Å²/s"}',
  matrix: (a: number) =>
    Float64Array.from({ length: 81 }, (_, k) => {
      const [i, j] = [Math.floor(k / 9), k % 9];
      return i === j ? 1.5 : value(a, i, j);
    }),
};

describe('a simulated data set as APS legacy file', () => {
  it('is read back exactly, with every path and the truth', async () => {
    const path = join(folder, 'out', 'simulated.h5');
    await writeApsLegacy(path, content);
    expect(readdirSync(join(folder, 'out'))).toEqual(['simulated.h5']);
    const dataset = await read(path);
    expect(dataset).toMatchObject({ q: 0.0237, grid: { dt: 0.1 }, warnings: [] });
    expect([...dataset.phi]).toEqual([0, 45.5, -90]);
    expect(valuesOf(dataset.triangles)).toEqual(
      Float32Array.from(range(0, 2).flatMap((a) => [...triangle(a, range(1, 8))])),
    );
    const file = await Hdf5File.open(path, path);
    expect(file.text('/truth')).toBe(content.truth);
    expect(file.text('/xpcs/analysis_type')).toBe('Twotime');
    expect(file.numbers('/xpcs/qphi_bin_to_process')?.shape).toEqual([1, 3]);
    file.close();
    const [matrix] = (await describeFile(path)).matrices;
    expect(matrix).toMatchObject({ shape: [9, 9], dtype: 'float32', values: { fill: 'full', asymmetry: 0 } });
  });

  it('has the content hash of the same data in NPZ', async () => {
    const hashes = [];
    for (const [name, write] of [
      ['a.h5', writeApsLegacy],
      ['a.npz', writeNpz],
    ] as const) {
      await write(join(folder, name), content);
      hashes.push((await read(join(folder, name))).source.contentHash);
    }
    expect(hashes[0]).toBe(hashes[1]);
  });

  it('leaves nothing when it is stopped or cannot be written', async () => {
    const out = join(folder, 'stopped');
    const stopped = writeApsLegacy(join(out, 'x.h5'), content, { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ tag: 'Cancelled' });
    expect(readdirSync(out)).toEqual([]);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(writeApsLegacy(join(file, 'x.h5'), content)).rejects.toMatchObject({ tag: 'OutputFailed' });
  });
});
