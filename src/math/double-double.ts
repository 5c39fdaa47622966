/**
 * Rounding errors of single operations, the building blocks of double-double arithmetic.
 *
 * A value is kept as high + low with |low| ≤ ½ ulp(high). References: Dekker, Numer. Math. 18 (1971) 224;
 * Knuth, The Art of Computer Programming, vol. 2, section 4.2.2.
 */

/** 2^27 + 1 cuts a significand into two halves whose products are exact. */
const SPLITTER = 134217729;

/** The exact a + b − sum, where sum is the rounded a + b. */
export function sumError(a: number, b: number, sum: number): number {
  const shareOfB = sum - a;
  return a - (sum - shareOfB) + (b - shareOfB);
}

/** The exact a·b − product, where product is the rounded a·b; |a|, |b| < 1e300 and no underflow. */
export function productError(a: number, b: number, product: number): number {
  const scaledA = SPLITTER * a;
  const aHigh = scaledA - (scaledA - a);
  const aLow = a - aHigh;
  const scaledB = SPLITTER * b;
  const bHigh = scaledB - (scaledB - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}
