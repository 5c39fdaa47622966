/**
 * Say in words what the data fix and what they leave open: the weakest directions of the information.
 *
 * For a rate A·t^p + B the members are often unknown one by one while the rate itself is known well somewhere in the window.
 * The time where its relative error is smallest, and that error, are what the data do determine.
 */
import { exp, log, pow } from '../math/index.ts';
import type { ParameterValues } from '../model/transport-law.ts';
import type { CoordinateSystem } from './coordinates.ts';
import type { RateTriple } from './rate-triple.ts';
import type { Covariance } from './covariance.ts';
import type { Direction } from './directions.ts';
import type { WeakDirection } from './outcome.ts';

const MOST_DIRECTIONS = 3;
const TIMES_TRIED = 200;

/** What the words are about: the fit's coordinates, its minimum, its errors, and the window in s. */
export interface Findings {
  readonly system: CoordinateSystem;
  readonly values: ParameterValues;
  readonly covariance: Covariance;
  readonly times: Float64Array;
  /** Unit of a parameter, empty for pure numbers. */
  readonly unit: (name: string) => string;
}

/** The weakest directions, at most three, weakest first. */
export function weakestDirections(findings: Findings): WeakDirection[] {
  const { system, covariance } = findings;
  return covariance.directions.slice(0, MOST_DIRECTIONS).map((direction) => ({
    direction: Object.fromEntries(system.free.names.map((name, i) => [name, direction.effect[i]!])),
    naturalSteps: direction.length,
    text: `${headline(findings, direction)}${detail(findings, direction)}`,
  }));
}

/** What the direction leaves open and what the data fix instead. */
function headline(findings: Findings, direction: Direction): string {
  const { system } = findings;
  const { names } = system.free;
  const weightOf = (name: string): number => {
    const i = names.indexOf(name);
    return i < 0 ? 0 : direction.natural[i]! ** 2;
  };
  const weights = system.triples.map((triple) => ({
    triple,
    weight: membersOf(triple).reduce((sum, n) => sum + weightOf(n), 0),
  }));
  const heaviest = weights.reduce((best, next) => (next.weight > best.weight ? next : best), {
    triple: null,
    weight: 0,
  } as {
    triple: RateTriple | null;
    weight: number;
  });
  if (heaviest.triple === null || heaviest.weight < 0.5) {
    const others = names.filter((name) => weightOf(name) >= 0.25);
    const subject = listed(others.length > 0 ? others : names);
    return direction.determined ? `least certain: ${subject}` : `the data do not determine ${subject}`;
  }
  return rateHeadline(findings, direction, heaviest.triple);
}

function rateHeadline(findings: Findings, direction: Direction, triple: RateTriple): string {
  const members = membersOf(triple).filter((name) => findings.system.free.names.includes(name));
  if (members.length === 1) {
    return direction.determined ? `least certain: ${members[0]}` : `the data do not determine ${members[0]}`;
  }
  const { time, error } = bestKnownTime(findings, triple);
  const rate = `${triple.amplitude}·t^${triple.exponent} + ${triple.offset}`;
  const fixed = `${rate} near t = ${rounded(time)} s to ${percent(error)}`;
  if (!(error < 1)) return `the data do not determine ${listed(members)}, nor ${rate} at any time`;
  if (direction.determined) return `least certain: ${listed(members)} one by one, while the data fix ${fixed}`;
  return `the data fix ${fixed}, not ${listed(members)} separately`;
}

/** The time in the window at which the relative error of a rate is smallest. */
function bestKnownTime(findings: Findings, triple: RateTriple): { time: number; error: number } {
  const { system, values, covariance, times } = findings;
  const first = log(times[0]!);
  const last = log(times.at(-1)!);
  const change = (direction: Direction, name: string): number => {
    const setting = system.free.settings.find((s) => s.name === name);
    if (setting === undefined || !system.free.moving.includes(name)) return 0;
    return direction.effect[system.free.source(name)]!;
  };
  let best = { time: NaN, error: Infinity };
  for (let k = 0; k < TIMES_TRIED; k++) {
    const logTime = first + ((last - first) * k) / (TIMES_TRIED - 1);
    const time = exp(logTime);
    const power = pow(time, values[triple.exponent]!);
    const amplitude = values[triple.amplitude]!;
    const rate = amplitude * power + values[triple.offset]!;
    let variance = 0;
    for (const direction of covariance.directions) {
      const slope =
        power * (change(direction, triple.amplitude) + amplitude * logTime * change(direction, triple.exponent)) +
        change(direction, triple.offset);
      variance += slope * slope;
    }
    const error = Math.sqrt(variance) / Math.abs(rate);
    if (error < best.error) best = { time, error };
  }
  return best;
}

/** What a step along the direction does to each parameter that notices it. */
function detail({ system, values, covariance, unit }: Findings, direction: Direction): string {
  const comparable = covariance.directions.filter(({ determined }) => determined || !direction.determined);
  const notices = (i: number, total: number): boolean => direction.effect[i]! ** 2 > 0.1 * total;
  const changes = system.free.names.flatMap((name, i) => {
    if (
      !notices(
        i,
        comparable.reduce((sum, { effect }) => sum + effect[i]! ** 2, 0),
      )
    )
      return [];
    const unitName = unit(name) === '' ? '' : ` ${unit(name)}`;
    if (!direction.determined) {
      const [low, high] = direction.ends.map((theta) => theta[i]!).sort((a, b) => a - b);
      return [`${name} ${rounded(low!)} … ${rounded(high!)}${unitName}`];
    }
    const change = direction.effect[i]!;
    const relative = unit(name) !== 'deg' && unit(name) !== '' && values[name] !== 0;
    return [`${name} by ${relative ? percent(change / values[name]!) : `${rounded(change)}${unitName}`}`];
  });
  const size = covariance.names.length;
  const contrasts = covariance.names.map((_, i) => i).filter((i) => covariance.names[i]!.startsWith('contrast'));
  const moved = contrasts.filter((i) => !(direction.effect[i]! ** 2 < 0.5 * covariance.matrix[i * size + i]!));
  if (moved.length > 0 && 2 * moved.length >= contrasts.length) changes.push('the contrast with them');
  if (changes.length === 0) return '';
  return direction.determined
    ? `; one standard error along this direction changes ${listed(changes)}`
    : `; the fit hardly changes for ${listed(changes)}`;
}

function membersOf({ amplitude, exponent, offset }: RateTriple): string[] {
  return [amplitude, exponent, offset];
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function percent(fraction: number): string {
  return `${rounded(100 * fraction)} %`;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(2)));
}
