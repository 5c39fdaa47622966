import { valuesOf } from '../../src/kernels/index.ts';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, range, read, refusal, triangle } from './fixtures.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-data-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('NPZ with the keys of homodyne’s cache', () => {
  it.each(['cache.npz', 'cache-deflated.npz', 'cache-big-endian.npz'])('%s gives the ring asked for', async (file) => {
    const dataset = await read(file, { q: 0.01 });
    expect([...dataset.phi]).toEqual([0, 45, 90]);
    expect(dataset.source.matrices).toEqual(['c2_exp[0]', 'c2_exp[1]', 'c2_exp[3]']);
    const expected = [1, 2, 4].flatMap((bin) => [...triangle(bin, range(1, 11))]);
    expect(valuesOf(dataset.triangles)).toEqual(Float32Array.from(expected));
    expect(dataset.grid.dt).toBeCloseTo(0.1, 7);
    expect(dataset.excluded.otherQ).toBe(1);
  });

  it('takes dt exactly from an axis 0, dt, 2·dt, …', async () => {
    expect((await read('cache.npz', { q: 0.01 })).grid.dt).toBe(0.1);
  });

  it('says when the axis of the file does not start where the configuration says', async () => {
    const warned = await read('cache-late.npz', { q: 0.01 });
    expect(warned.warnings.map(({ code }) => code)).toEqual(['t0-differs-from-file']);
    expect((await read('cache-late.npz', { q: 0.01, t0: 0.1 })).warnings).toEqual([]);
  });

  it('refuses axes that are not uniform or contradict each other, and lists of the wrong length', async () => {
    expect((await refusal(read('cache-uneven.npz', { q: 0.01 }))).message).toContain('not uniform');
    expect((await refusal(read('cache-two-clocks.npz', { q: 0.01 }))).message).toContain('t1 and t2 differ at frame 2');
    const error = await refusal(read('cache-short-list.npz', { q: 0.01 }));
    expect(error.message).toBe('f8 of shape (3), but c2_exp holds 4 matrices');
    expect(error.where?.path).toBe('phi_angles_list');
  });

  it('refuses an archive without c2_exp, listing its keys', async () => {
    expect((await refusal(read('no-c2.npz'))).help).toContain('it has g2');
  });

  it('asks the configuration for what a bare matrix does not say', async () => {
    const error = await refusal(read('cache-only-c2.npz', { dt: 0.1 }));
    expect(error.message).toBe('the file does not say its wavevector q');
    const dataset = await read('cache-only-c2.npz', { q: 0.01, dt: 0.1 });
    expect(dataset.source.origins).toEqual({ q: 'configuration', dt: 'configuration', phi: 'assumed' });
    expect(dataset.warnings.map(({ code }) => code)).toEqual(['phi-assumed']);
  });

  it('refuses truncated archives and changed bytes', async () => {
    const bytes = readFileSync(fixture('cache.npz'));
    const path = join(folder, 'x.npz');
    writeFileSync(path, bytes.subarray(0, bytes.length - 100));
    expect((await refusal(read(path, { q: 0.01 }))).message).toContain('truncated');
    for (const file of ['cache.npz', 'cache-deflated.npz']) {
      const changed = Buffer.from(readFileSync(fixture(file)));
      const at = changed.indexOf('c2_exp.npy') + 600;
      changed[at]! ^= 0x10;
      writeFileSync(path, changed);
      const error = await refusal(read(path, { q: 0.01 }));
      expect(error.message).toContain('damaged');
      expect(error.where?.path).toBe('c2_exp');
    }
  });
});

describe('NPY', () => {
  it('takes q, dt and the angles of a stack from the configuration', async () => {
    const given = { q: 0.01, dt: 0.1 };
    expect((await refusal(read('stack.npy', given))).message).toContain('does not say their angles');
    for (const changes of [{ phiValues: [5, 50] }, { phi: [{ value: 5 }, { value: 50 }] }]) {
      const dataset = await read('stack.npy', { ...given, ...changes });
      expect([...dataset.phi]).toEqual([5, 50]);
      expect(valuesOf(dataset.triangles).subarray(55)).toEqual(triangle(2, range(1, 11)));
    }
  });

  it('reads a single float32 matrix', async () => {
    const dataset = await read('single.npy', { q: 0.01, dt: 1, t0: 1 });
    expect(valuesOf(dataset.triangles)).toEqual(triangle(1, range(0, 11)));
  });

  it('refuses integers, Fortran order and cut files', async () => {
    const given = { q: 0.01, dt: 1 };
    expect((await refusal(read('integers.npy', given))).message).toBe('numbers of type i8');
    expect((await refusal(read('fortran.npy', given))).message).toContain('Fortran');
    const path = join(folder, 'cut.npy');
    writeFileSync(path, readFileSync(fixture('single.npy')).subarray(0, 500));
    expect((await refusal(read(path, given))).message).toContain('cut off');
  });

  const measured = new URL('../../../shared/data/chx-twotime-350.npy', import.meta.url).pathname;
  it.skipIf(!existsSync(measured))('reads the measured matrix: 61,075 pairs, mean by lag as published', async () => {
    const { triangles } = await read(measured, { q: 1, dt: 1, t0: 1 });
    expect(valuesOf(triangles)).toHaveLength(61075);
    let sum = 0;
    for (let i = 0, at = 0; i < 349; at += 349 - i, i++) sum += valuesOf(triangles)[at]!;
    expect(sum / 349).toBeCloseTo(1.0883, 4);
  });
});

describe('one data set in several layouts', () => {
  it('has one content hash, which any number changes', async () => {
    const hash = async (file: string, changes: object = {}): Promise<string> =>
      (await read(file, { q: 0.01, dt: 0.1, ...changes })).source.contentHash;
    const first = await hash('cache.npz');
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await hash('cache-deflated.npz')).toBe(first);
    expect(await hash('cache.npz', { dt: 0.2 })).not.toBe(first);
    expect(await hash('cache.npz', { excludePhi: [{ value: 45 }] })).not.toBe(first);
    const alone = await hash('aps-storage.h5', { phi: [{ value: 0 }] });
    expect(await hash('single.npy')).toBe(alone);
  });
});
