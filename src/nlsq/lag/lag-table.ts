/** Numbers by lag: how far two frames of a grid are apart, in whole frames, and one number per angle and lag. */
import type { TimeGrid } from '../../model/time-grid.ts';

/** Which lag, in whole frames, each pair of frames of a grid has. */
export interface LagAxis {
  /** Place of each frame, shape (N): the lag of (i, j) is places[j] − places[i], at least 1. */
  readonly places: Int32Array;
  /** The longest lag. */
  readonly longest: number;
  readonly dt: number;
}

/** One number per angle and lag, shape (P, longest + 1) row-major; nothing has lag 0. */
export interface LagTable {
  readonly axis: LagAxis;
  readonly values: Float64Array;
}

export function lagAxis({ positions, dt }: TimeGrid): LagAxis {
  const places = Int32Array.from(positions, (position) => position - positions[0]!);
  return { places, longest: places.at(-1) ?? 0, dt };
}

/** The numbers of one angle by lag, shape (longest + 1); a view. */
export function ofAngle({ axis, values }: LagTable, angle: number): Float64Array {
  const size = axis.longest + 1;
  return values.subarray(angle * size, (angle + 1) * size);
}
