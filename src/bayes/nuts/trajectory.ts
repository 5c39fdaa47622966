/**
 * One transition of the no-U-turn sampler: a trajectory doubled until it turns back, and a draw from it.
 *
 * Hoffman & Gelman (JMLR 15, 1593, 2014) with multinomial weights and the generalised criterion of Betancourt
 * (arXiv:1701.02434, appendix A), and the checks between neighbouring subtrees that Stan added in 2019. Without those a
 * step near a fraction of the period of a near-normal target passes the turning point unseen, again and again.
 */
import { exp, fillNormals, fold, log1p, uniformAt, type RandomKey } from '../../math/index.ts';
import { isFinite, type Evaluation, type LogDensity } from '../log-density.ts';
import { applyFactor, applyTransposed, type MetricFactor } from './metric.ts';

/** A point of phase space. */
export interface Place {
  readonly position: Float64Array;
  readonly evaluation: Evaluation;
  /** y = Lᵀp. */
  readonly momentum: Float64Array;
  /** Lᵀ∇ ln density. */
  readonly force: Float64Array;
  /** H = ½y² − ln density. */
  readonly energy: number;
}

/** A stretch of a trajectory, in the order of its time. */
interface Span {
  readonly first: Place;
  readonly last: Place;
  /** Σ momenta: the distance covered, in the metric. */
  readonly sum: Float64Array;
  /** ln Σ exp(H₀ − H). */
  readonly logWeight: number;
  /** Drawn from the span with probabilities exp(−H). */
  readonly chosen: Place;
}

/** Where a trajectory could not be followed. */
export interface Divergence {
  /** Where the integration step that failed began. */
  readonly from: readonly number[];
  /** Where it ended, or would have. */
  readonly to: readonly number[];
  /** Energy error there; null where it is infinite: the density is 0, or not a number. */
  readonly energyError: number | null;
  /** Whether the density is 0 there: the trajectory left the support, the integrator did not fail. */
  readonly outside: boolean;
}

export interface TrajectoryOptions {
  readonly stepSize: number;
  readonly maxDepth: number;
  /** Energy error from which on a trajectory is divergent. */
  readonly maxEnergyError: number;
}

export interface Transition {
  readonly place: Place;
  /** Doublings that were completed. */
  readonly depth: number;
  readonly leapfrogs: number;
  /** Mean Metropolis acceptance probability over the trajectory. */
  readonly acceptance: number;
  readonly divergence: Divergence | null;
}

/** Streams of random numbers of one transition. */
const MOMENTUM = 0;
const CHOICES = 1;

/** A point at `position` with a fresh momentum. */
export function withMomentum(
  position: Float64Array,
  evaluation: Evaluation,
  factor: MetricFactor,
  key: RandomKey,
): Place {
  const momentum = new Float64Array(position.length);
  fillNormals(fold(key, MOMENTUM), momentum);
  const force = applyTransposed(factor, evaluation.gradient);
  return { position, evaluation, momentum, force, energy: 0.5 * dot(momentum, momentum) - evaluation.value };
}

/** One leapfrog step of (signed) size. */
export async function leapfrog(density: LogDensity, factor: MetricFactor, from: Place, step: number): Promise<Place> {
  const half = from.momentum.map((y, k) => y + 0.5 * step * from.force[k]!);
  const velocity = applyFactor(factor, half);
  const position = from.position.map((q, k) => q + step * velocity[k]!);
  const evaluation = await density(position);
  const force = applyTransposed(factor, evaluation.gradient);
  const momentum = half.map((y, k) => y + 0.5 * step * force[k]!);
  const energy = isFinite(evaluation) ? 0.5 * dot(momentum, momentum) - evaluation.value : Infinity;
  return { position, evaluation, momentum, force, energy };
}

/** One transition from `start`, which carries its momentum. Everything random is a pure function of the key. */
export async function transition(
  density: LogDensity,
  factor: MetricFactor,
  start: Place,
  options: TrajectoryOptions,
  key: RandomKey,
): Promise<Transition> {
  const tree = new Tree(density, factor, start.energy, options, fold(key, CHOICES));
  let span: Span = { first: start, last: start, sum: start.momentum, logWeight: 0, chosen: start };
  let depth = 0;
  while (depth < options.maxDepth) {
    const forward = tree.uniform() > 0.5;
    const grown = await tree.grow(depth, forward ? span.last : span.first, forward);
    if (grown === null) break;
    depth += 1;
    // The new half is preferred: a chain that moves far forgets sooner, and stays right (Betancourt, A.3.2).
    const moved = tree.accepts(grown.logWeight - span.logWeight);
    const chosen = moved ? grown.chosen : span.chosen;
    const whole = forward ? joined(span, grown, chosen) : joined(grown, span, chosen);
    span = whole.span;
    if (whole.turns) break;
  }
  const { leapfrogs, divergence } = tree;
  return { place: span.chosen, depth, leapfrogs, acceptance: tree.acceptance / leapfrogs, divergence };
}

class Tree {
  leapfrogs: number = 0;
  /** Σ min(1, exp(H₀ − H)). */
  acceptance: number = 0;
  divergence: Divergence | null = null;
  readonly #density: LogDensity;
  readonly #factor: MetricFactor;
  readonly #energy: number;
  readonly #options: TrajectoryOptions;
  readonly #key: RandomKey;
  #drawn = 0;

  constructor(density: LogDensity, factor: MetricFactor, energy: number, options: TrajectoryOptions, key: RandomKey) {
    this.#density = density;
    this.#factor = factor;
    this.#energy = energy;
    this.#options = options;
    this.#key = key;
  }

  uniform(): number {
    return uniformAt(this.#key, this.#drawn++);
  }

  accepts(logRatio: number): boolean {
    return logRatio >= 0 || this.uniform() < exp(logRatio);
  }

  /** 2^depth steps on from `edge`; null when they diverge or any part of them turns back. */
  async grow(depth: number, edge: Place, forward: boolean): Promise<Span | null> {
    if (depth === 0) return this.#step(edge, forward);
    const near = await this.grow(depth - 1, edge, forward);
    if (near === null) return null;
    const far = await this.grow(depth - 1, forward ? near.last : near.first, forward);
    if (far === null) return null;
    const total = logSum(near.logWeight, far.logWeight);
    const chosen = this.accepts(far.logWeight - total) ? far.chosen : near.chosen;
    const { span, turns } = forward ? joined(near, far, chosen) : joined(far, near, chosen);
    return turns ? null : span;
  }

  async #step(edge: Place, forward: boolean): Promise<Span | null> {
    const { stepSize, maxEnergyError } = this.#options;
    const place = await leapfrog(this.#density, this.#factor, edge, forward ? stepSize : -stepSize);
    const error = place.energy - this.#energy;
    this.leapfrogs += 1;
    this.acceptance += error <= 0 ? 1 : exp(-error);
    if (!(error <= maxEnergyError)) {
      this.divergence = {
        from: Array.from(edge.position),
        to: Array.from(place.position),
        energyError: Number.isFinite(error) ? error : null,
        outside: place.evaluation.value === -Infinity,
      };
      return null;
    }
    return { first: place, last: place, sum: place.momentum, logWeight: -error, chosen: place };
  }
}

/** Two neighbouring spans as one, and whether it turns back as a whole or across the seam. */
function joined(earlier: Span, later: Span, chosen: Place): { readonly span: Span; readonly turns: boolean } {
  const sum = add(earlier.sum, later.sum);
  const turns =
    turnsBack(earlier.first, later.last, sum) ||
    turnsBack(earlier.first, later.first, add(earlier.sum, later.first.momentum)) ||
    turnsBack(earlier.last, later.last, add(later.sum, earlier.last.momentum));
  const logWeight = logSum(earlier.logWeight, later.logWeight);
  return { span: { first: earlier.first, last: later.last, sum, logWeight, chosen }, turns };
}

function turnsBack(first: Place, last: Place, sum: Float64Array): boolean {
  return !(dot(first.momentum, sum) > 0 && dot(last.momentum, sum) > 0);
}

function logSum(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return high === -Infinity ? high : high + log1p(exp(low - high));
}

function add(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, k) => value + b[k]!);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
