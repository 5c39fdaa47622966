/**
 * Quantities with units: text such as `200 um` or `0.0237 1/Angstrom` to numbers in base units, and back.
 *
 * | dimension | base unit | examples |
 * |---|---|---|
 * | `length` | Å | `200 um`, `0.2 mm`, `2e6 Å` |
 * | `wavevector` | 1/Å | `0.0237 1/Angstrom`, `0.237 nm^-1`, `0.0237 Å⁻¹` |
 * | `time` | s | `100 ms`, `2 min` |
 * | `rate` | 1/s | `2e-3 1/s`, `0.002 s^-1` |
 * | `diffusion` | Å²/s | `19230 Angstrom^2/s`, `1.9 nm^2/s`, `0.2 um²/s` |
 * | `angle` | degree | `45 deg`, `0.5 rad`, `-5°` |
 * | `size` | byte | `2 GB`, `256 MiB` |
 * | `number` | 1 | `-1.063` |
 *
 * Powers of ten are moved as decimal digits, so `100 ms` is exactly the double 0.1.
 */
import { type Decimal, formatShifted, parseDecimal, scaleDecimal } from './decimal.ts';
import { suggest } from './suggest.ts';

export type Dimension = 'length' | 'wavevector' | 'time' | 'rate' | 'diffusion' | 'angle' | 'size' | 'number';

/** Exponents of length, time, angle and size. */
type Powers = readonly [length: number, time: number, angle: number, size: number];

interface DimensionInfo {
  readonly powers: Powers;
  /** With its article, for sentences. */
  readonly noun: string;
  /** Base unit as files spell it (ASCII). */
  readonly base: string;
  /** Base unit as figures and reports print it. */
  readonly symbol: string;
  /** Units offered in messages and used to print values, ascending, with their power of ten in base units. */
  readonly units: readonly (readonly [name: string, tens: number])[];
}

const DIMENSIONS: Readonly<Record<Dimension, DimensionInfo>> = {
  length: {
    powers: [1, 0, 0, 0],
    noun: 'a length',
    base: 'Angstrom',
    symbol: 'Å',
    units: [
      ['Angstrom', 0],
      ['nm', 1],
      ['um', 4],
      ['mm', 7],
      ['m', 10],
    ],
  },
  wavevector: {
    powers: [-1, 0, 0, 0],
    noun: 'a wavevector',
    base: '1/Angstrom',
    symbol: '1/Å',
    units: [
      ['1/nm', -1],
      ['1/Angstrom', 0],
    ],
  },
  time: {
    powers: [0, 1, 0, 0],
    noun: 'a time',
    base: 's',
    symbol: 's',
    units: [
      ['ns', -9],
      ['us', -6],
      ['ms', -3],
      ['s', 0],
    ],
  },
  rate: { powers: [0, -1, 0, 0], noun: 'a rate', base: '1/s', symbol: '1/s', units: [['1/s', 0]] },
  diffusion: {
    powers: [2, -1, 0, 0],
    noun: 'a transport coefficient',
    base: 'Angstrom^2/s',
    symbol: 'Å²/s',
    units: [
      ['Angstrom^2/s', 0],
      ['nm^2/s', 2],
      ['um^2/s', 8],
    ],
  },
  angle: { powers: [0, 0, 1, 0], noun: 'an angle', base: 'deg', symbol: '°', units: [['deg', 0]] },
  size: {
    powers: [0, 0, 0, 1],
    noun: 'a size in memory',
    base: 'B',
    symbol: 'B',
    units: [
      ['B', 0],
      ['kB', 3],
      ['MB', 6],
      ['GB', 9],
      ['TB', 12],
    ],
  },
  number: { powers: [0, 0, 0, 0], noun: 'a plain number', base: '', symbol: '', units: [] },
};

interface Unit {
  readonly powers: Powers;
  readonly tens: number;
  /** Factor beside the power of ten. */
  readonly factor: bigint;
  readonly radian: boolean;
}

function unit(powers: Powers, tens: number, factor = 1n, radian = false): Unit {
  return { powers, tens, factor, radian };
}

function named(names: string, value: Unit): [string, Unit][] {
  return names.split(' ').map((name) => [name, value]);
}

const LENGTH = DIMENSIONS.length.powers;
const TIME = DIMENSIONS.time.powers;
const ANGLE = DIMENSIONS.angle.powers;
const SIZE = DIMENSIONS.size.powers;

const UNITS: ReadonlyMap<string, Unit> = new Map([
  ...named('Angstrom Angstroms angstrom angstroms Ang ang Å A', unit(LENGTH, 0)),
  ...named('pm', unit(LENGTH, -2)),
  ...named('nm', unit(LENGTH, 1)),
  ...named('um µm micron microns', unit(LENGTH, 4)),
  ...named('mm', unit(LENGTH, 7)),
  ...named('cm', unit(LENGTH, 8)),
  ...named('m', unit(LENGTH, 10)),
  ...named('ns', unit(TIME, -9)),
  ...named('us µs', unit(TIME, -6)),
  ...named('ms', unit(TIME, -3)),
  ...named('s sec second seconds', unit(TIME, 0)),
  ...named('min', unit(TIME, 0, 60n)),
  ...named('h', unit(TIME, 0, 3600n)),
  ...named('deg degree degrees °', unit(ANGLE, 0)),
  ...named('rad', unit(ANGLE, 0, 1n, true)),
  ...named('mrad', unit(ANGLE, -3, 1n, true)),
  ...named('B', unit(SIZE, 0)),
  ...named('kB', unit(SIZE, 3)),
  ...named('MB', unit(SIZE, 6)),
  ...named('GB', unit(SIZE, 9)),
  ...named('TB', unit(SIZE, 12)),
  ...named('KiB', unit(SIZE, 0, 1024n)),
  ...named('MiB', unit(SIZE, 0, 1024n ** 2n)),
  ...named('GiB', unit(SIZE, 0, 1024n ** 3n)),
]);

/** The unit of a whole expression such as `um^2/s`. */
interface Compound {
  readonly powers: Powers;
  readonly tens: number;
  readonly multiplier: bigint;
  readonly divisor: bigint;
  readonly radians: number;
}

/** A value in base units, or a sentence on what is wrong and one on what to write instead. */
export type QuantityReading =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly message: string; readonly help: string };

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** One spelling of each character: superscripts as `^n`, micro sign, Angstrom letter, minus, multiplication dots. */
function normalise(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll(/[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (run) => `^${run.replaceAll(/./g, plainCharacter)}`)
    .replaceAll('\u03bc', 'µ')
    .replaceAll('\u2212', '-')
    .replaceAll(/[·⋅×]|\*(?!\*)/g, '*')
    .replaceAll('**', '^')
    .trim();
}

function plainCharacter(character: string): string {
  if (character === '⁻') return '-';
  if (character === '⁺') return '+';
  return String(SUPERSCRIPTS.indexOf(character));
}

const TERM = /^(1|[A-Za-zÅµ°]+)(?:\^?\(?([+-]?\d+)\)?)?$/;

/** Read a unit expression; a string answer is the part that is not understood. */
function parseUnit(text: string): Compound | string {
  const tidy = text.replaceAll(/\s*([/^*])\s*/g, '$1').replaceAll(/\s+/g, '*');
  const powers: [number, number, number, number] = [0, 0, 0, 0];
  let tens = 0;
  let multiplier = 1n;
  let divisor = 1n;
  let radians = 0;
  for (const [part] of tidy.matchAll(/[/*]?[^/*]*/g)) {
    if (part === '') continue;
    const sign = part.startsWith('/') ? -1 : 1;
    const term = part.replace(/^[/*]/, '');
    const match = TERM.exec(term);
    const name = match?.[1] ?? '';
    const exponent = sign * Number(match?.[2] ?? '1');
    if (match === null) return term === '' ? part : term;
    if (name === '1') {
      if (match[2] !== undefined) return term;
      continue;
    }
    const known = UNITS.get(name);
    if (known === undefined) return name;
    known.powers.forEach((power, k) => (powers[k]! += power * exponent));
    tens += known.tens * exponent;
    if (exponent > 0) multiplier *= known.factor ** BigInt(exponent);
    if (exponent < 0) divisor *= known.factor ** BigInt(-exponent);
    if (known.radian) radians += exponent;
  }
  return { powers, tens, multiplier, divisor, radians };
}

function convert(decimal: Decimal, compound: Compound): number {
  const value = scaleDecimal(decimal, compound.tens, compound.multiplier, compound.divisor);
  return compound.radians === 0 ? value : value * (180 / Math.PI) ** compound.radians;
}

const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)$/s;

/**
 * Read a quantity of a given dimension into its base unit.
 *
 * A bare number is refused where a unit is needed, except 0, which is the same in every unit. `plausible` (base units)
 * helps the message for a bare number to say which reading is likely.
 */
export function readQuantity(
  input: string | number,
  dimension: Dimension,
  plausible?: readonly [number, number],
): QuantityReading {
  const info = DIMENSIONS[dimension];
  const shown = typeof input === 'number' ? String(input) : `'${input.trim()}'`;
  const match = QUANTITY.exec(normalise(String(input)));
  const decimal = match === null ? null : parseDecimal(match[1]!);
  if (match === null || decimal === null) {
    return refused(`${shown} is not ${info.noun}`, writeLike(dimension));
  }
  const unitText = match[2]!;
  if (unitText === '') return readBare(decimal, shown, dimension, plausible);
  if (/^,\d/.test(unitText)) return refused(`${shown} has a decimal comma`, 'write numbers with a decimal point');

  const compound = parseUnit(unitText);
  if (typeof compound === 'string') {
    const near = suggest(compound, [...UNITS.keys()]);
    const hint = near === null ? '' : `did you mean '${near}'? `;
    return refused(`unknown unit '${compound}' in ${shown}`, `${hint}${writeLike(dimension)}`);
  }
  if (compound.powers.some((power, k) => power !== info.powers[k])) {
    const actual = nounOf(compound.powers);
    return refused(`${shown} is ${actual}, not ${info.noun}`, writeLike(dimension));
  }
  return finite(convert(decimal, compound), shown);
}

function readBare(
  decimal: Decimal,
  shown: string,
  dimension: Dimension,
  plausible?: readonly [number, number],
): QuantityReading {
  const info = DIMENSIONS[dimension];
  const value = scaleDecimal(decimal, 0);
  if (dimension === 'number' || value === 0) return finite(value, shown);
  const readings = info.units.map(([name, tens]) => {
    const base = scaleDecimal(decimal, tens);
    const other = tens === 0 ? '' : ` = ${formatShifted(base, 0)} ${info.base}`;
    const likely = plausible !== undefined && Math.abs(base) >= plausible[0] && Math.abs(base) <= plausible[1];
    return { likely, text: `${formatShifted(value, 0)} ${name}${other}` };
  });
  const likely = readings.filter((reading) => reading.likely);
  const accepted = unitsOf(dimension).join(', ');
  const message = `${shown} has no unit; ${info.noun} needs one (${accepted})`;
  const examples = (likely.length > 0 ? likely : readings).map((reading) => reading.text).join(' | ');
  return refused(message, `write ${likely.length > 0 ? 'for example' : 'one of'}: ${examples}`);
}

function finite(value: number, shown: string): QuantityReading {
  return Number.isFinite(value) ? { ok: true, value } : refused(`${shown} is too large`, 'write a finite number');
}

function refused(message: string, help: string): QuantityReading {
  return { ok: false, message, help };
}

function writeLike(dimension: Dimension): string {
  const { noun, units } = DIMENSIONS[dimension];
  if (units.length === 0) return 'write a number without a unit';
  return `write ${noun} as a number and one of ${unitsOf(dimension).join(', ')}`;
}

function nounOf(powers: Powers): string {
  for (const info of Object.values(DIMENSIONS)) {
    if (info.powers.every((power, k) => power === powers[k])) return info.noun;
  }
  return 'a quantity of another kind';
}

/** The base unit of a dimension as files spell it, e.g. `Angstrom^2/s`; empty for plain numbers. */
export function baseUnit(dimension: Dimension): string {
  return DIMENSIONS[dimension].base;
}

/** The units offered in messages for a dimension, smallest first. */
export function unitsOf(dimension: Dimension): readonly string[] {
  return DIMENSIONS[dimension].units.map(([name]) => name);
}

/** The base unit of a dimension as reports and figures print it, e.g. `Å²/s`. */
export function unitSymbol(dimension: Dimension): string {
  return DIMENSIONS[dimension].symbol;
}

/**
 * A value in base units as text in the most readable unit; reading it back gives exactly `value`.
 * Lengths, times and sizes choose the unit that puts the number between 1 and 1000; the others keep their base unit.
 */
export function formatQuantity(value: number, dimension: Dimension): string {
  const info = DIMENSIONS[dimension];
  if (info.base === '') return formatShifted(value, 0);
  const scales = dimension === 'length' || dimension === 'time' || dimension === 'size';
  let [name, tens] = [info.base, 0];
  if (scales && value !== 0) {
    const exponent = Math.floor(Math.log10(Math.abs(value)) + 1e-12);
    const fitting = info.units.filter(([, candidate]) => candidate <= exponent);
    [name, tens] = fitting.at(-1) ?? info.units[0]!;
  }
  return `${formatShifted(value, -tens)} ${name}`;
}

/** The same value in the units of its dimension that keep it readable, for warnings: `0.05 um = 50 nm = 500 Angstrom`. */
export function formatInOtherUnits(value: number, dimension: Dimension): string {
  const readable = DIMENSIONS[dimension].units.filter(([, tens]) => {
    const exponent = Math.log10(Math.abs(value)) - tens;
    return exponent > -4 && exponent < 7;
  });
  if (readable.length === 0) return formatQuantity(value, dimension);
  return readable
    .map(([name, tens]) => `${formatShifted(value, -tens)} ${name}`)
    .toReversed()
    .join(' = ');
}
