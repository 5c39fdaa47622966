/** NetCDF-4: groups, named dimensions as HDF5 dimension scales, attributes, and the same bytes for the same content. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset as Hdf5Dataset, Group } from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadHdf5 } from '../../src/data/hdf5-library.ts';
import { BackgroundWriter, writeNetcdf, type NetcdfGroup } from '../../src/data/index.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-netcdf-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const GROUPS: readonly NetcdfGroup[] = [
  {
    name: 'posterior',
    attributes: { method: 'nuts' },
    variables: [
      { name: 'draw', dimensions: ['draw'], data: Int32Array.of(0, 1, 2) },
      { name: 'phi', dimensions: ['phi'], data: Float64Array.of(-10.5, 20), attributes: { units: 'deg' } },
      { name: 'zeta', dimensions: ['draw', 'phi'], data: Float64Array.of(1, 2, 3, NaN, 5, 6) },
      {
        name: 'alpha',
        dimensions: ['draw'],
        data: Float32Array.of(0.5, 1, 2),
        attributes: { long_name: 'Å', scale: 2.5 },
      },
      { name: 'diverging', dimensions: ['draw'], data: Uint8Array.of(0, 1, 0) },
    ],
  },
  { name: 'constant', attributes: {}, variables: [{ name: 'q', dimensions: [], data: Float64Array.of(0.01) }] },
];

/** What one group of a file holds. */
async function contentOf(path: string, name: string): Promise<Record<string, unknown>> {
  const { File } = await loadHdf5();
  const file = new File(path, 'r');
  try {
    const group = file.get(name) as Group;
    const variables = group.keys().map((key) => {
      const set = group.get(key) as Hdf5Dataset;
      const scales = (set.shape ?? []).map((_, axis) => set.get_attached_scales(axis));
      const own = Object.entries(set.attrs).filter(([attribute]) => attribute === attribute.toLowerCase());
      return {
        ...{ key, scales, shape: set.shape, dtype: set.dtype, scale: set.get_scale_name(), values: set.to_array() },
        attributes: Object.fromEntries(own.map(([attribute, one]) => [attribute, one.to_array()])),
      };
    });
    return Object.fromEntries(variables.map(({ key, ...rest }) => [key, rest]));
  } finally {
    file.close();
  }
}

describe('a NetCDF-4 file', () => {
  it('holds groups of variables with their dimensions, units and types', async () => {
    const path = join(folder, 'made', 'here.nc');
    await writeNetcdf(path, { title: 'µ' }, GROUPS);
    expect(readdirSync(join(folder, 'made'))).toEqual(['here.nc']);
    const plain = { scales: [['/posterior/draw']], scale: null, attributes: {} };
    expect(await contentOf(path, 'posterior')).toEqual({
      draw: { ...plain, scales: [[]], shape: [3], dtype: '<i', scale: 'draw', values: [0, 1, 2] },
      phi: {
        ...{ ...plain, scales: [[]], shape: [2], dtype: '<d', scale: 'phi', values: [-10.5, 20] },
        attributes: { units: 'deg' },
      },
      zeta: {
        ...{ ...plain, scales: [['/posterior/draw'], ['/posterior/phi']], shape: [3, 2], dtype: '<d' },
        values: [
          [1, 2],
          [3, NaN],
          [5, 6],
        ],
      },
      alpha: { ...plain, shape: [3], dtype: '<f', values: [0.5, 1, 2], attributes: { long_name: 'Å', scale: 2.5 } },
      diverging: { ...plain, shape: [3], dtype: '<b', values: [0, 1, 0], attributes: { dtype: 'bool' } },
    });
    expect(await contentOf(path, 'constant')).toMatchObject({ q: { shape: [], values: 0.01 } });
  });

  it('has the same bytes whenever it is written, and leaves the clock as it was', async () => {
    const { now } = Date;
    const paths = ['a.nc', 'b.nc'].map((name) => join(folder, name));
    await writeNetcdf(paths[0]!, {}, GROUPS);
    const before = Date.now();
    // HDF5 stamps whole seconds.
    while (Math.floor(Date.now() / 1000) === Math.floor(before / 1000))
      await new Promise((done) => setTimeout(done, 50));
    await writeNetcdf(paths[1]!, {}, GROUPS);
    expect(Date.now).toBe(now);
    expect(readFileSync(paths[1]!).equals(readFileSync(paths[0]!))).toBe(true);
  });

  it('is not left behind half written: impossible content is a defect, a folder in its place an error', async () => {
    const path = join(folder, 'none', 'here.nc');
    const group = (variables: NetcdfGroup['variables']): NetcdfGroup[] => [{ name: 'g', attributes: {}, variables }];
    const x = { name: 'x', dimensions: ['x'], data: Int32Array.of(1, 2) };
    const y = { name: 'y', dimensions: ['x'], data: Float64Array.of(1) };
    await expect(writeNetcdf(path, {}, group([x, y]))).rejects.toThrow(/g\/y has 1 numbers where its shape is 2/);
    await expect(writeNetcdf(path, {}, group([y]))).rejects.toThrow(/no coordinate x before/);
    expect(readdirSync(join(folder, 'none'))).toEqual([]);
    mkdirSync(path);
    await expect(writeNetcdf(path, {}, GROUPS)).rejects.toMatchObject({ tag: 'OutputFailed' });
    expect(readdirSync(join(folder, 'none'))).toEqual(['here.nc']);
  });

  it('takes its turn among the files of a run, which fail with it', async () => {
    const writer = new BackgroundWriter({ atOnce: 1, bytes: 1e6 });
    const files = writer.group();
    const path = join(folder, 'turn.nc');
    await files.put({ path, content: { write: (to) => writeNetcdf(to, {}, GROUPS) }, bytes: 1000 });
    await files.written();
    expect(await contentOf(path, 'constant')).toHaveProperty('q');
    const failing = writer.group();
    await failing.put({
      path: join(folder, 'none', 'here.nc'),
      content: { write: (to) => writeNetcdf(to, {}, GROUPS) },
    });
    await expect(failing.written()).rejects.toMatchObject({ tag: 'OutputFailed' });
  });
});
