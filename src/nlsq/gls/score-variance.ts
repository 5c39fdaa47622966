/**
 * The covariance of the weighted scores of one angle under thermal speckle, whatever the weight: from drawn speckles.
 *
 *   s_k = Σ_{i<j} A_k,ij·e_ij = ½ δIᵀA_kδI − u_kᵀδI − const,   u_k,i = Σ_j A_k,ij·contrast·M_ij
 *
 * with e_ij the error of c2 that one speckle makes, normalisation by the frame means included. Drawn speckles hold every
 * cumulant, and the true field correlation where the weight only has a Markov one. Photon noise, independent from frame to
 * frame, is part of δI.
 */
import { breathe, type TaskContext } from '../../base/task-context.ts';
import { fold, keyFromSeed, normals } from '../../math/index.ts';
import {
  modeWeights,
  PANEL,
  referenceSpeckleKernel,
  SPECKLE_BLOCK,
  speckleField,
  type Physics,
} from '../../model/index.ts';

/** Fewer modes than this are always drawn: below contrast 0.1 the cumulants hardly matter, and are rather overstated. */
const LOWEST_CONTRAST = 0.1;
const SEED = 20260;

export interface ScoreRequest {
  readonly physics: Physics;
  readonly angle: number;
  readonly contrast: number;
  /** Variance of the photon noise of one speckle in one frame, in units of the squared mean intensity. */
  readonly photonNoise: number;
  /** M of the pairs i < j in triangle order. */
  readonly m: Float64Array;
  /** A_k, each of shape (N, N), symmetric with diagonal 0. */
  readonly columns: readonly Float64Array[];
  /** Speckles to draw; rounded up to whole blocks. */
  readonly draws: number;
}

/** Covariance of the scores of single speckles, shape (K, K) row-major. Throws `Cancelled` when stopped. */
export async function scoreVariance(request: ScoreRequest, context: TaskContext): Promise<Float64Array> {
  const { physics, angle, contrast, photonNoise, columns, draws } = request;
  const frames = physics.c.length;
  const count = columns.length;
  const drawn = Math.min(1, Math.max(contrast, LOWEST_CONTRAST));
  // δI of contrast `drawn` is scaled to the contrast wanted: all errors are of second order in it.
  const scale = Math.sqrt(contrast / drawn);
  const kernel = referenceSpeckleKernel(frames);
  const field = speckleField(physics, angle);
  const weights = modeWeights(drawn);
  const means = columns.map((column) => meanResponse(column, request.m, frames, contrast));
  const key = fold(keyFromSeed(SEED), angle);
  const blocks = Math.ceil(draws / SPECKLE_BLOCK);
  const deviations = new Float64Array(frames * SPECKLE_BLOCK);
  const scores = columns.map(() => new Float64Array(blocks * SPECKLE_BLOCK));
  for (let block = 0; block < blocks; block++) {
    await breathe(context);
    const blockKey = fold(key, block);
    kernel.intensities.fill(0);
    weights.forEach((weight, mode) => kernel.addMode(field, weight, fold(blockKey, mode)));
    const shots = normals(fold(blockKey, weights.length), deviations.length);
    for (let k = 0; k < frames; k++) {
      for (let m = 0; m < SPECKLE_BLOCK; m++) {
        const panel = Math.floor(k / PANEL) * SPECKLE_BLOCK * PANEL + (k % PANEL);
        const at = k * SPECKLE_BLOCK + m;
        deviations[at] = scale * (kernel.intensities[panel + m * PANEL]! - 1) + Math.sqrt(photonNoise) * shots[at]!;
      }
    }
    columns.forEach((column, k) => {
      addScores(column, means[k]!, deviations, frames, scores[k]!.subarray(block * SPECKLE_BLOCK));
    });
  }
  return covarianceOf(scores, count);
}

/** u_i = Σ_j A_ij·contrast·M_ij. */
function meanResponse(column: Float64Array, m: Float64Array, frames: number, contrast: number): Float64Array {
  const response = new Float64Array(frames);
  let at = 0;
  for (let i = 0; i < frames; i++) {
    for (let j = i + 1; j < frames; j++, at++) {
      const value = contrast * column[i * frames + j]! * m[at]!;
      response[i] = response[i]! + value;
      response[j] = response[j]! + value;
    }
  }
  return response;
}

/** Scores of a block of speckles, up to a constant. */
function addScores(
  column: Float64Array,
  mean: Float64Array,
  deviations: Float64Array,
  frames: number,
  scores: Float64Array,
): void {
  const partial = new Float64Array(SPECKLE_BLOCK);
  for (let i = 0; i < frames; i++) {
    partial.fill(-mean[i]!);
    const row = i * frames;
    let j = 0;
    // Four at a time: the partial sums are read and written as often as one takes.
    for (; j + 3 < i; j += 4) {
      const [a0, a1, a2, a3] = [column[row + j]!, column[row + j + 1]!, column[row + j + 2]!, column[row + j + 3]!];
      const d0 = j * SPECKLE_BLOCK;
      const [d1, d2, d3] = [d0 + SPECKLE_BLOCK, d0 + 2 * SPECKLE_BLOCK, d0 + 3 * SPECKLE_BLOCK];
      for (let m = 0; m < SPECKLE_BLOCK; m++) {
        const first = a0 * deviations[d0 + m]! + a1 * deviations[d1 + m]!;
        partial[m] = partial[m]! + first + (a2 * deviations[d2 + m]! + a3 * deviations[d3 + m]!);
      }
    }
    for (; j < i; j++) {
      const a = column[row + j]!;
      const from = j * SPECKLE_BLOCK;
      for (let m = 0; m < SPECKLE_BLOCK; m++) partial[m] = partial[m]! + a * deviations[from + m]!;
    }
    const own = i * SPECKLE_BLOCK;
    for (let m = 0; m < SPECKLE_BLOCK; m++) scores[m] = scores[m]! + deviations[own + m]! * partial[m]!;
  }
}

function covarianceOf(scores: readonly Float64Array[], count: number): Float64Array {
  const means = scores.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  const covariance = new Float64Array(count * count);
  for (let k = 0; k < count; k++) {
    for (let l = 0; l <= k; l++) {
      let sum = 0;
      for (let m = 0; m < scores[k]!.length; m++) {
        sum += (scores[k]![m]! - means[k]!) * (scores[l]![m]! - means[l]!);
      }
      covariance[k * count + l] = sum / (scores[k]!.length - 1);
      covariance[l * count + k] = covariance[k * count + l]!;
    }
  }
  return covariance;
}

/** Σ_{i<j} A_k,ij·A_l,ij: the covariance of the scores under independent errors of variance 1, shape (K, K). */
export function independentVariance(columns: readonly Float64Array[]): Float64Array {
  const count = columns.length;
  const result = new Float64Array(count * count);
  for (let k = 0; k < count; k++) {
    for (let l = 0; l <= k; l++) {
      const [a, b] = [columns[k]!, columns[l]!];
      let sum = 0;
      for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
      result[k * count + l] = sum / 2;
      result[l * count + k] = sum / 2;
    }
  }
  return result;
}
