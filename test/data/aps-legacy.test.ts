import { valuesOf } from '../../src/kernels/index.ts';
import { describe, expect, it } from 'vitest';
import { range, read, refusal, triangle } from './fixtures.ts';

describe('numbering of the matrices of an APS legacy file', () => {
  it('takes names as bins where there is no list of processed bins, gaps included', async () => {
    const dataset = await read('aps-ids.h5', { q: 0.02 });
    expect([...dataset.phi]).toEqual([0, 45, 135]);
    expect(dataset.source.matrices).toEqual([5, 6, 8].map((bin) => `/exchange/C2T_all/g2_0000${bin}`));
    expect(valuesOf(dataset.triangles)).toEqual(
      Float32Array.from([5, 6, 8].flatMap((bin) => [...triangle(bin, range(1, 11))])),
    );
    expect(dataset.excluded.otherQ).toBe(2);
  });

  it('takes names that belong to the list of processed bins as bins, in the order of their numbers', async () => {
    const dataset = await read('aps-ids-listed.h5');
    expect([...dataset.phi]).toEqual([30, 60, 135]);
    expect(dataset.source.matrices.map((path) => path.slice(18))).toEqual(['g2_3', 'g2_5', 'g2_10']);
  });

  it('takes names 1, 2, … as positions in the list of processed bins, below the group output_data names', async () => {
    const dataset = await read('aps-counter.h5', { q: 0.02 });
    expect([...dataset.phi]).toEqual([0, 90]);
    expect(dataset.source.matrices).toEqual(['/results/run1/C2T_all/g2_00002', '/results/run1/C2T_all/g2_00003']);
    expect(valuesOf(dataset.triangles).subarray(0, 55)).toEqual(triangle(5, range(1, 11)));
  });

  it('refuses a file both readings fit with different angles', async () => {
    const error = await refusal(read('aps-ambiguous.h5'));
    expect(error.message).toContain('g2_00001 may be bin 1 (φ = 0 deg) or, by /xpcs/qphi_bin_to_process, bin 3');
  });

  it('refuses names that contradict the list of processed bins, or go beyond the list of q', async () => {
    for (const file of ['aps-contradictory.h5', 'aps-beyond.h5']) {
      const error = await refusal(read(file));
      expect(error.message).toContain('contradict');
      expect(error.where?.path).toBe('/exchange/C2T_all');
    }
  });
});

describe('storage of the matrices', () => {
  it('gives the same numbers from every layout: filters, byte orders, float64, halves, links', async () => {
    const dataset = await read('aps-storage.h5');
    expect(dataset.phi).toEqual(Float64Array.from(range(0, 9), (k) => 10 * k));
    for (let a = 0; a < 10; a++) {
      expect(valuesOf(dataset.triangles).subarray(55 * a, 55 * (a + 1)), `angle ${a}`).toEqual(
        triangle(a + 1, range(1, 11)),
      );
    }
    expect(dataset.warnings).toEqual([]);
  });

  it('takes dt as exposure period × stride × average', async () => {
    expect((await read('aps-counter.h5', { q: 0.01 })).grid.dt).toBe(0.01 * 2 * 5);
  });

  it('survives groups where strings and numbers belong, and says what it did not use', async () => {
    const dataset = await read('aps-groups.h5');
    expect(valuesOf(dataset.triangles)).toEqual(triangle(1, range(1, 11)));
    expect(dataset.warnings.map(({ code }) => code)).toEqual(['unknown-entries', 'value-not-usable']);
  });

  it('refuses lists of q that are not one number per bin', async () => {
    const error = await refusal(read('aps-list-shapes.h5'));
    expect(error.where?.path).toBe('/xpcs/dqlist');
    expect(error.message).toContain('shape 2×2');
  });
});
