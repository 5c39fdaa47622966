/**
 * The change of coordinates that gives a composite likelihood the width its estimate really has.
 *
 * Points of c2 are not independent, so the likelihood that takes them so is too narrow. Taken at z* + C·(z − ẑ), with its peak
 * z* and the fit ẑ, it keeps its shape, and has its peak at ẑ and the curvature of the wanted covariance V of ẑ (Chandler &
 * Bate, Biometrika 94, 167, 2007; Ribatet, Cooley & Davison, Statistica Sinica 22, 813, 2012): CᵀHC = V⁻¹ with H the curvature
 * it had. Peak and fit differ where angles have another noise than the weights of the fit say; C would magnify that distance.
 */
import { InputRefused } from '../../base/errors.ts';
import { congruence, factorise, invert, product, symmetricEigen } from '../../nlsq/linear-algebra.ts';
import { cholesky } from '../nuts/metric.ts';

/** Covariances of the free parameters in the user's units, shape (n, n) row-major. */
export interface Adjustment {
  /** If all points were independent: the inverse of the curvature of the likelihood at its peak. */
  readonly independent: Float64Array;
  /** The one the posterior is to have at the fit, where priors say nothing. */
  readonly adjusted: Float64Array;
  /** Peak of the likelihood in the user's units, shape (n); absent: where the fit is. */
  readonly peak?: Float64Array | undefined;
}

/**
 * C in coordinates z with ∂θ/∂z = `jacobian` at the fit and `peakJacobian` at the peak of the likelihood. Among the many C the one is taken that is symmetric where the curvature is
 * the identity. `InputRefused` when either covariance is not positive definite: a parameter the data leave open has none.
 */
export function curvatureAdjustment(
  { independent, adjusted }: Adjustment,
  jacobian: Float64Array,
  peakJacobian: Float64Array = jacobian,
): Float64Array {
  const n = Math.round(Math.sqrt(jacobian.length));
  const inCoordinates = (covariance: Float64Array, at: Float64Array): Float64Array =>
    congruence(covariance, n, transpose(inverseOf(at, n), n), n);
  const before = cholesky(inCoordinates(independent, peakJacobian), n);
  const wanted = inCoordinates(adjusted, jacobian);
  if (before === null || cholesky(wanted, n) === null) {
    throw new InputRefused('the likelihood cannot be adjusted: the data leave a free parameter without an error', {
      help: 'fix or tie that parameter, or sample with likelihood independent',
    });
  }
  const whiten = Float64Array.from(before);
  const unwhiten = inverseOf(whiten, n);
  const inflation = congruence(wanted, n, transpose(unwhiten, n), n);
  const { values, vectors } = symmetricEigen(inflation, n);
  const root = new Float64Array(n * n);
  for (const [k, vector] of vectors.entries()) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++)
        root[i * n + j] = root[i * n + j]! + (vector[i]! * vector[j]!) / Math.sqrt(values[k]!);
    }
  }
  return product(product(whiten, root, n), unwhiten, n);
}

/** Of a square matrix, shape (n, n). */
export function transpose(matrix: Float64Array, n: number): Float64Array {
  return matrix.map((_, at) => matrix[(at % n) * n + Math.floor(at / n)]!);
}

/** By (AᵀA)⁻¹Aᵀ of columns scaled to unit length: the matrices here are small and far from singular. */
function inverseOf(matrix: Float64Array, n: number): Float64Array {
  const identity = new Float64Array(n * n);
  for (let i = 0; i < n; i++) identity[i * (n + 1)] = 1;
  const gram = congruence(identity, n, matrix, n);
  return product(invert(factorise(gram, n, 1e-15)), transpose(matrix, n), n);
}
