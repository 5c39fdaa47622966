/**
 * The amplitudes of the noise, none of them negative, from what residuals are on each scale.
 *
 * Weighted least squares on the levels of `noise-levels.ts`, the weights from the variance that the amplitudes themselves
 * predict, repeated until they agree. Angles with one number of speckles share it where their own values allow.
 */
import { pow } from '../../math/index.ts';
import { varianceOf, type NoiseLevel } from './noise-levels.ts';
import { factorise, invert, solve } from '../linear-algebra.ts';

/** Amplitudes of one angle with their standard errors; 0 where none is seen. */
export interface Amplitudes {
  /** m = 1/M. */
  readonly speckle: number;
  readonly speckleError: number;
  /** x, speckle times photon noise. */
  readonly crossed: number;
  readonly crossedError: number;
  /** s = σ_w². */
  readonly white: number;
  readonly whiteError: number;
}

export interface NoiseAmplitudes {
  readonly angles: readonly Amplitudes[];
  /** Whether all angles have one m and one x. */
  readonly shared: boolean;
  /** How badly the amplitudes describe the noise on all scales, as a number of standard errors. */
  readonly misfit: number;
}

/** Relative error of what speckle is expected to give on a level: blocks are finite, higher orders in 1/M are left out. */
const LEVEL_ERROR = 0.03;
const ROUNDS = 12;
/**
 * Speckle is seen where it describes the levels better than white noise alone by this, in χ²: by half a standard error. Since
 * no amplitude is negative, white noise would else have some speckle in it more often than not. A higher limit would take real
 * speckle below photon noise from the errors.
 */
const SEEN = 0.25;
/** A spread of the angles' m that would come by chance in one of a thousand cases is too much to share it. */
const TOO_UNLIKELY = 3.1;

/** `levels` per angle. */
export function estimateAmplitudes(levels: readonly (readonly NoiseLevel[])[]): NoiseAmplitudes {
  const shared = solveTogether(levels);
  if (levels.length === 1) return { angles: shared, shared: true, misfit: misfitOf(levels, shared) };
  // One step of each angle's own fit with the weights of the shared one.
  const own = levels.map((angle, a) => weighted([angle], [shared[a]!]));
  let spread = 0;
  own.forEach(({ values, errors }) => (spread += square((values[0]! - shared[0]!.speckle) / errors[0]!)));
  if (!(normalScore(spread, levels.length - 1) > TOO_UNLIKELY)) {
    return { angles: shared, shared: true, misfit: misfitOf(levels, shared) };
  }
  const apart = levels.map((angle) => solveTogether([angle])[0]!);
  return { angles: apart, shared: false, misfit: misfitOf(levels, apart) };
}

/** χ² with so many degrees of freedom as a standard normal number (Wilson & Hilferty 1931). */
function normalScore(chi2: number, freedom: number): number {
  return (pow(chi2 / freedom, 1 / 3) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom));
}

function misfitOf(levels: readonly (readonly NoiseLevel[])[], amplitudes: readonly Amplitudes[]): number {
  const { chi2, count } = compared(levels, amplitudes, amplitudes);
  // m and x count once, s once for each angle.
  return normalScore(chi2, Math.max(1, count - 2 - levels.length));
}

/** χ² of the levels for some amplitudes, its weights for others, and how many levels that are. */
function compared(
  levels: readonly (readonly NoiseLevel[])[],
  amplitudes: readonly Amplitudes[],
  weights: readonly Amplitudes[],
): { readonly chi2: number; readonly count: number } {
  let chi2 = 0;
  let count = 0;
  levels.forEach((angle, a) => {
    for (const level of angle) {
      const variance = uncertaintyOf(level, weights[a]!);
      if (!(variance > 0)) continue;
      chi2 += square(level.found - expectedOn(level, amplitudes[a]!)) / variance;
      count++;
    }
  });
  return { chi2, count };
}

function square(x: number): number {
  return x * x;
}

function expectedOn(level: NoiseLevel, { speckle, crossed, white }: Amplitudes): number {
  return speckle * level.speckle + crossed * level.crossed + white * level.white;
}

/** Variance of what is found on a level, that of its expectation included. */
function uncertaintyOf(level: NoiseLevel, amplitudes: Amplitudes): number {
  const approximate = amplitudes.speckle * level.speckle + amplitudes.crossed * level.crossed;
  return varianceOf(level, amplitudes) + square(LEVEL_ERROR * approximate);
}

function solveTogether(levels: readonly (readonly NoiseLevel[])[]): Amplitudes[] {
  const found = settled(levels);
  const white = settled(levels.map((angle) => angle.map((level) => ({ ...level, speckle: 0, crossed: 0 }))));
  const nearest = toAmplitudes(weighted(levels, white, true), levels.length);
  if (compared(levels, white, white).chi2 - compared(levels, nearest, white).chi2 >= SEEN) return found;
  return found.map(({ speckleError, crossedError }, a) => ({ ...white[a]!, speckleError, crossedError }));
}

/** Amplitudes and weights that agree. */
function settled(levels: readonly (readonly NoiseLevel[])[]): Amplitudes[] {
  let current = levels.map(firstGuess);
  for (let round = 0; round < ROUNDS; round++) current = toAmplitudes(weighted(levels, current, true), levels.length);
  return current;
}

/** All noise white, as a start; the first level is nearly that. */
function firstGuess(levels: readonly NoiseLevel[]): Amplitudes {
  const white = Math.max(0, levels[0]!.found / levels[0]!.white);
  const speckle = Math.max(0, levels.at(-1)!.found / levels.at(-1)!.speckle);
  return {
    speckle: Number.isFinite(speckle) ? speckle : 0,
    crossed: 0,
    white,
    speckleError: 0,
    crossedError: 0,
    whiteError: 0,
  };
}

interface Solution {
  readonly values: Float64Array;
  readonly errors: Float64Array;
}

/** Unknowns m, x, s_0, s_1, …. */
function weighted(
  levels: readonly (readonly NoiseLevel[])[],
  current: readonly Amplitudes[],
  nonNegative = false,
): Solution {
  const size = 2 + levels.length;
  const normal = new Float64Array(size * size);
  const right = new Float64Array(size);
  levels.forEach((angle, a) => {
    for (const level of angle) {
      const variance = uncertaintyOf(level, current[a]!);
      if (!(variance > 0)) continue;
      const row: [number, number][] = [
        [0, level.speckle],
        [1, level.crossed],
        [2 + a, level.white],
      ];
      for (const [i, first] of row) {
        right[i] = right[i]! + (first * level.found) / variance;
        for (const [j, second] of row) normal[i * size + j] = normal[i * size + j]! + (first * second) / variance;
      }
    }
  });
  return nonNegative
    ? leastSquaresAboveZero(normal, right)
    : solveOn(
        normal,
        right,
        Array.from(right, (_, i) => i),
      );
}

function toAmplitudes({ values, errors }: Solution, angles: number): Amplitudes[] {
  return Array.from({ length: angles }, (_, a) => ({
    speckle: values[0]!,
    speckleError: errors[0]!,
    crossed: values[1]!,
    crossedError: errors[1]!,
    white: values[2 + a]!,
    whiteError: errors[2 + a]!,
  }));
}

/** The unknowns of `used` solved for, the others 0, with their errors. */
function solveOn(normal: Float64Array, right: Float64Array, used: readonly number[]): Solution {
  const errors = new Float64Array(right.length);
  const inverse = invert(factorise(partOf(normal, right.length, used), used.length));
  used.forEach((i, row) => (errors[i] = Math.sqrt(Math.max(0, inverse[row * (used.length + 1)]!))));
  return { values: valuesOn(normal, right, used), errors };
}

/** The unknowns of `used` solved for, the others 0. */
function valuesOn(normal: Float64Array, right: Float64Array, used: readonly number[]): Float64Array {
  const values = new Float64Array(right.length);
  const factor = factorise(partOf(normal, right.length, used), used.length);
  const solved = solve(
    factor,
    Float64Array.from(used, (i) => right[i]!),
  );
  used.forEach((i, row) => (values[i] = solved[row]!));
  return values;
}

function partOf(normal: Float64Array, size: number, used: readonly number[]): Float64Array {
  const part = new Float64Array(used.length * used.length);
  used.forEach((i, row) => used.forEach((j, column) => (part[row * used.length + column] = normal[i * size + j]!)));
  return part;
}

/** Lawson & Hanson (1974), chapter 23: least squares with no unknown below 0. It begins with all of them, since few end at 0. */
function leastSquaresAboveZero(normal: Float64Array, right: Float64Array): Solution {
  const size = right.length;
  const known = Array.from({ length: size }, (_, i) => i).filter((i) => normal[i * size + i]! > 0);
  let used = known.filter((i) => right[i]! > 0);
  let values = new Float64Array(size);
  for (const i of used) values[i] = right[i]! / normal[i * size + i]!;
  [used, values] = descendWithin(normal, right, used, values);
  for (let round = 0; round < 10 * size; round++) {
    let best = -1;
    let most = 0;
    for (let i = 0; i < size; i++) {
      if (used.includes(i) || !(normal[i * size + i]! > 0)) continue;
      let slope = right[i]!;
      for (let j = 0; j < size; j++) slope -= normal[i * size + j]! * values[j]!;
      const scaled = slope / Math.sqrt(normal[i * size + i]!);
      if (scaled > most + (1e-10 * Math.abs(right[i]!)) / Math.sqrt(normal[i * size + i]!)) [best, most] = [i, scaled];
    }
    if (best < 0) break;
    [used, values] = descendWithin(normal, right, [...used, best], values);
  }
  const solution = solveOn(normal, right, used);
  // As if none were held at 0.
  const whole = used.length === known.length ? solution : solveOn(normal, right, known);
  return { values, errors: solution.errors.map((error, i) => (used.includes(i) ? error : whole.errors[i]!)) };
}

/** Go from `values` towards the solution on `used`; unknowns that reach 0 on the way leave it. */
function descendWithin(
  normal: Float64Array,
  right: Float64Array,
  used: number[],
  values: Float64Array<ArrayBuffer>,
): [used: number[], values: Float64Array<ArrayBuffer>] {
  while (used.length > 0) {
    const trial = valuesOn(normal, right, used);
    const below = used.filter((i) => !(trial[i]! > 0));
    if (below.length === 0) return [used, Float64Array.from(trial)];
    const step = Math.min(...below.map((i) => values[i]! / (values[i]! - trial[i]!)), 1);
    values = values.map((value, i) => value + (Number.isFinite(step) ? step : 0) * (trial[i]! - value));
    used = used.filter((i) => values[i]! > 1e-14 * Math.abs(trial[i]!));
  }
  return [[], new Float64Array(values.length)];
}
