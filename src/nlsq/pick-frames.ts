/** A smaller stack of triangles without averaging: all pairs of some frames. */
import { pairsOf, rowBlocks, rowStart, type ResidentTriangles, type TriangleStack } from '../kernels/triangles.ts';

/** All pairs of the frames named (ascending indices), as they are, in memory. `allocate` gives the room. */
export function pickFrames(
  data: TriangleStack,
  picked: Int32Array,
  allocate: (length: number) => Float32Array,
): ResidentTriangles {
  const { frames, angles } = data;
  const count = picked.length;
  const values = allocate(angles * pairsOf(count));
  const excluded = new Uint32Array(angles);
  let at = 0;
  for (let a = 0; a < angles; a++) {
    let k = 0;
    for (const block of rowBlocks(data, a)) {
      for (; k < count - 1 && picked[k]! < block.end; k++) {
        const i = picked[k]!;
        const start = rowStart(frames, i) - rowStart(frames, block.first) - i - 1;
        for (let column = k + 1; column < count; column++, at++) {
          const value = block.values[start + picked[column]!]!;
          values[at] = value;
          if (value !== value) excluded[a]! += 1;
        }
      }
    }
  }
  return { frames: count, angles, values, excluded };
}
