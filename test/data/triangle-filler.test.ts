import { describe, expect, it } from 'vitest';
import { TriangleFiller } from '../../src/data/triangle-filler.ts';
import type { MatrixFindings } from '../../src/data/triangle-filler.ts';
import { pairsOf } from '../../src/kernels/triangles.ts';

type Cell = (i: number, j: number) => number;
const smooth: Cell = (i, j) => 1 + Math.abs(i - j) / 8 + Math.min(i, j) / 64;

function fill(cell: Cell, size = 8, support = [...Array(size).keys()]): { found: MatrixFindings; values: number[] } {
  const cells = Float64Array.from({ length: size * size }, (_, k) => cell(Math.floor(k / size), k % size));
  const triangle = new Float32Array(pairsOf(support.length));
  const filler = new TriangleFiller(Int32Array.from(support), size, triangle);
  for (let row = 0; row < size; row++) filler.row(row, cells, row * size);
  return { found: filler.finish(), values: [...triangle] };
}

const expected = (support: number[]): number[] =>
  support.flatMap((i, a) => support.slice(a + 1).map((j) => smooth(i, j)));
const all = [0, 1, 2, 3, 4, 5, 6, 7];

describe('the triangle of a matrix', () => {
  it.each<[string, Cell, string]>([
    ['full', smooth, 'full'],
    ['upper half, zeros below', (i, j) => (j >= i ? smooth(i, j) : 0), 'upper half'],
    ['upper half, NaN below', (i, j) => (j >= i ? smooth(i, j) : NaN), 'upper half'],
    ['lower half, zeros above', (i, j) => (j <= i ? smooth(i, j) : 0), 'lower half'],
    ['lower half, NaN above', (i, j) => (j <= i ? smooth(i, j) : NaN), 'lower half'],
  ])('is the same for a matrix that is %s', (_, cell, name) => {
    const { found, values } = fill((i, j) => (i === j ? -99 : cell(i, j)));
    expect(values).toEqual(expected(all));
    expect(found).toMatchObject({ fill: name, asymmetry: 0, oneSidedPairs: 0 });
    expect(found.taken).toMatchObject({ nonFinite: 0, minimum: 1.125, maximum: 1.875 });
  });

  it('takes only the rows and columns of the support', () => {
    const support = [1, 2, 5, 7];
    const poisoned: Cell = (i, j) => (support.includes(i) && support.includes(j) ? smooth(i, j) : NaN);
    const { found, values } = fill(poisoned, 8, support);
    expect(values).toEqual(expected(support));
    expect(found.taken.nonFinite).toBe(0);
  });

  it('is full although the first frames are dark', () => {
    const dark: Cell = (i, j) => (i < 2 || j < 2 ? 0 : smooth(i, j));
    expect(fill(dark).found.fill).toBe('full');
    const holed: Cell = (i, j) => (i < 2 || j < 2 ? NaN : smooth(i, j));
    expect(fill(holed).found).toMatchObject({ fill: 'full', taken: { nonFinite: 13 } });
  });

  it('counts every value that is not finite as NaN', () => {
    const { found, values } = fill((i, j) => (i + j === 5 ? Infinity : i + j === 4 ? -Infinity : smooth(i, j)));
    expect(found.taken.nonFinite).toBe(5);
    expect(values.filter(Number.isNaN)).toHaveLength(5);
    expect(found.taken.overflows).toBe(0);
  });

  it('tells halves that contradict each other from rounding', () => {
    expect(fill((i, j) => (i < j ? smooth(i, j) : 3 - smooth(i, j))).found.fill).toBe('contradictory halves');
    expect(fill((i, j) => (i > j && j < 3 ? smooth(i, j) : i < j && i > 4 ? smooth(i, j) : 0)).found.fill).toBe(
      'contradictory halves',
    );
    const rounded = fill((i, j) => smooth(i, j) + (i > j ? 1e-3 : 0)).found;
    expect(rounded.fill).toBe('full');
    expect(rounded.asymmetry).toBeCloseTo(1e-3, 6);
  });

  it('is empty for zeros', () => {
    expect(fill(() => 0).found.fill).toBe('empty');
    expect(fill((i, j) => (i === j ? 5 : NaN)).found.fill).toBe('empty');
  });

  it('counts finite values beyond float32', () => {
    expect(fill((i, j) => (i + j === 3 ? 1e39 : smooth(i, j))).found.taken).toMatchObject({
      overflows: 2,
      nonFinite: 2,
    });
  });
});
