/**
 * Turn the rows of one two-time matrix, as they come from a file, into its upper triangle, and notice what the matrix is:
 * half or full, symmetric or not, constant, holed.
 *
 * Only the upper half i < j is taken. Where it is empty (zeros or not finite) the lower half is mirrored into its
 * place; where both are filled the lower one only serves to check the symmetry, so a full matrix is never doubled.
 * The diagonal is not looked at. One pass over rows in ascending order, memory of the triangle alone.
 */
import { pairsOf, rowStart } from '../kernels/triangles.ts';

/** What one half of a matrix holds inside the support. */
export interface HalfFindings {
  readonly nonFinite: number;
  /** Finite values that are not zero. */
  readonly filled: number;
  /** Smallest and largest finite value; `Infinity` and `-Infinity` if there is none. */
  readonly minimum: number;
  readonly maximum: number;
  /** Finite float64 values too large for float32. */
  readonly overflows: number;
}

export type Fill = 'full' | 'upper half' | 'lower half' | 'empty' | 'contradictory halves';

export interface MatrixFindings {
  readonly fill: Fill;
  /** The half that was taken. */
  readonly taken: HalfFindings;
  /** Full matrices: largest |c(i,j) − c(j,i)|, 0 otherwise. */
  readonly asymmetry: number;
  /** Full matrices: root mean square of c(i,j) − c(j,i) relative to the standard deviation of c. */
  readonly relativeAsymmetry: number;
  /** Full matrices: pairs finite on one side of the diagonal only. */
  readonly oneSidedPairs: number;
}

/** A full matrix whose halves differ by more than this share of their own scatter is two matrices. */
const GROSS_ASYMMETRY = 0.5;
const LARGEST_FLOAT32 = 3.4028234663852886e38;

class Half {
  nonFinite = 0;
  filled = 0;
  minimum = Infinity;
  maximum = -Infinity;
  overflows = 0;

  /** Take note of a value that is not finite as float32. */
  seeHole(x: number): void {
    this.nonFinite++;
    if (Number.isFinite(x)) this.overflows++;
  }

  /** Take note of finite values between `minimum` and `maximum`, of which `filled` are not zero. */
  seeValues(filled: number, minimum: number, maximum: number): void {
    this.filled += filled;
    if (minimum < this.minimum) this.minimum = minimum;
    if (maximum > this.maximum) this.maximum = maximum;
  }
}

export class TriangleFiller {
  readonly #support: Int32Array;
  readonly #rank: Int32Array;
  readonly #triangle: Float32Array;
  readonly #upper = new Half();
  readonly #lower = new Half();
  /** Lower values, not zero, that went into the triangle because the upper half looked empty so far. */
  #mirrored = 0;
  #asymmetry = 0;
  #squaredDifferences = 0;
  #differences = 0;
  #oneSided = 0;
  /** Sums of the upper values less the first one, for their standard deviation. */
  #first = NaN;
  #sum = 0;
  #sumOfSquares = 0;

  /**
   * `support`: the window's rows that take part, ascending. `width`: rows of the window.
   * `triangle`: where the N(N−1)/2 pairs of the N support rows go.
   */
  constructor(support: Int32Array, width: number, triangle: Float32Array) {
    this.#support = support;
    this.#triangle = triangle;
    this.#rank = new Int32Array(width).fill(-1);
    for (let rank = 0; rank < support.length; rank++) this.#rank[support[rank]!] = rank;
  }

  /** Take row `row` of the window, its cells starting at `cells[offset]`. Rows come in ascending order, each once. */
  row(row: number, cells: Float32Array | Float64Array, offset: number): void {
    const rank = this.#rank[row]!;
    if (rank < 0) return;
    this.#checkLower(rank, cells, offset);
    this.#storeUpper(rank, cells, offset);
  }

  finish(): MatrixFindings {
    const upper = this.#upper;
    const lower = this.#lower;
    const none = { asymmetry: 0, relativeAsymmetry: 0, oneSidedPairs: 0 };
    if (upper.filled === 0 && lower.filled === 0) return { fill: 'empty', taken: upper, ...none };
    if (lower.filled === 0) return { fill: 'upper half', taken: upper, ...none };
    if (upper.filled === 0) return { fill: 'lower half', taken: lower, ...none };
    const count = pairsOf(this.#support.length) - upper.nonFinite;
    const mean = this.#sum / count;
    const spread = Math.sqrt(Math.max(0, this.#sumOfSquares / count - mean * mean));
    const rms = Math.sqrt(this.#squaredDifferences / Math.max(1, this.#differences));
    const relative = rms === 0 ? 0 : rms / spread;
    return {
      fill: this.#mirrored > 0 || relative > GROSS_ASYMMETRY ? 'contradictory halves' : 'full',
      taken: upper,
      asymmetry: this.#asymmetry,
      relativeAsymmetry: relative,
      oneSidedPairs: this.#oneSided,
    };
  }

  #storeUpper(rank: number, cells: Float32Array | Float64Array, offset: number): void {
    const support = this.#support;
    const triangle = this.#triangle;
    const frames = support.length;
    if (Number.isNaN(this.#first)) this.#first = firstFinite(cells, offset, support, rank + 1);
    const first = this.#first;
    let sum = 0;
    let sumOfSquares = 0;
    let filled = 0;
    let minimum = Infinity;
    let maximum = -Infinity;
    let at = rowStart(frames, rank);
    for (let j = rank + 1; j < frames; j++, at++) {
      const x = cells[offset + support[j]!]!;
      if (!(Math.abs(x) <= LARGEST_FLOAT32)) {
        this.#upper.seeHole(x);
        triangle[at] = NaN;
        continue;
      }
      triangle[at] = x;
      if (x !== 0) filled++;
      if (x < minimum) minimum = x;
      if (x > maximum) maximum = x;
      sum += x - first;
      sumOfSquares += (x - first) * (x - first);
    }
    this.#upper.seeValues(filled, minimum, maximum);
    this.#sum += sum;
    this.#sumOfSquares += sumOfSquares;
  }

  /** Compare the cells left of the diagonal with the pairs already stored, or store them if there is nothing yet. */
  #checkLower(rank: number, cells: Float32Array | Float64Array, offset: number): void {
    const support = this.#support;
    const triangle = this.#triangle;
    const frames = support.length;
    const mirror = this.#upper.filled === 0;
    let filled = 0;
    let minimum = Infinity;
    let maximum = -Infinity;
    let largest = this.#asymmetry;
    let squares = 0;
    let compared = 0;
    for (let i = 0, at = rank - 1; i < rank; at += frames - 2 - i, i++) {
      const x = cells[offset + support[i]!]!;
      const stored = triangle[at]!;
      if (!(Math.abs(x) <= LARGEST_FLOAT32)) {
        this.#lower.seeHole(x);
        if (mirror) triangle[at] = NaN;
        else if (stored === stored) this.#oneSided++;
        continue;
      }
      if (x !== 0) filled++;
      if (x < minimum) minimum = x;
      if (x > maximum) maximum = x;
      if (mirror) triangle[at] = x;
      else if (stored === stored) {
        const difference = Math.abs(Math.fround(x) - stored);
        squares += difference * difference;
        compared++;
        if (difference > largest) largest = difference;
      } else this.#oneSided++;
    }
    this.#lower.seeValues(filled, minimum, maximum);
    if (mirror) this.#mirrored += filled;
    this.#asymmetry = largest;
    this.#squaredDifferences += squares;
    this.#differences += compared;
  }
}

function firstFinite(cells: Float32Array | Float64Array, offset: number, support: Int32Array, from: number): number {
  for (let j = from; j < support.length; j++) {
    const x = cells[offset + support[j]!]!;
    if (Math.abs(x) <= LARGEST_FLOAT32) return x;
  }
  return NaN;
}
