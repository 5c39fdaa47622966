/** The identity of a data set: sha256 over exactly the numbers a fit sees, whatever file they came from. */
import { createHash } from 'node:crypto';

/**
 * Hex sha256 over N and P (uint32), the triangles in support order (float32, NaN as 0x7fc00000), q, φ (degrees)
 * and times (s) as float64, all little-endian. The triangles come piece by piece, in order.
 */
export class ContentHash {
  readonly #hash = createHash('sha256');

  constructor(frames: number, angles: number) {
    this.#hash.update(bytesOf(Uint32Array.of(frames, angles)));
  }

  /** The next values of the triangles. */
  add(values: Float32Array): void {
    this.#hash.update(bytesOf(values));
  }

  finish(q: number, phi: Float64Array, times: Float64Array): string {
    for (const numbers of [Float64Array.of(q), phi, times]) this.#hash.update(bytesOf(numbers));
    return this.#hash.digest('hex');
  }
}

function bytesOf(array: Uint32Array | Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
