/** Where the triangles of a data set go while they are read: the kernel memory, or a file when they are larger than allowed. */
import type { KernelMemory } from '../kernels/memory.ts';
import { pairsOf } from '../kernels/triangles.ts';
import type { TriangleStack } from '../kernels/triangles.ts';
import { StoredTriangleFile } from './triangle-file.ts';
import { roundBytes } from './wording.ts';

/** How much of a data set may be in memory, and where the rest goes. */
export interface TrianglePlacement {
  /** Bytes the triangles may take in memory; larger ones go to a file. */
  readonly limit: number;
  /** An existing folder for that file, which is gone with the data set. */
  readonly folder: string;
}

/** The kernels address 4 GiB, of which sweeps and coarse levels need some. */
const MOST_IN_MEMORY = 3 * 2 ** 30;

export interface TriangleStore extends Disposable {
  /** Where the triangle of matrix `at` is to be put together; overwritten by the next one. */
  room(at: number): Float32Array;
  /** The triangle of matrix `at` is whole. */
  keep(at: number): void;
  /** All are whole; `excluded` counts the NaN of each. */
  finish(excluded: Uint32Array): TriangleStack;
}

/** Room for the triangles of `angles` matrices of `frames` frames. Throws `OutputRefused` when the disk has too little. */
export function makeTriangleStore(
  frames: number,
  angles: number,
  memory: KernelMemory,
  placement: TrianglePlacement | undefined,
): TriangleStore {
  const pairs = pairsOf(frames);
  const bytes = pairs * angles * Float32Array.BYTES_PER_ELEMENT;
  if (placement === undefined || bytes <= Math.min(placement.limit, MOST_IN_MEMORY)) {
    const values = memory.float32(pairs * angles);
    return {
      room: (at) => values.subarray(at * pairs, (at + 1) * pairs),
      keep: () => undefined,
      finish: (excluded) => ({ frames, angles, excluded, values }),
      [Symbol.dispose]: () => undefined,
    };
  }
  const advice = `free some space, write to another disk with -o, or set parallel.memory above ${roundBytes(bytes)}`;
  const file = StoredTriangleFile.create(placement.folder, pairs * angles, advice);
  const mark = memory.mark();
  try {
    const scratch = memory.float32(pairs);
    return {
      room: () => scratch,
      keep: (at) => file.write(at * pairs, scratch),
      finish: (excluded) => {
        file.seal();
        memory.release(mark);
        return { frames, angles, excluded, file };
      },
      [Symbol.dispose]: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}
