/** One compiled loop per combination of what is summed and how S is computed. */
import { sweepHomodyne2 } from './homodyne2';
import { Job } from './job';
import { sweepPublished } from './published';
import { Run } from './run';
import { ADJOINT, DIRECT, FAR, MIXED, NEAR, NORMAL, SHAPE, STATIC, SUMS } from './shapes';
import { Angle } from './workspace';

/** Sweep `count` groups from where `run` stands. */
export function sweepRun(job: Job, shape: i32, general: bool, run: Run, angle: Angle, count: i32): void {
  run.count = count;
  if (job.convention == 0) {
    if (job.kind == SUMS) publishedSums(shape, general, run, angle);
    else if (job.kind == ADJOINT) publishedAdjoint(shape, general, run, angle);
    else if (job.kind == NORMAL) publishedNormal(shape, general, run, angle);
    else if (shape == STATIC) sweepPublished(SHAPE, STATIC, false, run, angle);
    else sweepPublished(SHAPE, MIXED, false, run, angle);
  } else if (job.kind == SUMS) homodyne2Sums(shape, run, angle);
  else if (job.kind == ADJOINT) homodyne2Adjoint(shape, run, angle);
  else if (job.kind == NORMAL) homodyne2Normal(shape, run, angle);
  else if (shape == STATIC) sweepHomodyne2(SHAPE, STATIC, run, angle);
  else if (shape == DIRECT) sweepHomodyne2(SHAPE, DIRECT, run, angle);
  else sweepHomodyne2(SHAPE, MIXED, run, angle);
}

function publishedSums(shape: i32, general: bool, run: Run, angle: Angle): void {
  if (general) {
    if (shape == FAR) sweepPublished(SUMS, FAR, true, run, angle);
    else if (shape == NEAR) sweepPublished(SUMS, NEAR, true, run, angle);
    else if (shape == MIXED) sweepPublished(SUMS, MIXED, true, run, angle);
    else sweepPublished(SUMS, STATIC, true, run, angle);
  } else if (shape == FAR) sweepPublished(SUMS, FAR, false, run, angle);
  else if (shape == NEAR) sweepPublished(SUMS, NEAR, false, run, angle);
  else if (shape == MIXED) sweepPublished(SUMS, MIXED, false, run, angle);
  else sweepPublished(SUMS, STATIC, false, run, angle);
}

function publishedAdjoint(shape: i32, general: bool, run: Run, angle: Angle): void {
  if (general) {
    if (shape == FAR) sweepPublished(ADJOINT, FAR, true, run, angle);
    else if (shape == NEAR) sweepPublished(ADJOINT, NEAR, true, run, angle);
    else if (shape == MIXED) sweepPublished(ADJOINT, MIXED, true, run, angle);
    else sweepPublished(ADJOINT, STATIC, true, run, angle);
  } else if (shape == FAR) sweepPublished(ADJOINT, FAR, false, run, angle);
  else if (shape == NEAR) sweepPublished(ADJOINT, NEAR, false, run, angle);
  else if (shape == MIXED) sweepPublished(ADJOINT, MIXED, false, run, angle);
  else sweepPublished(ADJOINT, STATIC, false, run, angle);
}

function publishedNormal(shape: i32, general: bool, run: Run, angle: Angle): void {
  if (general) {
    if (shape == FAR) sweepPublished(NORMAL, FAR, true, run, angle);
    else if (shape == NEAR) sweepPublished(NORMAL, NEAR, true, run, angle);
    else if (shape == MIXED) sweepPublished(NORMAL, MIXED, true, run, angle);
    else sweepPublished(NORMAL, STATIC, true, run, angle);
  } else if (shape == FAR) sweepPublished(NORMAL, FAR, false, run, angle);
  else if (shape == NEAR) sweepPublished(NORMAL, NEAR, false, run, angle);
  else if (shape == MIXED) sweepPublished(NORMAL, MIXED, false, run, angle);
  else sweepPublished(NORMAL, STATIC, false, run, angle);
}

function homodyne2Sums(shape: i32, run: Run, angle: Angle): void {
  if (shape == FAR) sweepHomodyne2(SUMS, FAR, run, angle);
  else if (shape == NEAR) sweepHomodyne2(SUMS, NEAR, run, angle);
  else if (shape == MIXED) sweepHomodyne2(SUMS, MIXED, run, angle);
  else if (shape == DIRECT) sweepHomodyne2(SUMS, DIRECT, run, angle);
  else sweepHomodyne2(SUMS, STATIC, run, angle);
}

function homodyne2Adjoint(shape: i32, run: Run, angle: Angle): void {
  if (shape == FAR) sweepHomodyne2(ADJOINT, FAR, run, angle);
  else if (shape == NEAR) sweepHomodyne2(ADJOINT, NEAR, run, angle);
  else if (shape == MIXED) sweepHomodyne2(ADJOINT, MIXED, run, angle);
  else if (shape == DIRECT) sweepHomodyne2(ADJOINT, DIRECT, run, angle);
  else sweepHomodyne2(ADJOINT, STATIC, run, angle);
}

function homodyne2Normal(shape: i32, run: Run, angle: Angle): void {
  if (shape == FAR) sweepHomodyne2(NORMAL, FAR, run, angle);
  else if (shape == NEAR) sweepHomodyne2(NORMAL, NEAR, run, angle);
  else if (shape == MIXED) sweepHomodyne2(NORMAL, MIXED, run, angle);
  else if (shape == DIRECT) sweepHomodyne2(NORMAL, DIRECT, run, angle);
  else sweepHomodyne2(NORMAL, STATIC, run, angle);
}
