import { valuesOf } from '../../src/kernels/index.ts';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatError } from '../../src/base/errors.ts';
import { fixture, range, read, refusal, triangle } from './fixtures.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-data-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function temporary(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('a matrix no fit can use is refused by its path', () => {
  const cases: [number, string][] = [
    [2, 'shape 12×10 where a square two-time matrix is expected'],
    [4, 'numbers of type string'],
    [5, 'numbers of type compound'],
    [6, 'numbers of type compound'],
    [7, 'numbers of type integer32'],
    [8, 'every value off the diagonal is 1.25'],
    [9, 'every value off the diagonal is zero'],
    [10, 'the matrix holds no finite value off its diagonal'],
    [11, 'contradict each other'],
    [12, '1 value beyond the range of float32'],
    [14, 'shape 2×12×12'],
  ];
  it.each(cases)('bin %i: %s', async (bin, text) => {
    const error = await refusal(read('aps-broken.h5', { phi: [{ value: 10 * (bin - 1) }] }));
    expect(error.message).toContain(text);
    expect(error.where).toEqual({
      file: fixture('aps-broken.h5'),
      path: `/exchange/C2T_all/g2_${String(bin).padStart(5, '0')}`,
    });
    expect(error.help).toMatch(/\S+ \S+/);
  });

  it('matrices of different size are refused, and each alone is read', async () => {
    const error = await refusal(read('aps-broken.h5', { phi: [{ value: 0 }, { value: 20 }] }));
    expect(error.message).toBe('10×10 values, but /exchange/C2T_all/g2_00001 has 12×12');
    expect((await read('aps-broken.h5', { phi: [{ value: 20 }] })).triangles.frames).toBe(9);
  });

  it('a slightly asymmetric matrix is read from its upper half, with a warning', async () => {
    const dataset = await read('aps-broken.h5', { phi: [{ value: 120 }] });
    expect(valuesOf(dataset.triangles)).toEqual(triangle(1, range(1, 11)));
    expect(dataset.warnings.map(({ code }) => code)).toEqual(['asymmetric-matrix']);
    expect(dataset.warnings[0]?.text).toContain('differ by up to 0.000244');
    expect(dataset.warnings[0]?.text).toContain('1 pair finite on one side only');
  });
});

describe('values that are not finite', () => {
  it('are counted and left out below 1 %', async () => {
    const dataset = await read('aps-nan-few.h5');
    expect(dataset.excluded.nan).toBe(2);
    expect([...dataset.triangles.excluded]).toEqual([2]);
    expect([...valuesOf(dataset.triangles)].filter(Number.isNaN)).toHaveLength(2);
    expect(dataset.warnings[0]?.text).toContain('2 of 406 points (0.493 %) are not finite');
  });

  it('are refused above 1 %, unless allowed', async () => {
    const error = await refusal(read('aps-nan-many.h5'));
    expect(error.message).toContain('244 of 406 points (60.1 %) are not finite');
    expect(error.help).toContain('data.allow_nan');
    expect((await read('aps-nan-many.h5', { allowNan: true })).excluded.nan).toBe(244);
  });
});

describe('a file that is no two-time file is refused in one line', () => {
  it('a missing file, a folder, an empty file', async () => {
    expect((await refusal(read(join(folder, 'none.h5')))).message).toBe('no such file');
    expect((await refusal(read(join(folder, '/')))).message).toContain('folder');
    expect((await refusal(read(temporary('empty.h5', '')))).message).toBe('the file is empty');
  });

  it('something else than HDF5, NPZ or NPY', async () => {
    const error = await refusal(read(temporary('text.h5', 'this is a text\n'.repeat(100))));
    expect(formatError(error)).toContain('text.h5: this is not an HDF5 file in spite of its name');
  });

  it('HDF5 without two-time data, naming another layout where it is one', async () => {
    const error = await refusal(read('no-two-time.h5'));
    expect(error.message).toBe('no two-time matrices in this HDF5 file');
    expect(error.help).toContain('/exchange, /xpcs');
    expect((await refusal(read('aps-u.h5'))).message).toContain('APS-U');
  });

  it('a truncated HDF5 file, with both sizes', async () => {
    const bytes = readFileSync(fixture('aps-storage.h5'));
    const error = await refusal(read(temporary('half.h5', bytes.subarray(0, bytes.length / 2))));
    expect(error.message).toMatch(/^the file is truncated: it has \d+ bytes and says it had \d+$/);
  });

  it('a corrupt chunk, by its path and without the library’s noise; other angles stay readable', async () => {
    const error = await refusal(read('corrupt-chunk.h5'));
    expect(error.where?.path).toBe('/exchange/C2T_all/g2_00002');
    expect(error.message).toMatch(/^cannot be read; the file is damaged \(HDF5: H5Z\w+\(\): .*\)$/);
    expect(error.message.length).toBeLessThan(200);
    const dataset = await read('corrupt-chunk.h5', { phi: [{ value: 0 }] });
    expect(valuesOf(dataset.triangles)).toEqual(triangle(1, range(1, 11)));
  });
});
