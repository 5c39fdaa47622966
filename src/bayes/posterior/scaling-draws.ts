/**
 * Contrast, offset and noise of each angle drawn exactly, given the physics of a draw.
 *
 * Given θ the coefficients are normal around the best ones with covariance σ²A⁻¹, and S/σ² is χ² with n − p degrees of
 * freedom (see `marginal-likelihood.ts`); both follow from the sums that the posterior kept aside.
 */
import { Defect } from '../../base/errors.ts';
import type { AngleSums } from '../../kernels/sweep.ts';
import { fillNormals, fold, type RandomKey } from '../../math/index.ts';
import { eliminate } from '../../nlsq/scaling.ts';
import { gammaDraw } from '../distributions/gamma.ts';
import { cholesky } from '../nuts/metric.ts';
import { freedomOf, squaresOf, type MarginalModel } from './marginal-likelihood.ts';

export interface ScalingDraw {
  /** Each of shape (P); σ of one point of the angle. */
  readonly contrast: Float64Array;
  readonly offset: Float64Array;
  readonly sigma: Float64Array;
}

/** Stream of the coefficients; the noise of block b has stream 1 + b. */
const COEFFICIENTS = 0;

/** One joint draw; a pure function of the key. `points` are those of each angle, shape (P). */
export function drawScaling(
  model: MarginalModel,
  points: Float64Array,
  aside: readonly number[],
  key: RandomKey,
): ScalingDraw {
  const sums = sumsOf(points, aside);
  const best = eliminate(model.groups, sums, model.guess);
  const angles = points.length;
  const sigma = new Float64Array(angles);
  const noise = new Float64Array(model.blocks.length);
  const blockOf = new Int32Array(model.groups.length);
  model.blocks.forEach((block, b) => {
    const shape = 0.5 * freedomOf(model, block, sums);
    noise[b] = Math.sqrt((0.5 * squaresOf(model, block, best)) / gammaDraw(fold(key, 1 + b), shape));
    for (const a of block.angles) sigma[a] = noise[b] / Math.sqrt(model.guess.weight[a]!);
    for (const g of block.groups) blockOf[g] = b;
  });
  const contrast = Float64Array.from(best.contrast);
  const offset = Float64Array.from(best.offset);
  best.factors.forEach(({ group, matrix }, g) => {
    const { terms, basis, angles: members } = group;
    const size = 2 * terms;
    const lower = cholesky(matrix, size);
    if (lower === null) throw new Defect('a draw of the posterior has no contrast');
    const change = new Float64Array(size);
    fillNormals(fold(fold(key, COEFFICIENTS), g), change);
    // x = x̂ + σ·L⁻ᵀε has the covariance σ²(L·Lᵀ)⁻¹.
    for (let i = size - 1; i >= 0; i--) {
      for (let k = i + 1; k < size; k++) change[i] = change[i]! - lower[k * size + i]! * change[k]!;
      change[i] = change[i]! / lower[i * (size + 1)]!;
    }
    members.forEach((a, row) => {
      for (let t = 0; t < terms; t++) {
        const share = noise[blockOf[g]!]! * basis[row * terms + t]!;
        offset[a] = offset[a]! + share * change[t]!;
        contrast[a] = contrast[a]! + share * change[terms + t]!;
      }
    });
  });
  return { contrast, offset, sigma };
}

/** The sums that `two-time-posterior.ts` kept aside: M, M², r, rM and r² of each angle. */
function sumsOf(points: Float64Array, aside: readonly number[]): AngleSums {
  const angles = points.length;
  if (aside.length !== 5 * angles) throw new Defect(`${aside.length} sums aside for ${angles} angles`);
  const column = (k: number): Float64Array => Float64Array.from(aside.slice(k * angles, (k + 1) * angles));
  return { points, m: column(0), mm: column(1), r: column(2), rm: column(3), rr: column(4) };
}
