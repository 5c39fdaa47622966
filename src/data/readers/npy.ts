/** A bare NumPy array: one matrix (N, N) or a stack (P, N, N). It says nothing of q, dt and φ; the configuration must. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { stackShape } from '../array-rows.ts';
import type { MatrixSource } from '../matrix-source.ts';
import { NPY_HEADER_ROOM, parseNpyHeader } from '../npy.ts';
import { StoredArray } from '../stored-array.ts';

/** Open `path`; `shown` is how messages name it. */
export async function openNpy(path: string, shown: string): Promise<MatrixSource> {
  const descriptor = openSync(path, 'r');
  try {
    return describeArray(descriptor, shown);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function describeArray(descriptor: number, shown: string): MatrixSource {
  const where = { file: shown };
  const head = new Uint8Array(NPY_HEADER_ROOM);
  const header = parseNpyHeader(head.subarray(0, readSync(descriptor, head, 0, head.length, 0)), where);
  const { angles, frames } = stackShape(header, fstatSync(descriptor).size, where);
  const array = new StoredArray(descriptor, 0, header, where);
  const single = header.shape.length === 2;
  return {
    file: shown,
    layout: 'npy',
    matrices: Array.from({ length: angles }, (_, k) => ({
      path: single ? 'array' : `array[${k}]`,
      bin: null,
      q: null,
      phi: null,
    })),
    dt: null,
    firstTime: null,
    warnings: [],
    describe: () => ({
      shape: [frames, frames],
      dtype: header.dtype === 'f4' ? 'float32' : 'float64',
      storage: 'contiguous',
    }),
    frames: () => frames,
    async read(selected, first, count, handle, context) {
      for (const matrix of selected) {
        const take = (row: number, cells: Float32Array | Float64Array, offset: number): void =>
          handle(matrix, row, cells, offset + first);
        await array.rows(matrix, first, count, take, context);
      }
    },
    independent: true,
    checksum: null,
    intensity: () => null,
    close: () => closeSync(descriptor),
  };
}
