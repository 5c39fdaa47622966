/**
 * Dense linear algebra for the few unknowns of a fit: matrices are row-major Float64Arrays of n·n numbers.
 *
 * Everything is scaled to unit diagonal first, so that "small" means small beside the parameter's own information,
 * never beside another parameter's unit.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Pivoted Cholesky factor of a symmetric positive semidefinite matrix; pivots below the tolerance are left out. */
export interface Factor {
  readonly size: number;
  readonly rank: number;
  /** The first `rank` entries are the determined unknowns, the rest the ones left out. */
  readonly order: readonly number[];
  /** Lower triangle in pivot order, of the matrix scaled by `scale` on both sides. */
  readonly lower: Float64Array;
  readonly scale: Float64Array;
}

/**
 * Factor A = (A + Aᵀ)/2 ≥ 0. An unknown whose information, once all earlier ones are known, is below `tolerance` of its
 * own is left out (its solution component will be 0). Among equal pivots the lower index is taken first.
 */
export function factorise(matrix: Float64Array, size: number, tolerance = 1e-13): Factor {
  const scale = new Float64Array(size);
  const remaining = new Float64Array(size);
  const lower = new Float64Array(size * size);
  const order: number[] = [];
  for (let i = 0; i < size; i++) {
    const diagonal = matrix[i * size + i]!;
    if (diagonal > 0) {
      scale[i] = 1 / Math.sqrt(diagonal);
      remaining[i] = 1;
    }
    order.push(i);
  }
  let rank = 0;
  for (; rank < size; rank++) {
    let best = rank;
    for (let i = rank + 1; i < size; i++) {
      if (remaining[order[i]!]! > remaining[order[best]!]! * (1 + 1e-12)) best = i;
    }
    const unknown = order[best]!;
    if (!(remaining[unknown]! > tolerance)) break;
    swapRows(lower, size, rank, best);
    order[best] = order[rank]!;
    order[rank] = unknown;
    const pivot = Math.sqrt(remaining[unknown]!);
    lower[rank * size + rank] = pivot;
    for (let i = rank + 1; i < size; i++) {
      const other = order[i]!;
      let sum = matrix[other * size + unknown]! * scale[other]! * scale[unknown]!;
      for (let k = 0; k < rank; k++) sum -= lower[i * size + k]! * lower[rank * size + k]!;
      const value = sum / pivot;
      lower[i * size + rank] = value;
      remaining[other] = remaining[other]! - value * value;
    }
  }
  return { size, rank, order, lower, scale };
}

/** Solve A x = b on the determined unknowns; x is 0 for the ones left out. */
export function solve(factor: Factor, right: Float64Array): Float64Array {
  const x = new Float64Array(factor.size);
  solveInto(factor, right, new Float64Array(factor.rank), x);
  return x;
}

/** `y` is scratch, shape (rank); `x` must be 0 at the unknowns left out. */
function solveInto(
  { size, rank, order, lower, scale }: Factor,
  right: Float64Array,
  y: Float64Array,
  x: Float64Array,
): void {
  for (let i = 0; i < rank; i++) {
    let sum = right[order[i]!]! * scale[order[i]!]!;
    for (let k = 0; k < i; k++) sum -= lower[i * size + k]! * y[k]!;
    y[i] = sum / lower[i * size + i]!;
  }
  for (let i = rank - 1; i >= 0; i--) {
    let sum = y[i]!;
    for (let k = i + 1; k < rank; k++) sum -= lower[k * size + i]! * y[k]!;
    y[i] = sum / lower[i * size + i]!;
    x[order[i]!] = y[i]! * scale[order[i]!]!;
  }
}

/** The inverse on the determined unknowns; rows and columns of the ones left out are 0. */
export function invert(factor: Factor): Float64Array {
  const { size } = factor;
  const inverse = new Float64Array(size * size);
  const unit = new Float64Array(size);
  const [y, x] = [new Float64Array(factor.rank), new Float64Array(size)];
  for (let j = 0; j < size; j++) {
    unit.fill(0);
    unit[j] = 1;
    solveInto(factor, unit, y, x);
    inverse.set(x, j * size);
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      const mean = (inverse[i * size + j]! + inverse[j * size + i]!) / 2;
      inverse[i * size + j] = mean;
      inverse[j * size + i] = mean;
    }
  }
  return inverse;
}

/** L of A = L·Lᵀ, or null where A is not positive definite beyond rounding. */
export function cholesky(matrix: Float64Array, size: number): Float64Array | null {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
      if (i > j) lower[i * size + j] = sum / lower[j * size + j]!;
      else if (sum > 1e-12 * matrix[i * size + i]!) lower[i * size + i] = Math.sqrt(sum);
      else return null;
    }
  }
  return lower;
}

/** Eigenvalues ascending and the eigenvectors as rows of `vectors`, of a symmetric matrix. */
export function symmetricEigen(matrix: Float64Array, size: number): { values: Float64Array; vectors: Float64Array[] } {
  const decomposition = new EigenvalueDecomposition(Matrix.from1DArray(size, size, matrix), { assumeSymmetric: true });
  const order = Array.from({ length: size }, (_, i) => i);
  const { realEigenvalues, eigenvectorMatrix } = decomposition;
  order.sort((a, b) => realEigenvalues[a]! - realEigenvalues[b]!);
  return {
    values: Float64Array.from(order, (k) => realEigenvalues[k]!),
    vectors: order.map((k) => Float64Array.from({ length: size }, (_, i) => eigenvectorMatrix.get(i, k))),
  };
}

/** Aᵀ·B·A for B of shape (n, n) and A of shape (n, m): the matrix B seen in other coordinates. */
export function congruence(matrix: Float64Array, n: number, change: Float64Array, m: number): Float64Array {
  const half = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += matrix[i * n + k]! * change[k * m + j]!;
      half[i * m + j] = sum;
    }
  }
  const result = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += change[k * m + i]! * half[k * m + j]!;
      result[i * m + j] = sum;
    }
  }
  return result;
}

/** A·B for matrices of shape (n, n). */
export function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += a[i * n + k]! * b[k * n + j]!;
      result[i * n + j] = sum;
    }
  }
  return result;
}

/** A·x for A of shape (n, n). */
export function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  return vector.map((_, i) => dot(matrix.subarray(i * n, (i + 1) * n), vector));
}

/** Aᵀ·x for A of shape (n, m). */
export function transposeTimes(change: Float64Array, n: number, m: number, vector: Float64Array): Float64Array {
  const result = new Float64Array(m);
  for (let k = 0; k < n; k++) {
    for (let j = 0; j < m; j++) result[j] = result[j]! + change[k * m + j]! * vector[k]!;
  }
  return result;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** xᵀ·A·x. */
export function quadraticForm(matrix: Float64Array, vector: Float64Array): number {
  const n = vector.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) sum += vector[i]! * matrix[i * n + j]! * vector[j]!;
  }
  return sum;
}

function swapRows(matrix: Float64Array, size: number, a: number, b: number): void {
  if (a === b) return;
  for (let k = 0; k < size; k++) {
    const kept = matrix[a * size + k]!;
    matrix[a * size + k] = matrix[b * size + k]!;
    matrix[b * size + k] = kept;
  }
}
