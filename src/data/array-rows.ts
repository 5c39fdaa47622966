/** Cut the bytes of a float array, as they stream in, into rows along its last axis. */
import { InputRefused } from '../base/errors.ts';
import type { ErrorLocation } from '../base/errors.ts';
import { elementsOf, FORTRAN_HELP } from './npy.ts';
import type { NpyHeader } from './npy.ts';

/** Receives row after row in C order; `cells` is overwritten afterwards. */
export type ArrayRowHandler = (row: number, cells: Float32Array | Float64Array) => void;

export class ArrayRows {
  readonly #handle: ArrayRowHandler;
  readonly #bytes: Uint8Array;
  readonly #buffer: Buffer;
  readonly #cells: Float32Array | Float64Array;
  readonly #swapped: boolean;
  #skip: number;
  #filled = 0;
  #row = 0;

  constructor(header: NpyHeader, handle: ArrayRowHandler) {
    const width = header.shape.at(-1) ?? 1;
    this.#cells = header.itemBytes === 4 ? new Float32Array(width) : new Float64Array(width);
    this.#bytes = new Uint8Array(this.#cells.buffer);
    this.#buffer = Buffer.from(this.#cells.buffer);
    this.#swapped = header.bigEndian;
    this.#skip = header.dataOffset;
    this.#handle = handle;
  }

  /** Take the next bytes of the member, header included. */
  push(chunk: Uint8Array): void {
    let at = Math.min(this.#skip, chunk.length);
    this.#skip -= at;
    while (at < chunk.length) {
      const take = Math.min(chunk.length - at, this.#bytes.length - this.#filled);
      this.#bytes.set(chunk.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled < this.#bytes.length) return;
      if (this.#swapped) {
        if (this.#cells instanceof Float32Array) this.#buffer.swap32();
        else this.#buffer.swap64();
      }
      this.#filled = 0;
      this.#handle(this.#row++, this.#cells);
    }
  }
}

/** Shape of a stack of matrices: P and N of (P, N, N) or (N, N). Refuses other shapes, types and Fortran order. */
export function stackShape(header: NpyHeader, bytes: number, where: ErrorLocation): { angles: number; frames: number } {
  const { shape, dtype } = header;
  const help = 'expected: float32 or float64 of shape (angles, frames, frames) or (frames, frames)';
  if (dtype !== 'f4' && dtype !== 'f8') throw new InputRefused(`numbers of type ${dtype}`, { where, help });
  const [frames = 0, other] = shape.slice(-2);
  if (shape.length < 2 || shape.length > 3 || frames !== other || elementsOf(shape) === 0) {
    throw new InputRefused(`shape (${shape.join(', ')}) is no stack of square matrices`, { where, help });
  }
  if (header.fortranOrder) throw new InputRefused('stored in Fortran order', { where, help: FORTRAN_HELP });
  const needed = header.dataOffset + elementsOf(shape) * header.itemBytes;
  if (bytes !== needed) {
    throw new InputRefused(`the array is cut off: ${bytes} bytes where its shape needs ${needed}`, {
      where,
      help: 'copy the file again, or write it again',
    });
  }
  return { angles: shape.length === 3 ? shape[0]! : 1, frames };
}
