/**
 * Decide for blocks of columns whether sin x/x needs its series: FAR, NEAR or MIXED for a few rows and one angle.
 *
 * |x| = |h|·|G_j − G_i| is bounded by the ranges of G over the rows and over the block; neighbouring blocks of one kind
 * become one run. Where everything from a block on is FAR, as for strain that only grows, the last run ends the search.
 */
import { Job } from './job';
import { DIRECT, FAR, FAR_FROM, MIXED, NEAR, SERIES_BELOW, SMOOTHING } from './shapes';
import { Angle, angleAt, BLOCK_GROUPS, LIMIT_BYTES, Workspace } from './workspace';

/** Largest |h|·√smoothing for which the homodyne2 correction by short series is exact to rounding. */
const CORRECTION_LIMIT: f64 = 0.005;

/** Write the runs of all angles for rows from ≤ i < to and groups start ≤ g < end. */
export function classify(job: Job, space: Workspace, from: i32, to: i32, start: i32, end: i32): void {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = from; i < to; i++) {
    const g = load<f64>(job.g + (<usize>i << 3));
    lowest = min(lowest, g);
    highest = max(highest, g);
  }
  const smoothing = job.convention == 0 ? 0 : SMOOTHING;
  for (let a = 0; a < space.angleCount; a++) {
    const angle = angleAt(space, a);
    const h = abs(angle.h);
    const needsDirect = h * sqrt(smoothing) > CORRECTION_LIMIT;
    angle.runCount = 0;
    let limits = space.limits + <usize>(start / BLOCK_GROUPS) * LIMIT_BYTES;
    for (let g = start; g < end; g += BLOCK_GROUPS, limits += LIMIT_BYTES) {
      if (!needsDirect && h * distance(limits + 16, lowest, highest) >= FAR_FROM) {
        append(angle, end, FAR);
        break;
      }
      const widest = max(load<f64>(limits, 8) - lowest, highest - load<f64>(limits));
      let shape = MIXED;
      if (h * distance(limits, lowest, highest) >= FAR_FROM) shape = FAR;
      else if (h * sqrt(widest * widest + smoothing) < SERIES_BELOW) shape = NEAR;
      if (needsDirect && shape != NEAR) shape = DIRECT;
      append(angle, min(g + BLOCK_GROUPS, end), shape);
    }
  }
}

/** The least distance between a range in memory and another. */
// @ts-ignore: decorator
@inline
function distance(range: usize, lowest: f64, highest: f64): f64 {
  return max(load<f64>(range) - highest, lowest - load<f64>(range, 8));
}

function append(angle: Angle, end: i32, shape: i32): void {
  const last = angle.runs + (<usize>(angle.runCount - 1) << 3);
  if (angle.runCount > 0 && load<i32>(last + 4) == shape) {
    store<i32>(last, end);
    return;
  }
  const next = angle.runs + (<usize>angle.runCount << 3);
  store<i32>(next, end);
  store<i32>(next + 4, shape);
  angle.runCount += 1;
}
