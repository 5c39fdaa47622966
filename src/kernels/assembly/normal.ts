/**
 * Contract the pair sums of one row into the Gauss–Newton matrix.
 *
 * With the sums over angles P = Σ share·M², X = Σ share·MF, Q = Σ share·F² of a pair, and the same with the factors τ and τ² of a
 * parameter that acts through h,
 *
 *   H_kl += Σ_j P·Δc_k·Δc_l,  Σ_j X·Δc_k·Δg_l,  Σ_j Q·Δg_k·Δg_l,  Σ_j X_τ·Δc_k·Δh,  Σ_j Q_τ·Δg_k·Δh,  Σ_j Q_ττ·Δh²
 *
 * because the differences Δc_k = c_k(j) − c_k(i) do not depend on the angle. They are formed directly, so nothing cancels.
 */
import { Job } from './job';
import { both, minus, plus, times } from './lanes';
import { HOMODYNE2_RECORD } from './pairs';
import { NORMAL } from './shapes';
import { CHUNK_BYTES, PAIR_BYTES, SUMS_BYTES, Workspace } from './workspace';

// @ts-ignore: decorator
@inline
export function tableBytes(space: Workspace): usize {
  return ((<usize>space.groups << 4) + 63) & ~63;
}

/** Copy the sensitivities relative to the first row, in groups. */
export function prepareVectors(job: Job, space: Workspace): void {
  const count = job.vectorsC + job.vectorsG;
  for (let k = 0; k < count; k++) {
    const vector = job.vectors + ((<usize>k * <usize>job.frames) << 3);
    const anchor = load<f64>(vector + (<usize>space.rowStart << 3));
    const table = space.vectors + <usize>k * tableBytes(space);
    for (let column = 0; column < space.groups << 1; column++) {
      const j = max(space.base + column, 0);
      store<f64>(table + (<usize>column << 3), load<f64>(vector + (<usize>j << 3)) - anchor);
    }
  }
  if (job.kind != NORMAL) return;
  const size = <usize>hessianSize(job);
  memory.fill(space.hessian, 0, (size * size) << 4);
  memory.fill(space.differences, 0, size * CHUNK_BYTES);
}

/** Vectors of one kind are taken three at a time; missing ones are tables of zeros. */
// @ts-ignore: decorator
@inline
export function padded(vectors: i32): i32 {
  return ((vectors + 2) / 3) * 3;
}

/** Where the products of padded vectors k and l are summed; the last row is that of h. */
// @ts-ignore: decorator
@inline
export function hessianEntry(job: Job, space: Workspace, k: i32, l: i32): usize {
  return space.hessian + (<usize>(k * hessianSize(job) + l) << 4);
}

// @ts-ignore: decorator
@inline
export function hessianSize(job: Job): i32 {
  return padded(job.vectorsC) + padded(job.vectorsG) + 1;
}

/** Add the row's pairs in groups start ≤ g < end. */
export function contractRow(job: Job, space: Workspace, slot: usize, i: i32, start: i32, end: i32, origin: i32): void {
  const c = padded(job.vectorsC);
  const all = c + padded(job.vectorsG);
  const stride = <usize>hessianSize(job) << 4;
  const at = <usize>(start - origin) << 4;
  const count = end - start;
  const differences = space.differences + at;
  const sums = space.sums + slot * SUMS_BYTES + at;
  prepareDifferences(job, space, i, start, count, differences);
  for (let k = 0; k < c; k += 3) {
    const left = differences + <usize>k * CHUNK_BYTES;
    for (let l = 0; l <= k; l += 3) {
      const right = differences + <usize>l * CHUNK_BYTES;
      if (l == k) contractSelf(sums, left, count, hessianEntry(job, space, k, k), stride);
      else contract(sums, left, right, count, hessianEntry(job, space, k, l), stride);
    }
    for (let l = c; l < all; l += 3) {
      const right = differences + <usize>l * CHUNK_BYTES;
      contract(sums + CHUNK_BYTES, left, right, count, hessianEntry(job, space, k, l), stride);
    }
  }
  for (let k = c; k < all; k += 3) {
    const left = differences + <usize>k * CHUNK_BYTES;
    for (let l = c; l <= k; l += 3) {
      const right = differences + <usize>l * CHUNK_BYTES;
      if (l == k) contractSelf(sums + 2 * CHUNK_BYTES, left, count, hessianEntry(job, space, k, k), stride);
      else contract(sums + 2 * CHUNK_BYTES, left, right, count, hessianEntry(job, space, k, l), stride);
    }
  }
  if (job.vectorsH == 0) return;
  const strain = differences + <usize>all * CHUNK_BYTES;
  strainFactor(job, space, slot, i, start, end, origin, strain);
  for (let l = 0; l < all; l += 3) {
    const right = differences + <usize>l * CHUNK_BYTES;
    contractOne(sums + <usize>(l < c ? 3 : 4) * CHUNK_BYTES, strain, right, count, hessianEntry(job, space, all, l));
  }
  square(sums + 5 * CHUNK_BYTES, strain, count, hessianEntry(job, space, all, all));
}

/** Differences to row i of every sensitivity; tables of padding were cleared by `prepareVectors` and stay so. */
function prepareDifferences(job: Job, space: Workspace, i: i32, start: i32, count: i32, out: usize): void {
  const skipped = padded(job.vectorsC) - job.vectorsC;
  for (let k = 0; k < job.vectorsC + job.vectorsG; k++) {
    const table = space.vectors + <usize>k * tableBytes(space);
    const own = load<f64>(table + (<usize>(i - space.base) << 3));
    const place = k < job.vectorsC ? k : k + skipped;
    subtract(table + (<usize>start << 4), own, count, out + <usize>place * CHUNK_BYTES);
  }
}

function subtract(table: usize, own: f64, count: i32, out: usize): void {
  const x = both(own);
  for (const end = table + (<usize>count << 4); table < end; table += 16, out += 16) {
    v128.store(out, minus(v128.load(table), x));
  }
}

/** ∂M/∂h·h' over ∂M/∂G·τ: ΔG, and R²/ΔG where |ΔG| is smoothed. */
function strainFactor(job: Job, space: Workspace, slot: usize, i: i32, start: i32, end: i32, origin: i32, out: usize): void {
  const own = load<f64>(job.g + (<usize>i << 3));
  subtract(space.strain + (<usize>start << 4), own, end - start, out);
  if (job.convention == 0) return;
  let record = space.pairs + slot * PAIR_BYTES + <usize>(start - origin) * HOMODYNE2_RECORD;
  for (let g = start; g < end; g++, out += 16, record += HOMODYNE2_RECORD) {
    const dg = v128.load(out);
    const factor = f64x2.div(v128.load(record, 80), dg);
    v128.store(out, v128.andnot(factor, f64x2.eq(dg, both(0))));
  }
}

/** target[k][l] += Σ weight·left_k·right_l for three vectors each. */
function contract(weight: usize, left: usize, right: usize, count: i32, target: usize, stride: usize): void {
  let sum00 = v128.load(target);
  let sum01 = v128.load(target, 16);
  let sum02 = v128.load(target, 32);
  let sum10 = v128.load(target + stride);
  let sum11 = v128.load(target + stride, 16);
  let sum12 = v128.load(target + stride, 32);
  let sum20 = v128.load(target + 2 * stride);
  let sum21 = v128.load(target + 2 * stride, 16);
  let sum22 = v128.load(target + 2 * stride, 32);
  for (const end = weight + (<usize>count << 4); weight < end; weight += 16, left += 16, right += 16) {
    const w = v128.load(weight);
    const right0 = v128.load(right);
    const right1 = v128.load(right, CHUNK_BYTES);
    const right2 = v128.load(right, 2 * CHUNK_BYTES);
    const left0 = times(w, v128.load(left));
    const left1 = times(w, v128.load(left, CHUNK_BYTES));
    const left2 = times(w, v128.load(left, 2 * CHUNK_BYTES));
    sum00 = plus(sum00, times(left0, right0));
    sum01 = plus(sum01, times(left0, right1));
    sum02 = plus(sum02, times(left0, right2));
    sum10 = plus(sum10, times(left1, right0));
    sum11 = plus(sum11, times(left1, right1));
    sum12 = plus(sum12, times(left1, right2));
    sum20 = plus(sum20, times(left2, right0));
    sum21 = plus(sum21, times(left2, right1));
    sum22 = plus(sum22, times(left2, right2));
  }
  v128.store(target, sum00);
  v128.store(target, sum01, 16);
  v128.store(target, sum02, 32);
  v128.store(target + stride, sum10);
  v128.store(target + stride, sum11, 16);
  v128.store(target + stride, sum12, 32);
  v128.store(target + 2 * stride, sum20);
  v128.store(target + 2 * stride, sum21, 16);
  v128.store(target + 2 * stride, sum22, 32);
}

/** The lower triangle of the same for three vectors with themselves. */
function contractSelf(weight: usize, vectors: usize, count: i32, target: usize, stride: usize): void {
  let sum00 = v128.load(target);
  let sum10 = v128.load(target + stride);
  let sum11 = v128.load(target + stride, 16);
  let sum20 = v128.load(target + 2 * stride);
  let sum21 = v128.load(target + 2 * stride, 16);
  let sum22 = v128.load(target + 2 * stride, 32);
  for (const end = weight + (<usize>count << 4); weight < end; weight += 16, vectors += 16) {
    const w = v128.load(weight);
    const vector0 = v128.load(vectors);
    const vector1 = v128.load(vectors, CHUNK_BYTES);
    const vector2 = v128.load(vectors, 2 * CHUNK_BYTES);
    const left0 = times(w, vector0);
    const left1 = times(w, vector1);
    const left2 = times(w, vector2);
    sum00 = plus(sum00, times(left0, vector0));
    sum10 = plus(sum10, times(left1, vector0));
    sum11 = plus(sum11, times(left1, vector1));
    sum20 = plus(sum20, times(left2, vector0));
    sum21 = plus(sum21, times(left2, vector1));
    sum22 = plus(sum22, times(left2, vector2));
  }
  v128.store(target, sum00);
  v128.store(target + stride, sum10);
  v128.store(target + stride, sum11, 16);
  v128.store(target + 2 * stride, sum20);
  v128.store(target + 2 * stride, sum21, 16);
  v128.store(target + 2 * stride, sum22, 32);
}

/** The same for one vector on the left. */
function contractOne(weight: usize, left: usize, right: usize, count: i32, target: usize): void {
  let sum0 = v128.load(target);
  let sum1 = v128.load(target, 16);
  let sum2 = v128.load(target, 32);
  for (const end = weight + (<usize>count << 4); weight < end; weight += 16, left += 16, right += 16) {
    const w = times(v128.load(weight), v128.load(left));
    sum0 = plus(sum0, times(w, v128.load(right)));
    sum1 = plus(sum1, times(w, v128.load(right, CHUNK_BYTES)));
    sum2 = plus(sum2, times(w, v128.load(right, 2 * CHUNK_BYTES)));
  }
  v128.store(target, sum0);
  v128.store(target, sum1, 16);
  v128.store(target, sum2, 32);
}

/** target += Σ weight·x². */
function square(weight: usize, x: usize, count: i32, target: usize): void {
  let sum = v128.load(target);
  for (const end = weight + (<usize>count << 4); weight < end; weight += 16, x += 16) {
    const value = v128.load(x);
    sum = plus(sum, times(times(v128.load(weight), value), value));
  }
  v128.store(target, sum);
}
