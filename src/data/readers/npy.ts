/** A bare NumPy array: one matrix (N, N) or a stack (P, N, N). It says nothing of q, dt and φ; the configuration must. */
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { throwIfCancelled } from '../../base/task-context.ts';
import { ArrayRows, stackShape } from '../array-rows.ts';
import type { MatrixSource } from '../matrix-source.ts';
import { NPY_HEADER_ROOM, parseNpyHeader } from '../npy.ts';

/** Open `path`; `shown` is how messages name it. */
export async function openNpy(path: string, shown: string): Promise<MatrixSource> {
  const where = { file: shown };
  const header = parseNpyHeader(readHead(path), where);
  const { angles, frames } = stackShape(header, statSync(path).size, where);
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
      const wanted = new Set(selected);
      const rows = new ArrayRows(header, (row, cells) => {
        const matrix = Math.floor(row / frames);
        const inWindow = (row % frames) - first;
        if (wanted.has(matrix) && inWindow >= 0 && inWindow < count) handle(matrix, inWindow, cells, first);
      });
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
        throwIfCancelled(context);
        rows.push(chunk as Uint8Array);
      }
    },
    independent: false,
    intensity: () => null,
    close: () => undefined,
  };
}

function readHead(path: string): Uint8Array {
  const descriptor = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(NPY_HEADER_ROOM);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}
