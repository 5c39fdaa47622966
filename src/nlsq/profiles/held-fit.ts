/**
 * The lowest cost with some parameters held at given values: one point of a profile, from a neighbouring one.
 *
 * Held parameters get a box without extent, so the trust region works on the others as in any fit, and each linearisation
 * still says how the cost answers to the held ones. The first guess follows the bent coordinates of the neighbour.
 */
import { Cancelled } from '../../base/errors.ts';
import type { TaskContext } from '../../base/task-context.ts';
import { atBound, type Chart } from '../coordinates.ts';
import { factorise, solve } from '../linear-algebra.ts';
import { evaluate, variancePerPoint, type Linearisation, type Objective, type Point } from '../objective.ts';
import { descend } from '../trust-region.ts';

/** Errors of a profile's ratio are the square of this. */
const RULE = { tolerance: 1e-2, smallestGain: 1e-4, maxIterations: 60 } as const;
/** Information added to directions the data say nothing about: as if known to so many natural steps. */
const LARGEST_STEP = 30;
/** A guess farther away than this, in natural steps, is not trusted alone. */
const FAR = 0.5;
/** Corrections of the guess until it has the held values. */
const MOST_CORRECTIONS = 8;

/** Indices of θ and the values they are held at. */
export interface Held {
  readonly indices: readonly number[];
  readonly values: Float64Array;
}

/** The best point with `held`, from a point nearby; null where the search does not end in one. Throws `Cancelled`. */
export async function fitHeld(
  objective: Objective,
  near: Linearisation,
  held: Held,
  record: () => void,
  context: TaskContext,
): Promise<Linearisation | null> {
  const start = await startHeld(objective, near, held, context);
  const { free } = objective.system;
  const [lower, upper] = [Float64Array.from(free.lower), Float64Array.from(free.upper)];
  held.indices.forEach((i, k) => (lower[i] = upper[i] = held.values[k]!));
  const system = { ...objective.system, free: { ...free, lower, upper } };
  const refined = await descend({ ...objective, system }, start, { ...RULE, record }, context);
  if (refined === null || refined.status === 'cancelled') throw new Cancelled('stopped on request');
  return refined.status === 'converged' ? refined.point : null;
}

/**
 * Where to begin: where the quadratic model of the neighbour has its minimum. Where that is cut off by the box, where
 * parameters may leave a bound or the way is long, the lowest of several guesses.
 */
async function startHeld(objective: Objective, near: Linearisation, held: Held, context: TaskContext): Promise<Point> {
  const { free } = objective.system;
  const onBound = free.names.map((_, i) => i).filter((i) => atBound(free, near.theta, i) && !held.indices.includes(i));
  const guesses = [guessHeld(objective, near, held, onBound)];
  if (onBound.length > 0) guesses.push(guessHeld(objective, near, held, []));
  const doubtful = ({ cut, theta }: Guess): boolean => cut || distance(near.chart, theta) > FAR;
  if (guesses.some(doubtful)) {
    const theta = Float64Array.from(near.theta);
    held.indices.forEach((i, k) => (theta[i] = held.values[k]!));
    guesses.push({ theta, cut: false });
  }
  const [{ theta }] = guesses as [Guess];
  if (guesses.length === 1) return { theta, values: free.values(theta), best: near.best };
  const tried = await Promise.all(guesses.map((guess) => evaluate(objective, guess.theta, near.best, context)));
  return tried.reduce((best, one) => (one.best.cost < best.best.cost ? one : best));
}

interface Guess {
  readonly theta: Float64Array;
  /** Whether it would be outside the box. */
  readonly cut: boolean;
}

/** Natural steps from the middle of a chart; infinite where it does not reach. */
function distance(chart: Chart, theta: Float64Array): number {
  const z = chart.locate(theta);
  const length = Math.sqrt(z.reduce((sum, value) => sum + value * value, 0));
  return Number.isNaN(length) ? Infinity : length;
}

/** How z answers to constraints on θ with these indices at least cost: shape (n, indices) row-major, J_S·M = 1. */
export function leastCostResponse(
  objective: Objective,
  point: Linearisation,
  indices: readonly number[],
): Float64Array {
  const { chart, information, theta } = point;
  const n = theta.length;
  const m = indices.length;
  const padded = Float64Array.from(information);
  const padding = variancePerPoint(objective, point) / LARGEST_STEP ** 2;
  for (let i = 0; i < n; i++) padded[i * (n + 1)] = padded[i * (n + 1)]! + padding;
  const factor = factorise(padded, n, 0);
  const rows = indices.map((i) => chart.jacobian.subarray(i * n, (i + 1) * n));
  const answers = rows.map((row) => solve(factor, Float64Array.from(row)));
  const between = new Float64Array(m * m);
  rows.forEach((row, s) =>
    answers.forEach((answer, t) => {
      between[s * m + t] = row.reduce((sum, value, i) => sum + value * answer[i]!, 0);
    }),
  );
  const inner = factorise(between, m, 0);
  const response = new Float64Array(n * m);
  const unit = new Float64Array(m);
  for (let t = 0; t < m; t++) {
    unit.fill(0);
    unit[t] = 1;
    solve(inner, unit).forEach((share, s) => {
      for (let i = 0; i < n; i++) response[i * m + t] = response[i * m + t]! + share * answers[s]![i]!;
    });
  }
  return response;
}

/** θ with the held values, those `onBound` as they are, the others at least cost, inside the box. */
function guessHeld(
  objective: Objective,
  near: Linearisation,
  { indices, values }: Held,
  onBound: readonly number[],
): Guess {
  const { free } = objective.system;
  const kept = [...indices, ...onBound];
  const goal = Float64Array.of(...values, ...onBound.map((i) => near.theta[i]!));
  const response = leastCostResponse(objective, near, kept);
  const theta = followTo(near.chart, near.theta, response, kept, goal);
  indices.forEach((i, k) => (theta[i] = values[k]!));
  const inside = theta.map((value, i) =>
    indices.includes(i) ? value : Math.min(Math.max(value, free.lower[i]!), free.upper[i]!),
  );
  return { theta: inside, cut: inside.some((value, i) => value !== theta[i]) };
}

function followTo(
  chart: Chart,
  start: Float64Array,
  response: Float64Array,
  kept: readonly number[],
  goal: Float64Array,
): Float64Array {
  const n = start.length;
  const m = kept.length;
  const z = new Float64Array(n);
  let theta = Float64Array.from(start);
  for (let pass = 0; pass < MOST_CORRECTIONS; pass++) {
    const missing = kept.map((i, k) => goal[k]! - theta[i]!);
    if (missing.every((value, k) => Math.abs(value) <= 1e-6 * Math.abs(goal[k]! - start[kept[k]!]!))) break;
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < m; k++) z[i] = z[i]! + response[i * m + k]! * missing[k]!;
    }
    const moved = chart.at(z);
    if (!moved.every(Number.isFinite)) return Float64Array.from(start);
    theta = Float64Array.from(moved);
  }
  return theta;
}
