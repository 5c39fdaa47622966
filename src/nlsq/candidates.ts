/**
 * Candidates of a scan: from a point of the unit cube to parameter values that the data could show.
 *
 * Rates are scanned on a logarithmic scale between "hardly changes within the window" and "gone within a few frames",
 * which follow from q, gap and the times, not from the bounds. Values that are given or fixed are kept.
 */
import { exp, log, pow } from '../math/index.ts';
import type { CoordinateSystem } from './coordinates.ts';
import type { ParameterSetting } from './problem.ts';
import type { RateTriple } from './rate-triple.ts';

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

/** Exponents scanned, as far as the bounds allow. */
const EXPONENTS = [-1.6, 0.8] as const;

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

/** Coordinates of the unit cube that `candidate` reads. */
export function scanDimensions({ rates }: ScanRange): number {
  return 4 * rates.length + 1;
}

/** θ of one point of the unit cube: given values kept, the others from the scanned rates, moved into the bounds. */
export function candidate(
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
    const size = range.slowest * exp(unit[4 * r]! * log(range.fastest / range.slowest));
    const p = known(exponent) ?? between(overlap(EXPONENTS, boundsOf(system, exponent)), unit[4 * r + 1]!);
    const share = between(range.shares, unit[4 * r + 2]!);
    const factor = pow(system.referenceTime, p);
    const power = powerPart(known(amplitude), known(offset), factor, size, share);
    const rate = unit[4 * r + 3]! < range.negative ? -power / share : power / share;
    theta.set(exponent, p);
    theta.set(amplitude, power / factor);
    theta.set(offset, known(offset) ?? rate - power);
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
