/**
 * Decide for blocks of columns whether sin x/x needs its series: FAR, NEAR or MIXED for a few rows and one angle.
 *
 * |x| = |h|·|G_j − G_i| is bounded by the ranges of G over the rows and over the block; neighbouring blocks of one kind
 * become one run.
 */
import { Job } from './job';
import { DIRECT, FAR, FAR_FROM, MIXED, NEAR, SERIES_BELOW, SMOOTHING } from './shapes';
import { Angle, angleAt, BLOCK_GROUPS, Workspace } from './workspace';

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
  for (let a = 0; a < space.angleCount; a++) angleAt(space, a).runCount = 0;
  for (let g = start; g < end; g += BLOCK_GROUPS) {
    const at = space.limits + (<usize>(g / BLOCK_GROUPS) << 4);
    const left = load<f64>(at);
    const right = load<f64>(at + 8);
    const least = max(max(left - highest, lowest - right), 0);
    const widest = max(right - lowest, highest - left);
    const most = sqrt(widest * widest + smoothing);
    const stop = min(g + BLOCK_GROUPS, end);
    for (let a = 0; a < space.angleCount; a++) {
      const angle = angleAt(space, a);
      const h = abs(angle.h);
      let shape = MIXED;
      if (h * least >= FAR_FROM) shape = FAR;
      else if (h * most < SERIES_BELOW) shape = NEAR;
      if (shape != NEAR && h * sqrt(smoothing) > CORRECTION_LIMIT) shape = DIRECT;
      append(angle, stop, shape);
    }
  }
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
