/**
 * One pass over the residuals r = c2 − offset − contrast·M of an angle: sums of scores over pairs of blocks of frames, and
 * mean products of residuals some frames apart.
 */
import { readRows, type TriangleStack } from '../../kernels/triangles.ts';
import { correlationTimes, evenBlocks, type AgeBlocks } from './age-blocks.ts';
import { pairRows } from './pair-row.ts';
import type { AngleColumns } from './score-columns.ts';

/** What a pass over one angle finds. */
export interface ResidualSums {
  readonly blocks: AgeBlocks;
  /** Pairs that are fitted between blocks b ≤ d, shape (B, B); only b ≤ d is filled. */
  readonly pairs: Float64Array;
  /** Σ column·r over those pairs, shape (B, B, R); only b ≤ d is filled. */
  readonly scores: Float64Array;
  /** Σ r². */
  readonly squares: number;
  readonly correlation: ResidualCorrelation;
}

/** Correlation coefficients of residuals some frames apart; NaN where no pair has a partner. */
export interface ResidualCorrelation {
  /** Distances in frames, shape (L). */
  readonly steps: Int32Array;
  /** Between (t1, t2) and (t1, t2 + step): along lag. */
  readonly lag: Float64Array;
  /** Between (t1, t2) and (t1 + step, t2 + step): along age. */
  readonly age: Float64Array;
}

/** Blocks of a pass, at most: a power of two, because neighbours are merged. */
const MOST_BLOCKS = 128;
/** Share of the blocks spread evenly over the frames instead of over correlation times. */
const EVEN_SHARE = 0.25;
/** Rows used for the correlation of residuals, at least. */
const SAMPLED_ROWS = 200;
const LONGEST_STEP = 64;

/** Blocks of about equal numbers of correlation times. */
function passBlocks(columns: AngleColumns): AgeBlocks {
  const passed = correlationTimes(columns.physics, columns.angle);
  const total = passed.at(-1)!;
  const share = total > 0 ? EVEN_SHARE : 1;
  const place = passed.map((at, k) => (share * k) / (passed.length - 1) + (total > 0 ? ((1 - share) * at) / total : 0));
  return evenBlocks(place, MOST_BLOCKS);
}

/** `offset` and the contrast of `columns` are those of the fit. */
export function residualPass(data: TriangleStack, columns: AngleColumns, offset: number): ResidualSums {
  const { physics, angle, contrast, count: r } = columns;
  const { frames } = data;
  const blocks = passBlocks(columns);
  const { count: n, edges } = blocks;
  const pairs = new Float64Array(n * n);
  const scores = new Float64Array(n * n * r);
  const rowOf = pairRows(physics, angle);
  const residuals = new Float64Array(frames);
  const products = laggedProducts(frames);
  let squares = 0;
  let block = 0;
  for (let i = 0; i < frames - 1; i++) {
    while (edges[block + 1]! <= i) block++;
    const measured = readRows(data, angle, i, i + 1);
    const { m, c: byC, g: byG, h: byH } = rowOf(i);
    for (let j = i + 1; j < frames; j++) residuals[j] = measured[j - i - 1]! - offset - contrast * m[j]!;
    products.add(i, residuals);
    for (let other = block; other < n; other++) {
      const first = Math.max(edges[other]!, i + 1);
      const end = edges[other + 1]!;
      let fitted = 0;
      let sumR = 0;
      let sumM = 0;
      let sumC = 0;
      let sumG = 0;
      let sumH = 0;
      for (let j = first; j < end; j++) {
        const value = residuals[j]!;
        if (value !== value) {
          residuals[j] = 0;
          continue;
        }
        fitted++;
        sumR += value;
        sumM += value * m[j]!;
        squares += value * value;
      }
      if (fitted === 0) continue;
      const at = block * n + other;
      pairs[at] = pairs[at]! + fitted;
      let place = at * r;
      for (let j = first; j < end; j++) sumC += residuals[j]! * byC[j]!;
      for (const vector of columns.c) {
        let sum = 0;
        for (let j = first; j < end; j++) sum += residuals[j]! * byC[j]! * vector[j]!;
        scores[place] = scores[place]! + contrast * (sum - sumC * vector[i]!);
        place++;
      }
      if (columns.g.length > 0) {
        for (let j = first; j < end; j++) sumG += residuals[j]! * byG[j]!;
      }
      for (const vector of columns.g) {
        let sum = 0;
        for (let j = first; j < end; j++) sum += residuals[j]! * byG[j]! * vector[j]!;
        scores[place] = scores[place]! + contrast * (sum - sumG * vector[i]!);
        place++;
      }
      if (columns.h.length > 0) {
        for (let j = first; j < end; j++) sumH += residuals[j]! * byH[j]!;
      }
      for (const slope of columns.h) {
        scores[place] = scores[place]! + contrast * slope * sumH;
        place++;
      }
      scores[place] = scores[place]! + sumR;
      scores[place + 1] = scores[place + 1]! + sumM;
    }
  }
  return { blocks, pairs, scores, squares, correlation: products.correlation() };
}

/** Mean products of residuals along lag and age, on rows spread evenly. */
function laggedProducts(frames: number): {
  add: (i: number, row: Float64Array) => void;
  correlation: () => ResidualCorrelation;
} {
  const steps: number[] = [];
  for (let step = 1; step <= Math.min(LONGEST_STEP, frames / 4); step *= 2) steps.push(step);
  const stride = Math.max(1, Math.floor(frames / SAMPLED_ROWS));
  // Products, squares of the first and of the second, along lag and age.
  const lag = steps.map(() => new Float64Array(3));
  const age = steps.map(() => new Float64Array(3));
  /** Rows that are still to be compared with a later one, by their number. */
  const waiting = new Map<number, Float64Array>();
  const add = (sums: Float64Array, a: number, b: number): void => {
    const product = a * b;
    if (product !== product) return;
    sums[0] = sums[0]! + product;
    sums[1] = sums[1]! + a * a;
    sums[2] = sums[2]! + b * b;
  };
  return {
    add(i, row) {
      steps.forEach((step, s) => {
        const earlier = waiting.get(i - step);
        if (earlier === undefined) return;
        for (let j = i + 1; j < frames; j++) add(age[s]!, earlier[j - step]!, row[j]!);
      });
      if (i % stride !== 0) return;
      waiting.set(i, row.slice());
      for (const kept of waiting.keys()) if (kept < i - LONGEST_STEP) waiting.delete(kept);
      steps.forEach((step, s) => {
        for (let j = i + 1; j + step < frames; j++) add(lag[s]!, row[j]!, row[j + step]!);
      });
    },
    correlation: () => ({
      steps: Int32Array.from(steps),
      lag: Float64Array.from(lag, (sums) => sums[0]! / Math.sqrt(sums[1]! * sums[2]!)),
      age: Float64Array.from(age, (sums) => sums[0]! / Math.sqrt(sums[1]! * sums[2]!)),
    }),
  };
}
