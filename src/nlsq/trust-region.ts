/**
 * Bounded trust-region Levenberg–Marquardt on the cost with the scaling eliminated (Moré 1978; bounds by active sets).
 *
 * One sweep of normal equations is a trial step and, once accepted, the next linearisation, so a step costs one sweep.
 * Only after a rejected trial are further trials judged by the cheaper value sweep.
 *
 * Stopping is measured against the noise: s² = 2·cost/(m − p) makes g·H⁻¹·g/s² the squared distance to the minimum in
 * standard errors, whatever the number of points or the unit of the data.
 */
import { isTwotimeError } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import { minimiseInBox, minimiseInBoxAndBall, modelValue, norm, type BoxQuadratic } from './box-quadratic.ts';
import { changeOfChart, chartAt, triplesOutside, type Chart, type CoordinateSystem } from './coordinates.ts';
import type { FreeParameters } from './free-parameters.ts';
import { congruence, transposeTimes } from './linear-algebra.ts';
import {
  evaluate,
  linearise,
  pointsOf,
  type Linearisation,
  type Objective,
  type Point,
  type Value,
} from './objective.ts';
import type { FitStatus, TraceEntry } from './outcome.ts';

/** Told of every linearisation that begins a descent (iteration 0) and of every trial step. */
export type StepRecorder = (entry: Pick<TraceEntry, 'iteration' | 'cost' | 'accepted'>) => void;

/** Where to stop on the way to more data: roughly, because the next level moves the minimum anyway. */
export const ROUGHLY = { tolerance: 1e-2, smallestGain: 1e-3, maxIterations: 60 } as const;
/** Where to stop at the end. */
export const EXACTLY = { tolerance: 1e-6, smallestGain: 1e-5 } as const;

/** When to stop. */
export interface StoppingRule {
  readonly maxIterations: number;
  /** Converged when the minimum is nearer than this many standard errors. */
  readonly tolerance: number;
  /** Converged as well when several steps in a row lowered the cost by less than this, in units of s². */
  readonly smallestGain: number;
}

export interface DescentOptions extends StoppingRule {
  readonly record: StepRecorder;
  /** Told of the state before every step, from which `goOn` goes the same way. */
  readonly reached?: ((state: DescentState) => void) | undefined;
}

/** Everything that decides the rest of a descent. */
export interface DescentState {
  readonly point: Linearisation;
  /** Number of the step to come, from 1. */
  readonly iteration: number;
  /** Trust radius in natural steps. */
  readonly radius: number;
  /** Whether the last trial was good, so that the next is linearised at once. */
  readonly trustModel: boolean;
  readonly lastDecrement: number;
  /** Steps in a row that gained next to nothing. */
  readonly withoutGain: number;
}

export interface Refined {
  readonly status: FitStatus;
  readonly reason: string;
  /** The best point found. */
  readonly point: Linearisation;
  readonly iterations: number;
}

/** Steps shorter than this, in natural units, change nothing but rounding. */
const SMALLEST_STEP = 1e-13;
/** Changes of the cost below this share of it are rounding. */
const COST_ROUNDING = 1e-13;
const ACCEPT_RATIO = 1e-3;
/** Relative distance from a bound that is none. */
const TOUCH = 1e-9;
/** In natural steps: from nearer to the edge of the box it is felt as a bound. */
const SHORTEST_WAY_TO_EDGE = 1e-3;
/** So many steps without a gain end a walk along a valley that the data leave open. */
const STEPS_WITHOUT_GAIN = 5;

/** Go down from `start` to a minimum inside the bounds. Cancellation returns the best point so far. */
export function refine(
  objective: Objective,
  start: Linearisation,
  options: DescentOptions,
  context: TaskContext,
): Promise<Refined> {
  const first = { iteration: 1, radius: 1, trustModel: true, lastDecrement: Infinity, withoutGain: 0 };
  return goOn(objective, { point: start, ...first }, options, context);
}

/** Go on with a descent. */
export async function goOn(
  objective: Objective,
  from: DescentState,
  options: DescentOptions,
  context: TaskContext,
): Promise<Refined> {
  let { point, radius, trustModel, lastDecrement, withoutGain } = from;
  const degrees = Math.max(1, pointsOf(objective) - point.theta.length - 2 * objective.weight.length);
  const end = (status: FitStatus, reason: string, iterations: number): Refined => ({
    status,
    reason,
    point,
    iterations,
  });
  if (point.theta.length === 0) return end('converged', 'every parameter is fixed; contrast and offset are exact', 0);
  if (!Number.isFinite(point.best.cost)) return end('failed', 'the cost is not finite at the start', 0);

  for (let { iteration } = from; ; iteration++) {
    options.reached?.({ point, iteration, radius, trustModel, lastDecrement, withoutGain });
    const { cost } = point.best;
    const decrement = newtonDecrement(objective.system, point);
    const variance = (2 * cost) / degrees;
    const distance = Math.sqrt(decrement / variance);
    if (isSilent(point)) return end('stalled', 'the data do not respond to any free parameter here', iteration - 1);
    if (distance <= options.tolerance || decrement === 0) {
      return end(
        'converged',
        `the minimum is ${formatDistance(distance)} standard errors away (gradient)`,
        iteration - 1,
      );
    }
    const rounding = decrement < COST_ROUNDING * cost;
    if (rounding && decrement > 0.5 * lastDecrement) {
      return end('converged', 'the cost cannot be lowered beyond rounding (cost)', iteration - 1);
    }
    if (withoutGain >= STEPS_WITHOUT_GAIN) {
      return end(
        'converged',
        `${withoutGain} steps in a row could not lower the cost by as much as the noise shows (cost)`,
        iteration - 1,
      );
    }
    if (iteration > options.maxIterations) {
      return end('max-iterations', `not converged after ${options.maxIterations} iterations`, iteration - 1);
    }
    lastDecrement = decrement;

    const step = proposeStep(objective.system, point, radius);
    if (step.length < SMALLEST_STEP) {
      return end('converged', 'the step is too short to change the parameters (step)', iteration - 1);
    }
    let trial: Value;
    let linearised: Linearisation | null = null;
    try {
      if (trustModel) linearised = await linearise(objective, step.theta, point.best, context);
      trial = linearised ?? (await evaluate(objective, step.theta, point.best, context));
    } catch (error) {
      if (isTwotimeError(error, 'Cancelled')) return end('cancelled', error.message, iteration - 1);
      throw error;
    }
    const ratio = (cost - trial.best.cost) / step.predicted;
    const accepted = ratio > ACCEPT_RATIO || (rounding && trial.best.cost <= cost * (1 + COST_ROUNDING));
    options.record({ iteration, cost: trial.best.cost, accepted });
    if (!(ratio >= 0.25) && !rounding) radius = 0.25 * step.length;
    else if (ratio > 0.75 && step.onBall) radius *= 2;
    const gain = accepted ? cost - trial.best.cost : step.predicted;
    withoutGain = gain < options.smallestGain * variance ? withoutGain + 1 : 0;
    if (!accepted) {
      trustModel = false;
      if (radius < SMALLEST_STEP)
        return end('stalled', 'no step lowers the cost although its gradient is not zero', iteration);
      continue;
    }
    try {
      point = linearised ?? (await linearise(objective, trial.theta, trial.best, context));
    } catch (error) {
      if (isTwotimeError(error, 'Cancelled')) return end('cancelled', error.message, iteration);
      throw error;
    }
    trustModel = true;
  }
}

/** Linearise at a point and go down from there; null when cancelled before the first sweep was done. */
export async function descend(
  objective: Objective,
  from: Point,
  options: DescentOptions,
  context: TaskContext,
): Promise<Refined | null> {
  let point: Linearisation;
  try {
    point = await linearise(objective, from.theta, from.best, context);
  } catch (error) {
    if (isTwotimeError(error, 'Cancelled')) return null;
    throw error;
  }
  options.record({ iteration: 0, cost: point.best.cost, accepted: true });
  return refine(objective, point, options, context);
}

/** The quadratic model of the cost in another chart around its point. */
export function quadraticIn(chart: Chart, point: Linearisation): BoxQuadratic {
  const n = point.theta.length;
  const change = changeOfChart(point.chart, chart);
  return {
    gradient: transposeTimes(change, n, n, point.gradient),
    hessian: congruence(point.information, n, change, n),
    lower: chart.lower,
    upper: chart.upper,
  };
}

/** Twice the decrease that the quadratic model promises inside the bounds that are felt: gᵀH⁻¹g where none is. */
function newtonDecrement(system: CoordinateSystem, point: Linearisation): number {
  const quadratic = quadraticIn(chartAt(system, point.theta), point);
  return Math.max(0, -2 * modelValue(quadratic, minimiseInBox(quadratic, 0)));
}

interface Step {
  readonly theta: Float64Array;
  /** Length in natural steps. */
  readonly length: number;
  /** Decrease of the cost promised by the quadratic model. */
  readonly predicted: number;
  readonly onBall: boolean;
}

/**
 * The trust-region step. A step in bent coordinates that leaves the user's box ends at its edge; where there is no way to
 * go to the edge, the triples that would leave are stepped in the user's coordinates, in which the box is one.
 */
function proposeStep(system: CoordinateSystem, point: Linearisation, radius: number): Step {
  const straight = new Set<string>();
  for (;;) {
    const chart = chartAt(system, point.theta, { straight });
    const quadratic = quadraticIn(chart, point);
    const { z, onBall } = minimiseInBoxAndBall(quadratic, radius);
    const theta = chart.at(z);
    const outside = triplesOutside(system, chart, theta);
    if (outside.length === 0) {
      return { theta: settle(system.free, theta), length: norm(z), predicted: -modelValue(quadratic, z), onBall };
    }
    const part = partInside(system, chart, z);
    if (part * norm(z) >= SHORTEST_WAY_TO_EDGE) {
      const shortened = z.map((value) => part * value);
      const edge = settle(system.free, chart.at(shortened));
      return { theta: edge, length: norm(shortened), predicted: -modelValue(quadratic, shortened), onBall: false };
    }
    for (const amplitude of outside) straight.add(amplitude);
  }
}

/** The part of a step at which it leaves the box, from just outside. */
function partInside(system: CoordinateSystem, chart: Chart, z: Float64Array): number {
  let inside = 0;
  let outside = 1;
  while (outside - inside > 1e-12) {
    const middle = (inside + outside) / 2;
    const theta = chart.at(z.map((value) => middle * value));
    if (triplesOutside(system, chart, theta).length === 0) inside = middle;
    else outside = middle;
  }
  return outside;
}

/** θ moved into the box, and onto a bound that it nearly touches. */
function settle(free: FreeParameters, theta: Float64Array): Float64Array {
  return theta.map((value, i) => {
    const [lower, upper] = [free.lower[i]!, free.upper[i]!];
    const near = TOUCH * Math.abs(value);
    if (value <= lower + near) return lower;
    return value >= upper - near ? upper : value;
  });
}

/** Whether the data carry no information on any free parameter at this point. */
function isSilent({ information, theta }: Linearisation): boolean {
  return theta.every((_, i) => !(information[i * theta.length + i]! > 0));
}

function formatDistance(distance: number): string {
  return distance === 0 ? '0' : distance.toExponential(1);
}
