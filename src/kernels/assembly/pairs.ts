/**
 * What the pairs of one row share over all angles.
 *
 *   published   record [E/ΔG², 1/ΔG]
 *   homodyne2   record [E, 1/R, R − ΔG, ΔC/R_C, ΔG/R², R²] with R = √(ΔG² + 1e-12), R_C = √(ΔC² + 1e-12); 1/R and
 *               R − ΔG carry the sign of ΔG, so that h·R is the angle addition's h·ΔG plus a small correction
 *
 * and E by itself in a table of its own.
 */
import { exponential } from './elementary';
import { Job } from './job';
import { both, clamp, minus, plus, times } from './lanes';
import { decayFactor } from './prepare';
import { SMOOTHING } from './shapes';
import { CHUNK_BYTES, PAIR_BYTES, Workspace } from './workspace';

export const PUBLISHED_RECORD: usize = 32;
export const HOMODYNE2_RECORD: usize = 96;
/** Largest κ·√smoothing for which 1 − κδ + (κδ)²/2 is exact to rounding. */
const CORRECTION_LIMIT: f64 = 1e-6;

/**
 * E and, under shear in the published convention, the pair records for groups start ≤ g < end of row i; `origin` is
 * the first group of the chunk.
 */
export function preparePairs(job: Job, space: Workspace, slot: usize, i: i32, start: i32, end: i32, origin: i32): void {
  let e = space.e + slot * CHUNK_BYTES + (<usize>(start - origin) << 4);
  let record = space.pairs + slot * PAIR_BYTES + <usize>(start - origin) * PUBLISHED_RECORD;
  const withRecords = job.shear != 0 && job.convention == 0;
  const gi = both(job.shear ? load<f64>(job.g + (<usize>i << 3)) : 0);
  let g = start;
  if (space.steep) {
    // One anchor cannot serve the pairs inside the tile's rows without overflow; take their exponentials one by one.
    const minusKappa = both(-job.kappa);
    const ci = both(load<f64>(job.c + (<usize>i << 3)));
    const inside = min(end, (space.rowEnd - space.base + 1) >> 1);
    for (; g < inside; g++, e += 16, record += PUBLISHED_RECORD) {
      const factor = decayFactor(times(minusKappa, minus(v128.load(space.transport + (<usize>g << 4)), ci)));
      v128.store(e, factor);
      if (withRecords) storeRecord(record, factor, minus(v128.load(space.strain + (<usize>g << 4)), gi));
    }
  }
  const own = both(load<f64>(space.rowDecay + (<usize>(i - space.rowStart) << 3)));
  let decay = space.decay + (<usize>g << 4);
  const stop = space.decay + (<usize>end << 4);
  if (!withRecords) {
    for (; decay < stop; decay += 16, e += 16) v128.store(e, times(v128.load(decay), own));
    return;
  }
  let strain = space.strain + (<usize>g << 4);
  for (; decay < stop; decay += 16, strain += 16, e += 16, record += PUBLISHED_RECORD) {
    const factor = times(v128.load(decay), own);
    v128.store(e, factor);
    storeRecord(record, factor, minus(v128.load(strain), gi));
  }
}

// @ts-ignore: decorator
@inline
function storeRecord(record: usize, e: v128, dg: v128): void {
  const inverse = f64x2.div(both(1), dg);
  v128.store(record, times(e, times(inverse, inverse)));
  v128.store(record, inverse, 16);
}

/** The records of the homodyne2 convention, after `preparePairs`. */
export function prepareHomodyne2(job: Job, space: Workspace, slot: usize, i: i32, start: i32, end: i32, origin: i32): void {
  const smoothing = both(SMOOTHING);
  const one = both(1);
  const kappa = both(job.kappa);
  const ci = both(load<f64>(job.c + (<usize>i << 3)));
  const corrected = job.kappa * sqrt(SMOOTHING) <= CORRECTION_LIMIT;
  let record = space.pairs + slot * PAIR_BYTES + <usize>(start - origin) * HOMODYNE2_RECORD;
  let e = space.e + slot * CHUNK_BYTES + (<usize>(start - origin) << 4);
  for (let g = start; g < end; g++, e += 16, record += HOMODYNE2_RECORD) {
    const dc = minus(v128.load(space.transport + (<usize>g << 4)), ci);
    const length = f64x2.sqrt(plus(times(dc, dc), smoothing));
    if (corrected) {
      const excess = times(kappa, f64x2.div(smoothing, plus(length, dc)));
      const factor = plus(minus(one, excess), times(times(excess, excess), both(0.5)));
      v128.store(record, times(v128.load(e), factor));
    } else {
      v128.store(record, exponential(clamp(times(f64x2.neg(kappa), length), both(-300), both(0))));
    }
    v128.store(record, f64x2.div(dc, length), 48);
    if (job.shear) prepareSmoothedStrain(job, space, i, g, record);
  }
}

// @ts-ignore: decorator
@inline
function prepareSmoothedStrain(job: Job, space: Workspace, i: i32, g: i32, record: usize): void {
  const smoothing = both(SMOOTHING);
  const dg = minus(v128.load(space.strain + (<usize>g << 4)), both(load<f64>(job.g + (<usize>i << 3))));
  const square = plus(times(dg, dg), smoothing);
  const length = f64x2.sqrt(square);
  const sign = v128.and(dg, both(-0.0));
  const inverse = f64x2.div(both(1), length);
  v128.store(record, v128.or(inverse, sign), 16);
  v128.store(record, v128.or(f64x2.div(smoothing, plus(length, f64x2.abs(dg))), sign), 32);
  v128.store(record, times(times(dg, inverse), inverse), 64);
  v128.store(record, square, 80);
}
