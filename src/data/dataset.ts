/** One data set as every fit sees it: the two-time matrices of one q ring, their grid, and what was left out. */
import type { Warning } from '../base/events.ts';
import type { TriangleStack } from '../kernels/triangles.ts';
import type { TimeGrid } from '../model/time-grid.ts';

/** Counts of what a file holds but the fit does not use; every number is shown to the user. */
export interface ExclusionCounts {
  /** Non-finite pairs i < j inside the support. */
  readonly nan: number;
  /** Frames outside `data.frames`. */
  readonly framesOutsideWindow: number;
  /** Frames named in `data.exclude_frames`. */
  readonly framesExcluded: number;
  /** 1 if the frame at t = 0 was left out (a power law is singular there). */
  readonly frameAtTimeZero: number;
  /** Angles of the q ring left out by `data.phi` or `data.exclude_phi`. */
  readonly angles: number;
  /** Matrices of other q rings in the file. */
  readonly otherQ: number;
}

/** Where the numbers came from. */
export interface DataSource {
  readonly file: string;
  /** `aps-legacy`, `npz`, `npy`. */
  readonly layout: string;
  /** sha256 of the arrays used (matrices in support order, q, phi, times), hex. */
  readonly contentHash: string;
  /** One path per angle inside the file, for messages and reports. */
  readonly matrices: readonly string[];
  /** Where q, dt and the angles came from, in words: `file`, `configuration`. */
  readonly origins: Readonly<Record<'q' | 'dt' | 'phi', string>>;
}

export interface Dataset {
  readonly source: DataSource;
  /** Wavevector of the ring, 1/Å. */
  readonly q: number;
  /** Largest relative deviation of a used bin's q from `q`. */
  readonly qSpread: number;
  /** Azimuthal angles in degrees, in the order of the file, no two equal, shape (P). */
  readonly phi: Float64Array;
  readonly grid: TimeGrid;
  /** Frame numbers as the file counts them (1-based), shape (N). */
  readonly frameNumbers: Int32Array;
  readonly triangles: TriangleStack;
  readonly excluded: ExclusionCounts;
  readonly warnings: readonly Warning[];
}
