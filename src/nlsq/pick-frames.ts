/** A smaller stack of triangles without averaging: all pairs of some frames. */
import { pairsOf, readRows, type ResidentTriangles, type TriangleStack } from '../kernels/triangles.ts';

/** All pairs of the frames named (ascending indices), as they are, in memory. `allocate` gives the room. */
export function pickFrames(
  data: TriangleStack,
  picked: Int32Array,
  allocate: (length: number) => Float32Array,
): ResidentTriangles {
  const { angles } = data;
  const count = picked.length;
  const values = allocate(angles * pairsOf(count));
  const excluded = new Uint32Array(angles);
  let at = 0;
  for (let a = 0; a < angles; a++) {
    for (let k = 0; k < count - 1; k++) {
      const i = picked[k]!;
      const row = readRows(data, a, i, i + 1);
      for (let column = k + 1; column < count; column++, at++) {
        const value = row[picked[column]! - i - 1]!;
        values[at] = value;
        if (value !== value) excluded[a]! += 1;
      }
    }
  }
  return { frames: count, angles, values, excluded };
}
