/**
 * One pass over the residuals r = c2 − offset − contrast·M of an angle: sums of scores over pairs of blocks of frames, and
 * mean products of residuals some frames apart.
 */
import { breathe, type TaskContext } from '../../base/task-context.ts';
import { rowStart } from '../../kernels/triangles.ts';
import { correlationTimes, evenBlocks, type AgeBlocks } from './age-blocks.ts';
import { pairRows, type PairRow } from './pair-row.ts';
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

/** Blocks of a pass: a power of two, because neighbours are merged; fewer where many angles keep theirs. */
const MOST_BLOCKS = 128;
const FEWEST_BLOCKS = 32;
const BLOCKS_OF_ALL_ANGLES = 2048;
/** Milliseconds after which others get a turn. */
const TURN = 20;
/** Share of the blocks spread evenly over the frames instead of over correlation times. */
const EVEN_SHARE = 0.25;
/** Rows used for the correlation of residuals, at least. */
const SAMPLED_ROWS = 100;
const LONGEST_STEP = 64;

/** Blocks of about equal numbers of correlation times. */
function passBlocks(columns: AngleColumns, angles: number): AgeBlocks {
  const passed = correlationTimes(columns.physics, columns.angle);
  const total = passed.at(-1)!;
  const share = total > 0 ? EVEN_SHARE : 1;
  const place = passed.map((at, k) => (share * k) / (passed.length - 1) + (total > 0 ? ((1 - share) * at) / total : 0));
  let most = MOST_BLOCKS;
  while (most > FEWEST_BLOCKS && most * angles > BLOCKS_OF_ALL_ANGLES) most /= 2;
  return evenBlocks(place, most);
}

/**
 * `values` are the pairs of the angle; `offset` and the contrast of `columns` are those of the fit, which has so many
 * `angles`. Throws `Cancelled` when stopped.
 */
export async function residualPass(
  values: Float32Array,
  columns: AngleColumns,
  offset: number,
  angles: number,
  context: TaskContext,
): Promise<ResidualSums> {
  const { physics, angle, contrast, count: r } = columns;
  const frames = physics.c.length;
  const blocks = passBlocks(columns, angles);
  const { count: n, edges } = blocks;
  const pairs = new Float64Array(n * n);
  const scores = new Float64Array(n * n * r);
  const rowOf = pairRows(physics, angle);
  const residuals = new Float64Array(frames);
  const products = laggedProducts(frames);
  const sums = columnSums(columns);
  let squares = 0;
  let turn = performance.now() + TURN;
  for (let block = 0; block < n; block++) {
    if (performance.now() > turn) {
      await breathe(context);
      turn = performance.now() + TURN;
    }
    sums.clear();
    for (let i = edges[block]!; i < Math.min(edges[block + 1]!, frames - 1); i++) {
      const start = rowStart(frames, i) - i - 1;
      const row = rowOf(i);
      const { m } = row;
      for (let j = i + 1; j < frames; j++) residuals[j] = values[start + j]! - offset - contrast * m[j]!;
      products.add(i, residuals);
      for (let j = i + 1; j < frames; j++) {
        const value = residuals[j]!;
        if (value === value) squares += value * value;
        else {
          residuals[j] = 0;
          sums.missing[j] = sums.missing[j]! + 1;
        }
      }
      sums.add(i, residuals, row);
    }
    for (let other = block; other < n; other++) {
      const at = block * n + other;
      pairs[at] = sums.flush(edges[other]!, edges[other + 1]!, edges[block]!, edges[block + 1]!, scores, at * r);
    }
  }
  return { blocks, pairs, scores, squares, correlation: products.correlation() };
}

/** Sums over the rows of one block, per column j of the matrix; from them come the scores of all pairs of blocks. */
function columnSums({ physics, contrast, c, g, h }: AngleColumns) {
  const frames = physics.c.length;
  const fresh = (): Float64Array => new Float64Array(frames);
  const missing = fresh();
  const [sumR, sumM, sumC, sumG, sumH, pull] = [fresh(), fresh(), fresh(), fresh(), fresh(), fresh()];
  // Σ_i r·∂M·v(i) of each vector: the part of v(j) − v(i) that belongs to the row.
  const rowParts = [...c, ...g].map(fresh);
  const all = [missing, sumR, sumM, sumC, sumG, sumH, ...rowParts];
  const gather = (
    i: number,
    residuals: Float64Array,
    slope: Float64Array,
    into: Float64Array,
    first: number,
    vectors: readonly Float64Array[],
  ): void => {
    for (let j = i + 1; j < frames; j++) {
      const value = residuals[j]! * slope[j]!;
      pull[j] = value;
      into[j] = into[j]! + value;
    }
    vectors.forEach((vector, k) => addMultiple(rowParts[first + k]!, pull, vector[i]!, i + 1, frames));
  };
  return {
    /** Excluded pairs per column. */
    missing,
    clear(): void {
      for (const sums of all) sums.fill(0);
    },
    add(i: number, residuals: Float64Array, row: PairRow): void {
      for (let j = i + 1; j < frames; j++) {
        const value = residuals[j]!;
        sumR[j] = sumR[j]! + value;
        sumM[j] = sumM[j]! + value * row.m[j]!;
      }
      gather(i, residuals, row.c, sumC, 0, c);
      if (g.length > 0) gather(i, residuals, row.g, sumG, c.length, g);
      if (h.length > 0) for (let j = i + 1; j < frames; j++) sumH[j] = sumH[j]! + residuals[j]! * row.h[j]!;
    },
    /** The scores of the columns first ≤ j < end with the rows added, at `at`; returns the pairs that are fitted. */
    flush(first: number, end: number, rowFirst: number, rowEnd: number, scores: Float64Array, at: number): number {
      let place = at;
      for (const vector of c) {
        scores[place] = contrast * differences(sumC, vector, rowParts[place - at]!, first, end);
        place++;
      }
      for (const vector of g) {
        scores[place] = contrast * differences(sumG, vector, rowParts[place - at]!, first, end);
        place++;
      }
      for (const slope of h) scores[place++] = contrast * slope * sumOf(sumH, first, end);
      scores[place] = sumOf(sumR, first, end);
      scores[place + 1] = sumOf(sumM, first, end);
      const rows = rowEnd - rowFirst;
      const possible = first === rowFirst ? (rows * (rows - 1)) / 2 : rows * (end - first);
      return possible - sumOf(missing, first, end);
    },
  };
}

function addMultiple(to: Float64Array, from: Float64Array, factor: number, first: number, end: number): void {
  for (let j = first; j < end; j++) to[j] = to[j]! + factor * from[j]!;
}

function sumOf(values: Float64Array, first: number, end: number): number {
  let sum = 0;
  for (let j = first; j < end; j++) sum += values[j]!;
  return sum;
}

/** Σ_j (s_j·v_j − p_j). */
function differences(sums: Float64Array, vector: Float64Array, part: Float64Array, first: number, end: number): number {
  let sum = 0;
  for (let j = first; j < end; j++) sum += sums[j]! * vector[j]! - part[j]!;
  return sum;
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
