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
import { makeTimeGrid } from '../model/time-grid.ts';
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

/** The model on a level. */
function reducedModel(model: TwoTimeModel, reduction: Reduction): Pick<Level, 'physics' | 'sensitivities'> {
  switch (reduction.kind) {
    case 'all':
      return model;
    case 'pick': {
      const { dt, t0, positions } = model.grid;
      return model.on(
        makeTimeGrid(
          dt,
          t0,
          Float64Array.from(reduction.frames, (k) => positions[k]!),
        ),
      );
    }
    case 'average':
      return blockMeanModel(model, reduction.block);
  }
}

/** Means of C and G over blocks from three times per block: exact where they are quadratic in the frame number. */
function blockMeanModel(model: TwoTimeModel, block: number): Pick<Level, 'physics' | 'sensitivities'> {
  const { dt, t0, positions } = model.grid;
  const blocks = Math.floor(positions.length / block);
  const nodes = Float64Array.from({ length: 3 * blocks }, (_, k) => {
    const first = positions[Math.floor(k / 3) * block]!;
    const last = positions[Math.floor(k / 3) * block + block - 1]!;
    return first + ((last - first) * (k % 3)) / 2;
  });
  const outer = (block + 1) / (6 * (block - 1));
  const mean = (vector: Float64Array): Float64Array =>
    Float64Array.from(
      { length: blocks },
      (_, b) => outer * (vector[3 * b]! + vector[3 * b + 2]!) + (1 - 2 * outer) * vector[3 * b + 1]!,
    );
  const means = (list: Sensitivities['c']): Sensitivities['c'] =>
    list.map(({ parameter, vector }) => ({ parameter, vector: mean(vector) }));
  const fine = model.on(makeTimeGrid(dt, t0, nodes));
  return {
    physics(values) {
      const physics = fine.physics(values);
      return { ...physics, c: mean(physics.c), g: physics.g === null ? null : mean(physics.g) };
    },
    sensitivities(values, moving) {
      const { c, g, h } = fine.sensitivities(values, moving);
      return { c: means(c), g: means(g), h };
    },
  };
}
