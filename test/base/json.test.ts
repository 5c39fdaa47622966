/** Strict JSON: exact numbers, stable order, refusal of what has no JSON form. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTwotimeError } from '../../src/base/errors.ts';
import { parseJson, toJson } from '../../src/base/json.ts';

describe('writing', () => {
  test('keys keep their order, lists of scalars stay on one line', () => {
    const text = toJson({ b: 1, a: { list: [1, 2.5], empty: [], none: {} }, nested: [[1], [2]] });
    expect(text).toBe(
      '{\n  "b": 1,\n  "a": {\n    "list": [1, 2.5],\n    "empty": [],\n    "none": {}\n  },\n' +
        '  "nested": [\n    [1],\n    [2]\n  ]\n}',
    );
  });

  test('indent 0 writes one line', () => {
    expect(toJson({ a: [1, { b: null }], c: 'x"' }, { indent: 0 })).toBe('{"a":[1,{"b":null}],"c":"x\\""}');
  });

  test('typed arrays are lists', () => {
    expect(toJson(Float64Array.of(0.1, -0))).toBe('[0.1, -0]');
    expect(toJson(Uint8Array.of(1, 2))).toBe('[1, 2]');
  });

  test('any JSON value is read back equal, with the same bits', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const back: unknown = JSON.parse(toJson(value, { indent }));
        expect(Object.is(back, value) || JSON.stringify(back) === JSON.stringify(value)).toBe(true);
      }),
      { seed: 3 },
    );
  });

  test.each([
    ['NaN', { chi2: [1, Number.NaN] }, '$.chi2[1] is NaN'],
    ['infinity', { a: { b: Infinity } }, '$.a.b is Infinity'],
    ['NaN in a typed array', Float64Array.of(Number.NaN), '$[0] is NaN'],
    ['undefined', { a: undefined }, '$.a has no JSON form: undefined'],
    ['a map', { a: new Map() }, '$.a has no JSON form: Map'],
    ['a bigint', [1n], '$[0] has no JSON form: bigint'],
    ['64-bit integers', BigInt64Array.of(1n), '$ has no JSON form: BigInt64Array'],
  ])('%s is refused with its path', (_, value, message) => {
    expect(() => toJson(value)).toThrow(message);
  });
});

describe('reading', () => {
  test('a syntax error names file, line and column', () => {
    try {
      parseJson('{\n  "a": 1,\n  "b" 2\n}', { file: 'result.json' });
      expect.unreachable();
    } catch (error) {
      if (!isTwotimeError(error, 'InputRefused')) throw error;
      expect(error.where).toEqual({ file: 'result.json', line: 3, column: 7 });
    }
  });

  test('a file cut short is refused at its end', () => {
    try {
      parseJson('{"a": [1, 2', { file: 'result.json' });
      expect.unreachable();
    } catch (error) {
      if (!isTwotimeError(error, 'InputRefused')) throw error;
      expect(error.where).toEqual({ file: 'result.json', line: 1, column: 12 });
    }
  });
});
