/**
 * What a fit's speckle covariance asks of the posterior: the width of the parameters, and contrast and offset given them.
 *
 * Under the adjusted likelihood the parameters θ have the covariance V_θθ of the fit, where priors say nothing. Contrast and
 * offset x then follow the normal distribution with the fit's joint covariance: mean x̂ + V_xθ·V_θθ⁻¹·(θ − θ̂) and covariance
 * V_xx − V_xθ·V_θθ⁻¹·V_θx.
 */
import { InputRefused } from '../../base/errors.ts';
import { fillNormals, type RandomKey } from '../../math/index.ts';
import { factorise, solve, symmetricEigen } from '../../nlsq/linear-algebra.ts';
import type { FitOutcome } from '../../nlsq/outcome.ts';
import type { Adjustment } from './curvature-adjustment.ts';

/** Contrast and offset given the free parameters. */
export interface ScalingGiven {
  /** Best fit of the free parameters, shape (n). */
  readonly theta: Float64Array;
  /** Best contrast and offset of each angle, contrast first, shape (2P). */
  readonly best: Float64Array;
  /** V_xθ·V_θθ⁻¹, shape (2P, n) row-major. */
  readonly gain: Float64Array;
  /** A root R of the conditional covariance R·Rᵀ, shape (2P, 2P) row-major. */
  readonly root: Float64Array;
}

export interface FitAdjustment extends Adjustment {
  /** Null where contrast and offset are held. */
  readonly scaling: ScalingGiven | null;
}

/**
 * The adjustment to the covariance named, `speckle` unless said otherwise. `InputRefused` where the fit has no such
 * covariance of a free parameter.
 */
export function fitAdjustment(
  outcome: Pick<FitOutcome, 'covariance' | 'parameters' | 'scaling'>,
  kind: 'speckle' | 'dyadic' | 'independent' = 'speckle',
): FitAdjustment {
  const { covariance, parameters, scaling } = outcome;
  const size = covariance.names.length;
  const isHeld = !covariance.names.includes('contrast[0]');
  const n = isHeld ? size : size - 2 * scaling.length;
  const whole = covariance[kind];
  const part = (matrix: Float64Array, from: number, rows: number, left: number, columns: number): Float64Array =>
    Float64Array.from({ length: rows * columns }, (_, at) => {
      const [i, j] = [Math.floor(at / columns), at % columns];
      return matrix[(from + i) * size + left + j]!;
    });
  const independent = part(covariance.independent, 0, n, 0, n);
  const adjusted = part(whole, 0, n, 0, n);
  if (![...independent, ...adjusted].every((value) => Number.isFinite(value))) {
    throw new InputRefused(`the likelihood cannot be adjusted: the fit has no ${kind} error of a free parameter`, {
      help: 'fix or tie what the data leave open, or sample with likelihood independent',
    });
  }
  if (isHeld) return { independent, adjusted, scaling: null };
  const m = size - n;
  const cross = part(whole, n, m, 0, n);
  const factor = factorise(adjusted, n, 1e-15);
  const gain = new Float64Array(m * n);
  for (let i = 0; i < m; i++) gain.set(solve(factor, cross.subarray(i * n, (i + 1) * n)), i * n);
  const conditional = part(whole, n, m, n, m).map((value, at) => {
    const [i, j] = [Math.floor(at / m), at % m];
    let sum = value;
    for (let k = 0; k < n; k++) sum -= gain[i * n + k]! * cross[j * n + k]!;
    return sum;
  });
  const theta = Float64Array.from(covariance.names.slice(0, n), (name) => {
    return parameters.find((parameter) => parameter.name === name)!.value;
  });
  const best = Float64Array.from(scaling.flatMap(({ contrast, offset }) => [contrast.value, offset.value]));
  return { independent, adjusted, scaling: { theta, best, gain, root: rootOf(conditional, m) } };
}

/** A root of a covariance that may be singular; what has no error is not spread. */
function rootOf(covariance: Float64Array, size: number): Float64Array {
  const known = covariance.map((value) => (Number.isFinite(value) ? value : 0));
  const root = new Float64Array(size * size);
  if (size === 0) return root;
  const { values, vectors } = symmetricEigen(known, size);
  for (const [k, vector] of vectors.entries()) {
    const length = Math.sqrt(Math.max(0, values[k]!));
    for (let i = 0; i < size; i++) root[i * size + k] = length * vector[i]!;
  }
  return root;
}

/** Contrast and offset of each angle, contrast first, shape (2P), given the free parameters; a pure function of the key. */
export function drawScalingGiven(
  { theta: centre, best, gain, root }: ScalingGiven,
  theta: Float64Array,
  key: RandomKey,
): Float64Array {
  const [n, m] = [centre.length, best.length];
  const normal = new Float64Array(m);
  fillNormals(key, normal);
  return best.map((value, i) => {
    let sum = value;
    for (let k = 0; k < n; k++) {
      // A contrast that is held has no covariance, and stays.
      const pull = gain[i * n + k]!;
      if (Number.isFinite(pull)) sum += pull * (theta[k]! - centre[k]!);
    }
    for (let k = 0; k < m; k++) sum += root[i * m + k]! * normal[k]!;
    return sum;
  });
}
