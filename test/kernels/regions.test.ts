/** Regions of a kernel memory: data sets beside each other, in a memory that stays as large as those that are there. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KernelMemory, type KernelRegion, KernelRegions } from '../../src/kernels/index.ts';

const MEGABYTE = 2 ** 20;

describe('regions of a kernel memory', () => {
  it('give zeroed, aligned room that no other region has', () => {
    const step = fc.record({
      region: fc.nat(3),
      bytes: fc.integer({ min: 1, max: 1.5 * MEGABYTE }),
      close: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        const regions = new KernelRegions(new KernelMemory());
        const open = new Map<number, { region: KernelRegion; views: Uint8Array[] }>();
        for (const { region: number, bytes, close } of steps) {
          const own = open.get(number) ?? { region: regions.open(), views: [] };
          open.set(number, own);
          if (close) {
            own.region[Symbol.dispose]();
            open.delete(number);
            continue;
          }
          const address = own.region.allocate(bytes);
          expect(address % 64).toBe(0);
          const view = new Uint8Array(own.region.memory.buffer, address, bytes);
          expect(view.findIndex((byte) => byte !== 0)).toBe(-1);
          view.fill(number + 1);
          own.views.push(view);
        }
        for (const [number, { views }] of open) {
          for (const view of views) expect(view.every((byte) => byte === number + 1)).toBe(true);
        }
      }),
      { numRuns: 12, seed: 7 },
    );
  });

  it('free what was allocated since a mark, and nothing else', () => {
    const region = new KernelRegions(new KernelMemory()).open();
    const kept = region.float64(1000).fill(1);
    const mark = region.mark();
    const first = region.allocate(5 * MEGABYTE);
    region.release(mark);
    expect(region.allocate(5 * MEGABYTE)).toBe(first);
    expect(kept.every((value) => value === 1)).toBe(true);
    expect(() => region.release(region.mark() + 1)).toThrow('cannot release');
  });

  it('need no more memory for many data sets than for those that are there together', () => {
    const memory = new KernelMemory();
    const regions = new KernelRegions(memory);
    const sizes = [10, 30, 20, 25, 12];
    let previous: KernelRegion | null = null;
    const pages: number[] = [];
    for (let k = 0; k < 60; k++) {
      const region = regions.open();
      region.allocate(sizes[k % sizes.length]! * 4e4);
      region.allocate(sizes[k % sizes.length]! * 8e4);
      previous?.[Symbol.dispose]();
      previous = region;
      pages.push(memory.memory.buffer.byteLength);
    }
    expect(pages.at(-1)).toBe(pages[20]);
    expect(pages.at(-1)).toBeLessThan(12e6);
  });
});
