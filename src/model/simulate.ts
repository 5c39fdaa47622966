/**
 * Simulated two-time matrices: the model at given parameters, without noise, with independent Gaussian noise, or with the
 * noise of speckle (speckle-simulation.ts).
 *
 *   c2_ij = offset_a + contrast_a·M_ij + σ·z_ij,   z_ij = z_ji standard normal for i ≠ j, no noise on the diagonal
 *
 * Frames are at t = 0, dt, …, (N−1)·dt. Where the integral of a rate from t = 0 diverges (exponent ≤ −1) the frame at
 * t = 0 takes the limit: correlation with every other frame is lost, M = 0. Noise is drawn by counter: z of a pair
 * depends on the seed, the angle's index, N and the pair alone, never on the order of calls.
 */
import { Defect } from '../base/errors.ts';
import { fillNormals, fold, keyFromSeed } from '../math/index.ts';
import { bindModel, type Experiment } from './bind-model.ts';
import { pairValue } from './pair-function.ts';
import { simulateSpeckleAngle } from './speckle-simulation.ts';
import { makeTimeGrid } from './time-grid.ts';
import type { ParameterValues } from './transport-law.ts';
import type { Physics } from './two-time-model.ts';

export type SimulatedNoise =
  | { readonly kind: 'none' }
  | { readonly kind: 'white'; readonly sigma: number }
  | {
      readonly kind: 'speckle';
      /** M ≥ 2 per angle. */
      readonly speckles: number;
      /** Mean counts per speckle and frame; null: none are counted. */
      readonly photons: number | null;
    };

export interface SimulationRequest {
  readonly experiment: Omit<Experiment, 'grid'>;
  /** Time between frames, s. */
  readonly dt: number;
  /** N ≥ 2. */
  readonly frames: number;
  readonly values: ParameterValues;
  /** Per angle, shape (P). */
  readonly contrast: Float64Array;
  readonly offset: Float64Array;
  readonly noise: SimulatedNoise;
  /** Any integer from 0 to 2^53 − 1; not used without noise. */
  readonly seed: number;
}

export interface Simulation {
  /** 0, dt, …, (N−1)·dt in s, shape (N). */
  readonly times: Float64Array;
  /** c2 of one angle: the whole symmetric matrix, row-major, shape (N, N). A new array at each call, the same numbers. */
  readonly matrix: (angle: number) => Float64Array;
}

/** The physics of the N frames at t = 0, dt, …; C and G of the first may be infinite. */
export function physicsFromZero({
  experiment,
  dt,
  frames,
  values,
}: Pick<SimulationRequest, 'experiment' | 'dt' | 'frames' | 'values'>): Physics {
  if (!Number.isSafeInteger(frames) || frames < 2)
    throw new Defect(`a simulation needs at least two frames, not ${frames}`);
  const positions = Float64Array.from({ length: frames - 1 }, (_, k) => k + 1);
  const model = bindModel({ ...experiment, grid: makeTimeGrid(dt, 0, positions) });
  const physics = model.physics(values);
  const atZero = model.frameAtZero(values);
  return {
    ...physics,
    c: Float64Array.of(atZero.c, ...physics.c),
    g: physics.g === null ? null : Float64Array.of(atZero.g ?? 0, ...physics.g),
  };
}

/** Prepare a simulation; matrices are computed one angle at a time, so that a writer need not hold them all. */
export function simulate(request: SimulationRequest): Simulation {
  const { experiment, dt, frames, contrast, offset, noise, seed } = request;
  const angles = experiment.phi.length;
  if (contrast.length !== angles || offset.length !== angles) {
    throw new Defect(
      `${angles} angles need as many contrasts and offsets, not ${contrast.length} and ${offset.length}`,
    );
  }
  const physics = physicsFromZero(request);
  return {
    times: Float64Array.from({ length: frames }, (_, k) => k * dt),
    matrix(angle) {
      if (!(angle in physics.h)) throw new Defect(`there is no angle ${angle} among ${angles}`);
      if (noise.kind !== 'speckle') return matrixOf(request, physics, angle);
      const { speckles, photons } = noise;
      const speckle = { frames, speckles, contrast: contrast[angle]!, photons, seed, angle };
      return simulateSpeckleAngle(physics, speckle, offset[angle]!).matrix();
    },
  };
}

function matrixOf(request: SimulationRequest, physics: Physics, angle: number): Float64Array {
  const { frames, contrast, offset, noise, seed, experiment } = request;
  const { kappa, c, g, h } = physics;
  const matrix = new Float64Array(frames * frames);
  const key = fold(keyFromSeed(seed), angle);
  const value = (deltaC: number, deltaG: number): number =>
    offset[angle]! + contrast[angle]! * pairValue(experiment.convention, kappa, deltaC, deltaG, h[angle]!);
  let pairs = 0;
  for (let i = 0; i < frames; i++) {
    const row = new Float64Array(frames - i - 1);
    if (noise.kind === 'white') fillNormals(key, row, pairs);
    pairs += row.length;
    matrix[i * frames + i] = value(0, 0);
    for (let j = i + 1; j < frames; j++) {
      const clean = value(c[j]! - c[i]!, g === null ? 0 : g[j]! - g[i]!);
      const c2 = noise.kind === 'white' ? clean + noise.sigma * row[j - i - 1]! : clean;
      matrix[i * frames + j] = c2;
      matrix[j * frames + i] = c2;
    }
  }
  return matrix;
}
