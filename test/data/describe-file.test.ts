import { describe, expect, it } from 'vitest';
import { describeFile } from '../../src/data/describe-file.ts';
import { outlyingFrames } from '../../src/data/outlying-frames.ts';
import { checkPlausible } from '../../src/data/plausibility.ts';
import { fixture } from './fixtures.ts';

describe('the description of a data file', () => {
  it('lists rings, bins, storage, health and what the file leaves open', async () => {
    const found = await describeFile(fixture('aps-ids.h5'));
    expect(found).toMatchObject({ layout: 'aps-legacy', frames: 12, dt: 0.1, outlyingIntensities: null, warnings: [] });
    expect(found.rings).toEqual([
      { q: 0.01, phi: [45, 90] },
      { q: 0.02, phi: [0, 45, 135] },
    ]);
    expect(found.matrices[0]).toMatchObject({
      path: '/exchange/C2T_all/g2_00002',
      bin: 2,
      phi: 45,
      shape: [12, 12],
      dtype: 'float32',
      storage: 'chunks 5×5, deflate',
      values: { fill: 'upper half', pairs: 66, nonFinite: 0, asymmetry: 0 },
      problem: null,
    });
    expect(found.unsaid).toHaveLength(1);
    expect(found.unsaid[0]).toContain('data.gap');
  });

  it('goes on past matrices no fit could use, and says why', async () => {
    const { matrices, frames } = await describeFile(fixture('aps-broken.h5'));
    expect(frames).toBeNull();
    const problems = matrices.map(({ problem }) => problem);
    expect(problems[0]).toBeNull();
    expect(problems[1]).toContain('shape 12×10');
    expect(problems[2]).toBeNull();
    expect(problems[3]).toContain('type string');
    expect(problems[8]).toBe('every value off the diagonal is zero');
    expect(problems[12]).toBeNull();
    expect(matrices[12]?.values).toMatchObject({ fill: 'full', nonFinite: 0 });
    const corrupt = await describeFile(fixture('corrupt-chunk.h5'));
    expect(corrupt.matrices.map(({ problem }) => problem === null)).toEqual([true, false]);
  });

  it('names frames that stand out in correlation or intensity', async () => {
    const { matrices } = await describeFile(fixture('aps-dark-frame.h5'));
    expect(matrices.map(({ values }) => values?.outlyingFrames)).toEqual([[20], []]);
    expect((await describeFile(fixture('aps-counter.h5'))).outlyingIntensities).toEqual([6]);
  });

  it('of an archive without lists asks for everything', async () => {
    const found = await describeFile(fixture('cache-only-c2.npz'));
    expect(found.rings).toEqual([{ q: null, phi: [] }]);
    expect(found.unsaid).toHaveLength(4);
    expect((await describeFile(fixture('cache-deflated.npz'))).matrices).toHaveLength(4);
  });

  it('can be stopped', async () => {
    const signal = AbortSignal.abort();
    await expect(describeFile(fixture('aps-ids.h5'), { signal })).rejects.toMatchObject({ tag: 'Cancelled' });
  });
});

describe('frames that stand out', () => {
  it('are not those of a smooth decay or of even noise', () => {
    expect(outlyingFrames(Float64Array.from({ length: 100 }, (_, k) => 1 + Math.exp(-k / 10)))).toEqual([]);
    expect(outlyingFrames(Float64Array.from({ length: 100 }, (_, k) => 1 + 0.01 * Math.sin(13.7 * k * k)))).toEqual([]);
  });

  it('are those that jump or are not finite', () => {
    const values = Float64Array.from({ length: 100 }, (_, k) => 1 + 0.001 * Math.sin(13.7 * k * k));
    values[0] = 0.9;
    values[50] = 2;
    values[70] = NaN;
    expect(outlyingFrames(values)).toEqual([0, 50, 70]);
  });
});

describe('plausible magnitudes', () => {
  it('pass without a word', () => {
    expect([checkPlausible('q', 0.0237), checkPlausible('dt', 0.1), checkPlausible('gap', 2e6)]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('are asked for in other units', () => {
    expect(checkPlausible('gap', 200)).toMatchObject({ code: 'implausible-gap' });
    expect(checkPlausible('gap', 200)?.text).toContain('20 nm');
    expect(checkPlausible('q', 23.7)?.text).toContain('237 1/nm');
    expect(checkPlausible('dt', 1e5)).not.toBeNull();
  });
});
