/** What every layout offers once its file is open: a list of matrices with their q and φ, and a way to read rows. */
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';

export interface MatrixEntry {
  /** Path inside the file; for arrays of matrices with the index, e.g. `c2_exp[3]`. */
  readonly path: string;
  /** Number of the (q, φ) bin, where the layout has bins. */
  readonly bin: number | null;
  /** 1/Å; null where the file does not say. */
  readonly q: number | null;
  /** Degrees; null where the file does not say. */
  readonly phi: number | null;
}

export interface MatrixShape {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly storage: string;
}

/** Receives the rows of one matrix after the other: cells of a row start at `cells[offset]`. */
export type RowHandler = (matrix: number, row: number, cells: Float32Array | Float64Array, offset: number) => void;

/** One checksum over all matrices of a file, put together from the parts that one or several readers took. */
export interface MatrixChecksum {
  /** By matrix: what `read` and `note` found, and what others found. */
  readonly parts: Map<number, number>;
  /** Read a matrix only for its part. */
  note(matrix: number, context: TaskContext): Promise<void>;
  /** Throws `InputRefused` unless the parts of all matrices, which must be there, give the checksum of the file. */
  check(): void;
}

export interface MatrixSource {
  readonly file: string;
  readonly layout: 'aps-legacy' | 'npz' | 'npy';
  readonly matrices: readonly MatrixEntry[];
  /** Time between frames in s as the file says it, and where; null if it does not. */
  readonly dt: { readonly value: number; readonly origin: string } | null;
  /** Time of the first frame on the file's own time axis, s; null if it has none. */
  readonly firstTime: number | null;
  readonly warnings: readonly Warning[];
  /** Whether matrices can be read one at a time as cheaply as all at once; if not, in one stream from front to back. */
  readonly independent: boolean;
  /** Null where the layout has none, or checks it while it reads. */
  readonly checksum: MatrixChecksum | null;
  /** Shape and type of a matrix, whatever they are. */
  describe(matrix: number): MatrixShape;
  /** N of an N×N float matrix; refuses any other shape or type. */
  frames(matrix: number): number;
  /**
   * Read the window `[first, first + count)²` of each matrix named, ascending, row by row from the window's first row.
   * Frames of all matrices named have been checked with `frames`. `context` stops between blocks.
   */
  read(
    matrices: readonly number[],
    first: number,
    count: number,
    handle: RowHandler,
    context: TaskContext,
  ): Promise<void>;
  /** Intensity per frame if the file has it, shape (frames), for `inspect`. */
  intensity(): Float64Array | null;
  close(): void;
}
