/**
 * The variance of c2 as a function of lag, from the residuals of an ordinary fit: mean squares in bins of about equal width
 * in ln lag, between whose middles ln σ² is a straight line in ln lag.
 *
 * Noise in a variance goes into the weights, and from there, because it is the noise of the same residuals, into the
 * estimate. So a bin has many pairs, and there are as many bins as the residuals have independent numbers for: where angles
 * alone have too few, they share one course and have each its own size.
 */
import type { TaskContext } from '../../base/task-context.ts';
import { readRows, type TriangleStack } from '../../kernels/triangles.ts';
import { exp, log } from '../../math/index.ts';
import type { Physics } from '../../model/two-time-model.ts';
import type { ScalingGuess } from '../objective.ts';
import type { LagNoise } from '../outcome.ts';
import { eachRow, type DataRow } from './lag-rows.ts';
import { ofAngle, type LagAxis, type LagTable } from './lag-table.ts';

/** Bins at most, and at least: with one the weights are those of the ordinary fit. */
const MOST_BINS = 12;
const FEWEST_BINS = 2;
/** Independent numbers for each bin, at least: 20 % in its variance. */
const EFFECTIVE_PER_BIN = 50;
/** Pairs of a bin, at least. */
const PAIRS_PER_BIN = 100;
/** An angle has a course of its own if every angle has so many independent numbers. */
const EFFECTIVE_ALONE = MOST_BINS * EFFECTIVE_PER_BIN;

/** Σ r² and pairs that are fitted, by angle and lag. */
export interface LagSquares {
  readonly squares: LagTable;
  readonly pairs: LagTable;
}

export interface LagVariance {
  /** σ² by angle and lag. */
  readonly variance: LagTable;
  readonly noise: LagNoise;
}

/** Throws `Cancelled` when stopped. */
export async function lagSquares(
  physics: Physics,
  data: TriangleStack,
  { contrast, offset }: ScalingGuess,
  axis: LagAxis,
  context: TaskContext,
): Promise<LagSquares> {
  const empty = (): LagTable => ({ axis, values: new Float64Array(data.angles * (axis.longest + 1)) });
  const found = { squares: empty(), pairs: empty() };
  const { places } = axis;
  for (let a = 0; a < data.angles; a++) {
    const [squares, pairs] = [ofAngle(found.squares, a), ofAngle(found.pairs, a)];
    const look = ({ i, values, start, model }: DataRow): void => {
      for (let j = i + 1; j < data.frames; j++) {
        const r = values[start + j]! - offset[a]! - contrast[a]! * model.m[j]!;
        if (r !== r) continue;
        const lag = places[j]! - places[i]!;
        squares[lag] = squares[lag]! + r * r;
        pairs[lag] = pairs[lag]! + 1;
      }
    };
    await eachRow(physics, readRows(data, a, 0, data.frames), a, look, context);
  }
  return found;
}

/** `effective`: independent numbers among the residuals of each angle, shape (P). A text says why there is no answer. */
export function lagVariance(found: LagSquares, effective: ArrayLike<number>): LagVariance | string {
  const { axis } = found.squares;
  const size = axis.longest + 1;
  const angles = effective.length;
  const totals = Array.from({ length: angles }, (_, a) => {
    const squares = ofAngle(found.squares, a).reduce((sum, value) => sum + value, 0);
    return squares / ofAngle(found.pairs, a).reduce((sum, value) => sum + value, 0);
  });
  if (!totals.every((total) => total > 0)) return 'an angle has no residuals to take them from';
  const known = Array.from(effective);
  const pooled = angles > 1 && Math.min(...known) < EFFECTIVE_ALONE;
  const enough = pooled ? known.reduce((sum, value) => sum + value, 0) : Math.min(...known);
  const wanted = Math.min(MOST_BINS, Math.floor(enough / EFFECTIVE_PER_BIN));
  const none = `the residuals have too few independent numbers (${enough.toPrecision(2)}) to show how their size depends on lag`;
  if (!(wanted >= FEWEST_BINS)) return none;
  // One course for groups of angles, in units of each angle's mean square.
  const groups = pooled ? [known.map((_, a) => a)] : known.map((_, a) => [a]);
  const fewest = groups.map((group) => sumByLag(group.map((a) => ofAngle(found.pairs, a)))).reduce(lessByLag);
  const edges = binEdges(fewest, wanted);
  if (edges.length - 1 < FEWEST_BINS) return 'there are too few pairs to show how the noise depends on lag';
  const bins = edges.length - 1;
  const middles = binMiddles(edges, sumByLag(known.map((_, a) => ofAngle(found.pairs, a))));
  const variance = new Float64Array(angles * size);
  const sigma = new Float64Array(angles * bins);
  for (const group of groups) {
    const course = Float64Array.from({ length: bins }, (_, b) => {
      let squares = 0;
      let pairs = 0;
      for (const a of group) {
        for (let lag = edges[b]!; lag < edges[b + 1]!; lag++) {
          squares += found.squares.values[a * size + lag]! / totals[a]!;
          pairs += found.pairs.values[a * size + lag]!;
        }
      }
      return squares / pairs;
    });
    if (!course.every((value) => value > 0)) return 'some lags have no residuals to take them from';
    const smooth = betweenMiddles(middles, course, size);
    for (const a of group) {
      for (let b = 0; b < bins; b++) sigma[a * bins + b] = Math.sqrt(totals[a]! * course[b]!);
      for (let lag = 1; lag < size; lag++) variance[a * size + lag] = totals[a]! * smooth[lag]!;
    }
  }
  return {
    variance: { axis, values: variance },
    noise: { lags: middles.map((middle) => middle * axis.dt), sigma, pooled },
  };
}

/** 1/σ² by angle and lag, of mean 1 over the pairs of each angle; 0 at lag 0. */
export function lagWeights({ axis, values }: LagTable, { pairs }: LagSquares): LagTable {
  const size = axis.longest + 1;
  const weights = values.map((variance) => (variance > 0 ? 1 / variance : 0));
  for (let a = 0; a * size < values.length; a++) {
    const own = weights.subarray(a * size, (a + 1) * size);
    const count = ofAngle(pairs, a);
    let sum = 0;
    let total = 0;
    for (let lag = 1; lag < size; lag++) {
      sum += own[lag]! * count[lag]!;
      total += count[lag]!;
    }
    for (let lag = 1; lag < size; lag++) own[lag] = (own[lag]! * total) / sum;
  }
  return { axis, values: weights };
}

function sumByLag(tables: readonly Float64Array[]): Float64Array {
  return tables.reduce((sum, table) => sum.map((value, lag) => value + table[lag]!));
}

function lessByLag(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, lag) => Math.min(value, b[lag]!));
}

/** First lag of each bin and the end of the last: at most `wanted` bins even in ln lag, each with enough pairs. */
function binEdges(pairs: Float64Array, wanted: number): Int32Array {
  const end = pairs.length;
  const width = log(end) / wanted;
  const edges = [1];
  let inBin = 0;
  let left = pairs.reduce((sum, value) => sum + value, 0);
  for (let lag = 1; lag < end; lag++) {
    const began = edges.at(-1)!;
    const wide = log(lag / began) >= width;
    if (wide && inBin >= PAIRS_PER_BIN && left >= PAIRS_PER_BIN) {
      edges.push(lag);
      inBin = 0;
    }
    inBin += pairs[lag]!;
    left -= pairs[lag]!;
  }
  return Int32Array.from([...edges, end]);
}

/** Mean ln lag of the pairs of each bin, as a lag in frames. */
function binMiddles(edges: Int32Array, pairs: Float64Array): Float64Array {
  return Float64Array.from({ length: edges.length - 1 }, (_, b) => {
    let sum = 0;
    let count = 0;
    for (let lag = edges[b]!; lag < edges[b + 1]!; lag++) {
      sum += pairs[lag]! * log(lag);
      count += pairs[lag]!;
    }
    return exp(sum / count);
  });
}

/** By lag: ln of the course straight in ln lag between the middles, constant outside. */
function betweenMiddles(middles: Float64Array, course: Float64Array, size: number): Float64Array {
  const smooth = new Float64Array(size);
  const last = middles.length - 1;
  let b = 0;
  for (let lag = 1; lag < size; lag++) {
    while (b < last && lag > middles[b + 1]!) b++;
    if (lag <= middles[0]!) smooth[lag] = course[0]!;
    else if (b === last) smooth[lag] = course[last]!;
    else {
      const share = log(lag / middles[b]!) / log(middles[b + 1]! / middles[b]!);
      smooth[lag] = exp((1 - share) * log(course[b]!) + share * log(course[b + 1]!));
    }
  }
  return smooth;
}
