/**
 * The sweep loop of the homodyne2 convention: one row, one angle, a run of columns.
 *
 *   M = E·s⁴ ≥ 1e-20,  E = e^{−κR_C},  s = sin x / x,  x = hR,  R = √(ΔG² + 1e-12)
 *   ∂M/∂C_j = −κ·M·ΔC/R_C     ∂M/∂G_j = 4F,  F = F0·ΔG/R²,  F0 = E·s³·(cos x − s)     ∂M/∂h = 4F0/h
 *
 * and no derivatives at the floor. R breaks the angle addition, but hR = hΔG + hδ with hδ < 7·10⁻⁴ where runs are FAR
 * (see classify.ts), so three terms of sin hδ and cos hδ mend it.
 */
import { accumulate, both, loadFloats, minus, plus, select, times } from './lanes';
import { storeSinCos } from './elementary';
import { HOMODYNE2_RECORD } from './pairs';
import { Run } from './run';
import { sincSeries, slopeSeries } from './series';
import { ADJOINT, DIRECT, FAR, FLOOR, MIXED, NEAR, NORMAL, SERIES_BELOW, SHAPE, STATIC, SUMS } from './shapes';
import { Angle, CHUNK_BYTES, columnVectors } from './workspace';

/** `kind` and `shape` are constants: every combination becomes a loop of its own. */
// @ts-ignore: decorator
@inline
export function sweepHomodyne2(kind: i32, shape: i32, run: Run, angle: Angle): void {
  const stride: usize = <usize>(columnVectors(kind, shape != STATIC) << 4);
  const cosine = both(run.cosine);
  const sine = both(run.sine);
  const h = both(angle.h);
  const inverseH = both(angle.inverseH);
  const hh = both(angle.hh);
  const one = both(1);
  const floor = both(FLOOR);
  const offset = both(angle.scaledOffset);
  const pull = both(angle.pull);
  const share = both(angle.share);
  const tau = both(angle.tau);
  let values = run.values;
  let pairs = run.pairs;
  let columns = run.columns;
  let sums = run.sums;
  let m = both(0);
  let mm = m;
  let sumR = m;
  let rm = m;
  let rr = m;
  let h0 = m;
  let h1 = m;
  let h2 = m;
  let row0 = m;
  let row1 = m;
  let row2 = m;
  let row3 = m;
  let row4 = m;
  let row5 = m;
  const end = values + (<usize>run.count << 3);
  while (values < end) {
    let M = v128.load(pairs);
    let F0: v128 = both(0);
    if (shape != STATIC) {
      let s: v128 = both(0);
      let d: v128 = both(0);
      if (shape == FAR || shape == MIXED) {
        const columnSine = v128.load(columns);
        const columnCosine = v128.load(columns, 16);
        const sineX = minus(times(columnSine, cosine), times(columnCosine, sine));
        const cosineX = plus(times(columnCosine, cosine), times(columnSine, sine));
        const excess = times(h, v128.load(pairs, 32));
        const square = times(excess, excess);
        const sineExcess = times(excess, minus(one, times(square, both(1.0 / 6.0))));
        const cosineExcess = minus(one, times(square, minus(both(0.5), times(square, both(1.0 / 24.0)))));
        const sineR = plus(times(sineX, cosineExcess), times(cosineX, sineExcess));
        s = times(times(sineR, inverseH), v128.load(pairs, 16));
        d = minus(minus(times(cosineX, cosineExcess), times(sineX, sineExcess)), s);
      }
      if (shape == DIRECT) {
        const inverse = f64x2.abs(v128.load(pairs, 16));
        v128.store(run.scratch, times(h, f64x2.sqrt(v128.load(pairs, 80))));
        storeSinCos(run.scratch, run.scratch, run.scratch + 16);
        s = times(times(v128.load(run.scratch), inverseH), inverse);
        d = minus(v128.load(run.scratch, 16), s);
      }
      if (shape != FAR) {
        const z = times(hh, v128.load(pairs, 80));
        const near = sincSeries(z);
        const slope = times(z, slopeSeries(z));
        if (shape == NEAR) {
          s = near;
          d = slope;
        } else {
          const isNear = f64x2.lt(z, both(SERIES_BELOW * SERIES_BELOW));
          s = select(near, s, isNear);
          d = select(slope, d, isNear);
        }
      }
      const cube = times(M, times(s, times(s, s)));
      F0 = times(cube, d);
      M = times(cube, s);
    }
    const below = f64x2.lt(M, floor);
    M = select(floor, M, below);
    if (kind == SHAPE) {
      v128.store(sums, M);
      sums += 16;
    } else {
      let r = loadFloats(values);
      const valid = f64x2.eq(r, r);
      const free = v128.andnot(valid, below);
      M = v128.and(M, valid);
      r = v128.and(minus(minus(r, offset), times(pull, M)), valid);
      m = plus(m, M);
      mm = plus(mm, times(M, M));
      sumR = plus(sumR, r);
      rm = plus(rm, times(r, M));
      rr = plus(rr, times(r, r));
      if (kind != SUMS) {
        const weightC = v128.and(times(M, v128.load(pairs, 48)), free);
        F0 = v128.and(F0, free);
        if (kind == ADJOINT) {
          const rC = times(r, weightC);
          row0 = plus(row0, rC);
          if (shape == STATIC) {
            v128.store(columns, plus(v128.load(columns), rC));
          } else {
            v128.store(columns, plus(v128.load(columns, 32), rC), 32);
            const r0 = times(r, F0);
            const rF = times(r0, v128.load(pairs, 64));
            h0 = plus(h0, r0);
            row3 = plus(row3, rF);
            v128.store(columns, plus(v128.load(columns, 48), rF), 48);
          }
        } else {
          const mC = times(M, weightC);
          const rC = times(r, weightC);
          row0 = plus(row0, weightC);
          row1 = plus(row1, mC);
          row2 = plus(row2, rC);
          if (shape == STATIC) {
            v128.store(columns, plus(v128.load(columns), weightC));
            v128.store(columns, plus(v128.load(columns, 16), mC), 16);
            v128.store(columns, plus(v128.load(columns, 32), rC), 32);
          } else {
            v128.store(columns, plus(v128.load(columns, 32), weightC), 32);
            v128.store(columns, plus(v128.load(columns, 48), mC), 48);
            v128.store(columns, plus(v128.load(columns, 64), rC), 64);
          }
          const sharedC = times(share, weightC);
          if (kind == NORMAL) accumulate(sums, times(sharedC, weightC));
          if (shape != STATIC) {
            const F = times(F0, v128.load(pairs, 64));
            const mF = times(M, F);
            const rF = times(r, F);
            h0 = plus(h0, F0);
            h1 = plus(h1, times(M, F0));
            h2 = plus(h2, times(r, F0));
            row3 = plus(row3, F);
            row4 = plus(row4, mF);
            row5 = plus(row5, rF);
            v128.store(columns, plus(v128.load(columns, 80), F), 80);
            v128.store(columns, plus(v128.load(columns, 96), mF), 96);
            v128.store(columns, plus(v128.load(columns, 112), rF), 112);
            if (kind == NORMAL) {
              const CF = times(sharedC, F);
              let FF = times(times(share, F), F);
              v128.store(sums, plus(v128.load(sums, 1 * CHUNK_BYTES), CF), 1 * CHUNK_BYTES);
              v128.store(sums, plus(v128.load(sums, 2 * CHUNK_BYTES), FF), 2 * CHUNK_BYTES);
              v128.store(sums, plus(v128.load(sums, 3 * CHUNK_BYTES), times(tau, CF)), 3 * CHUNK_BYTES);
              FF = times(tau, FF);
              v128.store(sums, plus(v128.load(sums, 4 * CHUNK_BYTES), FF), 4 * CHUNK_BYTES);
              v128.store(sums, plus(v128.load(sums, 5 * CHUNK_BYTES), times(tau, FF)), 5 * CHUNK_BYTES);
            }
          }
          if (kind == NORMAL) sums += 16;
        }
      }
    }
    values += 8;
    pairs += HOMODYNE2_RECORD;
    columns += stride;
  }
  if (kind == SHAPE) return;
  angle.m = plus(angle.m, m);
  angle.mm = plus(angle.mm, mm);
  angle.r = plus(angle.r, sumR);
  angle.rm = plus(angle.rm, rm);
  angle.rr = plus(angle.rr, rr);
  if (kind == SUMS) return;
  angle.h0 = plus(angle.h0, h0);
  angle.row0 = plus(angle.row0, row0);
  angle.row3 = plus(angle.row3, row3);
  if (kind == ADJOINT) return;
  angle.h1 = plus(angle.h1, h1);
  angle.h2 = plus(angle.h2, h2);
  angle.row1 = plus(angle.row1, row1);
  angle.row2 = plus(angle.row2, row2);
  angle.row4 = plus(angle.row4, row4);
  angle.row5 = plus(angle.row5, row5);
}
