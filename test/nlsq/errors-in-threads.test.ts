/** Errors and weighted fits are worked out angle by angle, in threads where there is enough to do: the same bits. */
import { afterAll, expect, test } from 'vitest';
import { isResident, loadKernels, valuesOf, type TriangleStack } from '../../src/kernels/index.ts';
import { simulateSpeckle } from '../../src/model/index.ts';
import { fitTwoTime, type FitProblem } from '../../src/nlsq/index.ts';
import { LocalEngine, TaskRunner, WorkerThreads } from '../../src/parallel/index.ts';
import { FLOW_TRUTH, kernels, memory, simulatedProblem, type Simulated } from './simulated.ts';

const request: Simulated = {
  mode: 'laminar_flow',
  frames: 1001,
  q: 0.0054,
  phi: [-40, 0, 35, 80, 90],
  truth: FLOW_TRUTH,
  sigma: 0.02,
  seed: 5,
};
const problem: FitProblem = simulatedProblem(request, { start: FLOW_TRUTH, options: { starts: 1 } });
const threads = new WorkerThreads(memory, await loadKernels(), 2);
afterAll(() => threads[Symbol.asyncDispose]());

/** The same data behind a file. */
function stored(data: TriangleStack): TriangleStack {
  const { frames, angles, excluded } = data;
  const values = valuesOf(data);
  const read = (first: number, into: Float32Array): void => into.set(values.subarray(first, first + into.length));
  return { frames, angles, excluded, file: { read, readAhead: async (first, into) => read(first, into) } };
}

test('whether one thread looks at all angles or several share them, and wherever the data lie', async () => {
  const alone = await fitTwoTime(problem);
  expect(alone.parameters[0]!.uncertainty.speckle).toBeGreaterThan(0);
  await using tasks = new TaskRunner(new LocalEngine(threads));
  const submittedAtMinimum: number[] = [];
  const atMinimum = (): void => void submittedAtMinimum.push(tasks.accounts.submitted);
  expect(await fitTwoTime({ ...problem, tasks }, {}, undefined, atMinimum)).toEqual(alone);
  expect(submittedAtMinimum).toEqual([0]);
  const { submitted, ok } = tasks.accounts;
  expect(ok).toBe(submitted);
  expect(submitted).toBeGreaterThan(0);
  const data = stored(problem.sweeps.data);
  expect(isResident(data)).toBe(false);
  const fromFile: FitProblem = { ...problem, sweeps: kernels.sweeps(data), tasks };
  expect(await fitTwoTime(fromFile)).toEqual(alone);
  expect(tasks.accounts.ok).toBeGreaterThan(ok);
});

/** All but D0 and alpha known, for less work. */
const settings = Object.fromEntries(
  Object.entries(FLOW_TRUTH).map(([name, value]) => [name, { value, vary: name === 'D0' || name === 'alpha' }]),
);

test.each([
  ['speckle', 206],
  ['lag', 651],
] as const)('weights: %s, worked out by one thread or by several', async (weights, frames) => {
  const asked = simulatedProblem({ ...request, frames }, { settings, options: { starts: 1, weights } });
  const { data } = asked.sweeps;
  if (weights === 'speckle') {
    const speckle = { speckles: 64, contrast: 0.2, photons: 5, seed: 2 };
    valuesOf(data).set(simulateSpeckle(asked.model.physics(FLOW_TRUTH), speckle).values);
  }
  const alone = await fitTwoTime(asked);
  expect(alone.weights.used).toBe(weights);
  await using tasks = new TaskRunner(new LocalEngine(threads));
  expect(await fitTwoTime({ ...asked, sweeps: kernels.sweeps(stored(data)), tasks })).toEqual(alone);
  const { submitted, ok } = tasks.accounts;
  expect(submitted).toBeGreaterThan(2);
  expect(ok).toBe(submitted);
});
