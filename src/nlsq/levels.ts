/**
 * Levels of detail: the same fit on block-averaged matrices, where a sweep costs a fraction of one over all data.
 *
 * A coarse value is the mean of c2 over two blocks of frames. Its model is E and S at the block means of C and G, correct
 * to second order in the change of C and G within a block; the coarse minimum is a start for the next level, never a result.
 */
import { coarsen } from './coarsen.ts';
import type { Sweeps } from '../kernels/sweep.ts';
import type { ParameterValues } from '../model/transport-law.ts';
import type { Physics, Sensitivities, TwoTimeModel } from '../model/two-time-model.ts';
import type { FitProblem } from './problem.ts';

export interface Level {
  /** Frames per block; 1 is the full data. */
  readonly block: number;
  readonly sweeps: Sweeps;
  physics(values: ParameterValues): Physics;
  sensitivities(values: ParameterValues, moving: readonly string[]): Sensitivities;
}

/** Up to this many frames the data are their own coarsest level. */
const FRAMES_WITHOUT_COARSE_LEVEL = 200;
/** Frames of the coarsest level, at least. */
const COARSEST_FRAMES = 100;
/** A level in between is worth its sweeps from this ratio on. */
const LARGEST_RATIO = 5;

/** Blocks of the levels for N frames, coarsest first; the last is always 1. */
export function blockSizes(frames: number): number[] {
  if (frames <= FRAMES_WITHOUT_COARSE_LEVEL) return [1];
  const coarsest = Math.max(2, Math.floor(frames / COARSEST_FRAMES));
  const steps = Math.ceil(Math.log(coarsest) / Math.log(LARGEST_RATIO));
  const blocks = Array.from({ length: steps }, (_, k) => Math.round(coarsest ** ((steps - k) / steps)));
  return [...blocks, 1];
}

/** The levels of a problem, coarsest first, full data last. */
export function buildLevels(problem: FitProblem): Level[] {
  const { model, sweeps, coarse } = problem;
  return blockSizes(sweeps.data.frames).map((block) => {
    if (block === 1) return fullLevel(model, sweeps);
    return coarseLevel(model, block, coarse.sweeps(coarsen(sweeps.data, block, coarse.allocate)));
  });
}

function fullLevel(model: TwoTimeModel, sweeps: Sweeps): Level {
  return {
    block: 1,
    sweeps,
    physics: (values) => model.physics(values),
    sensitivities: (values, moving) => model.sensitivities(values, moving),
  };
}

function coarseLevel(model: TwoTimeModel, block: number, sweeps: Sweeps): Level {
  const average = (vector: Float64Array): Float64Array => blockMeans(vector, block);
  const averageAll = (list: Sensitivities['c']): Sensitivities['c'] =>
    list.map(({ parameter, vector }) => ({ parameter, vector: average(vector) }));
  return {
    block,
    sweeps,
    physics(values) {
      const physics = model.physics(values);
      return { ...physics, c: average(physics.c), g: physics.g === null ? null : average(physics.g) };
    },
    sensitivities(values, moving) {
      const { c, g, h } = model.sensitivities(values, moving);
      return { c: averageAll(c), g: averageAll(g), h };
    },
  };
}

/** Means of consecutive blocks; a remainder at the end is left out. */
export function blockMeans(vector: Float64Array, block: number): Float64Array {
  return Float64Array.from({ length: Math.floor(vector.length / block) }, (_, b) => {
    let sum = 0;
    for (let k = b * block; k < (b + 1) * block; k++) sum += vector[k]!;
    return sum / block;
  });
}
