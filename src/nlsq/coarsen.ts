/** Block-average a stack of triangles: fewer, less noisy pairs for the first steps of a fit. */
import { pairsOf, rowStart, type TriangleStack } from '../kernels/triangles.ts';

/**
 * Average c2 over all pairs of two different blocks of `block` consecutive frames; a remainder at the end is left out.
 *
 * Excluded (NaN) pairs are skipped; a pair of blocks without any pair left is excluded. `allocate` gives the room.
 */
export function coarsen(
  data: TriangleStack,
  block: number,
  allocate: (length: number) => Float32Array,
): TriangleStack {
  const { frames, angles } = data;
  const blocks = Math.floor(frames / block);
  const values = allocate(angles * pairsOf(blocks));
  const excluded = new Uint32Array(angles);
  const sums = new Float64Array(blocks);
  const counts = new Float64Array(blocks);
  for (let a = 0; a < angles; a++) {
    const source = a * pairsOf(frames);
    const target = a * pairsOf(blocks);
    for (let row = 0; row < blocks - 1; row++) {
      sums.fill(0);
      counts.fill(0);
      for (let i = row * block; i < (row + 1) * block; i++) {
        const start = source + rowStart(frames, i) - i - 1;
        for (let column = row + 1; column < blocks; column++) {
          for (let j = column * block; j < (column + 1) * block; j++) {
            const value = data.values[start + j]!;
            if (value !== value) continue;
            sums[column]! += value;
            counts[column]! += 1;
          }
        }
      }
      const out = target + rowStart(blocks, row) - row - 1;
      for (let column = row + 1; column < blocks; column++) {
        values[out + column] = sums[column]! / counts[column]!;
        if (counts[column] === 0) excluded[a]! += 1;
      }
    }
  }
  return { frames: blocks, angles, values, excluded };
}
