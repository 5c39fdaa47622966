/**
 * Turn row and column sums into the tile's result, and undo the factors that were folded into M and r.
 *
 *   ∂L/∂C_j = weight·contrast·κ·Σ_i rM       ∂L/∂G_j = −f·weight·contrast·Σ_i rF      (opposite signs for i)
 *   Σ ∂_kM = −κ·Σ M·(c_k(j) − c_k(i))  or  f·Σ F·(g_k(j) − g_k(i)),  with f = 2 (published) or 4 (homodyne2)
 */
import { Job } from './job';
import { accumulate, both, laneSum, plus, times } from './lanes';
import { hessianEntry, hessianSize, padded, tableBytes } from './normal';
import { ADJOINT, NORMAL } from './shapes';
import { Angle, angleAt, hasVectors, Workspace } from './workspace';

// @ts-ignore: decorator
@inline
function add(address: usize, value: f64): void {
  store<f64>(address, load<f64>(address) + value);
}

// @ts-ignore: decorator
@inline
function strainFactor(job: Job): f64 {
  return job.convention == 0 ? 2 : 4;
}

/** Take the row sums of one angle out of the way before the next row. */
export function finishRow(job: Job, space: Workspace, angle: Angle, i: i32, result: usize): void {
  if (job.kind == ADJOINT) {
    const pull = (angle.weight * angle.contrast) / angle.amplitude;
    if (job.convention == 0) angle.rm = plus(angle.rm, angle.row0);
    add(result + (<usize>(job.cAt + i) << 3), -pull * job.kappa * laneSum(angle.row0));
    if (job.shear) {
      const sum = laneSum(angle.row3);
      add(result + (<usize>(job.gAt + i) << 3), strainFactor(job) * pull * sum);
      angle.strainOfRows += sum * strainSince(job, space, i);
    }
  } else if (hasVectors(job.kind)) {
    if (job.convention == 0) {
      angle.m = plus(angle.m, angle.row0);
      angle.mm = plus(angle.mm, angle.row1);
      angle.rm = plus(angle.rm, angle.row2);
    }
    subtractRow(job, space, angle, i);
  }
}

/** G_i − G_b, b the first row. */
// @ts-ignore: decorator
@inline
function strainSince(job: Job, space: Workspace, i: i32): f64 {
  return load<f64>(job.g + (<usize>i << 3)) - load<f64>(job.g + (<usize>space.rowStart << 3));
}

/** Σ w·(v_j − v_i) = Σ_j v_j·(column sum − row sum): what a row sums is taken from the column sums of its own frame. */
function subtractRow(job: Job, space: Workspace, angle: Angle, i: i32): void {
  const column = i - space.base;
  let weights = angle.columns + <usize>(column >> 1) * <usize>space.columnStride + (<usize>(column & 1) << 3);
  if (job.shear) weights += 32;
  add(weights, -laneSum(angle.row0));
  add(weights + 16, -laneSum(angle.row1));
  add(weights + 32, -laneSum(angle.row2));
  if (!job.shear) return;
  add(weights + 48, -laneSum(angle.row3));
  add(weights + 64, -laneSum(angle.row4));
  add(weights + 80, -laneSum(angle.row5));
}

export function finishTile(job: Job, space: Workspace, result: usize): void {
  for (let a = 0; a < space.angleCount; a++) {
    const angle = angleAt(space, a);
    const amplitude = angle.amplitude;
    const scale = angle.scale;
    const sums = result + (<usize>(job.sumsAt + 5 * angle.index) << 3);
    store<f64>(sums, laneSum(angle.m) / amplitude);
    store<f64>(sums, laneSum(angle.mm) / (amplitude * amplitude), 8);
    store<f64>(sums, laneSum(angle.r) / scale, 16);
    store<f64>(sums, laneSum(angle.rm) / (amplitude * scale), 24);
    store<f64>(sums, laneSum(angle.rr) / (scale * scale), 32);
    if (job.kind == ADJOINT) finishAdjoint(job, space, angle, result);
    else if (hasVectors(job.kind)) finishDerivatives(job, space, angle, result);
  }
  if (job.kind == NORMAL) finishHessian(job, space, result);
}

function finishAdjoint(job: Job, space: Workspace, angle: Angle, result: usize): void {
  const pull = (angle.weight * angle.contrast) / angle.amplitude;
  const factorC = both(pull * job.kappa);
  const factorG = both(-strainFactor(job) * pull);
  const anchor = both(job.shear ? load<f64>(job.g + (<usize>space.rowStart << 3)) : 0);
  let total = both(0);
  let column = angle.columns + (job.shear ? 32 : 0);
  // A column before the first frame adds zero to the number before the vector.
  let c = result + (<usize>(job.cAt + space.base) << 3);
  let g = result + (<usize>(job.gAt + space.base) << 3);
  for (let k = 0; k < space.groups; k++, column += <usize>space.columnStride, c += 16, g += 16) {
    accumulate(c, times(factorC, v128.load(column)));
    if (job.shear) {
      const rF = v128.load(column, 16);
      accumulate(g, times(factorG, rF));
      total = plus(total, times(rF, f64x2.sub(v128.load(space.strain + (<usize>k << 4)), anchor)));
    }
  }
  if (!job.shear || !(angle.hh > 0)) return;
  const sum = job.convention == 0 ? laneSum(total) - angle.strainOfRows : laneSum(angle.h0);
  store<f64>(result + (<usize>(job.hAt + angle.index) << 3), (-strainFactor(job) * pull * sum) / angle.h);
}

function finishDerivatives(job: Job, space: Workspace, angle: Angle, result: usize): void {
  const c = job.vectorsC;
  const g = job.vectorsG;
  const f = strainFactor(job);
  const first = <usize>(angle.index * job.parameters);
  const d = result + ((<usize>job.dAt + first) << 3);
  const md = result + ((<usize>job.mdAt + first) << 3);
  const rd = result + ((<usize>job.rdAt + first) << 3);
  const byD = 1 / angle.amplitude;
  const byMd = byD / angle.amplitude;
  const byRd = byD / angle.scale;
  for (let k = 0; k < c + g; k++) {
    const table = space.vectors + <usize>k * tableBytes(space);
    const factor = k < c ? -job.kappa : f;
    const weights = angle.columns + (job.shear ? 32 : 0) + (k < c ? 0 : 48);
    const at = <usize>k << 3;
    store<f64>(d + at, factor * byD * columnProduct(space, weights, table, 0));
    store<f64>(md + at, factor * byMd * columnProduct(space, weights + 16, table, 0));
    store<f64>(rd + at, factor * byRd * columnProduct(space, weights + 32, table, 0));
  }
  if (job.vectorsH == 0) return;
  const at = <usize>(c + g) << 3;
  const factor = f * angle.tau;
  if (job.convention == 0) {
    const anchor = load<f64>(job.g + (<usize>space.rowStart << 3));
    const weights = angle.columns + 80;
    store<f64>(d + at, factor * byD * columnProduct(space, weights, space.strain, anchor));
    store<f64>(md + at, factor * byMd * columnProduct(space, weights + 16, space.strain, anchor));
    store<f64>(rd + at, factor * byRd * columnProduct(space, weights + 32, space.strain, anchor));
  } else {
    store<f64>(d + at, factor * byD * laneSum(angle.h0));
    store<f64>(md + at, factor * byMd * laneSum(angle.h1));
    store<f64>(rd + at, factor * byRd * laneSum(angle.h2));
  }
}

/** Σ_j weight_j·(vector_j − anchor) over the column records. */
function columnProduct(space: Workspace, weights: usize, table: usize, anchor: f64): f64 {
  const x = both(anchor);
  let sum = both(0);
  for (const end = table + (<usize>space.groups << 4); table < end; table += 16, weights += <usize>space.columnStride) {
    sum = plus(sum, times(v128.load(weights), f64x2.sub(v128.load(table), x)));
  }
  return laneSum(sum);
}

/** Give the matrix its factors and its true size. C × G was summed above the diagonal, the rest below. */
function finishHessian(job: Job, space: Workspace, result: usize): void {
  const c = job.vectorsC;
  const cg = c + job.vectorsG;
  const size = job.parameters;
  const f = strainFactor(job);
  for (let k = 0; k < size; k++) {
    for (let l = 0; l <= k; l++) {
      const a = place(job, k);
      const b = place(job, l);
      const above = l < c && k >= c && k < cg;
      const entry = above ? hessianEntry(job, space, b, a) : hessianEntry(job, space, a, b);
      const factor = (k < c ? -job.kappa : f) * (l < c ? -job.kappa : f);
      const value = factor * laneSum(v128.load(entry));
      store<f64>(result + (<usize>(job.hessianAt + k * size + l) << 3), value);
      store<f64>(result + (<usize>(job.hessianAt + l * size + k) << 3), value);
    }
  }
}

/** Where parameter k stands among the padded vectors. */
function place(job: Job, k: i32): i32 {
  if (k < job.vectorsC) return k;
  if (k < job.vectorsC + job.vectorsG) return k - job.vectorsC + padded(job.vectorsC);
  return hessianSize(job) - 1;
}
