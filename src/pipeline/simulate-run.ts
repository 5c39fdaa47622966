/** Write a two-time file from a configuration whose parameters are the truth. */
import { extname } from 'node:path';
import { ConfigRefused, Defect, UsageRefused } from '../base/errors.ts';
import { toJson } from '../base/json.ts';
import { breathe, type TaskContext } from '../base/task-context.ts';
import type { Config, GridConfig } from '../config/config.ts';
import { writeApsLegacy, writeNpz } from '../data/index.ts';
import {
  parameterInfo,
  physicsFromZero,
  simulate,
  type SimulatedNoise,
  type SimulationRequest,
  type SpeckleCorrelation,
} from '../model/index.ts';
import { spread } from './requests.ts';
import { runSpeckle, type SpeckleRun } from './speckle-run.ts';

/** What was simulated, for the console and `--json`; stored in the file as well. */
export interface SimulationTruth {
  readonly model: Config['model'];
  readonly convention: Config['convention'];
  readonly q: { readonly value: number; readonly unit: string };
  readonly gap: { readonly value: number; readonly unit: string } | null;
  readonly grid: GridConfig;
  readonly parameters: Readonly<Record<string, { readonly value: number; readonly unit: string }>>;
  readonly scaling: { readonly contrast: readonly number[]; readonly offset: readonly number[] };
  readonly noise: SimulatedNoise;
  readonly seed: number;
}

const WRITERS: Readonly<Record<string, typeof writeNpz>> = {
  '.h5': writeApsLegacy,
  '.hdf5': writeApsLegacy,
  '.hdf': writeApsLegacy,
  '.npz': writeNpz,
};

/** Simulate what `config` describes and write it to `output` (`.h5` or `.npz`). Returns the truth stored in the file. */
export async function runSimulation(
  config: Config,
  noise: SimulatedNoise,
  output: string,
  context: TaskContext,
): Promise<SimulationTruth> {
  const write = WRITERS[extname(output).toLowerCase()];
  if (write === undefined) {
    throw new UsageRefused(`'${output}' has no known ending`, { help: 'name the file .h5 (APS legacy HDF5) or .npz' });
  }
  const truth = makeTruth(config, noise);
  const { grid } = truth;
  const request: SimulationRequest = {
    experiment: {
      mode: truth.model,
      convention: truth.convention,
      q: truth.q.value,
      gap: truth.gap?.value ?? null,
      phi: Float64Array.from(grid.phi),
    },
    dt: grid.dt,
    frames: grid.frames,
    values: Object.fromEntries(Object.entries(truth.parameters).map(([name, { value }]) => [name, value])),
    contrast: Float64Array.from(truth.scaling.contrast),
    offset: Float64Array.from(truth.scaling.offset),
    noise,
    seed: truth.seed,
  };
  const content = { q: truth.q.value, phi: grid.phi, dt: grid.dt, frames: grid.frames, truth: toJson(truth) };
  if (noise.kind !== 'speckle') {
    const { matrix } = simulate(request);
    const matrixUnlessStopped = async (angle: number): Promise<Float64Array> => {
      await breathe(context);
      return matrix(angle);
    };
    await write(output, { ...content, matrix: matrixUnlessStopped }, context);
    return truth;
  }
  const angles = runSpeckle(speckleRun(request, noise), config.parallel, context);
  try {
    // Each matrix is computed when the writer wants it. The simulation tells how far it is; the writer need not.
    await write(output, { ...content, matrix: async () => nextMatrix(angles) }, { signal: context.signal });
  } finally {
    await angles.return();
  }
  return truth;
}

function speckleRun(
  request: SimulationRequest,
  { speckles, photons }: Extract<SimulatedNoise, { readonly kind: 'speckle' }>,
): SpeckleRun {
  const { frames, seed, contrast, offset } = request;
  return {
    physics: physicsFromZero(request),
    speckles: Array.from(contrast, (one, angle) => ({ frames, speckles, contrast: one, photons, seed, angle })),
    offset: Array.from(offset),
  };
}

async function nextMatrix(angles: AsyncGenerator<SpeckleCorrelation, void, undefined>): Promise<Float64Array> {
  const { value, done } = await angles.next();
  if (done === true) throw new Defect('the simulation ended before its last angle');
  return value.matrix();
}

function makeTruth(config: Config, noise: SimulatedNoise): SimulationTruth {
  const { grid, data, model } = config;
  const where = { ...(config.file === null ? {} : { file: config.file }) };
  const refuse = (key: string, message: string, help: string): never => {
    throw new ConfigRefused(message, { where: { ...where, key }, help });
  };
  if (grid === null)
    return refuse('grid', 'there is no grid to simulate on', 'add grid: { frames: 200, dt: 100 ms, phi: [0 deg] }');
  if (data.q === null) return refuse('data.q', 'a simulation needs q', 'add data: { q: 0.0237 1/Angstrom }');
  if (noise.kind === 'speckle') checkContrast(perAngle(config, 'contrast', refuse), refuse);
  const parameters = Object.entries(config.parameters).map(([name, { value, tie }]) => {
    const given = value ?? (tie === null ? null : (config.parameters[tie]?.value ?? null));
    const { unit } = parameterInfo(name);
    if (given === null)
      return refuse(
        `parameters.${name}`,
        `a simulation needs a value for ${name}`,
        `add ${name}: { value: … ${unit} }`,
      );
    return [name, { value: given, unit }] as const;
  });
  return {
    model,
    convention: config.convention,
    q: { value: data.q, unit: '1/Angstrom' },
    gap: data.gap === null ? null : { value: data.gap, unit: 'Angstrom' },
    grid,
    parameters: Object.fromEntries(parameters),
    scaling: {
      contrast: perAngle(config, 'contrast', refuse),
      offset: perAngle(config, 'offset', refuse),
    },
    noise,
    seed: config.seed,
  };
}

function perAngle(
  config: Config,
  key: 'contrast' | 'offset',
  refuse: (key: string, message: string, help: string) => never,
): readonly number[] {
  const angles = config.grid?.phi.length ?? 0;
  const given = config.scaling[key];
  if (given === null) return refuse(`scaling.${key}`, `a simulation needs the ${key}`, `add scaling: { ${key}: … }`);
  const values = Array.from(spread(given, angles));
  if (values.length !== angles) {
    const message = `${values.length} values of ${key} for ${angles === 1 ? 'one angle' : `${angles} angles`}`;
    return refuse(`scaling.${key}`, message, `give one value, or one per angle of grid.phi`);
  }
  return values;
}

function checkContrast(
  contrast: readonly number[],
  refuse: (key: string, message: string, help: string) => never,
): void {
  const wrong = contrast.find((value) => !(value > 0) || value > 1);
  if (wrong === undefined) return;
  refuse('scaling.contrast', `speckle has no contrast of ${wrong}`, 'give a contrast above 0 and at most 1');
}

/** `none`, `white:SIGMA` or `speckle:M`; `photons` is the text of the option of that name. */
export function parseNoise(text: string, photons?: string): SimulatedNoise {
  const [kind, amount, ...rest] = text.split(':');
  if (photons !== undefined && kind !== 'speckle') {
    throw new UsageRefused(`--photons counts the photons of speckles, and --noise is '${text}'`, {
      help: 'add --noise speckle:M, or leave --photons out',
    });
  }
  if (text === 'none') return { kind: 'none' };
  const value = amount === undefined || amount.trim() === '' || rest.length > 0 ? Number.NaN : Number(amount);
  if (kind === 'white' && value > 0 && Number.isFinite(value)) return { kind, sigma: value };
  if (kind === 'speckle') {
    if (!Number.isSafeInteger(value) || value < 2) {
      throw new UsageRefused(`--noise '${text}' does not name a number of speckles`, {
        help: 'use speckle:M with a whole number M of at least 2, e.g. speckle:1000',
      });
    }
    return { kind, speckles: value, photons: photons === undefined ? null : parsePhotons(photons) };
  }
  throw new UsageRefused(`--noise '${text}' is not known`, {
    help: 'use none, white:SIGMA with SIGMA > 0, e.g. white:0.01, or speckle:M with M ≥ 2, e.g. speckle:1000',
  });
}

function parsePhotons(text: string): number {
  const mean = text.trim() === '' ? Number.NaN : Number(text);
  if (mean > 0 && Number.isFinite(mean)) return mean;
  throw new UsageRefused(`--photons '${text}' is not a mean number of photons`, {
    help: 'give the mean counts per speckle and frame, above 0, e.g. 0.1',
  });
}
