/** Importance sampling with the data in parts on workers: mode and weights are those of one thread, to the bit. */
import { expect, test } from 'vitest';
import { sampleTwoTime, type PosteriorProblem, type SampledPosterior } from '../../src/bayes/index.ts';
import { physicalParameters } from '../../src/model/index.ts';
import { instantiateKernels, KernelMemory, loadKernels } from '../../src/kernels/index.ts';
import {
  distributeSweeps,
  LocalEngine,
  SequentialEngine,
  TaskRunner,
  WorkerThreads,
  type Engine,
} from '../../src/parallel/index.ts';
import { FLOW_TRUTH, simulatedProblem, type Simulated } from '../nlsq/simulated.ts';

const FLOW: Simulated = {
  ...{ mode: 'laminar_flow', frames: 180, q: 0.0054, truth: FLOW_TRUTH, sigma: 0.01, seed: 6 },
  phi: [-70, -10, 50],
};
const memory = new KernelMemory();
const kernels = await loadKernels();

const fit = simulatedProblem(FLOW);
const priors = Object.fromEntries(physicalParameters(FLOW.mode).map(({ name, prior }) => [name, prior]));
const problem: PosteriorProblem = { ...fit, sigma: fit.noise.sigma, priors };
const origin = { values: FLOW_TRUTH, contrast: new Float64Array(3).fill(0.2), offset: new Float64Array(3).fill(1) };

function sample(sweeps: PosteriorProblem['sweeps'], proposalsAtOnce?: number): Promise<SampledPosterior> {
  return sampleTwoTime({ ...problem, sweeps }, origin, {
    ...{ seed: 1, method: 'psis', proposals: 80, draws: 20, proposalsAtOnce },
  });
}

let local: Promise<SampledPosterior> | null = null;

test.each([0, 1, 2, 7])('rounds of sweeps over parts of the data: %i workers', async (workers) => {
  const expected = await (local ??= sample(problem.sweeps));
  await using threads = new WorkerThreads(memory, kernels, Math.max(1, workers));
  const engine: Engine =
    workers === 0
      ? new SequentialEngine({ memory: memory.memory, kernels: instantiateKernels(kernels, memory) })
      : new LocalEngine(threads);
  await using backend = new TaskRunner(engine);
  await using distributed = await distributeSweeps(problem.sweeps, backend, { parts: 4, sweepsPerRound: 160 });
  expect(distributed.parts).toBe(3);
  const found = await sample(distributed.sweeps, distributed.sweepsPerRound);
  expect(found.mode).toEqual(expected.mode);
  expect(found.importance).toEqual(expected.importance);
  expect(found.quantities).toEqual(expected.quantities);
  // Steps and Hessians of the mode, and one round for all proposals: one task per part each.
  expect(backend.accounts.submitted % distributed.parts).toBe(0);
  const rounds = backend.accounts.submitted / distributed.parts;
  expect(rounds).toBeLessThan(15);
});
