/**
 * Do 95 % credible intervals hold the truth in 95 % of all cases? Samples simulated speckle, with the likelihood adjusted by the
 * fit's speckle covariance and with the independent one.
 *
 *   node bench/sampling/coverage.ts [--sets 100] [--dynamics fast|slow|two_angles|laminar] [--frames 100] [--contrast 0.2]
 *                                   [--speckles 1000] [--seed 1]
 *
 * Priors are the defaults. A fit without a speckle error of a free parameter cannot be adjusted and is counted as such.
 */
import { parseArgs } from 'node:util';
import { isTwotimeError } from '../../src/base/errors.ts';
import { fitAdjustment, sampleTwoTime, type FitAdjustment, type PosteriorProblem } from '../../src/bayes/index.ts';
import { loadKernels, speckleKernels } from '../../src/kernels/index.ts';
import { physicalParameters, simulateSpeckle } from '../../src/model/index.ts';
import { fitTwoTime, type FitProblem } from '../../src/nlsq/index.ts';
import { kernels, memory } from '../../test/nlsq/simulated.ts';
import { coverageModel, DYNAMICS } from '../coverage-cases.ts';

const { values: options } = parseArgs({
  options: {
    sets: { type: 'string', default: '100' },
    dynamics: { type: 'string', default: 'fast' },
    frames: { type: 'string', default: '100' },
    contrast: { type: 'string', default: '0.2' },
    speckles: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
  },
});
const contrast = Number(options.contrast);
const [sets, speckles, frames] = [Number(options.sets), Number(options.speckles), Number(options.frames)];
const { dynamics } = options;
const { truth } = DYNAMICS[dynamics]!;
const common = { dynamics, contrast, speckles, frames, sets, noise: 'none', seed: Number(options.seed) } as const;
const model = coverageModel(common);
const part = speckleKernels(await loadKernels(), memory);
const priors = Object.fromEntries(physicalParameters(model.mode).map(({ name, prior }) => [name, prior]));
const ones = new Float64Array(model.phi.length).fill(1);

function truthOf(name: string): number {
  return name.startsWith('contrast') ? contrast : name.startsWith('offset') ? 1 : truth[name]!;
}

const inside = { adjusted: new Map<string, number>(), independent: new Map<string, number>() };
let [done, refused, chains] = [0, 0, 0];
for (let set = 0; set < sets; set++) {
  const mark = memory.mark();
  const seed = Number(options.seed) * 100_000 + set;
  const made = simulateSpeckle(model.physics(truth), { speckles, contrast, photons: null, seed }, part);
  const values = kernels.allocate(made.values.length);
  values.set(made.values);
  const problem: FitProblem = {
    ...{ model, sweeps: kernels.sweeps({ ...made, values }), coarse: kernels, scaling: { mode: 'per-angle' } },
    noise: { sigma: ones, source: 'simulation', absolute: false },
    parameters: physicalParameters(model.mode).map(({ name, bounds }) => ({
      ...{ name, bounds, vary: true, value: truth[name]! },
    })),
    options: { starts: 1, seed: 1, maxIterations: 100 },
  };
  const outcome = await fitTwoTime(problem);
  const origin = {
    values: Object.fromEntries(outcome.parameters.map(({ name, value }) => [name, value])),
    contrast: Float64Array.from(outcome.scaling, (entry) => entry.contrast.value),
    offset: Float64Array.from(outcome.scaling, (entry) => entry.offset.value),
  };
  const posterior: PosteriorProblem = { ...problem, sigma: ones, priors };
  let adjustment: FitAdjustment | null = null;
  try {
    adjustment = fitAdjustment(outcome);
  } catch (error) {
    if (!isTwotimeError(error, 'InputRefused')) throw error;
    refused += 1;
  }
  if (adjustment !== null) {
    done += 1;
    for (const kind of ['adjusted', 'independent'] as const) {
      const extra = kind === 'adjusted' ? { adjustment } : {};
      const sampled = await sampleTwoTime(posterior, origin, { seed: set, proposals: 1000, draws: 500, ...extra });
      if (sampled.method === 'nuts') chains += 1;
      for (const { name, quantiles } of sampled.summaries) {
        if (name.startsWith('sigma')) continue;
        const holds = quantiles[0]! < truthOf(name) && truthOf(name) < quantiles.at(-1)!;
        inside[kind].set(name, (inside[kind].get(name) ?? 0) + (holds ? 1 : 0));
      }
    }
  }
  memory.release(mark);
}
console.log(`${done} sets, ${dynamics}, ${frames} frames, contrast ${contrast}, ${speckles} speckles`);
console.log(`${refused} more without a speckle error of some parameter; ${chains} posteriors sampled by chains`);
for (const [name, count] of inside.adjusted) {
  const share = (held: number): string => (held / done).toFixed(2);
  console.log(`${name.padEnd(20)} adjusted ${share(count)}  independent ${share(inside.independent.get(name)!)}`);
}
