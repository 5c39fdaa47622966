/**
 * Where to begin: a Latin hypercube over everything the user left open, screened by cost with the scaling eliminated.
 *
 * Rates are scanned on a logarithmic scale between "hardly changes within the window" and "gone within a few frames",
 * which follow from q, gap and the times, not from the bounds. Given values are kept; a complete given start is start
 * number one as it stands.
 */
import { throwIfCancelled, type TaskContext } from '../base/task-context.ts';
import { exp, fillUniforms, fold, keyFromSeed, log, pow, type RandomKey } from '../math/index.ts';
import { naturalStep, type CoordinateSystem, type RateTriple } from './coordinates.ts';
import { evaluate, type Objective, type ScalingGuess, type Value } from './objective.ts';
import type { ParameterSetting } from './problem.ts';

/** Range of the scanned coordinates of one rate A·t^p + B. */
interface RateRange {
  readonly triple: RateTriple;
  /** Rate at t_ref, in the unit of the rate. */
  readonly slowest: number;
  readonly fastest: number;
  /** Exponent p. */
  readonly exponents: readonly [number, number];
  /** Share of the power-law part in the rate at t_ref. */
  readonly shares: readonly [number, number];
}

const EXPONENTS = [-1.6, 0.8] as const;
/** Candidates screened per scanned coordinate. */
const CANDIDATES_PER_DIMENSION = 64;
/** Chosen candidates are at least this many natural steps apart. */
const SMALLEST_DISTANCE = 0.5;

/** Ranges to scan for the rates of a model with first and last lag time `shortest` and `longest`, s. */
function rateRanges(system: CoordinateSystem, shortest: number, longest: number): RateRange[] {
  return system.triples.map((triple) => {
    // `scale` is the rate whose effect over the longest lag is of order one.
    const isShear = triple.amplitude !== 'D0';
    const fast = (triple.scale * longest) / shortest;
    return {
      triple,
      slowest: 0.1 * triple.scale,
      fastest: isShear ? fast / 2 : 3 * fast,
      exponents: EXPONENTS,
      shares: isShear ? [0.2, 2] : [0.2, 1.2],
    };
  });
}

/** Starts for a fit: θ vectors, the user's own first if it is complete. `count` in total, fewer if fewer are distinct. */
export async function chooseStarts(
  objective: Objective,
  system: CoordinateSystem,
  options: { readonly count: number; readonly seed: number; readonly lags: readonly [shortest: number, longest: number] },
  guess: ScalingGuess,
  context: TaskContext,
): Promise<Value[]> {
  const { free } = system;
  const settings = free.names.map((name) => free.settings.find((setting) => setting.name === name)!);
  const chosen: Value[] = [];
  if (settings.every(({ value }) => value !== undefined)) {
    const theta = Float64Array.from(settings, ({ value }) => value!);
    chosen.push(await evaluate(objective, theta, guess, context));
  }
  if (chosen.length >= options.count) return chosen;

  const ranges = rateRanges(system, ...options.lags);
  const key = keyFromSeed(options.seed);
  // When a start is given, the scan looks for other minima everywhere; otherwise it fills in what is missing.
  const given = chosen.length > 0 ? settings.map((setting) => ({ ...setting, value: undefined })) : settings;
  const screened: Value[] = [];
  for (const unit of latinHypercube(key, CANDIDATES_PER_DIMENSION * free.names.length, 3 * ranges.length + 1)) {
    throwIfCancelled(context);
    const theta = candidate(system, ranges, given, unit);
    const value = await evaluate(objective, theta, guess, context);
    if (Number.isFinite(value.best.cost)) screened.push(value);
  }
  screened.sort((a, b) => a.best.cost - b.best.cost);
  for (const value of screened) {
    if (chosen.length >= options.count) break;
    if (chosen.every((other) => distance(system, other, value) > SMALLEST_DISTANCE)) chosen.push(value);
  }
  return chosen;
}

/** Points of the unit cube, one in each of `count` slices of every coordinate (McKay, Beckman & Conover 1979). */
export function latinHypercube(key: RandomKey, count: number, dimensions: number): Float64Array[] {
  const points = Array.from({ length: count }, () => new Float64Array(dimensions));
  const draws = new Float64Array(2 * count);
  for (let d = 0; d < dimensions; d++) {
    fillUniforms(fold(key, d), draws);
    const order = Array.from({ length: count }, (_, k) => k).sort((a, b) => draws[a]! - draws[b]! || a - b);
    order.forEach((slice, k) => (points[k]![d] = (slice + draws[count + k]!) / count));
  }
  return points;
}

/** θ of one point of the unit cube: given values kept, the others from the scanned rates, moved into the bounds. */
function candidate(
  system: CoordinateSystem,
  ranges: readonly RateRange[],
  settings: readonly ParameterSetting[],
  unit: Float64Array,
): Float64Array {
  const { free, referenceTime } = system;
  const known = new Map<string, number>();
  for (const name of free.settings.map((setting) => setting.name)) {
    const setting = settings.find((s) => s.name === name);
    const value = setting === undefined ? fixedValue(system, name) : setting.value;
    if (value !== undefined) known.set(name, value);
  }
  const theta = new Map<string, number>();
  ranges.forEach((range, r) => {
    const { amplitude, exponent, offset } = range.triple;
    const rate = range.slowest * exp(unit[3 * r]! * log(range.fastest / range.slowest));
    const p = known.get(exponent) ?? between(overlap(range.exponents, boundsOf(system, exponent)), unit[3 * r + 1]!);
    const share = between(range.shares, unit[3 * r + 2]!);
    const factor = pow(referenceTime, p);
    const knownAmplitude = known.get(amplitude);
    const knownOffset = known.get(offset);
    const power =
      knownAmplitude !== undefined ? knownAmplitude * factor : knownOffset !== undefined ? Math.max(rate - knownOffset, 0.1 * rate) : share * rate;
    theta.set(exponent, p);
    theta.set(amplitude, power / factor);
    theta.set(offset, knownOffset ?? (power * (1 - share)) / share);
  });
  theta.set('phi0', between(canonicalAngles(boundsOf(system, 'phi0')), unit[3 * ranges.length]!));
  return Float64Array.from(free.names, (name, i) => {
    const value = settings[i]!.value ?? theta.get(name)!;
    return Math.min(Math.max(value, free.lower[i]!), free.upper[i]!);
  });
}

/** Value of a parameter that does not move; undefined when it is free or follows a free one. */
function fixedValue({ free }: CoordinateSystem, name: string): number | undefined {
  if (free.moving.includes(name)) return undefined;
  let setting = free.settings.find((s) => s.name === name)!;
  while (setting.tie !== undefined) setting = free.settings.find((s) => s.name === setting.tie)!;
  return setting.value;
}

function boundsOf({ free }: CoordinateSystem, name: string): readonly [number, number] {
  const i = free.names.indexOf(name);
  return i < 0 ? [-Infinity, Infinity] : [free.lower[i]!, free.upper[i]!];
}

/** One period of phi0 inside the bounds: phi0 and phi0 ± 180° are the same flow; −90° … 90° is preferred. */
export function canonicalAngles([lower, upper]: readonly [number, number]): readonly [number, number] {
  if (upper - lower <= 180) return [lower, upper];
  const first = Math.min(Math.max(-90, lower), upper - 180);
  return [first, first + 180];
}

function overlap(range: readonly [number, number], bounds: readonly [number, number]): readonly [number, number] {
  const lower = Math.max(range[0], bounds[0]);
  const upper = Math.min(range[1], bounds[1]);
  return lower < upper ? [lower, upper] : bounds;
}

function between([lower, upper]: readonly [number, number], unit: number): number {
  return lower + unit * (upper - lower);
}

/** Distance of two candidates in natural steps, rates compared by their logarithm at t_ref. */
function distance(system: CoordinateSystem, a: Value, b: Value): number {
  let sum = 0;
  const rated = new Set<string>();
  for (const { amplitude, exponent, offset } of system.triples) {
    [amplitude, exponent, offset].forEach((name) => rated.add(name));
    const shape = ({ values }: Value): [number, number, number] => {
      const power = values[amplitude]! * pow(system.referenceTime, values[exponent]!);
      const rate = power + values[offset]!;
      return [log(Math.abs(rate) + 1e-300), values[exponent]!, power / (Math.abs(power) + Math.abs(values[offset]!) + 1e-300)];
    };
    const other = shape(b);
    shape(a).forEach((value, k) => (sum += (value - other[k]!) ** 2));
  }
  system.free.names.forEach((name, i) => {
    if (!rated.has(name)) sum += ((a.theta[i]! - b.theta[i]!) / naturalStep(system, name, a.values)) ** 2;
  });
  return Math.sqrt(sum);
}
