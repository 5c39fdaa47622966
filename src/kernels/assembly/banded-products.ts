/**
 * Products of the matrices behind the speckle covariance of scores, with the bits of their plain twin
 * (`referenceProducts` in `src/kernels/banded-products.ts`).
 */
import { both, plus, times } from './lanes';

// @ts-ignore: decorator
@inline
function entry(row: usize, k: i32): f64 {
  return load<f64>(row + (<usize>k << 3));
}

/** A·B for B of limited reach, four rows of B at a time; all of shape (n, n). Entries of A below `share` of the largest do not count. */
export function timesBanded(a: usize, b: usize, reach: usize, n: i32, share: f64, result: usize): void {
  const bytes = <usize>n << 3;
  memory.fill(result, 0, <usize>n * bytes);
  const least = share * largest(a, n * n);
  for (let i = 0; i < n; i++) {
    const row = a + <usize>i * bytes;
    const out = result + <usize>i * bytes;
    for (let k = 0; k < n; k += 4) {
      // Past the end the last row stands in, with factor 0.
      const k1 = min(k + 1, n - 1);
      const k2 = min(k + 2, n - 1);
      const k3 = min(k + 3, n - 1);
      const f0 = entry(row, k);
      const f1: f64 = k1 == k ? 0 : entry(row, k1);
      const f2: f64 = k2 == k1 ? 0 : entry(row, k2);
      const f3: f64 = k3 == k2 ? 0 : entry(row, k3);
      if (max(max(abs(f0), abs(f1)), max(abs(f2), abs(f3))) <= least) continue;
      const first = min(min(entry(reach, 2 * k), entry(reach, 2 * k1)), min(entry(reach, 2 * k2), entry(reach, 2 * k3)));
      const end = max(
        max(entry(reach, 2 * k + 1), entry(reach, 2 * k1 + 1)),
        max(entry(reach, 2 * k2 + 1), entry(reach, 2 * k3 + 1)),
      );
      addRows(
        b + <usize>k * bytes,
        b + <usize>k1 * bytes,
        b + <usize>k2 * bytes,
        b + <usize>k3 * bytes,
        f0,
        f1,
        f2,
        f3,
        out,
        <i32>first,
        <i32>end,
      );
    }
  }
}

/** The largest size of an entry; NaN if one is. */
function largest(a: usize, length: i32): f64 {
  let most: f64 = 0;
  for (let k = 0; k < length; k++) most = max(most, abs(entry(a, k)));
  return most;
}

// @ts-ignore: decorator
@inline
function addRows(
  b0: usize,
  b1: usize,
  b2: usize,
  b3: usize,
  f0: f64,
  f1: f64,
  f2: f64,
  f3: f64,
  out: usize,
  first: i32,
  end: i32,
): void {
  const v0 = both(f0);
  const v1 = both(f1);
  const v2 = both(f2);
  const v3 = both(f3);
  let at = <usize>first << 3;
  const last = <usize>end << 3;
  for (; at + 8 < last; at += 16) {
    const front = plus(times(v0, v128.load(b0 + at)), times(v1, v128.load(b1 + at)));
    const back = plus(times(v2, v128.load(b2 + at)), times(v3, v128.load(b3 + at)));
    v128.store(out + at, plus(v128.load(out + at), plus(front, back)));
  }
  if (at < last) {
    const front = f0 * load<f64>(b0 + at) + f1 * load<f64>(b1 + at);
    const back = f2 * load<f64>(b2 + at) + f3 * load<f64>(b3 + at);
    store<f64>(out + at, load<f64>(out + at) + (front + back));
  }
}

/** bᵀ·W·b over the places first ≤ k < end, W symmetric of shape (n, n). */
export function quadraticForm(w: usize, n: i32, b: usize, first: i32, end: i32): f64 {
  const last = <usize>end << 3;
  let sum: f64 = 0;
  for (let k = first; k < end; k++) {
    const row = w + ((<usize>k * <usize>n) << 3);
    let at = <usize>k << 3;
    let acc = f64x2.replace_lane(both(0), 0, 0.5 * load<f64>(row + at) * load<f64>(b + at));
    for (at += 8; at + 8 < last; at += 16) acc = plus(acc, times(v128.load(row + at), v128.load(b + at)));
    let even = f64x2.extract_lane(acc, 0);
    if (at < last) even += load<f64>(row + at) * load<f64>(b + at);
    sum += (even + f64x2.extract_lane(acc, 1)) * load<f64>(b + (<usize>k << 3));
  }
  return 2 * sum;
}

/** Σ a·b of so many numbers. */
export function dot(a: usize, b: usize, length: i32): f64 {
  const last = <usize>length << 3;
  let first = both(0);
  let second = both(0);
  let at: usize = 0;
  for (; at + 24 < last; at += 32) {
    first = plus(first, times(v128.load(a + at), v128.load(b + at)));
    second = plus(second, times(v128.load(a + at, 16), v128.load(b + at, 16)));
  }
  const sums = plus(first, second);
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; at < last; at += 8) sum += load<f64>(a + at) * load<f64>(b + at);
  return sum;
}
