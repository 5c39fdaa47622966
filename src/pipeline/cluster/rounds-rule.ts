/**
 * Whether several jobs should share the sweeps of one fit: each computes its part of the data, and every pass is a round of
 * tasks and results through files.
 *
 * A round costs the same however little is computed, and every job costs its time. So there are at most as many jobs as
 * keep each of them computing for as long as a round takes on top, a pass must be clearly quicker than on one job alone, and
 * what one job does within a minute or so is left to it.
 */
import type { Convention } from '../../model/index.ts';

export interface RoundCosts {
  /** Of a pass on one core, ns per point. */
  readonly perPoint: number;
  /** Of a round in which nothing is computed, ms. */
  readonly round: number;
}

export interface RoundsQuestion {
  /** Angles times pairs of frames. */
  readonly points: number;
  /** Cores of a job, and jobs at most. */
  readonly cores: number;
  readonly jobs: number;
}

export interface RoundsPlan {
  /** Jobs that share each pass; fewer than two: the fit is one job. */
  readonly jobs: number;
  /** Of a pass on one job, ms. */
  readonly pass: number;
}

/** A round in which nothing is computed takes about so long on a local disk, ms, where it was not measured. */
const STATED_ROUND = 15;
/** Of a pass that gives the normal equations of laminar flow, measured with `bench/kernels/run.ts`, ns per point. */
const STATED_PER_POINT: Readonly<Record<Convention, number>> = { published: 10, homodyne2: 25 };
/** A fit takes as long as some forty passes: with shorter ones, ms, no more than it takes to bring the data and to try. */
export const LEAST_PASS = 1000;
/** A pass in rounds must take this share less than on one job. */
const LEAST_SAVING = 0.25;

export function statedCosts(convention: Convention): RoundCosts {
  return { perPoint: STATED_PER_POINT[convention], round: STATED_ROUND };
}

export function planRounds({ points, cores, jobs }: RoundsQuestion, { perPoint, round }: RoundCosts): RoundsPlan {
  const pass = (points * perPoint) / cores / 1e6;
  return { jobs: pass < LEAST_PASS ? 1 : Math.min(jobs, Math.floor(pass / round)), pass };
}

/** Whether a pass that takes so many ms in rounds is worth it, when its parts one after the other would take `alone`. */
export function isWorthRounds(inRounds: number, alone: number): boolean {
  return inRounds <= (1 - LEAST_SAVING) * alone;
}
