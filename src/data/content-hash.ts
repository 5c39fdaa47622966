/** The identity of a data set: sha256 over exactly the numbers a fit sees, whatever file they came from. */
import { createHash } from 'node:crypto';

/**
 * Hex sha256 over N and P (uint32), the triangles in support order (float32, NaN as 0x7fc00000), q, φ (degrees)
 * and times (s) as float64, all little-endian.
 */
export function hashContent(
  frames: number,
  values: Float32Array,
  q: number,
  phi: Float64Array,
  times: Float64Array,
): string {
  const hash = createHash('sha256');
  hash.update(bytesOf(Uint32Array.of(frames, phi.length)));
  hash.update(bytesOf(values));
  hash.update(bytesOf(Float64Array.of(q)));
  hash.update(bytesOf(phi));
  hash.update(bytesOf(times));
  return hash.digest('hex');
}

function bytesOf(array: Uint32Array | Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
