/** Make one dt out of the time axes of a file, or say why they are none. */
import { InputRefused } from '../base/errors.ts';
import type { ErrorLocation } from '../base/errors.ts';

export interface TimeAxis {
  /** Time of the first frame, s. */
  readonly first: number;
  readonly dt: number;
}

/** Times may deviate from a uniform axis by this share of dt, besides the rounding of float32. */
const UNIFORM = 1e-3;
const FLOAT32_ROUNDING = 2 ** -22;

/** The uniform axis through `times` (at least two). Refuses axes that do not rise, or not uniformly. */
export function uniformAxis(times: ArrayLike<number>, where: ErrorLocation): TimeAxis {
  const count = times.length;
  const first = times[0] ?? NaN;
  const help = 'the model needs equal times between frames; write the axis again or give frames of equal spacing';
  const step = times[1]! - first;
  const mean = (times[count - 1]! - first) / (count - 1);
  if (!(mean > 0) || !Number.isFinite(first) || !Number.isFinite(mean)) {
    throw new InputRefused('the time axis does not rise', { where, help });
  }
  let exact = true;
  for (let k = 0; k < count; k++) {
    const deviation = Math.abs(times[k]! - (first + k * mean));
    if (!(deviation <= UNIFORM * mean + FLOAT32_ROUNDING * Math.abs(times[k]!))) {
      throw new InputRefused(`the time axis is not uniform: frame ${k + 1} is at ${times[k]} s`, { where, help });
    }
    exact &&= times[k] === first + k * step;
  }
  return { first, dt: exact ? step : mean };
}
