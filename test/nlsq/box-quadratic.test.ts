/** The step of the optimiser: the true minimum of a quadratic in a box, and in a box and a ball. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  minimiseInBox,
  minimiseInBoxAndBall,
  modelValue,
  norm,
  type BoxQuadratic,
} from '../../src/nlsq/box-quadratic.ts';

const numbers = (length: number, size: number): fc.Arbitrary<number[]> =>
  fc.array(fc.double({ min: -size, max: size, noNaN: true }), { minLength: length, maxLength: length });

/** Random quadratics with three unknowns, H = R·Rᵀ + 0.1, and boxes that contain 0 (some sides touching it). */
const quadratics: fc.Arbitrary<BoxQuadratic> = fc
  .tuple(numbers(9, 1), numbers(3, 3), numbers(3, 1), numbers(3, 1))
  .map(([root, gradient, below, above]) => ({
    gradient: Float64Array.from(gradient),
    hessian: Float64Array.from({ length: 9 }, (_, at) => {
      const [i, j] = [Math.floor(at / 3), at % 3];
      return (
        root[3 * i]! * root[3 * j]! +
        root[3 * i + 1]! * root[3 * j + 1]! +
        root[3 * i + 2]! * root[3 * j + 2]! +
        (i === j ? 0.1 : 0)
      );
    }),
    lower: Float64Array.from(below, (x) => Math.min(0, x)),
    upper: Float64Array.from(above, (x) => Math.max(0, x)),
  }));

describe('in a box', () => {
  test('the conditions of a minimum hold: inside, and the gradient pushes outward only at bounds', () => {
    fc.assert(
      fc.property(quadratics, (quadratic) => {
        const z = minimiseInBox(quadratic, 0);
        for (let i = 0; i < 3; i++) {
          expect(z[i]).toBeGreaterThanOrEqual(quadratic.lower[i]!);
          expect(z[i]).toBeLessThanOrEqual(quadratic.upper[i]!);
          const slope =
            quadratic.gradient[i]! + z.reduce((sum, value, j) => sum + quadratic.hessian[3 * i + j]! * value, 0);
          if (z[i]! > quadratic.lower[i]!) expect(slope).toBeLessThan(1e-9);
          if (z[i]! < quadratic.upper[i]!) expect(slope).toBeGreaterThan(-1e-9);
        }
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  test('an unknown without information stays where it is', () => {
    const quadratic: BoxQuadratic = {
      gradient: Float64Array.of(-2, 0),
      hessian: Float64Array.of(1, 0, 0, 0),
      lower: Float64Array.of(-9, -9),
      upper: Float64Array.of(9, 9),
    };
    expect(Array.from(minimiseInBox(quadratic, 0))).toEqual([2, 0]);
  });
});

describe('in a box and a ball', () => {
  test('the step ends inside both, near the ball when the ball holds it back, and never uphill', () => {
    fc.assert(
      fc.property(quadratics, fc.double({ min: 1e-3, max: 2, noNaN: true }), (quadratic, radius) => {
        const { z, onBall } = minimiseInBoxAndBall(quadratic, radius);
        expect(norm(z)).toBeLessThanOrEqual(radius * (1 + 1e-12));
        if (onBall) expect(norm(z)).toBeGreaterThanOrEqual(0.9 * radius * (1 - 1e-9));
        else expect(Array.from(z)).toEqual(Array.from(minimiseInBox(quadratic, 0)));
        expect(modelValue(quadratic, z)).toBeLessThanOrEqual(0);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});
