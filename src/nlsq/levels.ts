/**
 * Levels of detail: the same fit on less data, where a sweep costs a fraction of one over all data.
 *
 * The coarsest level holds block means of c2: it keeps the signal, loses most of the noise, and is where starts are
 * compared. Its model is E and S at the block means of C and G, which is wrong where they change much within a block. The
 * levels between therefore hold all pairs of some frames as they are: no averaging, hence no bias, and a minimum within a few
 * standard errors of the one of all data. None of them is ever a result; the last level is always all data.
 */
import { coarsenTriangles } from '../data/coarsen.ts';
import type { Sweeps } from '../kernels/sweep.ts';
import type { TriangleStack } from '../kernels/triangles.ts';
import type { ParameterValues } from '../model/transport-law.ts';
import type { Physics, Sensitivities, TwoTimeModel } from '../model/two-time-model.ts';
import { pickFrames } from './pick-frames.ts';
import type { FitProblem } from './problem.ts';

export interface Level {
  /** Whether this is all data. */
  readonly full: boolean;
  readonly sweeps: Sweeps;
  physics(values: ParameterValues): Physics;
  sensitivities(values: ParameterValues, moving: readonly string[]): Sensitivities;
}

/** Up to this many frames the data are their own coarsest level. */
const FRAMES_WITHOUT_COARSE_LEVEL = 200;
/** Frames of a coarse level, at least. */
const COARSEST_FRAMES = 100;
/** Each level of picked frames has this many times fewer than the next, kept in runs so that short lags stay. */
const FRAMES_RATIO = 4;
const RUN = 8;

/** How the frames of all data become those of a level. */
export type Reduction =
  | { readonly kind: 'all' }
  /** Means of blocks of so many consecutive frames. */
  | { readonly kind: 'average'; readonly block: number }
  /** The frames of these indices. */
  | { readonly kind: 'pick'; readonly frames: Int32Array };

/** The levels for N frames, coarsest first; the last is always all data. */
export function reductions(frames: number): Reduction[] {
  if (frames <= FRAMES_WITHOUT_COARSE_LEVEL) return [{ kind: 'all' }];
  const levels: Reduction[] = [{ kind: 'all' }];
  for (let ratio = FRAMES_RATIO; frames / ratio >= COARSEST_FRAMES; ratio *= FRAMES_RATIO) {
    levels.unshift({ kind: 'pick', frames: runsOfFrames(frames, ratio) });
  }
  levels.unshift({ kind: 'average', block: Math.floor(frames / COARSEST_FRAMES) });
  return levels;
}

/** Runs of consecutive frames, the first ones included, one frame in `ratio`. */
function runsOfFrames(frames: number, ratio: number): Int32Array {
  const all = Array.from({ length: frames }, (_, k) => k);
  return Int32Array.from(all.filter((k) => Math.floor(k / RUN) % ratio === 0));
}

/** The levels of a problem, coarsest first, all data last. */
export function buildLevels(problem: FitProblem): Level[] {
  const { model, sweeps, coarse } = problem;
  return reductions(sweeps.data.frames).map((reduction) => {
    const full = reduction.kind === 'all';
    const data = reduceData(sweeps.data, reduction, coarse.allocate);
    return { full, sweeps: full ? sweeps : coarse.sweeps(data), ...reducedModel(model, reduction) };
  });
}

function reduceData(
  data: TriangleStack,
  reduction: Reduction,
  allocate: (length: number) => Float32Array,
): TriangleStack {
  switch (reduction.kind) {
    case 'all':
      return data;
    case 'average':
      return coarsenTriangles(data, reduction.block, allocate);
    case 'pick':
      return pickFrames(data, reduction.frames, allocate);
  }
}

/** The model on a level: the vectors over frames reduced like the frames. */
function reducedModel(model: TwoTimeModel, reduction: Reduction): Pick<Level, 'physics' | 'sensitivities'> {
  const reduce = (vector: Float64Array): Float64Array => reduceVector(vector, reduction);
  const reduceAll = (list: Sensitivities['c']): Sensitivities['c'] =>
    list.map(({ parameter, vector }) => ({ parameter, vector: reduce(vector) }));
  return {
    physics(values) {
      const physics = model.physics(values);
      return { ...physics, c: reduce(physics.c), g: physics.g === null ? null : reduce(physics.g) };
    },
    sensitivities(values, moving) {
      const { c, g, h } = model.sensitivities(values, moving);
      return { c: reduceAll(c), g: reduceAll(g), h };
    },
  };
}

function reduceVector(vector: Float64Array, reduction: Reduction): Float64Array {
  switch (reduction.kind) {
    case 'all':
      return vector;
    case 'pick':
      return Float64Array.from(reduction.frames, (k) => vector[k]!);
    case 'average': {
      const { block } = reduction;
      return Float64Array.from({ length: Math.floor(vector.length / block) }, (_, b) => {
        let sum = 0;
        for (let k = b * block; k < (b + 1) * block; k++) sum += vector[k]!;
        return sum / block;
      });
    }
  }
}
