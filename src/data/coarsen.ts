/** Block averages of a stack of triangles: the cheap versions of a data set that early iterations of a fit use. */
import { pairsOf, rowStart } from '../kernels/triangles.ts';
import type { TriangleStack } from '../kernels/triangles.ts';

/**
 * Average the pairs between every two different blocks of `block` consecutive frames.
 *
 * Entry (b, c), b < c, is the mean of the block² pairs with i in block b and j in block c; excluded (NaN) pairs are left
 * out of the mean, and an entry without any pair is NaN. Pairs inside a block have no entry, and a remainder of fewer
 * than `block` frames at the end is left out; `coarsenTimeGrid` gives the times that belong to the result.
 *
 * `allocate` provides the storage, by default plain memory; pass `(length) => memory.float32(length)` for the kernels.
 */
export function coarsenTriangles(
  triangles: TriangleStack,
  block: number,
  allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
): TriangleStack {
  const frames = Math.floor(triangles.frames / block);
  const pairs = pairsOf(frames);
  const values = allocate(pairs * triangles.angles);
  const excluded = new Uint32Array(triangles.angles);
  const finePairs = pairsOf(triangles.frames);
  for (let a = 0; a < triangles.angles; a++) {
    const fine = triangles.values.subarray(a * finePairs, (a + 1) * finePairs);
    const coarse = values.subarray(a * pairs, (a + 1) * pairs);
    if (triangles.excluded[a] === 0) averageWhole(fine, triangles.frames, block, coarse, frames);
    else excluded[a] = averageHoled(fine, triangles.frames, block, coarse, frames);
  }
  return { frames, angles: triangles.angles, values, excluded };
}

function averageWhole(
  fine: Float32Array,
  fineFrames: number,
  block: number,
  coarse: Float32Array,
  frames: number,
): void {
  const sums = new Float64Array(frames);
  const count = block * block;
  for (let b = 0; b < frames - 1; b++) {
    sums.fill(0);
    const from = (b + 1) * block;
    for (let i = b * block; i < from; i++) {
      let at = rowStart(fineFrames, i) + from - i - 1;
      for (let c = b + 1; c < frames; c++) {
        let sum = 0;
        for (const end = at + block; at < end; at++) sum += fine[at]!;
        sums[c]! += sum;
      }
    }
    const out = rowStart(frames, b) - b - 1;
    for (let c = b + 1; c < frames; c++) coarse[out + c] = sums[c]! / count;
  }
}

/** Returns the number of entries without any pair. */
function averageHoled(
  fine: Float32Array,
  fineFrames: number,
  block: number,
  coarse: Float32Array,
  frames: number,
): number {
  const sums = new Float64Array(frames);
  const counts = new Float64Array(frames);
  let empty = 0;
  for (let b = 0; b < frames - 1; b++) {
    sums.fill(0);
    counts.fill(0);
    const from = (b + 1) * block;
    for (let i = b * block; i < from; i++) {
      let at = rowStart(fineFrames, i) + from - i - 1;
      for (let c = b + 1; c < frames; c++) {
        for (const end = at + block; at < end; at++) {
          const x = fine[at]!;
          if (Number.isNaN(x)) continue;
          sums[c]! += x;
          counts[c]!++;
        }
      }
    }
    const out = rowStart(frames, b) - b - 1;
    for (let c = b + 1; c < frames; c++) {
      coarse[out + c] = counts[c] === 0 ? NaN : sums[c]! / counts[c]!;
      if (counts[c] === 0) empty++;
    }
  }
  return empty;
}
