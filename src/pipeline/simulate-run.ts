/** Write a two-time file from a configuration whose parameters are the truth. */
import { extname } from 'node:path';
import { ConfigRefused, UsageRefused } from '../base/errors.ts';
import { toJson } from '../base/json.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { Config, GridConfig } from '../config/config.ts';
import { writeApsLegacy, writeNpz, type TwoTimeContent } from '../data/index.ts';
import { parameterInfo, simulate, type SimulatedNoise } from '../model/index.ts';
import { spread } from './requests.ts';

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
  const simulation = simulate({
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
  });
  const content: TwoTimeContent = {
    q: truth.q.value,
    phi: grid.phi,
    dt: grid.dt,
    frames: grid.frames,
    matrix: (angle) => {
      context.progress?.({ kind: 'progress', stage: 'write', done: angle, total: grid.phi.length });
      return simulation.matrix(angle);
    },
    truth: toJson(truth),
  };
  await write(output, content, context);
  return truth;
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
    const message = `${values.length} values of ${key} for ${angles} angles`;
    return refuse(`scaling.${key}`, message, `give one value, or one per angle of grid.phi`);
  }
  return values;
}

/** `none` or `white:SIGMA`. */
export function parseNoise(text: string): SimulatedNoise {
  if (text === 'none') return { kind: 'none' };
  const match = /^white:(.+)$/.exec(text);
  const sigma = match === null ? Number.NaN : Number(match[1]);
  if (match !== null && sigma > 0 && Number.isFinite(sigma)) return { kind: 'white', sigma };
  throw new UsageRefused(`--noise '${text}' is not known`, {
    help: 'use none, or white:SIGMA with SIGMA > 0, e.g. white:0.01',
  });
}
