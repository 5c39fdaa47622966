/**
 * The change of coordinates that gives a composite likelihood the width its estimate really has.
 *
 * Points of c2 are not independent, so the likelihood that takes them so is too narrow. Taken at ẑ + C·(z − ẑ) it keeps its
 * peak and its shape, and has the curvature of the wanted covariance V (Chandler & Bate, Biometrika 94, 167, 2007; Ribatet,
 * Cooley & Davison, Statistica Sinica 22, 813, 2012): CᵀHC = V⁻¹ with H the curvature it had.
 */
import { InputRefused } from '../../base/errors.ts';
import { congruence, factorise, invert, product, symmetricEigen } from '../../nlsq/linear-algebra.ts';
import { cholesky } from '../nuts/metric.ts';

/** Covariances of the free parameters at the fit in the user's units, shape (n, n) row-major. */
export interface Adjustment {
  /** If all points were independent: the inverse of the curvature of the likelihood. */
  readonly independent: Float64Array;
  /** The one the posterior is to have, where priors say nothing. */
  readonly adjusted: Float64Array;
}

/**
 * C in coordinates z with ∂θ/∂z = `jacobian`. Among the many C the one is taken that is symmetric where the curvature is
 * the identity. `InputRefused` when either covariance is not positive definite: a parameter the data leave open has none.
 */
export function curvatureAdjustment({ independent, adjusted }: Adjustment, jacobian: Float64Array): Float64Array {
  const n = Math.round(Math.sqrt(jacobian.length));
  const inverse = inverseOf(jacobian, n);
  const transposed = transpose(inverse, n);
  const before = cholesky(congruence(independent, n, transposed, n), n);
  const wanted = congruence(adjusted, n, transposed, n);
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

function transpose(matrix: Float64Array, n: number): Float64Array {
  return matrix.map((_, at) => matrix[(at % n) * n + Math.floor(at / n)]!);
}

/** By (AᵀA)⁻¹Aᵀ of columns scaled to unit length: the matrices here are small and far from singular. */
function inverseOf(matrix: Float64Array, n: number): Float64Array {
  const identity = new Float64Array(n * n);
  for (let i = 0; i < n; i++) identity[i * (n + 1)] = 1;
  const gram = congruence(identity, n, matrix, n);
  return product(invert(factorise(gram, n, 1e-15)), transpose(matrix, n), n);
}
