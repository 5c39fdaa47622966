/**
 * The covariance of the scores of one angle under the noise of a single thermal speckle, in closed form.
 *
 * c2 = ⟨I_i·I_j⟩/⟨I_i⟩⟨I_j⟩ over M speckles of mean intensity 1 has, to first order in 1/M, per speckle the error
 *
 *   e_ij = δI_i·δI_j − V_ij − V_ij·(δI_i + δI_j),    V = β·K∘K
 *
 * where the last part is what dividing by the means adds. δI = Σ_l w_l(|f_l|² − 1) with Gaussian fields f_l of correlation
 * K has the cumulants κ_n = Σ_l w_l^n · Σ over the (n − 1)! cycles of products of K, with Σ w^n = β^(n−1) for equal modes.
 * With the column of a parameter as symmetric matrix W (zero on the diagonal) its score is
 *
 *   s = Σ_{i<j} W_ij·e_ij = ½ δIᵀ·W·δI − a·δI − …,   a_i = Σ_j W_ij·V_ij
 *
 *   Cov(s, s') = ½ tr(W·V·W'·V) + β³·[ tr(A·K·A'·K) + ½ T(W, W') ] − β²·Σ_k [ a'_k·(K·A·K)_kk + a_k·(K·A'·K)_kk ] + aᵀ·V·a'
 *   A = W∘K,   T(W, W') = Σ_ijkl W_ij·W'_kl·K_ik·K_kj·K_jl·K_li
 *
 * Photon counting adds to δI an error without memory of variance 1/photons. Its product with δI is the `crossed` part, per
 * photon and speckle:
 *
 *   Cov(s, s') = Σ_i [ (W·V·W')_ii + 2β²·(A·K·A')_ii − a_i·a'_i ]
 *
 * and its product with itself is white: Σ_{i<j} W_ij·W'_ij (`white`).
 */
import type { BandedProducts } from '../../kernels/banded-products.ts';
import { fillColumns, type AngleColumns } from './score-columns.ts';
import { meanDistance, type BlockFields } from './block-fields.ts';

/**
 * Covariances of the scores, each of shape (R, R) row-major, columns as in `AngleColumns`; those of the model with contrast 1
 * in the powers of β: speckle = β²·square + β³·cube, crossed = β·linear + β²·crossedSquare.
 */
export interface ScoreCovariances {
  readonly square: Float64Array;
  readonly cube: Float64Array;
  readonly linear: Float64Array;
  readonly crossedSquare: Float64Array;
  readonly white: Float64Array;
}

/** Correlations below this do not count. */
const NEGLIGIBLE = 1e-4;
/** Products of two correlations below this do not count. */
const NEGLIGIBLE_PRODUCT = 1e-3;
/** Entries of W below this share of the largest do not count. */
const NEGLIGIBLE_WEIGHT = 1e-6;

/** Blocks of frames, and which of their pairs are fitted. */
export interface ScoreSupport {
  readonly fields: BlockFields;
  /** Share of the pairs of two blocks that are fitted, shape (B, B); null: all. */
  readonly present: Float64Array | null;
}

/**
 * `coarse` is the same support in fewer blocks: good enough for T, the smallest and costliest part. The room of `products` is
 * used and given back.
 */
export function scoreCovariances(
  columns: AngleColumns,
  { fields, present }: ScoreSupport,
  coarse: ScoreSupport,
  products: BandedProducts,
): ScoreCovariances {
  const { count: n, sizes } = fields;
  const { weights, white } = columnMatrices(columns, fields, present, products);
  const r = weights.length;
  const k = copyTo(products.room(n * n), fields.field);
  const intensity = copyTo(products.room(n * n), fields.intensity);
  const times = (a: Float64Array, b: Float64Array, reach: Float64Array): Float64Array => {
    const result = products.room(n * n);
    products.timesBanded(a, b, reach, n, NEGLIGIBLE_WEIGHT, result);
    return result;
  };
  const reach = copyTo(products.room(2 * n), reachOf(intensity, n));
  const wv = weights.map((w) => times(w, intensity, reach));
  const fieldReach = copyTo(products.room(2 * n), reachOf(k, n));
  const a = weights.map((w) => timesEach(w, k, products.room(n * n)));
  const ak = a.map((matrix) => times(matrix, k, fieldReach));
  const rowSums = weights.map((w) => rowSumsOf(w, fields.shape, n));
  // (K·A·K)_kk, and V·a.
  const cycles = ak.map((matrix) => diagonalOfProduct(k, matrix, n));
  const va = rowSums.map((vector) => timesVector(intensity, vector, n));
  const onCoarse = columnMatrices(columns, coarse.fields, coarse.present, products);
  const knots = knotSums(onCoarse.weights, coarse.fields.field, products);
  const result = { square: square(r), cube: square(r), linear: square(r), crossedSquare: square(r), white };
  const all = n * n;
  const mirrored = (matrix: Float64Array): Float64Array => transpose(matrix, n, products.room(all));
  const [wvMirrored, akMirrored] = [wv.map(mirrored), ak.map(mirrored)];
  const perFrame = (matrix: Float64Array): Float64Array => divideRows(matrix, sizes, products.room(all));
  const [weightsPerFrame, aPerFrame] = [weights.map(perFrame), a.map(perFrame)];
  for (let p = 0; p < r; p++) {
    for (let q = p; q < r; q++) {
      let thirds = 0;
      let means = 0;
      let squares = 0;
      for (let i = 0; i < n; i++) {
        const [ap, aq] = [rowSums[p]![i]!, rowSums[q]![i]!];
        thirds += aq * cycles[p]![i]! + ap * cycles[q]![i]!;
        means += ap * va[q]![i]!;
        squares += (ap * aq) / sizes[i]!;
      }
      const both = (matrix: Float64Array, value: number): void => {
        matrix[p * r + q] = matrix[q * r + p] = value;
      };
      const fourths = products.dot(ak[p]!, akMirrored[q]!, all) + 0.5 * knots[p * r + q]!;
      both(result.square, 0.5 * products.dot(wv[p]!, wvMirrored[q]!, all));
      both(result.cube, fourths - thirds + means);
      both(result.linear, products.dot(wv[p]!, weightsPerFrame[q]!, all));
      both(result.crossedSquare, 2 * products.dot(ak[p]!, aPerFrame[q]!, all) - squares);
    }
  }
  products.free();
  return result;
}

function copyTo(room: Float64Array, values: Float64Array): Float64Array {
  room.set(values);
  return room;
}

function square(size: number): Float64Array {
  return new Float64Array(size * size);
}

/** W of each column, the number of pairs between two blocks included, and Σ_{i<j} W·W'. */
function columnMatrices(
  columns: AngleColumns,
  { count: n, sizes, middles }: BlockFields,
  present: Float64Array | null,
  products: BandedProducts,
): { weights: Float64Array[]; white: Float64Array } {
  const r = columns.count;
  const weights = Array.from({ length: r }, () => products.room(n * n).fill(0));
  const white = new Float64Array(r * r);
  const row = new Float64Array(r);
  for (let b = 0; b < n; b++) {
    for (let d = b; d < n; d++) {
      const size = sizes[b]!;
      let pairs = size * sizes[d]!;
      if (b === d) {
        if (size < 2) continue;
        pairs = size * (size - 1);
        const half = meanDistance(size) / 2;
        fillColumns(columns, middles[b]! - half, middles[b]! + half, row);
      } else fillColumns(columns, middles[b]!, middles[d]!, row);
      if (present !== null) pairs *= present[b * n + d]!;
      const once = b === d ? pairs / 2 : pairs;
      for (let p = 0; p < r; p++) {
        weights[p]![b * n + d] = weights[p]![d * n + b] = pairs * row[p]!;
        for (let q = 0; q < r; q++) white[p * r + q] = white[p * r + q]! + once * row[p]! * row[q]!;
      }
    }
  }
  return { weights, white };
}

/** First and end column of the entries of each row that count, shape (2n). */
function reachOf(matrix: Float64Array, n: number): Float64Array {
  const reach = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    let first = 0;
    let end = n;
    while (first < i && Math.abs(matrix[i * n + first]!) < NEGLIGIBLE) first++;
    while (end > i + 1 && Math.abs(matrix[i * n + end - 1]!) < NEGLIGIBLE) end--;
    reach[2 * i] = first;
    reach[2 * i + 1] = end;
  }
  return reach;
}

/** A∘B in `result`. */
function timesEach(a: Float64Array, b: Float64Array, result: Float64Array): Float64Array {
  for (let at = 0; at < result.length; at++) result[at] = a[at]! * b[at]!;
  return result;
}

function transpose(matrix: Float64Array, n: number, into: Float64Array): Float64Array {
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) into[j * n + i] = matrix[i * n + j]!;
  return into;
}

/** Row i over sizes[i]. */
function divideRows(matrix: Float64Array, sizes: Float64Array, into: Float64Array): Float64Array {
  const n = sizes.length;
  for (let i = 0; i < n; i++) {
    const factor = 1 / sizes[i]!;
    for (let at = i * n; at < (i + 1) * n; at++) into[at] = factor * matrix[at]!;
  }
  return into;
}

/** (A·B)_kk for symmetric A. */
function diagonalOfProduct(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) result[j] = result[j]! + a[i * n + j]! * b[i * n + j]!;
  }
  return result;
}

/** Σ_j W_ij·M_ij. */
function rowSumsOf(w: Float64Array, m: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += w[i * n + j]! * m[i * n + j]!;
    return sum;
  });
}

function timesVector(matrix: Float64Array, vector: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += matrix[i * n + j]! * vector[j]!;
    return sum;
  });
}

/** T(W_p, W_q) of all columns, shape (R, R); only p ≤ q. */
function knotSums(weights: readonly Float64Array[], field: Float64Array, products: BandedProducts): Float64Array {
  const n = Math.sqrt(field.length);
  const r = weights.length;
  const result = new Float64Array(r * r);
  const both = products.room(n);
  const forms = new Float64Array(r);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      let first = n;
      let end = 0;
      for (let k = 0; k < n; k++) {
        const product = field[i * n + k]! * field[j * n + k]!;
        const counts = Math.abs(product) >= NEGLIGIBLE_PRODUCT;
        both[k] = counts ? product : 0;
        if (!counts) continue;
        if (first === n) first = k;
        end = k + 1;
      }
      if (end === 0) continue;
      for (let q = 0; q < r; q++) forms[q] = products.quadraticForm(weights[q]!, n, both, first, end);
      const times = i === j ? 1 : 2;
      for (let p = 0; p < r; p++) {
        const factor = times * weights[p]![i * n + j]!;
        for (let q = p; q < r; q++) result[p * r + q] = result[p * r + q]! + factor * forms[q]!;
      }
    }
  }
  return result;
}
