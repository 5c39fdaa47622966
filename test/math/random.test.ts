/** The counter-based generator: published answers, independence of order, and the distributions it claims. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fillNormals,
  fillUniforms,
  fold,
  keyFromSeed,
  normalAt,
  normals,
  philox4x32,
  split,
  uniformAt,
  uniforms,
} from '../../src/math/index.ts';

const key = keyFromSeed(20260101);

describe('philox4x32', () => {
  // Known-answer vectors of the Random123 library (kat_vectors, philox4x32 10).
  test.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ] as const)('counter %j, key %j', (counter, [low, high], answer) => {
    const words = philox4x32([...counter], { low, high });
    expect(words.map((word) => word.toString(16).padStart(8, '0')).join(' ')).toBe(answer);
  });
});

describe('a stream', () => {
  test('gives the same draw alone, in a block, or from an odd start', () => {
    const inOrder = { uniform: uniforms(key, 40), normal: normals(key, 40) };
    fc.assert(
      fc.property(fc.nat(30), fc.nat(9), (start, length) => {
        const out = new Float64Array(length);
        fillUniforms(key, out, start);
        expect(out).toEqual(inOrder.uniform.slice(start, start + length));
        fillNormals(key, out, start);
        expect(out).toEqual(inOrder.normal.slice(start, start + length));
        expect(normalAt(key, start)).toBe(inOrder.normal[start]);
        expect(uniformAt(key, start)).toBe(inOrder.uniform[start]);
      }),
      { seed: 1 },
    );
  });

  test('goes on past 2^32 blocks without repeating', () => {
    expect(uniformAt(key, 2 ** 33 + 6)).not.toBe(uniformAt(key, 6));
    expect(() => uniformAt(key, -1)).toThrow(/integers ≥ 0/);
    expect(() => uniformAt(key, 0.5)).toThrow(/integers ≥ 0/);
  });

  test('has fixed bits', () => {
    expect([...normals(keyFromSeed(7), 4)]).toMatchInlineSnapshot(`
      [
        0.22970816457153004,
        0.20041439038511158,
        0.6326745240865495,
        1.1822866359325603,
      ]
    `);
    expect(fold(keyFromSeed(7), 3)).toMatchInlineSnapshot(`
      {
        "high": 2313982343,
        "low": 2984239760,
      }
    `);
  });
});

describe('keys', () => {
  test('seeds above 2^32 are told apart', () => {
    expect(keyFromSeed(1)).not.toEqual(keyFromSeed(2 ** 32 + 1));
    expect(() => keyFromSeed(1.5)).toThrow(/integers ≥ 0/);
  });

  test('split keys differ from each other, from their parent, and give unrelated streams', () => {
    const keys = [key, ...split(key, 50)];
    expect(new Set(keys.map((k) => `${k.low}:${k.high}`)).size).toBe(51);
    expect(split(key, 3)[2]).toEqual(fold(key, 2));
    const streams = keys.slice(0, 8).map((k) => normals(k, 4000));
    for (let a = 0; a < streams.length; a++) {
      for (let b = 0; b < a; b++) {
        let sum = 0;
        for (let n = 0; n < 4000; n++) sum += streams[a]![n]! * streams[b]![n]!;
        // 28 correlations of standard error 1/√4000: five of them is far outside.
        expect(Math.abs(sum / 4000)).toBeLessThan(5 / Math.sqrt(4000));
      }
    }
  });
});

describe('distributions', () => {
  const count = 200_000;

  test('uniform numbers fill (0, 1) evenly', () => {
    const bins = new Float64Array(100);
    const draws = uniforms(key, count);
    for (const u of draws) bins[Math.floor(100 * u)]! += 1;
    expect(draws.every((u) => u > 0 && u < 1)).toBe(true);
    const expected = count / 100;
    const chi2 = bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    // 99 degrees of freedom: mean 99, standard deviation 14.
    expect(chi2).toBeGreaterThan(99 - 4 * 14);
    expect(chi2).toBeLessThan(99 + 4 * 14);
  });

  test('normal numbers have the moments and tails of the standard normal', () => {
    const z = normals(key, count);
    const moment = (power: number): number => z.reduce((sum, value) => sum + value ** power, 0) / count;
    // Standard errors: √1, √2, √15, √96 over √count.
    expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(count));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / count));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / count));
    const beyondThree = z.filter((value) => Math.abs(value) > 3).length / count;
    expect(Math.abs(beyondThree - 0.0026998)).toBeLessThan(4 * Math.sqrt(0.0027 / count));
    let neighbours = 0;
    for (let n = 1; n < count; n++) neighbours += z[n]! * z[n - 1]!;
    expect(Math.abs(neighbours / count)).toBeLessThan(4 / Math.sqrt(count));
  });
});
