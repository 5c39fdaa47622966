/** The compiled kernels agree with the plain-TypeScript twin on random problems of every kind, and at extremes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createKernelSweeps, createReferenceSweeps } from '../../src/kernels/index.ts';
import { difference, kernels, makeProblem, memory } from './problems.ts';
import type { Problem, ProblemOptions } from './problems.ts';

/** Largest differences relative to the largest component: sums and shapes, then derivatives. */
async function compare(problem: Problem): Promise<{ values: number; derivatives: number }> {
  const { data, physics, scaling, sensitivities } = problem;
  const twin = createReferenceSweeps(data);
  const compiled = createKernelSweeps(kernels, memory, data);
  const [sums, sumsTwin] = [await compiled.sums(physics, scaling, {}), await twin.sums(physics, scaling, {})];
  const [adjoint, adjointTwin] = [
    await compiled.adjoint(physics, scaling, {}),
    await twin.adjoint(physics, scaling, {}),
  ];
  const [normal, normalTwin] = [
    await compiled.normal(physics, sensitivities, scaling, {}),
    await twin.normal(physics, sensitivities, scaling, {}),
  ];
  const [slopes, slopesTwin] = [
    await compiled.slopes(physics, sensitivities, scaling, {}),
    await twin.slopes(physics, sensitivities, scaling, {}),
  ];
  let values = Math.abs(adjoint.cost / adjointTwin.cost - 1);
  for (const name of ['m', 'mm', 'r', 'rm', 'rr', 'points'] as const) {
    for (const own of [sums, adjoint, slopes, normal]) values = Math.max(values, difference(own[name], sumsTwin[name]));
  }
  for (let a = 0; a < data.angles; a++) {
    values = Math.max(values, difference(compiled.shape(physics, a), twin.shape(physics, a)));
  }
  let derivatives = Math.max(difference(adjoint.c, adjointTwin.c), difference(adjoint.h, adjointTwin.h));
  expect(adjoint.g === null).toBe(adjointTwin.g === null);
  if (adjoint.g !== null && adjointTwin.g !== null)
    derivatives = Math.max(derivatives, difference(adjoint.g, adjointTwin.g));
  for (const name of ['d', 'md', 'rd', 'hessian'] as const) {
    derivatives = Math.max(derivatives, difference(normal[name], normalTwin[name]));
  }
  for (const name of ['d', 'md', 'rd'] as const) {
    // The plain twin adds the same numbers in the same order for both.
    expect(slopesTwin[name]).toEqual(normalTwin[name]);
    derivatives = Math.max(derivatives, difference(slopes[name], slopesTwin[name]));
  }
  expect(normal.parameters).toEqual(normalTwin.parameters);
  expect(slopes.parameters).toEqual(normal.parameters);
  return { values, derivatives };
}

const sizes: ProblemOptions[] = [];
for (const frames of [2, 3, 4, 33, 150]) {
  for (const angles of [1, 3, 9, 23]) if (frames * angles < 1400) sizes.push({ frames, angles });
}

describe.each(['published', 'homodyne2'] as const)('%s', (convention) => {
  describe.each(['static', 'laminar_flow'] as const)('%s', (mode) => {
    test.each(sizes)('$frames frames, $angles angles', async (size) => {
      const { values, derivatives } = await compare(makeProblem({ ...size, convention, mode }));
      expect(values).toBeLessThan(1e-12);
      expect(derivatives).toBeLessThan(1e-11);
    });

    test('with excluded pairs', async () => {
      const { values, derivatives } = await compare(
        makeProblem({ frames: 75, angles: 3, convention, mode, maskEvery: 5 }),
      );
      expect(values).toBeLessThan(1e-12);
      expect(derivatives).toBeLessThan(1e-11);
    });

    test('with negative and zero contrast and zero weight', async () => {
      const problem = makeProblem({ frames: 40, angles: 4, convention, mode });
      problem.scaling.contrast.set([-0.3, 0, 0.2]);
      problem.scaling.weight.set([1, 1, 0, 1]);
      const { values, derivatives } = await compare(problem);
      expect(values).toBeLessThan(1e-12);
      expect(derivatives).toBeLessThan(1e-11);
    });

    test.each([1e-8, 1e-3, 100, 1e4])('κΔC up to %d', async (decay) => {
      const { values, derivatives } = await compare(makeProblem({ frames: 200, angles: 2, convention, mode, decay }));
      expect(values).toBeLessThan(1e-12);
      expect(derivatives).toBeLessThan(1e-11);
    });
  });

  test.each([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [2, 0, 1],
    [0, 4, 0],
    [5, 2, 1],
    [2, 3, 3],
  ] as const)('%d, %d and %d free parameters of C, G and h', async (...parameters) => {
    const { derivatives } = await compare(makeProblem({ frames: 47, angles: 5, convention, parameters }));
    expect(derivatives).toBeLessThan(1e-11);
  });

  test.each([0, 1e-100, 1e-9, 1e-4, 0.02, 0.1, 3, 50])(
    'a phase of up to %d from frame to frame',
    async (strainStep) => {
      const { values, derivatives } = await compare(makeProblem({ frames: 70, angles: 4, convention, strainStep }));
      expect(values).toBeLessThan(1e-12);
      expect(derivatives).toBeLessThan(1e-10);
    },
  );

  test('without any strain, and with equal times', async () => {
    const problem = makeProblem({ frames: 40, angles: 3, convention });
    // The homodyne2 laws have a floor below every rate.
    problem.physics.g!.forEach((_, k, g) => (g[k] = convention === 'published' ? 7 : 7 + 1e-10 * k));
    problem.physics.c.fill(problem.physics.c[10]!, 10, 20);
    const { values, derivatives } = await compare(problem);
    expect(values).toBeLessThan(1e-12);
    expect(derivatives).toBeLessThan(1e-11);
  });
});

test('a rate that changes sign, so that the strain goes up and down', async () => {
  const { values, derivatives } = await compare(makeProblem({ frames: 150, angles: 5, turning: true }));
  expect(values).toBeLessThan(1e-12);
  expect(derivatives).toBeLessThan(1e-11);
});

test('more frames than one chunk of columns', async () => {
  const options = { frames: 700, angles: 1, convention: 'published', strainStep: 0.02, turning: true } as const;
  const { values, derivatives } = await compare(makeProblem(options));
  expect(values).toBeLessThan(1e-12);
  expect(derivatives).toBeLessThan(1e-11);
});

test('phases of a million and more', async () => {
  const problem = makeProblem({ frames: 30, angles: 2, strainStep: 1e6 });
  const { values } = await compare(problem);
  // x itself is known to 1e6·2⁻⁵³ only.
  expect(values).toBeLessThan(1e-9);
});

test('homodyne2 where its smoothing is not small against 1/h', async () => {
  const { values, derivatives } = await compare(
    makeProblem({ frames: 60, angles: 3, convention: 'homodyne2', strainStep: 400 }),
  );
  expect(values).toBeLessThan(1e-11);
  expect(derivatives).toBeLessThan(1e-10);
});

test('homodyne2 where its smoothing is not small against 1/κ', async () => {
  const problem = makeProblem({ frames: 60, angles: 3, convention: 'homodyne2' });
  const kappa = 400;
  const c = problem.physics.c.map((x) => (x * problem.physics.kappa) / kappa);
  const { values, derivatives } = await compare({ ...problem, physics: { ...problem.physics, kappa, c } });
  expect(values).toBeLessThan(1e-12);
  expect(derivatives).toBeLessThan(1e-11);
});

test('any size, model, mask and strain', async () => {
  const options = fc.record({
    frames: fc.integer({ min: 2, max: 70 }),
    angles: fc.integer({ min: 1, max: 10 }),
    convention: fc.constantFrom('published' as const, 'homodyne2' as const),
    mode: fc.constantFrom('static' as const, 'laminar_flow' as const),
    decay: fc.constantFrom(0.01, 1, 30, 3000),
    strainStep: fc.constantFrom(1e-3, 0.03, 0.3, 3),
    turning: fc.boolean(),
    seed: fc.integer({ min: 1, max: 1e9 }),
  });
  await fc.assert(
    fc.asyncProperty(options, fc.option(fc.integer({ min: 2, max: 9 })), async (chosen, maskEvery) => {
      // Strain only grows in the homodyne2 convention.
      const turning = chosen.turning && chosen.convention === 'published';
      const mark = memory.mark();
      const problem = makeProblem({ ...chosen, turning, ...(maskEvery === null ? {} : { maskEvery }) });
      const { values, derivatives } = await compare(problem);
      memory.release(mark);
      expect(values).toBeLessThan(1e-12);
      expect(derivatives).toBeLessThan(1e-10);
    }),
    { numRuns: 80, seed: 5 },
  );
});
