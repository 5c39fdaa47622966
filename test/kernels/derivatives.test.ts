/** Both engines: adjoints and slopes against finite differences, normal equations against a Jacobian and against the adjoint. */
import { describe, expect, test } from 'vitest';
import { pairsOf, rowStart, valuesOf } from '../../src/kernels/index.ts';
import type { AngleSums } from '../../src/kernels/index.ts';
import { pairDerivatives, pullBack } from '../../src/model/index.ts';
import { difference, ENGINES, makeProblem } from './problems.ts';
import type { Problem, ProblemOptions } from './problems.ts';

const CASES: ProblemOptions[] = [
  { frames: 21, angles: 3 },
  { frames: 20, angles: 2, mode: 'static' },
  { frames: 21, angles: 3, convention: 'homodyne2' },
  { frames: 20, angles: 2, convention: 'homodyne2', mode: 'static' },
  { frames: 18, angles: 3, turning: true, maskEvery: 4 },
  { frames: 18, angles: 3, strainStep: 0.01 },
];

/** Σ over pairs with the model's own pair function: the sums of a normal sweep, one pair after the other. */
function bruteForce({ data, physics, scaling, sensitivities }: Problem): {
  d: Float64Array;
  rd: Float64Array;
  hessian: Float64Array;
} {
  const { frames, angles } = data;
  const count = sensitivities.c.length + sensitivities.g.length + sensitivities.h.length;
  const d = new Float64Array(angles * count);
  const rd = new Float64Array(angles * count);
  const hessian = new Float64Array(count * count);
  for (let a = 0; a < angles; a++) {
    for (let i = 0; i < frames; i++) {
      for (let j = i + 1; j < frames; j++) {
        const y = valuesOf(data)[a * pairsOf(frames) + rowStart(frames, i) + j - i - 1]!;
        if (Number.isNaN(y)) continue;
        const dc = physics.c[j]! - physics.c[i]!;
        const dg = physics.g === null ? 0 : physics.g[j]! - physics.g[i]!;
        const at = pairDerivatives(physics.pairFunction, physics.kappa, dc, dg, physics.h[a]!);
        const row = [
          ...sensitivities.c.map(({ vector }) => at.c * (vector[j]! - vector[i]!)),
          ...sensitivities.g.map(({ vector }) => at.g * (vector[j]! - vector[i]!)),
          ...sensitivities.h.map(({ vector }) => at.h * vector[a]!),
        ];
        const r = y - scaling.offset[a]! - scaling.contrast[a]! * at.m;
        for (let k = 0; k < count; k++) {
          d[a * count + k]! += row[k]!;
          rd[a * count + k]! += r * row[k]!;
          for (let l = 0; l < count; l++) {
            hessian[k * count + l]! += scaling.weight[a]! * scaling.contrast[a]! ** 2 * row[k]! * row[l]!;
          }
        }
      }
    }
  }
  return { d, rd, hessian };
}

describe.each(ENGINES)('%s', (_, create) => {
  describe.each(CASES)('%o', (options) => {
    const problem = makeProblem(options);
    const { data, physics, scaling, sensitivities } = problem;

    test('the adjoint is the derivative of the cost', async () => {
      const sweeps = create(data);
      const { c, g, h } = await sweeps.adjoint(physics, scaling, {});
      const cost = async (): Promise<number> => (await sweeps.adjoint(physics, scaling, {})).cost;
      const kinds = [
        [physics.c, c, 1e-5 * physics.c.at(-1)!],
        ...(physics.g === null || g === null
          ? []
          : ([
              [physics.g, g, 1e-6],
              [physics.h, h, 1e-4],
            ] as const)),
      ] as const;
      for (const [vector, adjoint, step] of kinds) {
        const largest = Math.max(...adjoint.map(Math.abs));
        for (const k of [0, 1, (vector.length >> 1) - 1, vector.length - 1]) {
          const kept = vector[k]!;
          const at = async (steps: number): Promise<number> => {
            vector[k] = kept + steps * step;
            return cost();
          };
          // Fourth order, so that the step can be long and rounding small.
          const slope = (8 * ((await at(1)) - (await at(-1))) - ((await at(2)) - (await at(-2)))) / (12 * step);
          vector[k] = kept;
          expect(Math.abs(slope - adjoint[k]!)).toBeLessThan(1e-6 * largest);
        }
      }
    });

    test('the normal equations are those of the Jacobian', async () => {
      const normal = await create(data).normal(physics, sensitivities, scaling, {});
      const expected = bruteForce(problem);
      expect(difference(normal.d, expected.d)).toBeLessThan(1e-11);
      expect(difference(normal.rd, expected.rd)).toBeLessThan(1e-11);
      expect(difference(normal.hessian, expected.hessian)).toBeLessThan(1e-11);
    });

    test('the slopes are those of the normal equations, to the bit where weights are 1', async () => {
      const sweeps = create(data);
      const weight = scaling.weight.map(() => 1);
      for (const at of [scaling, { ...scaling, weight }]) {
        const slopes = await sweeps.slopes(physics, sensitivities, at, {});
        const { hessian: _, ...normal } = await sweeps.normal(physics, sensitivities, at, {});
        if (at.weight === weight) expect(slopes).toEqual(normal);
        for (const name of ['d', 'md', 'rd'] as const)
          expect(difference(slopes[name], normal[name])).toBeLessThan(1e-12);
      }
    });

    test('the slopes are the derivatives of the sums they come with', async () => {
      const sweeps = create(data);
      const { parameters, d, md, rd } = await sweeps.slopes(physics, sensitivities, scaling, {});
      for (const kind of ['c', 'g', 'h'] as const) {
        for (const { parameter, vector } of sensitivities[kind]) {
          const k = parameters.indexOf(parameter);
          const largest = Math.max(...physics[kind]!.map(Math.abs));
          const step = (1e-3 * largest) / (kind === 'h' ? 1 : 10) / Math.max(...vector.map(Math.abs));
          const at = async (steps: number): Promise<AngleSums> => {
            const moved = physics[kind]!.map((x, i) => x + steps * step * vector[i]!);
            return sweeps.sums({ ...physics, [kind]: moved }, scaling, {});
          };
          const [a, b, c, e] = [await at(-2), await at(-1), await at(1), await at(2)];
          const slopeOf = (name: 'm' | 'mm' | 'rr'): Float64Array =>
            a[name].map((far, i) => (8 * (c[name][i]! - b[name][i]!) - (e[name][i]! - far)) / (12 * step));
          const column = (sums: Float64Array, factor: (a: number) => number): Float64Array =>
            Float64Array.from({ length: data.angles }, (_, i) => factor(i) * sums[i * parameters.length + k]!);
          expect(
            difference(
              column(d, () => 1),
              slopeOf('m'),
            ),
          ).toBeLessThan(1e-5);
          expect(
            difference(
              column(md, () => 2),
              slopeOf('mm'),
            ),
          ).toBeLessThan(1e-5);
          expect(
            difference(
              column(rd, (i) => -2 * scaling.contrast[i]!),
              slopeOf('rr'),
            ),
          ).toBeLessThan(1e-5);
        }
      }
    });

    test('the gradient from the normal equations is the pulled-back adjoint', async () => {
      const sweeps = create(data);
      const { parameters, rd } = await sweeps.normal(physics, sensitivities, scaling, {});
      const adjoint = await sweeps.adjoint(physics, scaling, {});
      const vectors = (kind: 'c' | 'g' | 'h'): Float64Array[] => sensitivities[kind].map(({ vector }) => vector);
      const pulled = [
        ...pullBack(vectors('c'), adjoint.c),
        ...pullBack(vectors('g'), adjoint.g ?? new Float64Array(data.frames)),
        ...pullBack(vectors('h'), adjoint.h),
      ];
      const gradient = Float64Array.from(parameters, (_unused, k) => {
        let sum = 0;
        for (let a = 0; a < data.angles; a++) {
          sum -= scaling.weight[a]! * scaling.contrast[a]! * rd[a * parameters.length + k]!;
        }
        return sum;
      });
      expect(difference(gradient, Float64Array.from(pulled))).toBeLessThan(1e-11);
    });
  });

  test('a direction without shear has no derivative by h and none by G', async () => {
    const { data, physics, scaling } = makeProblem({ frames: 15, angles: 1 });
    physics.h.fill(0);
    const { g, h } = await create(data).adjoint(physics, scaling, {});
    expect(Array.from(h)).toEqual([0]);
    expect(g!.every((value) => value === 0)).toBe(true);
  });
});
