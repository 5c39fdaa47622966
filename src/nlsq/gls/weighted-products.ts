/**
 * Weighted inner products ⟨A, B⟩ of symmetric matrices without diagonal: Σ_{i<j} A_ij·(𝒲B)_ij with the weight of an angle.
 *
 *   ⟨A, B⟩ = ½·tr(W⁻¹A·W⁻¹B) − ½·d_AᵀQ⁻¹d_B,   d_A = diag(W⁻¹A·W⁻¹)
 *
 * The second term is what the N unmeasured numbers on the diagonal of c2 take away. One pass over the rows of the
 * matrices, O(N) memory per matrix.
 */
import { diagonalInnovations, type MarkovWeight } from './markov-weight.ts';

/** Products along the filter below this are as good as zero, and would only become slow denormal numbers. */
const NEGLIGIBLE = 1e-140;

/** Write row i of every matrix, all N columns with 0 at column i, into `rows`. */
export type RowSource = (i: number, rows: readonly Float64Array[]) => void;

interface Stream {
  readonly row: Float64Array;
  /** Prediction of the next row. */
  readonly prediction: Float64Array;
  /** y_jj and Σ_{i>j} L⁻¹-weighted y_ij, for the diagonal of W⁻¹A·W⁻¹. */
  readonly own: Float64Array;
  readonly below: Float64Array;
}

/** The Gram matrix of `count` matrices, shape (count, count) row-major. */
export function weightedProducts(weight: MarkovWeight, count: number, fill: RowSource): Float64Array {
  const { frames, keep, gain, variance } = weight;
  const streams = Array.from({ length: count }, (): Stream => {
    const make = (): Float64Array => new Float64Array(frames);
    return { row: make(), prediction: make(), own: make(), below: make() };
  });
  const rows = streams.map(({ row }) => row);
  const inverse = variance.map((value) => 1 / value);
  const path = new Float64Array(frames);
  const scaled = new Float64Array(frames);
  const both = new Float64Array(2);
  const gram = new Float64Array(count * count);
  for (let i = 0; i < frames; i++) {
    fill(i, rows);
    for (const stream of streams) whitenRow(weight, inverse, path, i, stream);
    for (let k = 0; k < count; k++) {
      const row = rows[k]!;
      for (let j = 0; j <= i; j++) scaled[j] = row[j]! * inverse[j]!;
      for (let l = 0; l <= k; l += 2) {
        const at = k * count + l;
        rowProducts(scaled, rows[l]!, rows[Math.min(l + 1, k)]!, i, both);
        gram[at] = gram[at]! + inverse[i]! * both[0]!;
        if (l < k) gram[at + 1] = gram[at + 1]! + inverse[i]! * both[1]!;
      }
    }
    const a = keep[i]!;
    for (let j = 0; j < i; j++) {
      const value = path[j]! * a;
      path[j] = value > NEGLIGIBLE ? value : 0;
    }
    path[i] = 1;
  }
  const innovations = streams.map(({ own, below }) => {
    const diagonal = inverseDiagonal(keep, gain, own, below);
    diagonalInnovations(weight, diagonal);
    return diagonal;
  });
  for (let k = 0; k < count; k++) {
    for (let l = 0; l <= k; l++) {
      let taken = 0;
      for (let i = 0; i < frames; i++)
        taken += (innovations[k]![i]! * innovations[l]![i]!) / weight.diagonalVariance[i]!;
      const value = gram[k * count + l]! - 0.5 * taken;
      gram[k * count + l] = value;
      gram[l * count + k] = value;
    }
  }
  return gram;
}

/** Row i of L⁻¹AL⁻ᵀ up to the diagonal, in place of row i of A; the diagonal's sums move on. */
function whitenRow(
  { keep, gain }: MarkovWeight,
  inverse: Float64Array,
  path: Float64Array,
  i: number,
  { row, prediction, own, below }: Stream,
): void {
  const a = keep[i]!;
  const b = gain[i]!;
  const frames = row.length;
  const scale = inverse[i]!;
  let state = 0;
  for (let j = 0; j <= i; j++) {
    const value = row[j]!;
    const before = prediction[j]!;
    prediction[j] = a * before + b * value;
    const innovation = value - before;
    const white = innovation - state;
    state = keep[j]! * state + gain[j]! * innovation;
    row[j] = white;
    below[j] = below[j]! + path[j]! * white * scale * inverse[j]!;
  }
  // path is 0 at j = i: the diagonal itself is kept apart.
  own[i] = row[i]! * scale * scale;
  for (let j = i + 1; j < frames; j++) prediction[j] = a * prediction[j]! + b * row[j]!;
}

/** Σ_{j<i} A_ij·B_ij + ½·A_ii·B_ii for two B at a time: A is read once, and neither sum waits for the other. */
function rowProducts(a: Float64Array, b: Float64Array, c: Float64Array, i: number, sums: Float64Array): void {
  let ab = 0.5 * a[i]! * b[i]!;
  let ac = 0.5 * a[i]! * c[i]!;
  for (let j = 0; j < i; j++) {
    const value = a[j]!;
    ab += value * b[j]!;
    ac += value * c[j]!;
  }
  sums[0] = ab;
  sums[1] = ac;
}

/** diag(L⁻ᵀYL⁻¹) from Y_jj and its sums below the diagonal. */
function inverseDiagonal(keep: Float64Array, gain: Float64Array, own: Float64Array, below: Float64Array): Float64Array {
  const frames = own.length;
  const diagonal = new Float64Array(frames);
  let rest = 0;
  for (let j = frames - 1; j >= 0; j--) {
    const next = j + 1;
    if (next < frames) rest = own[next]! + keep[next]! * (2 * below[next]! + keep[next]! * rest);
    diagonal[j] = own[j]! + gain[j]! * (gain[j]! * rest - 2 * below[j]!);
  }
  return diagonal;
}
