/** The errors of a fit are looked for angle by angle, in threads where there is enough to do: the same bits. */
import { afterAll, expect, test } from 'vitest';
import { isResident, loadKernels, valuesOf, type TriangleStack } from '../../src/kernels/index.ts';
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
  expect(await fitTwoTime({ ...problem, tasks })).toEqual(alone);
  const { submitted, ok } = tasks.accounts;
  expect(ok).toBe(submitted);
  expect(submitted).toBeGreaterThan(0);
  const data = stored(problem.sweeps.data);
  expect(isResident(data)).toBe(false);
  const fromFile: FitProblem = { ...problem, sweeps: kernels.sweeps(data), tasks };
  expect(await fitTwoTime(fromFile)).toEqual(alone);
  expect(tasks.accounts.ok).toBeGreaterThan(ok);
});
