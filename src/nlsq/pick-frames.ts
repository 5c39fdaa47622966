/** A smaller stack of triangles without averaging: all pairs of some frames. */
import { pairsOf, rowStart, type TriangleStack } from '../kernels/triangles.ts';

/** All pairs of the frames named (ascending indices), as they are. `allocate` gives the room. */
export function pickFrames(
  data: TriangleStack,
  picked: Int32Array,
  allocate: (length: number) => Float32Array,
): TriangleStack {
  const { frames, angles } = data;
  const count = picked.length;
  const values = allocate(angles * pairsOf(count));
  const excluded = new Uint32Array(angles);
  let at = 0;
  for (let a = 0; a < angles; a++) {
    for (let row = 0; row < count - 1; row++) {
      const start = a * pairsOf(frames) + rowStart(frames, picked[row]!) - picked[row]! - 1;
      for (let column = row + 1; column < count; column++, at++) {
        const value = data.values[start + picked[column]!]!;
        values[at] = value;
        if (value !== value) excluded[a]! += 1;
      }
    }
  }
  return { frames: count, angles, values, excluded };
}
