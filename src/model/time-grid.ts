/**
 * The times of the frames that take part in a fit: t_k = t0 + k·dt, k counted from the first frame of the window.
 *
 * A power law is singular at t = 0, so a frame at exactly t = 0 never belongs to a grid; excluded frames are simply
 * absent. Kernels therefore see a list of times, not a window with holes.
 */
import { Defect } from '../base/errors.ts';

export interface TimeGrid {
  /** Time between consecutive frames of the window, s. */
  readonly dt: number;
  /** Time of the first frame of the window, s. */
  readonly t0: number;
  /** Frame numbers k of the grid, whole and ascending, shape (N). */
  readonly positions: Float64Array;
  /** t0 + k·dt in s, ascending and positive, shape (N). */
  readonly times: Float64Array;
}

/** Build a grid from frame numbers counted from the first frame of the window. */
export function makeTimeGrid(dt: number, t0: number, positions: Float64Array): TimeGrid {
  if (!(dt > 0) || !Number.isFinite(dt)) throw new Defect(`a time grid needs dt > 0, not ${dt}`);
  const times = positions.map((k) => t0 + k * dt);
  for (let k = 0; k < times.length; k++) {
    const ascending = k === 0 || times[k]! > times[k - 1]!;
    if (!(times[k]! > 0) || !ascending || !Number.isInteger(positions[k])) {
      throw new Defect(`grid times must be positive, ascending and of whole frames; entry ${k} is ${times[k]} s`);
    }
  }
  return { dt, t0, positions, times };
}
