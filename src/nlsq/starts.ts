/**
 * Where to begin: a Latin hypercube over everything the user left open, screened by cost with the scaling eliminated.
 *
 * Rates are scanned on a logarithmic scale between "hardly changes within the window" and "gone within a few frames",
 * which follow from q, gap and the times, not from the bounds. Given values are kept; a complete given start is start
 * number one as it stands.
 */
import { throwIfCancelled, type TaskContext } from '../base/task-context.ts';
import { exp, fillUniforms, fold, keyFromSeed, log, pow, type RandomKey } from '../math/index.ts';
import type { CoordinateSystem, RateTriple } from './coordinates.ts';
import { evaluate, type Objective, type ScalingGuess, type Value } from './objective.ts';
import type { ParameterSetting } from './problem.ts';

/** What a scan goes through. */
export interface ScanRange {
  readonly rates: readonly RateRange[];
  /** Names of the parameters that describe the flow. */
  readonly flow: readonly string[];
}

/** Range of the scanned coordinates of one rate A·t^p + B. */
interface RateRange {
  readonly triple: RateTriple;
  /** Rate at t_ref, in the unit of the rate. */
  readonly slowest: number;
  readonly fastest: number;
  /** Share of the power-law part in the rate at t_ref. */
  readonly shares: readonly [number, number];
  /** Share of the candidates whose rate at t_ref is negative. */
  readonly negative: number;
}

const EXPONENTS = [-1.6, 0.8] as const;
/** Candidates screened per scanned parameter. */
const CANDIDATES_PER_PARAMETER = 64;
/** Chosen candidates are at least this many steps apart, a step being a factor e in a rate, 1 in an exponent or share … */
const SMALLEST_DISTANCE = 0.5;
/** … and so many degrees in phi0, which false minima are near in. */
const DIRECTION_STEP = 4;

/** The range for a model whose shortest and longest lag times are these, s. */
export function scanRange(system: CoordinateSystem, shortest: number, longest: number): ScanRange {
  const rates = system.triples.map((triple): RateRange => {
    // `scale` is the rate whose effect over the longest lag is of order one.
    const slowest = 0.1 * triple.scale;
    const fast = (triple.scale * longest) / shortest;
    return triple.amplitude === 'D0'
      ? { triple, slowest, fastest: 3 * fast, shares: [0.2, 1.2], negative: 0 }
      : { triple, slowest, fastest: fast / 2, shares: [0.2, 2], negative: 0.25 };
  });
  const [, shear] = system.triples;
  return { rates, flow: shear === undefined ? [] : [shear.amplitude, shear.exponent, shear.offset, 'phi0'] };
}

/** θ of the user's start, if every free parameter has a value. */
export function givenStart({ free }: CoordinateSystem): Float64Array | null {
  const values = free.names.map((name) => free.settings.find((setting) => setting.name === name)!.value);
  return values.every((value) => value !== undefined) ? Float64Array.from(values) : null;
}

/**
 * Settings of the free parameters for a scan. Values of a partial start are kept; beside a complete one the scan looks for
 * other minima everywhere.
 */
export function openSettings({ free }: CoordinateSystem, complete: boolean): ParameterSetting[] {
  const settings = free.names.map((name) => free.settings.find((setting) => setting.name === name)!);
  return complete ? settings.map((setting) => ({ ...setting, value: undefined })) : settings;
}

export interface ScanRequest {
  /** One per free parameter; those with a value keep it. */
  readonly settings: readonly ParameterSetting[];
  readonly range: ScanRange;
  readonly seed: number;
  /** Number of the scan, so that each draws its own candidates. */
  readonly stream: number;
}

/** Screen the candidates of a Latin hypercube by cost; best first. */
export async function scan(
  objective: Objective,
  system: CoordinateSystem,
  { settings, range, seed, stream }: ScanRequest,
  guess: ScalingGuess,
  context: TaskContext,
): Promise<Value[]> {
  const open = settings.filter(({ value }) => value === undefined).length;
  const dimensions = 4 * range.rates.length + 1;
  const screened: Value[] = [];
  let lowest = Infinity;
  for (const unit of latinHypercube(fold(keyFromSeed(seed), stream), CANDIDATES_PER_PARAMETER * open, dimensions)) {
    throwIfCancelled(context);
    const value = await evaluate(objective, candidate(system, range, settings, unit), guess, context);
    if (!Number.isFinite(value.best.cost)) continue;
    screened.push(value);
    if (value.best.cost < lowest) {
      lowest = value.best.cost;
      context.progress?.({
        kind: 'iteration',
        level: 'scan',
        start: stream,
        iteration: screened.length,
        cost: lowest,
        accepted: true,
      });
    }
  }
  return screened.sort((a, b) => a.best.cost - b.best.cost);
}

/** The first of `screened` that are apart from `known` and from each other, at most `count`. */
export function pickDistinct(
  system: CoordinateSystem,
  screened: readonly Value[],
  known: readonly Value[],
  count: number,
): Value[] {
  const chosen: Value[] = [];
  for (const value of screened) {
    if (chosen.length >= count) break;
    if ([...known, ...chosen].every((other) => distance(system, other, value) > SMALLEST_DISTANCE)) chosen.push(value);
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
  { rates }: ScanRange,
  settings: readonly ParameterSetting[],
  unit: Float64Array,
): Float64Array {
  const { free } = system;
  const known = (name: string): number | undefined =>
    free.moving.includes(name) ? settings.find((setting) => setting.name === name)?.value : fixedValue(system, name);
  const theta = new Map<string, number>();
  rates.forEach((range, r) => {
    const { amplitude, exponent, offset } = range.triple;
    const [speed, bend, part, sign] = unit.subarray(4 * r, 4 * r + 4) as unknown as [number, number, number, number];
    const size = range.slowest * exp(speed * log(range.fastest / range.slowest));
    const p = known(exponent) ?? between(overlap(EXPONENTS, boundsOf(system, exponent)), bend);
    const factor = pow(system.referenceTime, p);
    const power = powerPart(known(amplitude), known(offset), factor, size, between(range.shares, part));
    const rate =
      known(amplitude) === undefined || known(offset) !== undefined ? size : power / between(range.shares, part);
    theta.set(exponent, p);
    theta.set(amplitude, power / factor);
    theta.set(offset, known(offset) ?? (sign < range.negative ? -rate : rate) - power);
  });
  theta.set('phi0', between(canonicalAngles(boundsOf(system, 'phi0')), unit.at(-1)!));
  return Float64Array.from(free.names, (name, i) => {
    const value = settings[i]!.value ?? theta.get(name)!;
    return Math.min(Math.max(value, free.lower[i]!), free.upper[i]!);
  });
}

/** Value of the power-law part at t_ref for a rate of this size: known, what a known offset leaves, or a share. */
function powerPart(
  amplitude: number | undefined,
  offset: number | undefined,
  factor: number,
  size: number,
  share: number,
): number {
  if (amplitude !== undefined) return amplitude * factor;
  return offset === undefined ? share * size : Math.max(size - offset, 0.1 * size);
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
    const shape = ({ values }: Value): number[] => {
      const power = values[amplitude]! * pow(system.referenceTime, values[exponent]!);
      const rate = power + values[offset]!;
      const share = power / (Math.abs(power) + Math.abs(values[offset]!) + Number.MIN_VALUE);
      return [log(Math.abs(rate) + Number.MIN_VALUE), Math.sign(rate), values[exponent]!, share];
    };
    const other = shape(b);
    shape(a).forEach((value, k) => (sum += (value - other[k]!) ** 2));
  }
  system.free.names.forEach((name, i) => {
    if (!rated.has(name)) sum += ((a.theta[i]! - b.theta[i]!) / DIRECTION_STEP) ** 2;
  });
  return Math.sqrt(sum);
}
