/** Consensus of laminar flow against chains on all data, and the size at which it is refused. */
import { expect, test } from 'vitest';
import { sampleByConsensus, sampleTwoTime, ShardsAtWorkers, type PosteriorProblem } from '../../src/bayes/index.ts';
import { physicalParameters } from '../../src/model/index.ts';
import { instantiateKernels, KernelMemory, loadKernels } from '../../src/kernels/index.ts';
import { LocalEngine, SequentialEngine, TaskRunner, WorkerThreads } from '../../src/parallel/index.ts';
import { STATIC_TRUTH, simulatedProblem, type Simulated } from '../nlsq/simulated.ts';

const PHI = Array.from({ length: 10 }, (_, k) => -90 + 18 * k);
const truth = { ...STATIC_TRUTH, gamma_dot_t0: 2e-3, beta: -0.3, gamma_dot_t_offset: 2e-4, phi0: -5 };
const FLOW: Simulated = {
  ...{ mode: 'laminar_flow', frames: 120, q: 0.0054, truth, sigma: 0.006, seed: 7, phi: PHI, contrast: () => 0.3 },
};
const fit = simulatedProblem(FLOW);
const priors = Object.fromEntries(physicalParameters(FLOW.mode).map(({ name, prior }) => [name, prior]));
const problem: PosteriorProblem = { ...fit, sigma: fit.noise.sigma, priors };
const origin = { values: truth, contrast: new Float64Array(10).fill(0.3), offset: new Float64Array(10).fill(1) };
const memory = new KernelMemory();
const kernels = await loadKernels();

test('four shards of 70,210 points give the posterior of chains on all of them', async () => {
  await using threads = new WorkerThreads(memory, kernels, 2);
  await using backend = new TaskRunner(new LocalEngine(threads));
  await using shards = new ShardsAtWorkers(problem.sweeps.data, { shards: 4 }, backend);
  const sampled = await sampleByConsensus(problem, origin, { seed: 1, shards });
  expect(sampled.consensus).toMatchObject({ used: 4, accepted: true });
  expect(sampled.consensus.agreement.findings).toEqual([]);
  const chains = await sampleTwoTime(problem, origin, { seed: 2, method: 'nuts', draws: 500, until: null });
  sampled.summaries.forEach(({ name, mean, sd }, k) => {
    const full = chains.summaries[k]!;
    expect(Math.abs(mean - full.mean), name).toBeLessThan(0.25 * full.sd);
    expect(Math.abs(sd / full.sd - 1), name).toBeLessThan(0.1);
  });
});

test('sixteen shards are refused: shear is not known well enough in 4,388 points', async () => {
  await using backend = new TaskRunner(
    new SequentialEngine({ memory: memory.memory, kernels: instantiateKernels(kernels, memory) }),
  );
  await using shards = new ShardsAtWorkers(problem.sweeps.data, { shards: 16 }, backend);
  await expect(sampleByConsensus(problem, origin, { seed: 1, shards })).rejects.toThrow(
    /16 shards of 4388 points are too small to be near normal/,
  );
});
