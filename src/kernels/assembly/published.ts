/**
 * The sweep loop of the published convention: one row, one angle, a run of columns.
 *
 *   M = E·s²,  s = sin x / x,  x = hΔG      ∂M/∂C_j = −κM      ∂M/∂G_j = 2F,  F = E·s·(cos x − s)/ΔG
 *
 * Every variant finds v, s', d with  amplitude·M = v·s'  and  amplitude·F = v·d:
 *
 *   FAR   s' = √amplitude·sin x/h,  v = (E/ΔG²)·s',  d = √amplitude·cos x − s'/ΔG
 *   NEAR  s' = √amplitude·s,        v = E·s',        d = √amplitude·h²·ΔG·(cos x − s)/x²
 *
 * with sin x and cos x by angle addition from tables of the columns and constants of the row.
 */
import { accumulate, both, loadFloats, minus, plus, select, times } from './lanes';
import { PUBLISHED_RECORD } from './pairs';
import { Run } from './run';
import { sincSeries, slopeSeries } from './series';
import { ADJOINT, FAR, MIXED, NEAR, NORMAL, SERIES_BELOW, SHAPE, SLOPES, STATIC, SUMS } from './shapes';
import { Angle, CHUNK_BYTES, columnVectors } from './workspace';

/** `kind`, `shape` and `general` are constants: every combination becomes a loop of its own. */
// @ts-ignore: decorator
@inline
export function sweepPublished(kind: i32, shape: i32, general: bool, run: Run, angle: Angle): void {
  const stride: usize = <usize>(columnVectors(kind, shape != STATIC) << 4);
  const rootAmplitude = both(angle.rootAmplitude);
  const scaledSine = angle.rootAmplitude * run.sine;
  const scaledCosine = angle.rootAmplitude * run.cosine;
  const cosineByH = both(scaledCosine * angle.inverseH);
  const sineByH = both(scaledSine * angle.inverseH);
  const cosine = both(scaledCosine);
  const sine = both(scaledSine);
  const hh = both(angle.hh);
  const rootHh = both(angle.rootAmplitude * angle.hh);
  const strainOfRow = both(run.strainOfRow);
  const amplitude = both(angle.amplitude);
  const scale = both(angle.scale);
  const offset = both(angle.scaledOffset);
  const pull = both(angle.pull);
  const share = both(angle.share);
  const tau = both(angle.tau);
  let values = run.values;
  let pairs = run.pairs;
  let e = run.e;
  let strain = run.strain;
  let columns = run.columns;
  let sums = run.sums;
  let m = both(0);
  let mm = m;
  let sumR = m;
  let rm = m;
  let rr = m;
  let row0 = m;
  let row1 = m;
  let row2 = m;
  let row3 = m;
  let row4 = m;
  let row5 = m;
  const end = values + (<usize>run.count << 3);
  while (values < end) {
    let v: v128 = both(0);
    let s: v128 = both(0);
    let d: v128 = both(0);
    if (shape == FAR || shape == MIXED) {
      const columnSine = v128.load(columns);
      const columnCosine = v128.load(columns, 16);
      s = minus(times(columnSine, cosineByH), times(columnCosine, sineByH));
      v = times(v128.load(pairs), s);
      if (kind != SUMS && kind != SHAPE) {
        const cosineX = plus(times(columnCosine, cosine), times(columnSine, sine));
        d = minus(cosineX, times(s, v128.load(pairs, 16)));
      }
    }
    if (shape == NEAR || shape == MIXED) {
      const dg = minus(v128.load(strain), strainOfRow);
      const z = times(hh, times(dg, dg));
      const near = times(rootAmplitude, sincSeries(z));
      const slope = times(times(rootHh, dg), slopeSeries(z));
      if (shape == NEAR) {
        s = near;
        v = times(v128.load(e), near);
        d = slope;
      } else {
        const isNear = f64x2.lt(z, both(SERIES_BELOW * SERIES_BELOW));
        s = select(near, s, isNear);
        v = select(times(v128.load(e), near), v, isNear);
        d = select(slope, d, isNear);
      }
    }
    let M = shape == STATIC ? times(v128.load(e), amplitude) : times(v, s);
    if (kind == SHAPE) {
      v128.store(sums, M);
      sums += 16;
    } else {
      let r = loadFloats(values);
      if (general) {
        const valid = f64x2.eq(r, r);
        if (kind == NORMAL) r = times(r, scale);
        M = v128.and(M, valid);
        r = v128.and(minus(minus(r, offset), times(pull, M)), valid);
        if (shape != STATIC) v = v128.and(v, valid);
      } else {
        if (kind == NORMAL) r = times(r, scale);
        r = minus(minus(r, offset), M);
      }
      sumR = plus(sumR, r);
      rr = plus(rr, times(r, r));
      if (kind == SUMS) {
        m = plus(m, M);
        mm = plus(mm, times(M, M));
        rm = plus(rm, times(r, M));
      } else if (kind == ADJOINT) {
        m = plus(m, M);
        mm = plus(mm, times(M, M));
        if (shape == STATIC) {
          const rM = times(r, M);
          row0 = plus(row0, rM);
          v128.store(columns, plus(v128.load(columns), rM));
        } else {
          const rv = times(r, v);
          const rM = times(rv, s);
          const rF = times(rv, d);
          row0 = plus(row0, rM);
          row3 = plus(row3, rF);
          v128.store(columns, plus(v128.load(columns, 32), rM), 32);
          v128.store(columns, plus(v128.load(columns, 48), rF), 48);
        }
      } else {
        const MM = times(M, M);
        const rM = times(r, M);
        row0 = plus(row0, M);
        row1 = plus(row1, MM);
        row2 = plus(row2, rM);
        if (shape == STATIC) {
          v128.store(columns, plus(v128.load(columns), M));
          v128.store(columns, plus(v128.load(columns, 16), MM), 16);
          v128.store(columns, plus(v128.load(columns, 32), rM), 32);
        } else {
          v128.store(columns, plus(v128.load(columns, 32), M), 32);
          v128.store(columns, plus(v128.load(columns, 48), MM), 48);
          v128.store(columns, plus(v128.load(columns, 64), rM), 64);
        }
        if (kind == NORMAL) accumulate(sums, general ? times(share, MM) : MM);
        if (shape != STATIC) {
          const F = times(v, d);
          let MF = times(M, F);
          const rF = times(r, F);
          row3 = plus(row3, F);
          row4 = plus(row4, MF);
          row5 = plus(row5, rF);
          v128.store(columns, plus(v128.load(columns, 80), F), 80);
          v128.store(columns, plus(v128.load(columns, 96), MF), 96);
          v128.store(columns, plus(v128.load(columns, 112), rF), 112);
          if (kind == NORMAL) {
            let FF = times(F, F);
            if (general) {
              MF = times(share, MF);
              FF = times(share, FF);
            }
            v128.store(sums, plus(v128.load(sums, 1 * CHUNK_BYTES), MF), 1 * CHUNK_BYTES);
            v128.store(sums, plus(v128.load(sums, 2 * CHUNK_BYTES), FF), 2 * CHUNK_BYTES);
            v128.store(sums, plus(v128.load(sums, 3 * CHUNK_BYTES), times(tau, MF)), 3 * CHUNK_BYTES);
            FF = times(tau, FF);
            v128.store(sums, plus(v128.load(sums, 4 * CHUNK_BYTES), FF), 4 * CHUNK_BYTES);
            v128.store(sums, plus(v128.load(sums, 5 * CHUNK_BYTES), times(tau, FF)), 5 * CHUNK_BYTES);
          }
        }
        if (kind == NORMAL) sums += 16;
      }
    }
    values += 8;
    pairs += PUBLISHED_RECORD;
    e += 16;
    strain += 16;
    columns += stride;
  }
  if (kind == SHAPE) return;
  angle.r = plus(angle.r, sumR);
  angle.rr = plus(angle.rr, rr);
  if (kind == SUMS || kind == ADJOINT) {
    angle.m = plus(angle.m, m);
    angle.mm = plus(angle.mm, mm);
  }
  if (kind == SUMS) angle.rm = plus(angle.rm, rm);
  if (kind != SUMS) {
    angle.row0 = plus(angle.row0, row0);
    if (shape != STATIC) angle.row3 = plus(angle.row3, row3);
  }
  if (kind == NORMAL || kind == SLOPES) {
    angle.row1 = plus(angle.row1, row1);
    angle.row2 = plus(angle.row2, row2);
    if (shape != STATIC) {
      angle.row4 = plus(angle.row4, row4);
      angle.row5 = plus(angle.row5, row5);
    }
  }
}
