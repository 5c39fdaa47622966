/** Sweep one tile: rows from top to bottom, chunks of columns, angles side by side, runs of one kind of S. */
import { classify } from './classify';
import { finishRow, finishTile } from './finish';
import { Job } from './job';
import { contractRow, prepareVectors } from './normal';
import { HOMODYNE2_RECORD, prepareHomodyne2, preparePairs, PUBLISHED_RECORD } from './pairs';
import { prepareAngles, prepareColumns } from './prepare';
import { Run } from './run';
import { FAR, MIXED, NORMAL, SHAPE, STATIC } from './shapes';
import { sweepRun } from './variants';
import {
  Angle, angleAt, BLOCK_GROUPS, BLOCK_ROWS, CHUNK_BYTES, CHUNK_GROUPS, hasVectors, layOut, PAIR_BYTES, PAIR_SUMS, rowsTogether,
  SUMS_BYTES, Workspace,
} from './workspace';

/** Bytes of arena that any tile of a job needs; `arena` itself must have 16 KiB already. */
export function arenaBytes(job: Job, arena: usize, rows: i32, angles: i32): usize {
  return layOut(job, arena, 0, rows, 0, angles).end - arena;
}

/**
 * Compute a tile's partial result (job.resultLength float64 at `result`).
 *
 * `values` is where the float32 triangle of the first angle begins, or would begin if only the rows of the tile are there
 * (such an address may wrap around); the triangle of the next angle is `angleBytes` further on.
 */
export function runTile(
  job: Job, rowStart: i32, rowEnd: i32, angleStart: i32, angleEnd: i32, values: usize, angleBytes: usize, arena: usize, result: usize,
): void {
  const space = layOut(job, arena, rowStart, rowEnd, angleStart, angleEnd);
  space.values = values;
  space.angleBytes = angleBytes;
  memory.fill(result, 0, <usize>job.resultLength << 3);
  sweepTile(job, space, result);
  finishTile(job, space, result);
}

/** Write M of rows from `rowStart` to `rowEnd` of one angle, in triangle order, with one spare float64 before `out`. */
export function shapeTile(job: Job, rowStart: i32, rowEnd: i32, angle: i32, arena: usize, out: usize): void {
  const space = layOut(job, arena, rowStart, rowEnd, angle, angle + 1);
  sweepTile(job, space, out);
}

/** First group of row i with a pair; its first lane is no pair of the row if `hasLead`. */
// @ts-ignore: decorator
@inline
function firstGroup(space: Workspace, i: i32): i32 {
  return (i + 1 - space.base) >> 1;
}

// @ts-ignore: decorator
@inline
function hasLead(space: Workspace, i: i32): bool {
  return ((i + 1 - space.base) & 1) != 0;
}

/** Pairs before (i, i+1) in a triangle. */
// @ts-ignore: decorator
@inline
function pairsBefore(job: Job, i: i32): usize {
  return <usize>i * <usize>(job.frames - 1) - ((<usize>i * <usize>(i - 1)) >> 1);
}

function sweepTile(job: Job, space: Workspace, result: usize): void {
  prepareColumns(job, space);
  prepareAngles(job, space);
  if (hasVectors(job.kind)) prepareVectors(job, space);
  const together = <i32>rowsTogether(job.kind);
  for (let origin = 0; origin < space.groups; origin += CHUNK_GROUPS) {
    const end = min(origin + CHUNK_GROUPS, space.groups);
    for (let from = space.rowStart; from < space.rowEnd; from += BLOCK_ROWS) {
      const to = min(from + BLOCK_ROWS, space.rowEnd);
      const start = max(origin, firstGroup(space, from) & ~(BLOCK_GROUPS - 1));
      if (start >= end) break;
      if (job.shear) classify(job, space, from, to, start, end);
      for (let i = from; i < to; i += together) {
        sweepRows(job, space, i, min(i + together, to), origin, end, result);
      }
    }
  }
}

/** Rows from ≤ i < to in the chunk of groups from `origin` to `end`. */
function sweepRows(job: Job, space: Workspace, from: i32, to: i32, origin: i32, end: i32, result: usize): void {
  for (let i = from; i < to; i++) {
    const slot = <usize>(i - from);
    const start = max(firstGroup(space, i), origin);
    if (start >= end) continue;
    preparePairs(job, space, slot, i, start, end, origin);
    if (job.convention != 0) prepareHomodyne2(job, space, slot, i, start, end, origin);
    if (job.kind == NORMAL) clearPairSums(space, slot, <usize>(start - origin), <usize>(end - start));
  }
  for (let a = 0; a < space.angleCount; a++) {
    const angle = angleAt(space, a);
    for (let i = from; i < to; i++) sweepRow(job, space, <usize>(i - from), angle, i, origin, end, result);
  }
  if (job.kind != NORMAL) return;
  for (let i = from; i < to; i++) {
    const start = max(firstGroup(space, i), origin);
    if (start < end) contractRow(job, space, <usize>(i - from), i, start, end, origin);
  }
}

function sweepRow(job: Job, space: Workspace, slot: usize, angle: Angle, i: i32, origin: i32, end: i32, result: usize): void {
  const first = firstGroup(space, i);
  let g = max(first, origin);
  if (g >= end) return;
  const stride = <usize>space.columnStride;
  const record = job.convention == 0 ? PUBLISHED_RECORD : HOMODYNE2_RECORD;
  const local = <usize>(g - origin);
  const run = changetype<Run>(space.run);
  run.scratch = space.scratch;
  if (job.shear) {
    const own = i - space.base;
    const table = angle.columns + <usize>(own >> 1) * stride + (<usize>(own & 1) << 3);
    run.sine = load<f64>(table);
    run.cosine = load<f64>(table, 16);
    run.strainOfRow = load<f64>(job.g + (<usize>i << 3));
  }
  clearRowSums(angle);
  const pairs = pairsBefore(job, i) + <usize>(space.base + 2 * g - i - 1);
  run.values = angle.values + (pairs << 2);
  run.pairs = space.pairs + slot * PAIR_BYTES + local * record;
  run.e = space.e + slot * CHUNK_BYTES + (local << 4);
  run.strain = space.strain + (<usize>g << 4);
  run.columns = angle.columns + <usize>g * stride;
  run.sums = space.sums + slot * SUMS_BYTES + (local << 4);
  const isLead = g == first && hasLead(space, i);
  let shaped: usize = 0;
  let kept: f64 = 0;
  if (job.kind == SHAPE) {
    shaped = result + ((pairs - pairsBefore(job, space.rowStart)) << 3);
    kept = load<f64>(shaped);
    run.values = 0;
    run.sums = shaped;
  } else if (isLead) {
    g = sweepLead(job, space, run, angle, g, end);
  }
  if (job.shear) {
    for (let k = 0; k < angle.runCount; k++) {
      const stop = load<i32>(angle.runs + (<usize>k << 3));
      if (stop <= g) continue;
      sweepRun(job, load<i32>(angle.runs + (<usize>k << 3), 4), angle.general != 0, run, angle, stop - g);
      advance(run, record, stride, <usize>(stop - g));
      g = stop;
    }
  } else if (g < end) {
    sweepRun(job, STATIC, angle.general != 0, run, angle, end - g);
  }
  if (job.kind != SHAPE) finishRow(job, space, angle, i, result);
  // The lane before the first pair wrote over the last number of the row above.
  else if (isLead) store<f64>(shaped, kept);
}

/** Sweep the rest of the first block of a row whose first lane is no pair, from a copy with that lane set to NaN. */
function sweepLead(job: Job, space: Workspace, run: Run, angle: Angle, g: i32, end: i32): i32 {
  const stop = min((g | (BLOCK_GROUPS - 1)) + 1, end);
  const count = <usize>(stop - g);
  const values = run.values;
  for (let k: usize = 0; k < count << 3; k += 8) store<u64>(space.lead + k, load<u64>(values + k));
  store<f32>(space.lead, NaN);
  run.values = space.lead;
  let shape = STATIC;
  if (job.shear) {
    shape = load<i32>(angle.runs, 4);
    if (shape == FAR) shape = MIXED;
  }
  sweepRun(job, shape, true, run, angle, stop - g);
  run.values = values;
  advance(run, job.convention == 0 ? PUBLISHED_RECORD : HOMODYNE2_RECORD, <usize>space.columnStride, count);
  return stop;
}

// @ts-ignore: decorator
@inline
function advance(run: Run, record: usize, stride: usize, groups: usize): void {
  run.values += groups << 3;
  run.pairs += groups * record;
  run.e += groups << 4;
  run.strain += groups << 4;
  run.columns += groups * stride;
  run.sums += groups << 4;
}

// @ts-ignore: decorator
@inline
function clearRowSums(angle: Angle): void {
  const zero = f64x2.splat(0);
  angle.row0 = zero;
  angle.row1 = zero;
  angle.row2 = zero;
  angle.row3 = zero;
  angle.row4 = zero;
  angle.row5 = zero;
}

function clearPairSums(space: Workspace, slot: usize, start: usize, count: usize): void {
  const sums = space.sums + slot * SUMS_BYTES + (start << 4);
  for (let k: usize = 0; k < PAIR_SUMS; k++) memory.fill(sums + k * CHUNK_BYTES, 0, count << 4);
}
