import { describe, expect, test } from 'vitest';
import { counted, plain, relative, seconds, withError } from '../../src/report/number-format.ts';

describe('a value with its error', () => {
  test.each([
    [19234.56, 384.6, '19230 +/- 380'],
    [-0.14321, 0.0093, '-0.1432 +/- 0.0093'],
    [1.00049, 0.00031, '1.00049 +/- 0.00031'],
    [1.0004e-4, 2.04e-6, '(1.000 +/- 0.020)e-04'],
    [3.2e7, 4.1e5, '(3.200 +/- 0.041)e+07'],
    [3.1, 99.6, '0 +/- 100'],
    [0, 0.25, '0.00 +/- 0.25'],
    [12, 0.0999, '12.00 +/- 0.10'],
    [1234.5, 12345, '1000 +/- 12000'],
  ])('%f and %f are written %s', (value, error, expected) => {
    expect(withError(value, error)).toBe(expected);
  });
});

test('a number without error has six significant digits', () => {
  expect([plain(0.044626781), plain(19230), plain(1.5e-9), plain(-2e12), plain(0), plain(Number.NaN)]).toEqual([
    '0.0446268',
    '19230',
    '1.5e-09',
    '-2e+12',
    '0',
    'unknown',
  ]);
});

test('a relative error is a percentage, where there is one', () => {
  expect([relative(200, 4), relative(-3, 0.001), relative(1, 50), relative(0, 1)]).toEqual([
    '2 %',
    '0.033 %',
    '> 999 %',
    '',
  ]);
});

test('counts agree with their nouns', () => {
  expect([counted(1, 'pass', 'passes'), counted(2, 'pass', 'passes'), counted(0, 'frame'), seconds(0.31249)]).toEqual([
    '1 pass',
    '2 passes',
    '0 frames',
    '0.312 s',
  ]);
});
