/**
 * Put together the CRC-32 of bytes that were read in pieces, by several readers and in any order.
 *
 * A CRC is the remainder of the message, as a polynomial over GF(2), modulo p; appending n bytes multiplies what came
 * before by x^(8n). Bit 31 holds the coefficient of x⁰ (the reflected form of ZIP and zlib).
 */

const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;

/** CRC-32 of two runs of bytes one after the other, from the CRC-32 of each and the length of the second. */
export function combineCrc32(first: number, second: number, secondBytes: number): number {
  return (multiply(powerOfX(8 * secondBytes), first) ^ second) >>> 0;
}

/** a·b mod p. */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= shifted;
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ POLYNOMIAL;
  }
  return product;
}

/** x^n mod p by repeated squaring; n may exceed 32 bits. */
function powerOfX(n: number): number {
  let power = ONE;
  let square = ONE >>> 1;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(square, power);
    square = multiply(square, square);
  }
  return power;
}
