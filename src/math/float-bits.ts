/** Read and build the bits of a float64: the only place of this folder that leaves + − × ÷ √. */

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Index of the word that holds sign and exponent: 1 on little-endian machines. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const LOW = 1 - HIGH;

/** Sign, exponent and the upper 20 bits of the significand, as an unsigned 32-bit number. */
export function highWord(x: number): number {
  float[0] = x;
  return words[HIGH]!;
}

/** The lower 32 bits of the significand. */
export function lowWord(x: number): number {
  float[0] = x;
  return words[LOW]!;
}

export function fromWords(high: number, low: number): number {
  words[HIGH] = high;
  words[LOW] = low;
  return float[0]!;
}

/** y·2^k with one rounding, for any integer k between −2000 and 2000; y must be 0 or between 1/4 and 4. */
export function scaleByPowerOfTwo(y: number, k: number): number {
  if (k > 1000) return y * powerOfTwo(1000) * powerOfTwo(k - 1000);
  if (k < -1000) return y * powerOfTwo(-1000) * powerOfTwo(k + 1000);
  return y * powerOfTwo(k);
}

/** 2^k for −1022 ≤ k ≤ 1023. */
export function powerOfTwo(k: number): number {
  return fromWords((k + 1023) << 20, 0);
}
