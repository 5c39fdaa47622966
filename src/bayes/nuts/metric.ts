/**
 * The dense metric of Hamiltonian dynamics as the factor L of the inverse mass matrix, M⁻¹ = L·Lᵀ.
 *
 * Momenta are kept as y = Lᵀp, standard normal whatever the metric; velocities are L·y, forces Lᵀ∇, and every inner
 * product of the U-turn criterion, (M⁻¹p)·ρ, is one of plain vectors.
 */

/** A lower-triangular factor of shape (d, d), row-major. */
export type MetricFactor = ArrayLike<number>;

/** The identity. */
export function unitMetric(size: number): number[] {
  return Array.from({ length: size * size }, (_, k) => (k % (size + 1) === 0 ? 1 : 0));
}

/** Lower Cholesky factor of a symmetric positive definite matrix, row-major; null when it is not positive definite. */
export function cholesky(matrix: ArrayLike<number>, size: number): number[] | null {
  const lower = Array.from({ length: size * size }, () => 0);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
      if (i > j) lower[i * size + j] = sum / lower[j * size + j]!;
      else if (sum > 0 && sum < Infinity) lower[i * size + i] = Math.sqrt(sum);
      else return null;
    }
  }
  return lower;
}

/** L·x. */
export function applyFactor(factor: MetricFactor, x: Float64Array): Float64Array {
  const size = x.length;
  const out = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let k = 0; k <= i; k++) sum += factor[i * size + k]! * x[k]!;
    out[i] = sum;
  }
  return out;
}

/** Lᵀ·x. */
export function applyTransposed(factor: MetricFactor, x: Float64Array): Float64Array {
  const size = x.length;
  const out = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k <= i; k++) out[k] = out[k]! + factor[i * size + k]! * x[i]!;
  }
  return out;
}

/** The x with L·x = b. */
export function solveFactor(factor: MetricFactor, b: Float64Array): Float64Array {
  const size = b.length;
  const x = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * size + k]! * x[k]!;
    x[i] = sum / factor[i * size + i]!;
  }
  return x;
}
