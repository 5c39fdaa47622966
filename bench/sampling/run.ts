/**
 * A whole posterior of simulated laminar flow: fit, mode, importance sampling, chains until they agree.
 *
 *   node bench/sampling/run.ts [--angles 10] [--frames 150] [--mode laminar_flow] [--workers auto] [--draws 1000]
 *
 * Seconds of each stage, gradients, effective draws (the smallest of all parameters), and peak memory. 10 angles of 150
 * frames are 110,260 points, 23 angles of 151 frames 257,025. The first frame, at t = 0, takes no part.
 */
import { parseArgs } from 'node:util';
import { sampleTwoTime } from '../../src/bayes/index.ts';
import { physicalParameters, type Mode } from '../../src/model/index.ts';
import { fitTwoTime } from '../../src/nlsq/index.ts';
import { Compute } from '../../src/pipeline/compute.ts';
import { memory, simulatedProblem, STATIC_TRUTH } from '../../test/nlsq/simulated.ts';

const { values: options } = parseArgs({
  options: {
    angles: { type: 'string', default: '10' },
    frames: { type: 'string', default: '150' },
    mode: { type: 'string', default: 'laminar_flow' },
    workers: { type: 'string', default: 'auto' },
    draws: { type: 'string', default: '1000' },
  },
});

const mode = options.mode as Mode;
const angles = Number(options.angles);
const shear = { gamma_dot_t0: 2e-3, beta: -0.3, gamma_dot_t_offset: 2e-4, phi0: -5 };
const truth = mode === 'static' ? STATIC_TRUTH : { ...STATIC_TRUTH, ...shear };
const simulated = simulatedProblem({
  ...{ mode, frames: Number(options.frames), q: 0.0054, truth, sigma: 0.02, seed: 7, contrast: () => 0.3 },
  phi: Array.from({ length: angles }, (_, k) => -90 + (180 * k) / angles),
});
const { data } = simulated.sweeps;
const points = (angles * data.frames * (data.frames - 1)) / 2;

await using compute = await Compute.open(memory, {
  ...{ backend: 'auto', fallback: 'warn', chunks: true, memory: 2e9 },
  workers: options.workers === 'auto' ? 'auto' : Number(options.workers),
});
const sweeps = compute.sweepsOver(data, ({ text }) => console.log(text));
const problem = { ...simulated, sweeps };
console.log(`${points.toLocaleString('en')} points, ${angles} angles, ${mode}, ${compute.workers} workers`);

const began = performance.now();
const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(2)} s`;
const fit = await fitTwoTime(problem);
console.log(`${seconds()}: least squares ${fit.status}, ${fit.solver.fullSweeps} sweeps`);
const values = Object.fromEntries(fit.parameters.map(({ name, value }) => [name, value]));
const origin = {
  values,
  contrast: Float64Array.from(fit.scaling, ({ contrast }) => contrast.value),
  offset: Float64Array.from(fit.scaling, ({ offset }) => offset.value),
};
const priors = Object.fromEntries(physicalParameters(mode).map(({ name, prior }) => [name, prior]));
const posterior = { ...problem, sigma: simulated.noise.sigma, priors };
const sampled = await sampleTwoTime(posterior, origin, {
  ...{ seed: 1, method: 'nuts', draws: Number(options.draws) },
  provisional: ({ mode: found, importance }) => {
    if (importance === null) console.log(`${seconds()}: mode, ${found.gradients} gradients`);
    else {
      const { accepted, checks } = importance.verdict;
      console.log(`${seconds()}: importance sampling ${accepted ? 'accepted' : 'not accepted'}`);
      for (const { text } of checks) console.log(`    ${text}`);
    }
  },
});
const { chains, stoppedBy } = sampled.chains!;
const draws = chains.flatMap((chain) => chain.draws);
const parameters = sampled.summaries.slice(0, sampled.posterior.free.moving.length);
const least = Math.min(...parameters.map(({ chains: found }) => Math.min(found!.essBulk, found!.essTail)));
const bulk = Math.min(...parameters.map(({ chains: found }) => found!.essBulk));
const gradients = chains.reduce((sum, chain) => sum + chain.gradients, 0);
const leapfrogs = draws.reduce((sum, draw) => sum + draw.leapfrogs, 0);
const total = (performance.now() - began) / 1000;
console.log(`${seconds()}: chains stopped by ${stoppedBy}, verdict ${sampled.verdict.level}`);
console.log(
  `    ${draws.length} draws, ${gradients} gradients, ${(leapfrogs / draws.length).toFixed(1)} leapfrogs per draw`,
);
console.log(`    largest R-hat ${Math.max(...parameters.map(({ chains: found }) => found!.rHat)).toFixed(4)}`);
console.log(`    effective draws: ${bulk.toFixed(0)} bulk, ${least.toFixed(0)} bulk or tail`);
console.log(`    ${(gradients / bulk).toFixed(1)} gradients per effective draw, warmup included`);
console.log(`    ${(bulk / total).toFixed(0)} effective draws per second of the whole run`);
console.log(`    ${draws.filter(({ diverging }) => diverging).length} divergences`);
console.log(`    peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
