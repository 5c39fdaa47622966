/**
 * `posterior.nc`: a posterior in the layout of ArviZ's InferenceData.
 *
 * | group | dimensions | variables |
 * |---|---|---|
 * | posterior | chain, draw, phi | parameters that move; contrast, offset, sigma per angle |
 * | posterior_predictive | chain, draw, point | c2 with the noise of one point, at some draws |
 * | sample_stats | chain, draw | lp and, from chains, diverging, energy, acceptance_rate, step_size, tree_depth, n_steps |
 * | prior | chain, draw | the parameters, drawn from their priors |
 * | observed_data | point | c2 as measured, at the points of the predictive cuts; excluded pairs are left out |
 * | constant_data | phi, frame | times of the frames, q, gap, dt, and the parameters that were held |
 *
 * Units and meanings are attributes. The only time in it is that at which the run began.
 */
import { spreadEvenly, type Draw, type PosteriorPredictive, type Quantity } from '../bayes/index.ts';
import type { NetcdfAttributes, NetcdfGroup, NetcdfVariable } from '../data/index.ts';
import { parameterInfo } from '../model/index.ts';
import { drawArrays } from './posterior-draws.ts';
import type { PosteriorFilesInput } from './write-posterior.ts';

/** Attributes of the file and its groups. */
export function posteriorNetcdf(input: PosteriorFilesInput): {
  readonly attributes: NetcdfAttributes;
  readonly groups: readonly NetcdfGroup[];
} {
  const { sampled, record, predictive, prior, dataset, version, started } = input;
  const made: NetcdfAttributes = {
    ...{ created_at: started, creation_library: 'twotime', creation_library_version: version },
    ...{ inference_library: 'twotime', inference_library_version: version },
  };
  const attributes: NetcdfAttributes = {
    ...made,
    ...{ method: record.method, likelihood: record.likelihood, verdict: record.verdict.level },
    ...{ source: dataset.source.file, content_hash: dataset.source.contentHash, draws_digest: record.digest },
  };
  const { chains, draws, arrays, logDensity, steps } = drawArrays(sampled);
  const axes = [numbered('chain', chains), numbered('draw', draws)];
  const posterior = arrays.map(({ name, perAngle, data, unit, meaning }) =>
    variable(name, perAngle ? ['chain', 'draw', 'phi'] : ['chain', 'draw'], data, unit, meaning),
  );
  const stats = [
    ...(logDensity === null ? [] : [variable('lp', ['chain', 'draw'], logDensity, '', LP)]),
    ...(steps === null ? [] : stepVariables(steps)),
  ];
  const groups: NetcdfGroup[] = [
    { name: 'posterior', attributes, variables: [...axes, angles(dataset.phi), ...posterior] },
    ...(predictive === null ? [] : [predictiveGroup(predictive, input, made, chains, draws)]),
    ...(stats.length === 0 ? [] : [{ name: 'sample_stats', attributes: made, variables: [...axes, ...stats] }]),
    { name: 'prior', attributes: made, variables: priorVariables(prior) },
    ...(predictive === null ? [] : [observedGroup(predictive, input, made)]),
    { name: 'constant_data', attributes: made, variables: constantVariables(input) },
  ];
  return { attributes, groups };
}

const LP = 'ln posterior density in the sampling coordinates, up to a constant';

function variable(
  name: string,
  dimensions: readonly string[],
  data: NetcdfVariable['data'],
  unit: string,
  meaning: string,
  more: NetcdfAttributes = {},
): NetcdfVariable {
  return {
    name,
    dimensions,
    data,
    attributes: { ...(unit === '' ? {} : { units: unit }), long_name: meaning, ...more },
  };
}

function numbered(name: string, count: number): NetcdfVariable {
  return { name, dimensions: [name], data: Int32Array.from({ length: count }, (_, k) => k) };
}

function angles(phi: Float64Array): NetcdfVariable {
  return variable('phi', ['phi'], phi, 'deg', 'azimuthal angle');
}

function stepVariables(steps: readonly Draw[]): NetcdfVariable[] {
  const axes = ['chain', 'draw'];
  const real = (name: string, of: (step: Draw) => number, meaning: string): NetcdfVariable =>
    variable(name, axes, Float64Array.from(steps, of), '', meaning);
  const whole = (name: string, of: (step: Draw) => number, meaning: string): NetcdfVariable =>
    variable(name, axes, Int32Array.from(steps, of), '', meaning);
  const diverging = Uint8Array.from(steps, (step) => Number(step.diverging));
  return [
    variable('diverging', axes, diverging, '', 'whether the trajectory diverged'),
    real('energy', (step) => step.energy, 'Hamiltonian'),
    real('acceptance_rate', (step) => step.acceptance, 'mean acceptance probability over the trajectory'),
    real('step_size', (step) => step.stepSize, 'step size of the integrator'),
    whole('tree_depth', (step) => step.depth, 'doublings of the trajectory'),
    whole('n_steps', (step) => step.leapfrogs, 'leapfrog steps'),
  ];
}

function priorVariables(prior: readonly Quantity[]): NetcdfVariable[] {
  return [
    numbered('chain', 1),
    numbered('draw', prior[0]?.draws[0]?.length ?? 0),
    ...prior.map(({ name, draws: [values] }) => {
      const { unit, meaning } = parameterInfo(name);
      return variable(name, ['chain', 'draw'], Float64Array.from(values!), unit, meaning);
    }),
  ];
}

/** Points of all cuts one after the other, without those that are excluded: cut, and place in it. */
function pointsOf({ cuts }: PosteriorPredictive): { readonly cut: number; readonly k: number }[] {
  return cuts.flatMap(({ observed }, cut) =>
    Array.from(observed, (_, k) => ({ cut, k })).filter(({ k }) => !Number.isNaN(observed[k]!)),
  );
}

/** What a point is, as coordinates of c2 (CF conventions, section 5: auxiliary coordinates). */
const COORDINATES: NetcdfAttributes = { coordinates: 'phi age lag' };

function pointVariables(predictive: PosteriorPredictive, { dataset }: PosteriorFilesInput): NetcdfVariable[] {
  const points = pointsOf(predictive);
  const { cuts } = predictive;
  const each = (of: (cut: (typeof cuts)[number], k: number) => number): Float64Array =>
    Float64Array.from(points, ({ cut, k }) => of(cuts[cut]!, k));
  return [
    numbered('point', points.length),
    variable(
      'phi',
      ['point'],
      each((cut) => dataset.phi[cut.angle]!),
      'deg',
      'azimuthal angle',
    ),
    variable(
      'age',
      ['point'],
      each((cut) => cut.time),
      's',
      'time t1 of the first frame',
    ),
    variable(
      'lag',
      ['point'],
      each((cut, k) => cut.lags[k]!),
      's',
      't2 - t1',
    ),
  ];
}

function predictiveGroup(
  predictive: PosteriorPredictive,
  input: PosteriorFilesInput,
  attributes: NetcdfAttributes,
  chains: number,
  draws: number,
): NetcdfGroup {
  const points = pointsOf(predictive);
  const taken = spreadEvenly(draws, predictive.draws / chains);
  const c2 = new Float32Array(predictive.draws * points.length);
  for (let s = 0; s < predictive.draws; s++) {
    points.forEach(({ cut, k }, p) => {
      const { lags, replicate } = predictive.cuts[cut]!;
      c2[s * points.length + p] = replicate[s * lags.length + k]!;
    });
  }
  return {
    name: 'posterior_predictive',
    attributes,
    variables: [
      numbered('chain', chains),
      { name: 'draw', dimensions: ['draw'], data: taken },
      ...pointVariables(predictive, input),
      variable(
        'c2',
        ['chain', 'draw', 'point'],
        c2,
        '',
        'two-time correlation with the noise of one point',
        COORDINATES,
      ),
    ],
  };
}

function observedGroup(
  predictive: PosteriorPredictive,
  input: PosteriorFilesInput,
  attributes: NetcdfAttributes,
): NetcdfGroup {
  const c2 = Float32Array.from(pointsOf(predictive), ({ cut, k }) => predictive.cuts[cut]!.observed[k]!);
  const variables = [
    ...pointVariables(predictive, input),
    variable('c2', ['point'], c2, '', 'two-time correlation as measured', COORDINATES),
  ];
  return { name: 'observed_data', attributes, variables };
}

function constantVariables({ sampled, dataset, model }: PosteriorFilesInput): NetcdfVariable[] {
  const single = (name: string, value: number, unit: string, meaning: string): NetcdfVariable =>
    variable(name, [], Float64Array.of(value), unit, meaning);
  const { free } = sampled.posterior;
  const held = free.settings.filter(({ name }) => !free.moving.includes(name));
  return [
    angles(dataset.phi),
    variable('frame', ['frame'], dataset.frameNumbers, '', 'frame as the file counts it'),
    variable('time', ['frame'], dataset.grid.times, 's', 'time of the frame'),
    single('q', dataset.q, '1/Angstrom', 'wavevector'),
    single('dt', dataset.grid.dt, 's', 'time between frames'),
    ...(model.gap === null ? [] : [single('gap', model.gap, 'Angstrom', 'gap between rotor and stator')]),
    ...held.map(({ name }) => {
      const { unit, meaning } = parameterInfo(name);
      return single(name, free.values(new Float64Array(free.names.length))[name]!, unit, `${meaning}, held`);
    }),
  ];
}
