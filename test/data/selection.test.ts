import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { valuesOf } from '../../src/kernels/index.ts';
import { describe, expect, it } from 'vitest';
import { fixture, range, read, refusal, request, triangle } from './fixtures.ts';
import type { RunEvent } from '../../src/base/events.ts';
import { encodeNpyHeader } from '../../src/data/npy.ts';
import { readDataset } from '../../src/data/read-dataset.ts';
import { isSelected } from '../../src/data/request.ts';
import { KernelMemory } from '../../src/kernels/memory.ts';

describe('one q ring per fit', () => {
  it('asks for q where the file has several rings, listing them', async () => {
    const error = await refusal(read('aps-ids.h5'));
    expect(error.message).toBe('the file has 2 rings and the configuration names no q');
    expect(error.help).toContain('0.01, 0.02 1/Angstrom');
  });

  it('takes the nearest ring within 1 % and no other', async () => {
    expect((await read('aps-ids.h5', { q: 0.02015 })).q).toBe(0.02);
    const error = await refusal(read('aps-ids.h5', { q: 0.015 }));
    expect(error.message).toContain('no ring at q = 0.015 1/Angstrom');
    expect(error.help).toContain('0.01, 0.02');
  });
});

describe('angles', () => {
  it('are chosen singly and by ranges, in the order of the file, and counted', async () => {
    const dataset = await read('aps-storage.h5', { phi: [{ from: 60, to: 80 }, { value: 10.005 }] });
    expect([...dataset.phi]).toEqual([10, 60, 70, 80]);
    expect(dataset.excluded.angles).toBe(6);
    const without = await read('aps-storage.h5', { excludePhi: [{ from: 0, to: 70 }] });
    expect([...without.phi]).toEqual([80, 90]);
  });

  it('that are not in the file are refused with the list', async () => {
    for (const changes of [{ phi: [{ value: 33 }] }, { excludePhi: [{ from: 91, to: 99 }] }]) {
      const error = await refusal(read('aps-storage.h5', changes));
      expect(error.message).toMatch(/no angle (33 deg|within 91\.\.99 deg) in the file/);
      expect(error.help).toContain('0, 10, 20, 30');
    }
  });

  it('that all go are refused', async () => {
    const error = await refusal(read('aps-storage.h5', { excludePhi: [{ from: -1, to: 100 }] }));
    expect(error.message).toContain('leave no angle');
  });

  it('that occur twice are refused by name, 405 being 45 degrees, and can be left out', async () => {
    const error = await refusal(read('aps-twins.h5', { dt: 0.1 }));
    expect(error.message).toContain('g2_00002 and /exchange/C2T_all/g2_00003 have the same angle');
    expect([...(await read('aps-twins.h5', { dt: 0.1, excludePhi: [{ value: 45 }] })).phi]).toEqual([0]);
  });

  it('wrap around: 350 lies within −20..20 and 170..−170 runs through 180', () => {
    expect(isSelected(350, { from: -20, to: 20 })).toBe(true);
    expect(isSelected(30, { from: -20, to: 20 })).toBe(false);
    expect(isSelected(-175, { from: 170, to: -170 })).toBe(true);
    expect(isSelected(0, { from: 170, to: -170 })).toBe(false);
    expect(isSelected(360, { value: 0 })).toBe(true);
  });
});

describe('frames', () => {
  it('leave out the one at t = 0, and only there', async () => {
    const dataset = await read('aps-ids-listed.h5');
    expect([...dataset.frameNumbers]).toEqual(range(2, 12));
    expect(dataset.excluded.frameAtTimeZero).toBe(1);
    const later = await read('aps-ids-listed.h5', { t0: 0.1 });
    expect([...later.frameNumbers]).toEqual(range(1, 12));
    expect(later.grid.times[0]).toBe(0.1);
    expect(later.excluded.frameAtTimeZero).toBe(0);
  });

  it('form a window whose first frame is t = 0, with holes', async () => {
    const dataset = await read('aps-ids-listed.h5', {
      frames: { first: 3, last: 11 },
      excludeFrames: [
        { first: 1, last: 4 },
        { first: 7, last: 7 },
      ],
    });
    expect([...dataset.frameNumbers]).toEqual([5, 6, 8, 9, 10, 11]);
    expect([...dataset.grid.positions]).toEqual([2, 3, 5, 6, 7, 8]);
    expect(valuesOf(dataset.triangles).subarray(0, 15)).toEqual(triangle(3, [4, 5, 7, 8, 9, 10]));
    expect(dataset.excluded).toMatchObject({ framesOutsideWindow: 3, framesExcluded: 3, frameAtTimeZero: 0 });
  });

  it('outside the file are refused', async () => {
    for (const changes of [
      { frames: { first: 1, last: 13 } },
      { frames: { first: 0, last: 5 } },
      { frames: { first: 8, last: 3 } },
      { excludeFrames: [{ first: 20, last: 30 }] },
    ]) {
      expect((await refusal(read('aps-ids-listed.h5', changes))).message).toContain('which has 1..12');
    }
  });

  it('fewer than three are refused', async () => {
    expect((await refusal(read('aps-two-frames.h5'))).message).toContain('only 1 of 2 frames take part');
    const error = await refusal(read('aps-ids-listed.h5', { frames: { first: 1, last: 3 } }));
    expect(error.message).toContain('only 2 of 12 frames take part (the one at t = 0 does not count)');
  });
});

describe('the time between frames', () => {
  it('must come from somewhere', async () => {
    const error = await refusal(read('aps-twins.h5', { phi: [{ value: 0 }] }));
    expect(error.message).toBe('the file does not say the time between frames');
  });

  it('of the configuration wins over the file, with both shown', async () => {
    const dataset = await read('aps-ids-listed.h5', { dt: 0.2 });
    expect(dataset.grid.dt).toBe(0.2);
    expect(dataset.source.origins.dt).toBe('configuration');
    expect(dataset.warnings[0]).toMatchObject({ code: 'dt-differs-from-file' });
    expect(dataset.warnings[0]?.text).toMatch(/0\.2 s.*0\.1 s/);
    expect((await read('aps-ids-listed.h5', { dt: 0.1 })).warnings).toEqual([]);
  });

  it('that is implausible is shown in other units', async () => {
    const { warnings } = await read('aps-ids-listed.h5', { dt: 1e5 });
    expect(warnings.map(({ code }) => code)).toEqual(['dt-differs-from-file', 'implausible-dt']);
  });

  it('is not negative, nor is t0', async () => {
    expect((await refusal(read('aps-ids-listed.h5', { dt: -1 }))).where?.key).toBe('data.dt');
    expect((await refusal(read('aps-ids-listed.h5', { t0: -1 }))).where?.key).toBe('data.t0');
  });
});

describe('reading', () => {
  it('leaves nothing in the memory when it fails or is cancelled', async () => {
    const memory = new KernelMemory();
    const before = memory.mark();
    await expect(readDataset(fixture('aps-nan-many.h5'), request(), memory)).rejects.toThrow('not finite');
    const signal = AbortSignal.abort();
    await expect(readDataset(fixture('aps-storage.h5'), request(), memory, { signal })).rejects.toMatchObject({
      tag: 'Cancelled',
    });
    expect(memory.mark()).toBe(before);
  });

  it('stops in the midst of a large matrix', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'twotime-stop-'));
    const path = join(folder, 'large.npy');
    const cells = Float64Array.from({ length: 600 * 600 }, (_, k) => 1 + ((Math.floor(k / 600) + (k % 600)) % 5));
    writeFileSync(path, encodeNpyHeader('f8', [600, 600]));
    appendFileSync(path, new Uint8Array(cells.buffer));
    utimesSync(path, 1, 1);
    // Longer than reading goes on before it lets events run.
    await new Promise((resolve) => setTimeout(resolve, 60));
    const stop = new AbortController();
    setImmediate(() => stop.abort());
    const events: RunEvent[] = [];
    const context = { signal: stop.signal, progress: (event: RunEvent) => void events.push(event) };
    const reading = readDataset(path, request({ q: 0.01, dt: 1 }), new KernelMemory(), context);
    await expect(reading).rejects.toMatchObject({ tag: 'Cancelled' });
    expect(events).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it('reports its progress matrix by matrix', async () => {
    const done: number[] = [];
    const progress = (event: { kind: string; done?: number }): void => {
      if (event.kind === 'progress' && event.done !== undefined) done.push(event.done);
    };
    await readDataset(fixture('aps-storage.h5'), request(), new KernelMemory(), { progress });
    expect(done).toEqual(range(1, 10));
  });
});
