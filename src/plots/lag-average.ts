/**
 * Average c2 and the model over the same pairs: bins of the lag τ = t2 − t1 within windows of the age (t1 + t2)/2.
 *
 * Both are averaged alike, so a difference between points and line is a misfit and not an effect of the binning.
 */
import { rowStart } from '../kernels/triangles.ts';
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
  /** Lowest and highest sum of two positions (counted from the first) of each window. */
  readonly sums: readonly (readonly [low: number, high: number])[];
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
  const half = Math.max(HALF_WIDTH * span, 1);
  const count = Math.max(1, Math.min(MOST_WINDOWS, Math.floor(span / (2 * half))));
  const centres = Array.from({ length: count }, (_, w) => ((w + 0.5) / count) * span);
  const windows = centres.map((centre) => ({ age: t0 + (first + centre) * dt, halfWidth: half * dt }));
  const sums = centres.map((centre) => [Math.ceil(2 * (centre - half)), Math.floor(2 * (centre + half))] as const);
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
  return { windows, sums, binOfDifference, bins };
}

/** One cut per age window. */
export function averageOverLag(grid: TimeGrid, pairs: AnglePairs, choice: LagBins): LagCut[] {
  const { positions, dt } = grid;
  const first = positions[0]!;
  const frame = Int32Array.from(positions, (k) => Math.round(k - first));
  const rank = firstRanks(frame);
  const { windows, binOfDifference, bins } = choice;
  const total: LagSums = {
    lag: new Float64Array(windows.length * bins),
    measured: new Float64Array(windows.length * bins),
    shape: new Float64Array(windows.length * bins),
    count: new Uint32Array(windows.length * bins),
  };
  for (let i = 0; i < frame.length; i++) {
    choice.sums.forEach(([low, high], w) => {
      const from = Math.max(i + 1, rankOf(rank, low - frame[i]!));
      const to = rankOf(rank, high - frame[i]! + 1);
      addPairs(total, w * bins, pairs, frame, binOfDifference, i, from, to);
    });
  }
  return windows.map((_, w) => {
    const filled: number[] = [];
    for (let at = w * bins; at < (w + 1) * bins; at++) if (total.count[at]! > 0) filled.push(at);
    return {
      lag: Float64Array.from(filled, (at) => (total.lag[at]! / total.count[at]!) * dt),
      measured: Float64Array.from(filled, (at) => total.measured[at]! / total.count[at]!),
      model: Float64Array.from(filled, (at) => pairs.offset + (pairs.contrast * total.shape[at]!) / total.count[at]!),
    };
  });
}

/** Sums over the pairs of each window and bin, and how many pairs there were. */
interface LagSums {
  readonly lag: Float64Array;
  readonly measured: Float64Array;
  readonly shape: Float64Array;
  readonly count: Uint32Array;
}

/** Add the pairs (i, j) with `from` ≤ j < `to` to the bins that start at `base`. */
function addPairs(
  total: LagSums,
  base: number,
  { measured, shape }: AnglePairs,
  frame: Int32Array,
  binOfDifference: Int32Array,
  i: number,
  from: number,
  to: number,
): void {
  const start = rowStart(frame.length, i) - i - 1;
  const age = frame[i]!;
  for (let j = from; j < to;) {
    const bin = binOfDifference[frame[j]! - age]!;
    let lag = 0;
    let sum = 0;
    let sumOfShapes = 0;
    let n = 0;
    for (; j < to && binOfDifference[frame[j]! - age] === bin; j++) {
      const y = measured[start + j]!;
      if (Number.isNaN(y)) continue;
      lag += frame[j]! - age;
      sum += y;
      sumOfShapes += shape[start + j]!;
      n++;
    }
    total.lag[base + bin]! += lag;
    total.measured[base + bin]! += sum;
    total.shape[base + bin]! += sumOfShapes;
    total.count[base + bin]! += n;
  }
}

/** Index of the first frame at or after each position. */
function firstRanks(frame: Int32Array): Int32Array {
  const ranks = new Int32Array(frame[frame.length - 1]! + 1);
  for (let position = 0, k = 0; position < ranks.length; position++) {
    if (position > frame[k]!) k++;
    ranks[position] = k;
  }
  return ranks;
}

/** The same for any position; beyond the last frame it is the number of frames. */
function rankOf(ranks: Int32Array, position: number): number {
  if (position < 0) return 0;
  return position < ranks.length ? ranks[position]! : ranks[ranks.length - 1]! + 1;
}
