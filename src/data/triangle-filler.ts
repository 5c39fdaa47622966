/**
 * Turn the rows of one two-time matrix, as they come from a file, into its upper triangle, and notice what the matrix is:
 * half or full, symmetric or not, constant, holed.
 *
 * Only the upper half i < j is taken. Where it is empty (zeros or not finite) the lower half is mirrored into its
 * place; where both are filled the lower one only serves to check the symmetry, so a full matrix is never doubled.
 * The diagonal is not looked at. One pass over rows in ascending order, memory of the triangle alone.
 */
import { rowStart } from '../kernels/triangles.ts';

/** What one half of a matrix holds inside the support. */
export interface HalfFindings {
  readonly nonFinite: number;
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

type Cells = Float32Array | Float64Array;

class Half {
  nonFinite = 0;
  minimum = Infinity;
  maximum = -Infinity;
  overflows = 0;

  /** Whether there is a finite value that is not zero. */
  get isFilled(): boolean {
    return this.minimum < 0 || this.maximum > 0;
  }

  found(): HalfFindings {
    const { nonFinite, minimum, maximum, overflows } = this;
    return { nonFinite, minimum, maximum, overflows };
  }

  /** Take note of a value; whether it is finite as float32. */
  see(x: number): boolean {
    if (!(Math.abs(x) <= LARGEST_FLOAT32)) {
      this.nonFinite++;
      if (Number.isFinite(x)) this.overflows++;
      return false;
    }
    if (x < this.minimum) this.minimum = x;
    if (x > this.maximum) this.maximum = x;
    return true;
  }
}

export class TriangleFiller {
  readonly #support: Int32Array;
  /** The support is one run of frames, whose cells can be used where they are. */
  readonly #contiguous: boolean;
  readonly #gathered: Float64Array;
  readonly #rank: Int32Array;
  readonly #triangle: Float32Array;
  readonly #upper = new Half();
  readonly #lower = new Half();
  /** The lower half holds a finite value that is not zero; such a value went into the triangle. */
  #lowerFilled = false;
  #mirrored = false;
  #asymmetry = 0;
  #squaredDifferences = 0;
  #differences = 0;
  #oneSided = 0;

  /**
   * `support`: the window's rows that take part, ascending. `width`: rows of the window.
   * `triangle`: where the N(N−1)/2 pairs of the N support rows go.
   */
  constructor(support: Int32Array, width: number, triangle: Float32Array) {
    this.#support = support;
    this.#triangle = triangle;
    this.#contiguous = (support.at(-1) ?? 0) - (support[0] ?? 0) === support.length - 1;
    this.#gathered = new Float64Array(this.#contiguous ? 0 : support.length);
    this.#rank = new Int32Array(width).fill(-1);
    for (let rank = 0; rank < support.length; rank++) this.#rank[support[rank]!] = rank;
  }

  /** Take row `row` of the window, its cells starting at `cells[offset]`. Rows come in ascending order, each once. */
  row(row: number, cells: Cells, offset: number): void {
    const rank = this.#rank[row]!;
    if (rank < 0) return;
    const support = this.#support;
    let taken = cells;
    let at = offset + support[0]!;
    if (!this.#contiguous) {
      for (let k = 0; k < support.length; k++) this.#gathered[k] = cells[offset + support[k]!]!;
      taken = this.#gathered;
      at = 0;
    }
    if (this.#upper.isFilled) this.#compareLower(rank, taken, at);
    else this.#mirrorLower(rank, taken, at);
    this.#storeUpper(rank, taken, at);
  }

  finish(): MatrixFindings {
    const upper = this.#upper;
    const none = { asymmetry: 0, relativeAsymmetry: 0, oneSidedPairs: 0 };
    if (!upper.isFilled && !this.#lowerFilled) return { fill: 'empty', taken: upper.found(), ...none };
    if (!this.#lowerFilled) return { fill: 'upper half', taken: upper.found(), ...none };
    if (!upper.isFilled) return { fill: 'lower half', taken: this.#lower.found(), ...none };
    const rms = Math.sqrt(this.#squaredDifferences / Math.max(1, this.#differences));
    const relative = rms === 0 ? 0 : rms / standardDeviation(this.#triangle);
    return {
      fill: this.#mirrored || relative > GROSS_ASYMMETRY ? 'contradictory halves' : 'full',
      taken: upper.found(),
      asymmetry: this.#asymmetry,
      relativeAsymmetry: relative,
      oneSidedPairs: this.#oneSided,
    };
  }

  /** Take the cells right of the diagonal; `cells[offset]` is that of the first frame of the support. */
  #storeUpper(rank: number, cells: Cells, offset: number): void {
    const upper = this.#upper;
    const triangle = this.#triangle;
    const frames = this.#support.length;
    const start = rowStart(frames, rank) - rank - 1;
    triangle.set(cells.subarray(offset + rank + 1, offset + frames), start + rank + 1);
    let { minimum, maximum } = upper;
    for (let j = rank + 1; j < frames; j++) {
      const x = cells[offset + j]!;
      // Nearly every value lies between those seen before; one that is not finite never does.
      if (x >= minimum && x <= maximum) continue;
      if (!upper.see(x)) triangle[start + j] = NaN;
      ({ minimum, maximum } = upper);
    }
  }

  /** Store the cells left of the diagonal in place of an upper half that looks empty so far. */
  #mirrorLower(rank: number, cells: Cells, offset: number): void {
    const triangle = this.#triangle;
    const frames = this.#support.length;
    let filled = false;
    for (let i = 0, at = rank - 1; i < rank; at += frames - 2 - i, i++) {
      const x = cells[offset + i]!;
      const finite = this.#lower.see(x);
      triangle[at] = finite ? x : NaN;
      if (finite && x !== 0) filled = true;
    }
    this.#mirrored ||= filled;
    this.#lowerFilled ||= filled;
  }

  /** Compare the cells left of the diagonal with the pairs already stored. */
  #compareLower(rank: number, cells: Cells, offset: number): void {
    const triangle = this.#triangle;
    const frames = this.#support.length;
    let equal = 0;
    let filled = this.#lowerFilled;
    for (let i = 0, at = rank - 1; i < rank; at += frames - 2 - i, i++) {
      const x = cells[offset + i]!;
      const stored = triangle[at]!;
      if (Math.fround(x) === stored) {
        equal++;
        if (x !== 0) filled = true;
      } else if (this.#seeDifference(x, stored)) filled = true;
    }
    this.#differences += equal;
    this.#lowerFilled = filled;
  }

  /** Take note of a cell that is not what its mirror image is; whether it is finite and not zero. */
  #seeDifference(x: number, stored: number): boolean {
    const finite = Math.abs(x) <= LARGEST_FLOAT32;
    if (finite !== !Number.isNaN(stored)) this.#oneSided++;
    else if (finite) {
      const difference = Math.abs(Math.fround(x) - stored);
      this.#squaredDifferences += difference * difference;
      this.#differences++;
      if (difference > this.#asymmetry) this.#asymmetry = difference;
    }
    return finite && x !== 0;
  }
}

/** Of the values that are not NaN. */
function standardDeviation(values: Float32Array): number {
  let first = NaN;
  let count = 0;
  let sum = 0;
  let sumOfSquares = 0;
  for (const x of values) {
    if (Number.isNaN(x)) continue;
    if (count === 0) first = x;
    count++;
    sum += x - first;
    sumOfSquares += (x - first) * (x - first);
  }
  const mean = sum / count;
  return Math.sqrt(Math.max(0, sumOfSquares / count - mean * mean));
}
