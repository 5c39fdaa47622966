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
import { CHUNK_BYTES, Workspace } from './workspace';

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
  memory.fill(space.hessian, 0, <usize>(job.parameters * job.parameters) << 4);
}

// @ts-ignore: decorator
@inline
export function vectorAt(space: Workspace, k: i32, column: i32): f64 {
  return load<f64>(space.vectors + <usize>k * tableBytes(space) + (<usize>column << 3));
}

/** Add the row's pairs in groups start ≤ g < end. */
export function contractRow(job: Job, space: Workspace, i: i32, start: i32, end: i32, origin: i32): void {
  const c = job.vectorsC;
  const g = job.vectorsG;
  const size = job.parameters;
  const at = <usize>(start - origin) << 4;
  const count = end - start;
  for (let k = 0; k < c + g; k++) {
    const table = space.vectors + <usize>k * tableBytes(space);
    const own = load<f64>(table + (<usize>(i - space.base) << 3));
    subtract(table + (<usize>start << 4), own, count, space.differences + <usize>k * CHUNK_BYTES + at);
  }
  const differences = space.differences + at;
  const sums = space.sums + at;
  for (let k = 0; k < c; k++) {
    const left = differences + <usize>k * CHUNK_BYTES;
    contract(sums, left, differences, k + 1, count, space.hessian + (<usize>(k * size) << 4));
    contract(sums + CHUNK_BYTES, left, differences + <usize>c * CHUNK_BYTES, g, count, space.hessian + (<usize>(k * size + c) << 4));
  }
  for (let k = 0; k < g; k++) {
    const left = differences + <usize>(c + k) * CHUNK_BYTES;
    const row = space.hessian + (<usize>((c + k) * size + c) << 4);
    contract(sums + 2 * CHUNK_BYTES, left, differences + <usize>c * CHUNK_BYTES, k + 1, count, row);
  }
  if (job.vectorsH == 0) return;
  const strain = differences + <usize>(c + g) * CHUNK_BYTES;
  strainFactor(job, space, i, start, end, origin, strain);
  const row = space.hessian + (<usize>((c + g) * size) << 4);
  contract(sums + 3 * CHUNK_BYTES, strain, differences, c, count, row);
  contract(sums + 4 * CHUNK_BYTES, strain, differences + <usize>c * CHUNK_BYTES, g, count, row + (<usize>c << 4));
  contract(sums + 5 * CHUNK_BYTES, strain, strain, 1, count, row + (<usize>(c + g) << 4));
}

function subtract(table: usize, own: f64, count: i32, out: usize): void {
  const x = both(own);
  for (const end = table + (<usize>count << 4); table < end; table += 16, out += 16) {
    v128.store(out, minus(v128.load(table), x));
  }
}

/** ∂M/∂h·h' over ∂M/∂G·τ: ΔG, and R²/ΔG where |ΔG| is smoothed. */
function strainFactor(job: Job, space: Workspace, i: i32, start: i32, end: i32, origin: i32, out: usize): void {
  const own = load<f64>(job.g + (<usize>i << 3));
  subtract(space.strain + (<usize>start << 4), own, end - start, out);
  if (job.convention == 0) return;
  let record = space.pairs + <usize>(start - origin) * HOMODYNE2_RECORD;
  for (let g = start; g < end; g++, out += 16, record += HOMODYNE2_RECORD) {
    const dg = v128.load(out);
    const factor = f64x2.div(v128.load(record, 80), dg);
    v128.store(out, v128.andnot(factor, f64x2.eq(dg, both(0))));
  }
}

/** target[l] += Σ weight·left·right_l for l < rights, three at a time. */
function contract(weight: usize, left: usize, right: usize, rights: i32, count: i32, target: usize): void {
  const bytes = <usize>count << 4;
  let l = 0;
  for (; l + 3 <= rights; l += 3, right += 3 * CHUNK_BYTES, target += 48) {
    let a = v128.load(target);
    let b = v128.load(target, 16);
    let c = v128.load(target, 32);
    for (let k: usize = 0; k < bytes; k += 16) {
      const w = times(v128.load(weight + k), v128.load(left + k));
      const at = right + k;
      a = plus(a, times(w, v128.load(at)));
      b = plus(b, times(w, v128.load(at, CHUNK_BYTES)));
      c = plus(c, times(w, v128.load(at, 2 * CHUNK_BYTES)));
    }
    v128.store(target, a);
    v128.store(target, b, 16);
    v128.store(target, c, 32);
  }
  for (; l < rights; l++, right += CHUNK_BYTES, target += 16) {
    let a = v128.load(target);
    for (let k: usize = 0; k < bytes; k += 16) {
      a = plus(a, times(times(v128.load(weight + k), v128.load(left + k)), v128.load(right + k)));
    }
    v128.store(target, a);
  }
}
