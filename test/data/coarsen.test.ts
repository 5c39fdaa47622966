import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coarsenTriangles } from '../../src/data/coarsen.ts';
import { pairsOf, rowStart } from '../../src/kernels/triangles.ts';

/** Mean over all pairs of two blocks, straight from the definition. */
function naive(values: Float32Array, frames: number, block: number): number[] {
  const blocks = Math.floor(frames / block);
  const means: number[] = [];
  for (let b = 0; b < blocks; b++) {
    for (let c = b + 1; c < blocks; c++) {
      const members: number[] = [];
      for (let i = b * block; i < (b + 1) * block; i++) {
        for (let j = c * block; j < (c + 1) * block; j++) members.push(values[rowStart(frames, i) + j - i - 1]!);
      }
      const finite = members.filter((x) => !Number.isNaN(x));
      means.push(Math.fround(finite.reduce((sum, x) => sum + x, 0) / finite.length));
    }
  }
  return means;
}

describe('block averages of triangles', () => {
  it('are the means of the definition, with and without holes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 24 }),
        fc.integer({ min: 1, max: 6 }),
        fc.infiniteStream(fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 4096 }) }, fc.constant(NaN))),
        fc.boolean(),
        (frames, block, stream, holes) => {
          const pairs = pairsOf(frames);
          const numbers = [...stream.take(2 * pairs)].map((x) => (holes ? x : x || 0) / 1024);
          const values = Float32Array.from(numbers);
          const excluded = Uint32Array.from(
            [0, 1],
            (a) => values.subarray(a * pairs, (a + 1) * pairs).filter(Number.isNaN).length,
          );
          const coarse = coarsenTriangles({ frames, angles: 2, values, excluded }, block);
          const expected = [0, 1].map((a) => naive(values.subarray(a * pairs, (a + 1) * pairs), frames, block));
          expect(coarse.frames).toBe(Math.floor(frames / block));
          expect([...coarse.values]).toEqual(expected.flat());
          expect([...coarse.excluded]).toEqual(expected.map((list) => list.filter(Number.isNaN).length));
        },
      ),
      { seed: 5, numRuns: 200 },
    );
  });

  it('go where the caller wants them', () => {
    const room = new Float32Array(10);
    const stack = { frames: 4, angles: 1, values: Float32Array.of(1, 2, 3, 4, 5, 6), excluded: Uint32Array.of(0) };
    const coarse = coarsenTriangles(stack, 2, (length) => room.subarray(3, 3 + length));
    expect([...room]).toEqual([0, 0, 0, 3.5, 0, 0, 0, 0, 0, 0]);
    expect(coarse).toMatchObject({ frames: 2, angles: 1 });
  });
});
