/** Quantities with units: exact values, accepted spellings, refusals that help. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  baseUnit,
  formatInOtherUnits,
  formatQuantity,
  readQuantity,
  unitSymbol,
  type Dimension,
} from '../../src/base/units.ts';

function value(text: string | number, dimension: Dimension): number {
  const reading = readQuantity(text, dimension);
  if (!reading.ok) throw new Error(`${reading.message}; ${reading.help}`);
  return reading.value;
}

function refusal(text: string | number, dimension: Dimension, plausible?: readonly [number, number]): string {
  const reading = readQuantity(text, dimension, plausible);
  if (reading.ok) throw new Error(`${text} was read as ${reading.value}`);
  return `${reading.message}; ${reading.help}`;
}

describe('quantities are read into base units', () => {
  test.each([
    ['200 um', 'length', 2e6],
    ['200um', 'length', 2e6],
    ['0.2 mm', 'length', 2e6],
    ['2e6 Angstrom', 'length', 2e6],
    ['200 µm', 'length', 2e6],
    ['200 \u03bcm', 'length', 2e6],
    ['5 Å', 'length', 5],
    ['5 \u212b', 'length', 5],
    ['5 A\u030a', 'length', 5],
    ['1 cm', 'length', 1e8],
    ['10 pm', 'length', 0.1],
    ['0.0237 1/Angstrom', 'wavevector', 0.0237],
    ['0.0237 Å^-1', 'wavevector', 0.0237],
    ['0.0237 Å⁻¹', 'wavevector', 0.0237],
    ['0.0237/Å', 'wavevector', 0.0237],
    ['0.237 1/nm', 'wavevector', 0.0237],
    ['0.237 nm-1', 'wavevector', 0.0237],
    ['100 ms', 'time', 0.1],
    ['30 us', 'time', 3e-5],
    ['1.5 min', 'time', 90],
    ['2 h', 'time', 7200],
    ['2e-3 1/s', 'rate', 0.002],
    ['0.002 s^-1', 'rate', 0.002],
    ['0.002/s', 'rate', 0.002],
    ['6 1/min', 'rate', 0.1],
    ['19230 Angstrom^2/s', 'diffusion', 19230],
    ['19230 Å²/s', 'diffusion', 19230],
    ['192.3 nm^2 / s', 'diffusion', 19230],
    ['0.0001923 um**2 s^-1', 'diffusion', 19230],
    ['1 Å·Å/s', 'diffusion', 1],
    ['45 deg', 'angle', 45],
    ['-45°', 'angle', -45],
    ['\u221245 deg', 'angle', -45],
    ['3.141592653589793 rad', 'angle', 180],
    ['2 GB', 'size', 2e9],
    ['256 MiB', 'size', 268435456],
    ['-1.063', 'number', -1.063],
    [-1.063, 'number', -1.063],
  ] as const)('%s', (text, dimension, expected) => {
    expect(value(text, dimension)).toBe(expected);
  });

  test('powers of ten never round: the result is the double nearest to the decimal number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), fc.integer({ min: -12, max: 12 }), (digits, exponent) => {
        const number = `${digits}e${exponent}`;
        expect(value(`${number} ms`, 'time')).toBe(Number(`${digits}e${exponent - 3}`));
        expect(value(`${number} um`, 'length')).toBe(Number(`${digits}e${exponent + 4}`));
        expect(value(`${number} 1/nm`, 'wavevector')).toBe(Number(`${digits}e${exponent - 1}`));
        expect(value(`${number} um^2/s`, 'diffusion')).toBe(Number(`${digits}e${exponent + 8}`));
      }),
      { seed: 1 },
    );
  });

  test('zero needs no unit', () => {
    expect(value(0, 'length')).toBe(0);
    expect(value('0', 'diffusion')).toBe(0);
  });
});

describe('what is no quantity of the kind is refused with advice', () => {
  test('a bare number names the accepted units and shows readings', () => {
    expect(refusal(500, 'length')).toBe(
      '500 has no unit; a length needs one (Angstrom, nm, um, mm, m); write one of: 500 Angstrom | 500 nm = 5000 Angstrom' +
        ' | 500 um = 5e6 Angstrom | 500 mm = 5e9 Angstrom | 500 m = 5e12 Angstrom',
    );
  });

  test('of the readings only the plausible ones are shown', () => {
    expect(refusal(500, 'length', [1e4, 1e8])).toMatch(/write for example: 500 um = 5e6 Angstrom$/);
    expect(refusal('0.0237', 'wavevector', [0.01, 1])).toMatch(/write for example: 0.0237 1\/Angstrom$/);
  });

  test.each([
    ['5 s', 'length', "'5 s' is a time, not a length"],
    ['3 A/s', 'rate', "'3 A/s' is a quantity of another kind, not a rate"],
    ['3 s', 'number', "'3 s' is a time, not a plain number; write a number without a unit"],
    ['5 umm', 'length', "unknown unit 'umm' in '5 umm'; did you mean 'um'?"],
    ['5 parsec', 'length', "unknown unit 'parsec' in '5 parsec'; write a length as a number and one of"],
    ['1,5 um', 'length', 'decimal comma'],
    ['um 5', 'length', "'um 5' is not a length"],
    ['', 'time', "'' is not a time"],
    ['nan', 'number', "'nan' is not a plain number"],
    ['1e999 m', 'length', "'1e999 m' is too large"],
    ['3 1/', 'rate', "unknown unit '/'"],
    ['3 1^2', 'number', "unknown unit '1^2'"],
  ] as const)('%s', (text, dimension, expected) => {
    expect(refusal(text, dimension)).toContain(expected);
  });
});

describe('values are written for people', () => {
  test.each([
    [2e6, 'length', '200 um'],
    [5, 'length', '5 Angstrom'],
    [1e-3, 'length', '0.001 Angstrom'],
    [1e14, 'length', '10000 m'],
    [0.1, 'time', '100 ms'],
    [90, 'time', '90 s'],
    [1e-7, 'time', '100 ns'],
    [0, 'time', '0 s'],
    [19230, 'diffusion', '19230 Angstrom^2/s'],
    [1e6, 'diffusion', '1e6 Angstrom^2/s'],
    [0.0237, 'wavevector', '0.0237 1/Angstrom'],
    [-5, 'angle', '-5 deg'],
    [2e9, 'size', '2 GB'],
    [1e-7, 'number', '1e-7'],
  ] as const)('%d %s', (input, dimension, expected) => {
    expect(formatQuantity(input, dimension)).toBe(expected);
  });

  test('reading back gives the same bits', () => {
    const dimensions: Dimension[] = ['length', 'wavevector', 'time', 'rate', 'diffusion', 'angle', 'size', 'number'];
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }).map((x) => (x === 0 ? 0 : x)),
        fc.constantFrom(...dimensions),
        (input, dimension) => {
          fc.pre(input === 0 || Math.abs(input) > 1e-290);
          expect(value(formatQuantity(input, dimension), dimension)).toBe(input);
        },
      ),
      { seed: 2, numRuns: 500 },
    );
  });

  test('one value in several units', () => {
    expect(formatInOtherUnits(500, 'length')).toBe('0.05 um = 50 nm = 500 Angstrom');
    expect(formatInOtherUnits(1e-20, 'length')).toBe('1e-20 Angstrom');
  });

  test('base units have a spelling for files and one for figures', () => {
    expect(baseUnit('diffusion')).toBe('Angstrom^2/s');
    expect(unitSymbol('diffusion')).toBe('Å²/s');
  });
});
