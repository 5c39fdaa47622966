/**
 * How one value of the configuration is read: to its resolved form, or to a sentence on what is wrong and what to write.
 *
 * Readers know nothing of files or keys; whoever calls them adds where the value stands.
 */
import { readQuantity, type Dimension } from '../base/units.ts';
import { suggest } from '../base/suggest.ts';

export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly help: string };

export type Reader<T> = (input: unknown) => Reading<T>;

export function accepted<T>(value: T): Reading<T> {
  return { ok: true, value };
}

export function refused(message: string, help: string): { ok: false; message: string; help: string } {
  return { ok: false, message, help };
}

/** A value as a message quotes it. */
export function show(input: unknown): string {
  if (typeof input === 'string') return `'${input}'`;
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object' && input !== null) return 'a mapping';
  return String(input);
}

/** One of a few words. */
export function readWord<W extends string>(words: readonly W[]): Reader<W> {
  return (input) => {
    const word = words.find((candidate) => candidate === input);
    if (word !== undefined) return accepted(word);
    const near = typeof input === 'string' ? suggest(input, words) : null;
    const all = orList(words);
    return refused(
      `${show(input)} is not accepted here`,
      near === null ? `write ${all}` : `did you mean '${near}'? (${all})`,
    );
  };
}

/** A fixed word with a meaning of its own, or whatever `reader` accepts. */
export function readWordOr<const V, T>(word: string, meaning: V, reader: Reader<T>): Reader<V | T> {
  return (input) => {
    if (input === word) return accepted(meaning);
    const reading = reader(input);
    if (reading.ok || typeof input !== 'string' || suggest(input, [word]) === null) return reading;
    return refused(`${show(input)} is not accepted here`, `did you mean '${word}'?`);
  };
}

export const readBoolean: Reader<boolean> = (input) =>
  typeof input === 'boolean' ? accepted(input) : refused(`${show(input)} is not accepted here`, 'write true or false');

/** A whole number from `lowest` up, to `highest` where more could not be computed. */
export function readWhole(lowest: number, highest: number = Number.MAX_SAFE_INTEGER): Reader<number> {
  const span = highest === Number.MAX_SAFE_INTEGER ? `of ${lowest} or more` : `from ${lowest} to ${highest}`;
  return (input) => {
    const isWhole = typeof input === 'number' && Number.isSafeInteger(input);
    if (isWhole && input >= lowest && input <= highest) return accepted(input);
    return refused(`${show(input)} is not accepted here`, `write a whole number ${span}`);
  };
}

/** Limits on a quantity, in its base unit. */
export interface QuantityLimits {
  readonly plausible?: readonly [number, number];
  /** `positive`: above zero; `not negative`: zero or above. */
  readonly sign?: 'positive' | 'not negative';
}

/** A number with its unit, in base units. */
export function readQuantityOf(dimension: Dimension, limits: QuantityLimits = {}): Reader<number> {
  return (input) => {
    if (typeof input !== 'string' && typeof input !== 'number') {
      return refused(
        `${show(input)} is not a number${dimension === 'number' ? '' : ' with a unit'}`,
        exampleOf(dimension),
      );
    }
    if (typeof input === 'number' && !Number.isFinite(input)) {
      return refused(`${Number.isNaN(input) ? 'NaN' : 'infinity'} is not a value`, 'write a finite number');
    }
    const reading = readQuantity(input, dimension, limits.plausible);
    if (!reading.ok) return reading;
    if (limits.sign === 'positive' && !(reading.value > 0)) {
      return refused(`${show(input)} is not above zero`, 'it can only be positive');
    }
    if (limits.sign === 'not negative' && reading.value < 0) {
      return refused(`${show(input)} is negative`, 'write zero or a value above it');
    }
    return reading;
  };
}

const EXAMPLES: Readonly<Record<Dimension, string>> = {
  length: '200 um',
  wavevector: '0.0237 1/Angstrom',
  time: '100 ms',
  rate: '2e-3 1/s',
  diffusion: '19230 Angstrom^2/s',
  angle: '45 deg',
  size: '2 GB',
  number: '0.5',
};

/** A sentence with one example of the dimension. */
export function exampleOf(dimension: Dimension): string {
  return `write for example ${EXAMPLES[dimension]}`;
}

/** A list of at least `least` values that `reader` accepts; the first bad entry is named by its position. */
export function readListOf<T>(reader: Reader<T>, least = 1): Reader<readonly T[]> {
  return (input) => {
    if (!Array.isArray(input)) return refused(`${show(input)} is not a list`, 'write a list in brackets: [a, b]');
    if (input.length < least) return refused('the list is empty', 'write at least one entry, or remove the key');
    const values: T[] = [];
    for (const [position, item] of input.entries()) {
      const reading = reader(item);
      if (!reading.ok) return refused(`entry ${position + 1}: ${reading.message}`, reading.help);
      values.push(reading.value);
    }
    return accepted(values);
  };
}

/** Words joined for a sentence: `a, b or c`. */
export function orList(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
