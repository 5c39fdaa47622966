/**
 * How often does cross-validation call a true model worse? Fits simulated speckle of one sample with nested models that are all
 * true, and with one that is not, and prints how often each is called worse than the best.
 *
 *   node bench/model-choice.ts [--sets 40] [--frames 150] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { loadKernels, speckleKernels } from '../src/kernels/index.ts';
import { physicalParameters, simulateSpeckle } from '../src/model/index.ts';
import { compareScores, crossValidate, frameBlocks } from '../src/nlsq/cross-validation/index.ts';
import { fitTwoTime, type ParameterSetting } from '../src/nlsq/index.ts';
import { kernels, memory } from '../test/nlsq/simulated.ts';
import { coverageModel, DYNAMICS } from './coverage-cases.ts';

const { values: options } = parseArgs({
  options: {
    sets: { type: 'string', default: '40' },
    frames: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
  },
});
const part = speckleKernels(await loadKernels(), memory);
const { truth } = DYNAMICS['fast']!;
const MODELS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'all three free': {},
  'D_offset at its true value': { D_offset: truth['D_offset']! },
  'alpha and D_offset at theirs': { alpha: truth['alpha']!, D_offset: truth['D_offset']! },
  'constant rate (not true)': { alpha: 0, D_offset: 0 },
};
const frames = Number(options.frames);
const model = coverageModel({
  dynamics: 'fast',
  contrast: 0.2,
  speckles: 1000,
  noise: 'none',
  frames,
  sets: 1,
  seed: 1,
});
const tally = Object.keys(MODELS).map((name) => ({ name, best: 0, preferred: 0, worse: 0 }));
for (let set = 0; set < Number(options.sets); set++) {
  const mark = memory.mark();
  const seed = Number(options.seed) * 100000 + set;
  const made = simulateSpeckle(model.physics(truth), { speckles: 1000, contrast: 0.2, photons: 5, seed }, part);
  const room = kernels.allocate(made.values.length);
  room.set(made.values);
  const sweeps = kernels.sweeps({ ...made, values: room });
  const sigma = Float64Array.of(0.01);
  const candidates = [];
  const unknowns = [];
  for (const held of Object.values(MODELS)) {
    const parameters = physicalParameters(model.mode).map(({ name, bounds }): ParameterSetting => ({
      name,
      bounds,
      vary: !(name in held),
      value: held[name] ?? truth[name]!,
    }));
    const scaling = { mode: 'per-angle' } as const;
    const found = await fitTwoTime({
      model,
      sweeps,
      coarse: kernels,
      noise: { sigma, source: 'simulation', absolute: false },
      parameters,
      scaling,
      options: { starts: 1, seed: 1, maxIterations: 100 },
    });
    unknowns.push(found.cost.points - found.cost.degreesOfFreedom);
    candidates.push({
      ...{ model, parameters, scaling },
      values: Object.fromEntries(found.parameters.map(({ name, value }) => [name, value])),
      contrast: Float64Array.of(found.scaling[0]!.contrast.value),
      offset: Float64Array.of(found.scaling[0]!.offset.value),
    });
  }
  const edges = frameBlocks(candidates.map((one) => one.model.physics(one.values)));
  const scores = await crossValidate({ candidates, sweeps, sigma, edges, withRoom: (work) => work(kernels) });
  const { best, preferred, candidates: compared } = compareScores(scores, unknowns);
  compared.forEach(({ worse }, k) => {
    const row = tally[k]!;
    row.best += best === k ? 1 : 0;
    row.preferred += preferred === k ? 1 : 0;
    row.worse += worse ? 1 : 0;
  });
  memory.release(mark);
}
for (const { name, best, preferred, worse } of tally) {
  console.log(`${name.padEnd(32)} best ${best}, preferred ${preferred}, called worse ${worse} of ${options.sets}`);
}
