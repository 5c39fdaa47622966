/**
 * One compiled loop per combination of what is summed and how S is computed.
 *
 * The loops are exported, though nobody outside calls them, because the optimiser would otherwise merge them into their
 * callers, where the engine's register allocation suffers.
 */
import { sweepHomodyne2 } from './homodyne2';
import { Job } from './job';
import { sweepPublished } from './published';
import { Run } from './run';
import { ADJOINT, DIRECT, FAR, MIXED, NEAR, NORMAL, SHAPE, SLOPES, STATIC, SUMS } from './shapes';
import { Angle } from './workspace';

/** Sweep `count` groups from where `run` stands. */
export function sweepRun(job: Job, shape: i32, general: bool, run: Run, angle: Angle, count: i32): void {
  run.count = count;
  if (job.convention == 0) {
    if (job.kind == SHAPE) shape == STATIC ? publishedShapeStatic(run, angle) : publishedShapeMixed(run, angle);
    else if (general) publishedGeneral(job.kind, shape, run, angle);
    else published(job.kind, shape, run, angle);
  } else if (job.kind == SHAPE) {
    if (shape == STATIC) homodyne2ShapeStatic(run, angle);
    else if (shape == DIRECT) homodyne2ShapeDirect(run, angle);
    else homodyne2ShapeMixed(run, angle);
  } else homodyne2(job.kind, shape, run, angle);
}

function published(kind: i32, shape: i32, run: Run, angle: Angle): void {
  if (kind == SUMS) {
    if (shape == FAR) publishedSumsFar(run, angle);
    else if (shape == NEAR) publishedSumsNear(run, angle);
    else if (shape == MIXED) publishedSumsMixed(run, angle);
    else publishedSumsStatic(run, angle);
  } else if (kind == ADJOINT) {
    if (shape == FAR) publishedAdjointFar(run, angle);
    else if (shape == NEAR) publishedAdjointNear(run, angle);
    else if (shape == MIXED) publishedAdjointMixed(run, angle);
    else publishedAdjointStatic(run, angle);
  } else if (kind == SLOPES) {
    if (shape == FAR) publishedSlopesFar(run, angle);
    else if (shape == NEAR) publishedSlopesNear(run, angle);
    else if (shape == MIXED) publishedSlopesMixed(run, angle);
    else publishedSlopesStatic(run, angle);
  } else {
    if (shape == FAR) publishedNormalFar(run, angle);
    else if (shape == NEAR) publishedNormalNear(run, angle);
    else if (shape == MIXED) publishedNormalMixed(run, angle);
    else publishedNormalStatic(run, angle);
  }
}

function publishedGeneral(kind: i32, shape: i32, run: Run, angle: Angle): void {
  if (kind == SUMS) {
    if (shape == FAR) publishedSumsFarGeneral(run, angle);
    else if (shape == NEAR) publishedSumsNearGeneral(run, angle);
    else if (shape == MIXED) publishedSumsMixedGeneral(run, angle);
    else publishedSumsStaticGeneral(run, angle);
  } else if (kind == ADJOINT) {
    if (shape == FAR) publishedAdjointFarGeneral(run, angle);
    else if (shape == NEAR) publishedAdjointNearGeneral(run, angle);
    else if (shape == MIXED) publishedAdjointMixedGeneral(run, angle);
    else publishedAdjointStaticGeneral(run, angle);
  } else if (kind == SLOPES) {
    if (shape == FAR) publishedSlopesFarGeneral(run, angle);
    else if (shape == NEAR) publishedSlopesNearGeneral(run, angle);
    else if (shape == MIXED) publishedSlopesMixedGeneral(run, angle);
    else publishedSlopesStaticGeneral(run, angle);
  } else {
    if (shape == FAR) publishedNormalFarGeneral(run, angle);
    else if (shape == NEAR) publishedNormalNearGeneral(run, angle);
    else if (shape == MIXED) publishedNormalMixedGeneral(run, angle);
    else publishedNormalStaticGeneral(run, angle);
  }
}

function homodyne2(kind: i32, shape: i32, run: Run, angle: Angle): void {
  if (kind == SUMS) {
    if (shape == FAR) homodyne2SumsFar(run, angle);
    else if (shape == NEAR) homodyne2SumsNear(run, angle);
    else if (shape == MIXED) homodyne2SumsMixed(run, angle);
    else if (shape == DIRECT) homodyne2SumsDirect(run, angle);
    else homodyne2SumsStatic(run, angle);
  } else if (kind == ADJOINT) {
    if (shape == FAR) homodyne2AdjointFar(run, angle);
    else if (shape == NEAR) homodyne2AdjointNear(run, angle);
    else if (shape == MIXED) homodyne2AdjointMixed(run, angle);
    else if (shape == DIRECT) homodyne2AdjointDirect(run, angle);
    else homodyne2AdjointStatic(run, angle);
  } else if (kind == SLOPES) {
    if (shape == FAR) homodyne2SlopesFar(run, angle);
    else if (shape == NEAR) homodyne2SlopesNear(run, angle);
    else if (shape == MIXED) homodyne2SlopesMixed(run, angle);
    else if (shape == DIRECT) homodyne2SlopesDirect(run, angle);
    else homodyne2SlopesStatic(run, angle);
  } else {
    if (shape == FAR) homodyne2NormalFar(run, angle);
    else if (shape == NEAR) homodyne2NormalNear(run, angle);
    else if (shape == MIXED) homodyne2NormalMixed(run, angle);
    else if (shape == DIRECT) homodyne2NormalDirect(run, angle);
    else homodyne2NormalStatic(run, angle);
  }
}

export function publishedSumsFar(run: Run, angle: Angle): void {
  sweepPublished(SUMS, FAR, false, run, angle);
}
export function publishedSumsNear(run: Run, angle: Angle): void {
  sweepPublished(SUMS, NEAR, false, run, angle);
}
export function publishedSumsMixed(run: Run, angle: Angle): void {
  sweepPublished(SUMS, MIXED, false, run, angle);
}
export function publishedSumsStatic(run: Run, angle: Angle): void {
  sweepPublished(SUMS, STATIC, false, run, angle);
}
export function publishedAdjointFar(run: Run, angle: Angle): void {
  sweepPublished(ADJOINT, FAR, false, run, angle);
}
export function publishedAdjointNear(run: Run, angle: Angle): void {
  sweepPublished(ADJOINT, NEAR, false, run, angle);
}
export function publishedAdjointMixed(run: Run, angle: Angle): void {
  sweepPublished(ADJOINT, MIXED, false, run, angle);
}
export function publishedAdjointStatic(run: Run, angle: Angle): void {
  sweepPublished(ADJOINT, STATIC, false, run, angle);
}
export function publishedNormalFar(run: Run, angle: Angle): void {
  sweepPublished(NORMAL, FAR, false, run, angle);
}
export function publishedNormalNear(run: Run, angle: Angle): void {
  sweepPublished(NORMAL, NEAR, false, run, angle);
}
export function publishedNormalMixed(run: Run, angle: Angle): void {
  sweepPublished(NORMAL, MIXED, false, run, angle);
}
export function publishedNormalStatic(run: Run, angle: Angle): void {
  sweepPublished(NORMAL, STATIC, false, run, angle);
}
export function publishedSlopesFar(run: Run, angle: Angle): void {
  sweepPublished(SLOPES, FAR, false, run, angle);
}
export function publishedSlopesNear(run: Run, angle: Angle): void {
  sweepPublished(SLOPES, NEAR, false, run, angle);
}
export function publishedSlopesMixed(run: Run, angle: Angle): void {
  sweepPublished(SLOPES, MIXED, false, run, angle);
}
export function publishedSlopesStatic(run: Run, angle: Angle): void {
  sweepPublished(SLOPES, STATIC, false, run, angle);
}
export function publishedSumsFarGeneral(run: Run, angle: Angle): void {
  sweepPublished(SUMS, FAR, true, run, angle);
}
export function publishedSumsNearGeneral(run: Run, angle: Angle): void {
  sweepPublished(SUMS, NEAR, true, run, angle);
}
export function publishedSumsMixedGeneral(run: Run, angle: Angle): void {
  sweepPublished(SUMS, MIXED, true, run, angle);
}
export function publishedSumsStaticGeneral(run: Run, angle: Angle): void {
  sweepPublished(SUMS, STATIC, true, run, angle);
}
export function publishedAdjointFarGeneral(run: Run, angle: Angle): void {
  sweepPublished(ADJOINT, FAR, true, run, angle);
}
export function publishedAdjointNearGeneral(run: Run, angle: Angle): void {
  sweepPublished(ADJOINT, NEAR, true, run, angle);
}
export function publishedAdjointMixedGeneral(run: Run, angle: Angle): void {
  sweepPublished(ADJOINT, MIXED, true, run, angle);
}
export function publishedAdjointStaticGeneral(run: Run, angle: Angle): void {
  sweepPublished(ADJOINT, STATIC, true, run, angle);
}
export function publishedNormalFarGeneral(run: Run, angle: Angle): void {
  sweepPublished(NORMAL, FAR, true, run, angle);
}
export function publishedNormalNearGeneral(run: Run, angle: Angle): void {
  sweepPublished(NORMAL, NEAR, true, run, angle);
}
export function publishedNormalMixedGeneral(run: Run, angle: Angle): void {
  sweepPublished(NORMAL, MIXED, true, run, angle);
}
export function publishedNormalStaticGeneral(run: Run, angle: Angle): void {
  sweepPublished(NORMAL, STATIC, true, run, angle);
}
export function publishedSlopesFarGeneral(run: Run, angle: Angle): void {
  sweepPublished(SLOPES, FAR, true, run, angle);
}
export function publishedSlopesNearGeneral(run: Run, angle: Angle): void {
  sweepPublished(SLOPES, NEAR, true, run, angle);
}
export function publishedSlopesMixedGeneral(run: Run, angle: Angle): void {
  sweepPublished(SLOPES, MIXED, true, run, angle);
}
export function publishedSlopesStaticGeneral(run: Run, angle: Angle): void {
  sweepPublished(SLOPES, STATIC, true, run, angle);
}
export function publishedShapeStatic(run: Run, angle: Angle): void {
  sweepPublished(SHAPE, STATIC, false, run, angle);
}
export function publishedShapeMixed(run: Run, angle: Angle): void {
  sweepPublished(SHAPE, MIXED, false, run, angle);
}
export function homodyne2SumsFar(run: Run, angle: Angle): void {
  sweepHomodyne2(SUMS, FAR, run, angle);
}
export function homodyne2SumsNear(run: Run, angle: Angle): void {
  sweepHomodyne2(SUMS, NEAR, run, angle);
}
export function homodyne2SumsMixed(run: Run, angle: Angle): void {
  sweepHomodyne2(SUMS, MIXED, run, angle);
}
export function homodyne2SumsDirect(run: Run, angle: Angle): void {
  sweepHomodyne2(SUMS, DIRECT, run, angle);
}
export function homodyne2SumsStatic(run: Run, angle: Angle): void {
  sweepHomodyne2(SUMS, STATIC, run, angle);
}
export function homodyne2AdjointFar(run: Run, angle: Angle): void {
  sweepHomodyne2(ADJOINT, FAR, run, angle);
}
export function homodyne2AdjointNear(run: Run, angle: Angle): void {
  sweepHomodyne2(ADJOINT, NEAR, run, angle);
}
export function homodyne2AdjointMixed(run: Run, angle: Angle): void {
  sweepHomodyne2(ADJOINT, MIXED, run, angle);
}
export function homodyne2AdjointDirect(run: Run, angle: Angle): void {
  sweepHomodyne2(ADJOINT, DIRECT, run, angle);
}
export function homodyne2AdjointStatic(run: Run, angle: Angle): void {
  sweepHomodyne2(ADJOINT, STATIC, run, angle);
}
export function homodyne2NormalFar(run: Run, angle: Angle): void {
  sweepHomodyne2(NORMAL, FAR, run, angle);
}
export function homodyne2NormalNear(run: Run, angle: Angle): void {
  sweepHomodyne2(NORMAL, NEAR, run, angle);
}
export function homodyne2NormalMixed(run: Run, angle: Angle): void {
  sweepHomodyne2(NORMAL, MIXED, run, angle);
}
export function homodyne2NormalDirect(run: Run, angle: Angle): void {
  sweepHomodyne2(NORMAL, DIRECT, run, angle);
}
export function homodyne2NormalStatic(run: Run, angle: Angle): void {
  sweepHomodyne2(NORMAL, STATIC, run, angle);
}
export function homodyne2SlopesFar(run: Run, angle: Angle): void {
  sweepHomodyne2(SLOPES, FAR, run, angle);
}
export function homodyne2SlopesNear(run: Run, angle: Angle): void {
  sweepHomodyne2(SLOPES, NEAR, run, angle);
}
export function homodyne2SlopesMixed(run: Run, angle: Angle): void {
  sweepHomodyne2(SLOPES, MIXED, run, angle);
}
export function homodyne2SlopesDirect(run: Run, angle: Angle): void {
  sweepHomodyne2(SLOPES, DIRECT, run, angle);
}
export function homodyne2SlopesStatic(run: Run, angle: Angle): void {
  sweepHomodyne2(SLOPES, STATIC, run, angle);
}
export function homodyne2ShapeStatic(run: Run, angle: Angle): void {
  sweepHomodyne2(SHAPE, STATIC, run, angle);
}
export function homodyne2ShapeMixed(run: Run, angle: Angle): void {
  sweepHomodyne2(SHAPE, MIXED, run, angle);
}
export function homodyne2ShapeDirect(run: Run, angle: Angle): void {
  sweepHomodyne2(SHAPE, DIRECT, run, angle);
}
