/**
 * Levels of detail: the same fit on some of the frames, where a sweep costs a fraction of one over all data.
 *
 * A coarse level holds all pairs of the frames it picks, as they are. Block means would have less noise, but where C or G
 * changes much within a block the mean of E·S is not E·S of the means, and the search follows that error into false minima
 * (on 30 laminar-flow files of 400 frames, means led 24 of them to the best minimum and picked frames all 30). A picked
 * level has no bias: its minimum is within a few of its own standard errors of the one of all data. No coarse level is ever
 * a result; the last level is always all data.
 */
import type { Sweeps } from '../kernels/sweep.ts';
import { makeTimeGrid } from '../model/time-grid.ts';
import type { TwoTimeModel } from '../model/two-time-model.ts';
import { pickFrames } from './pick-frames.ts';
import type { FitProblem } from './problem.ts';

export interface Level {
  /** Whether this is all data. */
  readonly full: boolean;
  readonly sweeps: Sweeps;
  /** The model on the frames of this level. */
  readonly model: Pick<TwoTimeModel, 'physics' | 'sensitivities'>;
}

/** Frames of the coarsest level, about; up to twice as many the data are their own coarsest level. */
const COARSEST_FRAMES = 64;
/** Most points of a coarse level, all angles together: more would only cost memory. */
const MOST_COARSE_POINTS = 4e6;
/** Frames of a level over those of the next coarser one, about. */
const RATIO = 2.5;
/** Frames in one comb, with gaps that double, so that short and long lags are present at every age. */
const COMB_TEETH = 8;

/** Frames of each level for N frames and P angles, coarsest first; the last has all of them. */
export function framesOfLevels(frames: number, angles: number): Int32Array[] {
  const all = Int32Array.from({ length: frames }, (_, k) => k);
  if (frames < 2 * COARSEST_FRAMES) return [all];
  const affordable = Math.sqrt((2 * MOST_COARSE_POINTS) / angles);
  const finest = Math.max(COARSEST_FRAMES, Math.min(frames / RATIO, affordable));
  const range = finest / COARSEST_FRAMES;
  let steps = 0;
  while (range > RATIO ** (steps + 0.5)) steps += 1;
  const counts = Array.from({ length: steps + 1 }, (_, k) => finest * range ** (steps === 0 ? 0 : k / steps - 1));
  return [...counts.map((count) => combs(frames, count)), all];
}

/** About `count` of the frames 0 … N − 1, ascending: combs of frames 0, 1, 2, 4, 8, … placed evenly over the window. */
function combs(frames: number, count: number): Int32Array {
  const teeth = [0];
  for (let gap = 1; teeth.length < COMB_TEETH && gap < frames / 3; gap *= 2) teeth.push(gap);
  const number = Math.max(2, Math.ceil(count / teeth.length));
  const room = frames - 1 - teeth.at(-1)!;
  const picked = new Set<number>();
  for (let comb = 0; comb < number; comb++) {
    const start = Math.round((comb * room) / (number - 1));
    teeth.forEach((tooth) => picked.add(start + tooth));
  }
  return Int32Array.from([...picked].sort((a, b) => a - b));
}

/** The levels of a problem, coarsest first, all data last. */
export function buildLevels({ model, sweeps, coarse }: FitProblem): Level[] {
  const { dt, t0, positions } = model.grid;
  return framesOfLevels(sweeps.data.frames, sweeps.data.angles).map((picked): Level => {
    if (picked.length === sweeps.data.frames) return { full: true, sweeps, model };
    const grid = makeTimeGrid(
      dt,
      t0,
      Float64Array.from(picked, (k) => positions[k]!),
    );
    const data = pickFrames(sweeps.data, picked, coarse.allocate);
    return { full: false, sweeps: coarse.sweeps(data), model: model.on(grid) };
  });
}
