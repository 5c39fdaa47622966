/** Eliminating contrast and offset equals solving the whole linear problem, whatever the guess. */
import { Matrix, solve } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import type { AngleScaling, NormalSums } from '../../src/kernels/sweep.ts';
import { fold, keyFromSeed, normals, uniforms } from '../../src/math/index.ts';
import type { ScalingChoice } from '../../src/nlsq/index.ts';
import { eliminate, projectedGradient, projectedInformation, scalingGroups } from '../../src/nlsq/scaling.ts';

const ANGLES = 5;
const POINTS = 40;
const COLUMNS = 3;
const PHI = Float64Array.of(0, 20, 45, 80, 130);
const WEIGHT = Float64Array.of(1, 2, 0.5, 1, 3);
const key = keyFromSeed(11);

/** Values M, derivatives ∂_kM and data y of every point, angle by angle. */
interface Points {
  readonly m: Float64Array[];
  readonly d: Float64Array[][];
  readonly y: Float64Array[];
}

function randomPoints(): Points {
  const m = Array.from({ length: ANGLES }, (_, a) => uniforms(fold(key, a), POINTS));
  const d = m.map((_, a) => Array.from({ length: COLUMNS }, (_c, k) => normals(fold(key, 100 + 10 * a + k), POINTS)));
  const noise = m.map((_, a) => normals(fold(key, 200 + a), POINTS));
  const y = m.map((row, a) => row.map((value, i) => 1.02 + (0.2 + 0.01 * a) * value + 0.05 * noise[a]![i]!));
  return { m, d, y };
}

function sumsOf({ m, d, y }: Points, guess: AngleScaling): NormalSums {
  const residual = m.map((row, a) => row.map((value, i) => y[a]![i]! - guess.offset[a]! - guess.contrast[a]! * value));
  const total = (a: number, f: (i: number) => number): number =>
    Array.from({ length: m[a]!.length }, (_, i) => f(i)).reduce((sum, value) => sum + value, 0);
  const perAngle = (f: (a: number, i: number) => number): Float64Array =>
    Float64Array.from(m, (_, a) => total(a, (i) => f(a, i)));
  const perColumn = (f: (a: number, i: number) => number): Float64Array =>
    Float64Array.from({ length: ANGLES * COLUMNS }, (_, at) => {
      const a = Math.floor(at / COLUMNS);
      return total(a, (i) => f(a, i) * d[a]![at % COLUMNS]![i]!);
    });
  return {
    points: perAngle(() => 1),
    m: perAngle((a, i) => m[a]![i]!),
    mm: perAngle((a, i) => m[a]![i]! ** 2),
    r: perAngle((a, i) => residual[a]![i]!),
    rm: perAngle((a, i) => residual[a]![i]! * m[a]![i]!),
    rr: perAngle((a, i) => residual[a]![i]! ** 2),
    parameters: ['x', 'y', 'z'],
    d: perColumn(() => 1),
    md: perColumn((a, i) => m[a]![i]!),
    rd: perColumn((a, i) => residual[a]![i]!),
    hessian: Float64Array.from({ length: COLUMNS * COLUMNS }, (_, at) => {
      const [k, l] = [Math.floor(at / COLUMNS), at % COLUMNS];
      let sum = 0;
      for (let a = 0; a < ANGLES; a++) {
        sum += WEIGHT[a]! * guess.contrast[a]! ** 2 * total(a, (i) => d[a]![k]![i]! * d[a]![l]![i]!);
      }
      return sum;
    }),
  };
}

/** Columns of the dense problem: one row per point, offset and contrast terms of the scaling. */
function designOf({ m }: Points, choice: ScalingChoice): number[][] {
  return m.flatMap((row, a) => {
    const phi = (PHI[a]! * Math.PI) / 180;
    const terms =
      choice.mode === 'per-angle'
        ? PHI.map((_, b) => (a === b ? 1 : 0))
        : choice.mode === 'shared'
          ? [1]
          : choice.mode === 'fourier'
            ? [1, Math.cos(phi), Math.sin(phi)]
            : [];
    return Array.from(row, (value) =>
      [...Array.from(terms), ...Array.from(terms, (f) => f * value)].map((x) => x * Math.sqrt(WEIGHT[a]!)),
    );
  });
}

const CONTRAST = Float64Array.of(0.2, 0.21, 0.22, 0.23, 0.24);
const CHOICES: readonly ScalingChoice[] = [
  { mode: 'per-angle' },
  { mode: 'shared' },
  { mode: 'fourier', order: 1 },
  { mode: 'fixed', contrast: CONTRAST, offset: new Float64Array(ANGLES).fill(1.02) },
];

describe.each(CHOICES)('scaling $mode', (choice) => {
  const points = randomPoints();
  const groups = scalingGroups(choice, PHI);
  const guess: AngleScaling =
    choice.mode === 'fixed'
      ? { contrast: choice.contrast, offset: choice.offset, weight: WEIGHT }
      : { contrast: new Float64Array(ANGLES).fill(0.7), offset: new Float64Array(ANGLES).fill(0.4), weight: WEIGHT };
  const weighted = points.m.flatMap((row, a) =>
    Array.from(row, (m, i) => {
      const value =
        choice.mode === 'fixed' ? points.y[a]![i]! - choice.offset[a]! - choice.contrast[a]! * m : points.y[a]![i]!;
      return value * Math.sqrt(WEIGHT[a]!);
    }),
  );
  const design = designOf(points, choice);
  const solved =
    choice.mode === 'fixed' ? [] : solve(new Matrix(design), Matrix.columnVector(weighted), true).to1DArray();
  const residual = weighted.map(
    (value, row) => value - design[row]!.reduce((sum, x, c) => sum + x * (solved[c] ?? 0), 0),
  );
  const best = eliminate(groups, sumsOf(points, guess), guess);

  test('finds the cost of the dense solution from any guess', () => {
    const expected = 0.5 * residual.reduce((sum, r) => sum + r * r, 0);
    expect(best.cost).toBeCloseTo(expected, 9);
  });

  test('has the gradient of the dense cost at the solution', () => {
    const gradient = projectedGradient(sumsOf(points, guess), guess, best);
    let row = 0;
    const expected = new Float64Array(COLUMNS);
    for (let a = 0; a < ANGLES; a++) {
      for (let i = 0; i < POINTS; i++, row++) {
        for (let k = 0; k < COLUMNS; k++) {
          expected[k]! -= residual[row]! * Math.sqrt(WEIGHT[a]!) * best.contrast[a]! * points.d[a]![k]![i]!;
        }
      }
    }
    gradient.forEach((value, k) => expect(value).toBeCloseTo(expected[k]!, 8));
  });

  test('has the Gauss–Newton matrix of the physical parameters once the scaling is projected out', () => {
    const exact: AngleScaling = { contrast: best.contrast, offset: best.offset, weight: WEIGHT };
    const sums = sumsOf(points, exact);
    const information = projectedInformation(sums, exact, eliminate(groups, sums, exact));
    const columns = points.m.flatMap((row, a) =>
      Array.from(row, (_, i) => points.d[a]!.map((d) => d[i]! * best.contrast[a]! * Math.sqrt(WEIGHT[a]!))),
    );
    const physical = new Matrix(columns);
    let projected = physical;
    if (choice.mode !== 'fixed') {
      const linear = new Matrix(design);
      projected = Matrix.sub(physical, linear.mmul(solve(linear, physical, true)));
    }
    const expected = projected.transpose().mmul(projected);
    information.forEach((value, at) => {
      expect(value).toBeCloseTo(expected.get(Math.floor(at / COLUMNS), at % COLUMNS), 7);
    });
  });
});

test.each([0, 0.6])(
  'a contrast that the model cannot show (M = %f) is left out, and the offset takes the mean',
  (flat) => {
    const points = randomPoints();
    points.m[2]!.fill(flat);
    const guess = {
      contrast: new Float64Array(ANGLES).fill(0.3),
      offset: new Float64Array(ANGLES).fill(1),
      weight: WEIGHT,
    };
    const best = eliminate(scalingGroups({ mode: 'per-angle' }, PHI), sumsOf(points, guess), guess);
    const mean = points.y[2]!.reduce((sum, value) => sum + value, 0) / POINTS;
    expect(best.contrast[2]).toBe(0);
    expect(best.offset[2]).toBeCloseTo(mean, 12);
    expect(best.factors[2]!.factor.rank).toBe(1);
  },
);
