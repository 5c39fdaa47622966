/**
 * Where to begin: a Latin hypercube over everything the user left open, screened by cost with the scaling eliminated.
 */
import { mapBounded } from '../base/map-bounded.ts';
import { throwIfCancelled, type TaskContext } from '../base/task-context.ts';
import { fold, keyFromSeed, log, pow } from '../math/index.ts';
import { candidate, scanDimensions, type ScanRange } from './candidates.ts';
import type { CoordinateSystem } from './coordinates.ts';
import { latinHypercube } from './latin-hypercube.ts';
import { evaluate, SWEEPS_AT_ONCE, type Objective, type Point, type ScalingGuess, type Value } from './objective.ts';
import type { ParameterSetting } from './problem.ts';

/** Candidates screened per scanned parameter. */
const CANDIDATES_PER_PARAMETER = 64;
/** Chosen candidates are at least this many steps apart, a step being a factor e in a rate, 1 in an exponent or share … */
const SMALLEST_DISTANCE = 0.5;
/** … and so many degrees in phi0, which false minima are near in. */
const DIRECTION_STEP = 4;

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
  { settings, range, seed, stream }: ScanRequest,
  guess: ScalingGuess,
  context: TaskContext,
): Promise<Value[]> {
  const open = settings.filter(({ value }) => value === undefined).length;
  const units = latinHypercube(fold(keyFromSeed(seed), stream), CANDIDATES_PER_PARAMETER * open, scanDimensions(range));
  const screened: Value[] = [];
  let lowest = Infinity;
  for (let first = 0; first < units.length; first += SWEEPS_AT_ONCE) {
    throwIfCancelled(context);
    const batch = units.slice(first, first + SWEEPS_AT_ONCE);
    const values = await mapBounded(batch, batch.length, (unit) =>
      evaluate(objective, candidate(objective.system, range, settings, unit), guess, context),
    );
    for (const value of values) {
      if (!Number.isFinite(value.best.cost)) continue;
      screened.push(value);
      if (value.best.cost >= lowest) continue;
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
  screened: readonly Point[],
  known: readonly Point[],
  count: number,
): Point[] {
  const chosen: Point[] = [];
  for (const value of screened) {
    if (chosen.length >= count) break;
    if ([...known, ...chosen].every((other) => areApart(system, other, value))) chosen.push(value);
  }
  return chosen;
}

/** Whether two points are far enough apart to be worth a look each. */
export function areApart(system: CoordinateSystem, a: Point, b: Point): boolean {
  return distance(system, a, b) > SMALLEST_DISTANCE;
}

/** Distance of two candidates in natural steps, rates compared by their logarithm at t_ref. */
function distance(system: CoordinateSystem, a: Point, b: Point): number {
  let sum = 0;
  const rated = new Set<string>();
  for (const { amplitude, exponent, offset } of system.triples) {
    [amplitude, exponent, offset].forEach((name) => rated.add(name));
    const shape = ({ values }: Point): number[] => {
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
