/**
 * Average c2 and the model over the same pairs: bins of the lag τ = t2 − t1 within windows of the age (t1 + t2)/2.
 *
 * Both are averaged alike, so a difference between points and line is a misfit and not an effect of the binning.
 */
import type { TimeGrid } from '../model/time-grid.ts';
import type { AnglePairs } from './pair-map.ts';

export interface AgeWindow {
  /** Centre and half width, s. */
  readonly age: number;
  readonly halfWidth: number;
}

export interface LagCut {
  /** Mean lag of each non-empty bin, s, ascending. */
  readonly lag: Float64Array;
  readonly measured: Float64Array;
  readonly model: Float64Array;
}

export interface LagBins {
  readonly windows: readonly AgeWindow[];
  /** Window of a sum of two positions (counted from the first), −1 for none. */
  readonly windowOfSum: Int8Array;
  /** Bin of a difference of two positions. */
  readonly binOfDifference: Int32Array;
  readonly bins: number;
}

const MOST_WINDOWS = 5;
/** Half width of a window as a share of the time covered, at least one frame. */
const HALF_WIDTH = 0.05;
const BINS_PER_DECADE = 20;

/** Up to five age windows spread over the run, and lag bins: one per frame at first, then even in log τ. */
export function chooseLagBins(grid: TimeGrid): LagBins {
  const { positions, dt, t0 } = grid;
  const first = positions[0]!;
  const span = positions[positions.length - 1]! - first;
  const windowOfSum = new Int8Array(2 * span + 1).fill(-1);
  const half = Math.max(HALF_WIDTH * span, 1);
  const count = Math.max(1, Math.min(MOST_WINDOWS, Math.floor(span / (2 * half))));
  const windows = Array.from({ length: count }, (_, w) => {
    const centre = ((w + 0.5) / count) * span;
    const low = Math.max(0, Math.ceil(2 * (centre - half)));
    const high = Math.min(2 * span, Math.floor(2 * (centre + half)));
    for (let sum = low; sum <= high; sum++) windowOfSum[sum] = w;
    return { age: t0 + (first + centre) * dt, halfWidth: half * dt };
  });
  const binOfDifference = new Int32Array(span + 1);
  let bins = 0;
  let place = -1;
  for (let difference = 1; difference <= span; difference++) {
    const next = Math.floor(BINS_PER_DECADE * Math.log10(difference));
    if (next > place) {
      place = next;
      bins++;
    }
    binOfDifference[difference] = bins - 1;
  }
  return { windows, windowOfSum, binOfDifference, bins };
}

/** One cut per age window. */
export function averageOverLag(grid: TimeGrid, pairs: AnglePairs, choice: LagBins): LagCut[] {
  const { positions, dt } = grid;
  const first = positions[0]!;
  const frame = Int32Array.from(positions, (k) => Math.round(k - first));
  const size = choice.windows.length * choice.bins;
  const lag = new Float64Array(size);
  const measured = new Float64Array(size);
  const model = new Float64Array(size);
  const count = new Uint32Array(size);
  const { measured: data, shape } = pairs;
  const { windowOfSum, binOfDifference, bins } = choice;
  let p = 0;
  for (let i = 0; i < frame.length; i++) {
    const a = frame[i]!;
    for (let j = i + 1; j < frame.length; j++, p++) {
      const window = windowOfSum[a + frame[j]!]!;
      const y = data[p]!;
      if (window < 0 || Number.isNaN(y)) continue;
      const difference = frame[j]! - a;
      const at = window * bins + binOfDifference[difference]!;
      lag[at]! += difference;
      measured[at]! += y;
      model[at]! += shape[p]!;
      count[at]!++;
    }
  }
  return choice.windows.map((_, w) => {
    const filled: number[] = [];
    for (let at = w * choice.bins; at < (w + 1) * choice.bins; at++) if (count[at]! > 0) filled.push(at);
    return {
      lag: Float64Array.from(filled, (at) => (lag[at]! / count[at]!) * dt),
      measured: Float64Array.from(filled, (at) => measured[at]! / count[at]!),
      model: Float64Array.from(filled, (at) => pairs.offset + (pairs.contrast * model[at]!) / count[at]!),
    };
  });
}
