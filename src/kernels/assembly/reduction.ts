/**
 * Reduce any finite number to x = n·π/2 + r, |r| ≤ π/4, by multiplying its significand with the bits of 2/π that matter.
 *
 * M. Payne and R. Hanek, SIGNUM Newsletter 18 (1983) 19. No experiment has phases that need it; a wild trial step may,
 * and must get the same bits everywhere. Quotients n are returned modulo 4.
 */

/** 64 zero bits, then the bits of 2/π. */
const TWO_OVER_PI_BITS = memory.data<u64>([
  0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041,
  0xfe5163abdebbc561, 0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e,
  0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b,
  0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
  0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab,
]);
const HALF_PI: f64 = 1.5707963267948966;

/** Store r as float64 and n as i64 for one |x| ≥ 2²⁰ (smaller exponents would start before the table); not a number gives not a number. */
export function storeReduced(x: f64, remainder: usize, quotient: usize): void {
  const bits = reinterpret<u64>(x);
  const exponent = <i32>((bits >> 52) & 0x7ff);
  if (exponent == 0x7ff) {
    store<f64>(remainder, NaN);
    store<i64>(quotient, 0);
    return;
  }
  const significand = (bits & 0x000fffffffffffff) | 0x0010000000000000;
  // |x| = significand·2^s. Bits of 2/π of weight above 2^(1 − s) only add multiples of 4 to the quotient.
  const position = <usize>(exponent - 1075 + 62);
  const first = word(position);
  const second = word(position + 64);
  const third = word(position + 128);
  // The product modulo 2^192: two bits of quotient, then the fraction.
  const low = high64(significand, third);
  const middle = significand * second + low;
  const carry = middle < low ? 1 : 0;
  const top = significand * first + high64(significand, second) + carry;
  const fraction = <i64>((top << 2) | (middle >> 62));
  let n = <i64>(top >> 62) + (fraction < 0 ? 1 : 0);
  let r = (<f64>fraction * 2 ** -64 + <f64>(middle << 2) * 2 ** -128) * HALF_PI;
  if (x < 0) {
    r = -r;
    n = -n;
  }
  store<f64>(remainder, r);
  store<i64>(quotient, n & 3);
}

/** 64 bits of the table from a bit position. */
function word(position: usize): u64 {
  const at = TWO_OVER_PI_BITS + ((position >> 6) << 3);
  const shift = <u64>(position & 63);
  const left = load<u64>(at) << shift;
  return shift == 0 ? left : left | (load<u64>(at, 8) >> (64 - shift));
}

/** The upper half of a 128-bit product. */
function high64(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const middle = a1 * b0 + ((a0 * b0) >> 32);
  return a1 * b1 + (middle >> 32) + ((a0 * b1 + (middle & 0xffffffff)) >> 32);
}
