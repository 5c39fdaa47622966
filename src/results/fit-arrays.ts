/**
 * `fit.npz`: the arrays of a fit for NumPy, the large ones made row by row while they are written.
 *
 * | array | shape | |
 * |---|---|---|
 * | c2_exp, c2_model, residual | (P, N, N) float32 | measured, offset + contrast·M, their difference; symmetric |
 * | sigma, contrast, offset, chi2_per_point, phi (deg) | (P) | |
 * | t (s), frames (as the file counts them) | (N) | |
 * | theta, theta_names | (K) | all physical parameters, in their units |
 * | covariance_speckle, covariance_independent, covariance_dyadic | (F, F) | NaN where unknown |
 * | covariance_names | (F) | |
 * | sigma_lag, lag (s) | (P, L), (L) | σ by lag, with weights by lag: between the lags ln σ is straight in ln lag |
 * | q (1/Angstrom), dt (s) | () | |
 * | profile_A, profile_A_ratio, profile_A_theta | (K), (K), (K, n) | where asked for: see `profile-arrays.ts` |
 *
 * What is not in the fit is NaN in c2_exp and residual: the diagonal (shot noise) and excluded pairs. The model has no
 * gaps; its diagonal is offset + contrast.
 */
import type { Dataset } from '../data/dataset.ts';
import { npzArray } from '../data/index.ts';
import type { NpzMember } from '../data/index.ts';
import type { Warning } from '../base/events.ts';
import { isResident, pairsOf, readRows, rowStart } from '../kernels/index.ts';
import type { FitOutcome, LagNoise } from '../nlsq/outcome.ts';
import { profileArrays } from './profile-arrays.ts';

export interface FitArraysInput {
  readonly dataset: Dataset;
  readonly outcome: FitOutcome;
  /** σ per angle, shape (P). */
  readonly sigma: Float64Array;
  /** M of one angle's pairs in triangle order at the fitted parameters, used until the next is asked for. */
  readonly shape: (angle: number) => Float64Array;
}

/** Full arrays up to this size are written when `output.arrays` is `auto`. */
export const AUTO_ARRAY_BYTES = 256e6;

export interface ArraysDecision {
  readonly full: boolean;
  readonly warning: Warning | null;
}

/** Whether the three (P, N, N) arrays are written; leaving them out under `auto` is told. */
export function decideArrays(choice: 'auto' | boolean, dataset: Dataset): ArraysDecision {
  const bytes = 3 * 4 * dataset.phi.length * dataset.triangles.frames ** 2;
  if (choice !== 'auto') return { full: choice, warning: null };
  if (bytes <= AUTO_ARRAY_BYTES) return { full: true, warning: null };
  const text =
    `fit.npz holds no c2_exp, c2_model and residual: they would take ${(bytes / 1e6).toFixed(0)} MB, more than ` +
    `${AUTO_ARRAY_BYTES / 1e6} MB (set output.arrays: true to write them)`;
  return { full: false, warning: { code: 'arrays-omitted', text } };
}

/** The members of `fit.npz` in order. */
export function fitArrays(input: FitArraysInput, full: boolean): NpzMember[] {
  const { dataset, outcome, sigma } = input;
  const { names, speckle, independent, dyadic } = outcome.covariance;
  const perAngle = (pick: (angle: FitOutcome['scaling'][number]) => number): Float64Array =>
    Float64Array.from(outcome.scaling, pick);
  return [
    npzArray(
      'theta',
      Float64Array.from(outcome.parameters, (one) => one.value),
    ),
    { name: 'theta_names', text: outcome.parameters.map((one) => one.name) },
    npzArray('covariance_speckle', speckle, [names.length, names.length]),
    npzArray('covariance_independent', independent, [names.length, names.length]),
    npzArray('covariance_dyadic', dyadic, [names.length, names.length]),
    { name: 'covariance_names', text: names },
    npzArray('phi', dataset.phi),
    npzArray(
      'contrast',
      perAngle((angle) => angle.contrast.value),
    ),
    npzArray(
      'offset',
      perAngle((angle) => angle.offset.value),
    ),
    npzArray('sigma', sigma),
    npzArray('chi2_per_point', outcome.cost.chi2PerPoint),
    npzArray('t', dataset.grid.times),
    npzArray('frames', dataset.frameNumbers),
    npzArray('q', Float64Array.of(dataset.q), []),
    npzArray('dt', Float64Array.of(dataset.grid.dt), []),
    ...lagArrays(outcome.noise.byLag ?? null),
    ...profileArrays(outcome.profiles),
    ...(full ? pairArrays(input) : []),
  ];
}

function lagArrays(byLag: LagNoise | null): NpzMember[] {
  if (byLag === null) return [];
  const { lags, sigma } = byLag;
  return [npzArray('lag', lags), npzArray('sigma_lag', sigma, [sigma.length / lags.length, lags.length])];
}

/** One angle's pairs in triangle order, and the value of its diagonal. */
interface AngleTriangle {
  readonly pairs: Float32Array;
  readonly diagonal: number;
}

function pairArrays(input: FitArraysInput): NpzMember[] {
  const { dataset, outcome, shape } = input;
  const { frames, angles } = dataset.triangles;
  const size = pairsOf(frames);
  const computed = new Float32Array(size);
  const buffer = isResident(dataset.triangles) ? undefined : new Float32Array(size);
  const measured = (angle: number): AngleTriangle => ({
    pairs: readRows(dataset.triangles, angle, 0, frames, buffer),
    diagonal: Number.NaN,
  });
  const model = (angle: number): AngleTriangle => {
    const m = shape(angle);
    const [contrast, offset] = scalingOf(outcome, angle);
    for (let p = 0; p < size; p++) computed[p] = offset + contrast * m[p]!;
    return { pairs: computed, diagonal: offset + contrast };
  };
  const residual = (angle: number): AngleTriangle => {
    const m = shape(angle);
    const [contrast, offset] = scalingOf(outcome, angle);
    const data = measured(angle).pairs;
    for (let p = 0; p < size; p++) computed[p] = data[p]! - (offset + contrast * m[p]!);
    return { pairs: computed, diagonal: Number.NaN };
  };
  const member = (name: string, of: (angle: number) => AngleTriangle): NpzMember => ({
    name,
    dtype: 'f4',
    shape: [angles, frames, frames],
    pieces: fullMatrices(angles, frames, of),
  });
  return [member('c2_exp', measured), member('c2_model', model), member('residual', residual)];
}

function scalingOf(outcome: FitOutcome, angle: number): [contrast: number, offset: number] {
  const { contrast, offset } = outcome.scaling[angle]!;
  return [contrast.value, offset.value];
}

/** Numbers of one piece, about. */
const PIECE_NUMBERS = 1 << 18;

/** Symmetric matrices from triangles, a few rows at a time; each piece overwrites the one before. */
function* fullMatrices(angles: number, frames: number, of: (angle: number) => AngleTriangle): Generator<Float32Array> {
  const rows = Math.min(frames, Math.max(1, Math.floor(PIECE_NUMBERS / Math.max(1, frames))));
  const piece = new Float32Array(rows * frames);
  for (let angle = 0; angle < angles; angle++) {
    const triangle = of(angle);
    for (let first = 0; first < frames; first += rows) {
      const last = Math.min(frames, first + rows);
      for (let i = first; i < last; i++) fillRow(piece, (i - first) * frames, triangle, frames, i);
      yield piece.subarray(0, (last - first) * frames);
    }
  }
}

/** Row i of a symmetric matrix: column i of the triangle left of the diagonal, its row i right of it. */
function fillRow(to: Float32Array, at: number, { pairs, diagonal }: AngleTriangle, frames: number, i: number): void {
  for (let k = 0, place = i - 1; k < i; place += frames - 2 - k, k++) to[at + k] = pairs[place]!;
  to[at + i] = diagonal;
  const start = rowStart(frames, i);
  to.set(pairs.subarray(start, start + frames - 1 - i), at + i + 1);
}
