/** From a checked file to the resolved configuration: defaults that depend on the model, and rules over several keys. */
import { formatQuantity } from '../base/units.ts';
import { physicalParameters, type ParameterInfo } from '../model/parameters.ts';
import type { Config, Origin, ParameterConfig } from './config.ts';
import { leafKeys } from './keys.ts';
import { OLD_KEYS } from './old-keys.ts';
import { PARAMETERS, type ParsedParameter } from './parameter-schema.ts';
import type { Problem } from './problem.ts';
import { profileProblems } from './profile-field.ts';
import type { ParsedConfig } from './schema.ts';

export interface Resolution {
  readonly config: Config;
  /** What is wrong although each key alone is right; the configuration may be used only when this is empty. */
  readonly problems: readonly Problem[];
}

/** Default of `grid.dt` when neither `grid.dt` nor `data.dt` says it, s. */
const GRID_DT = 0.1;

/** Resolve a parsed file. `originOf` says where the value at a path came from. */
export function resolveConfig(
  parsed: ParsedConfig,
  file: string | null,
  originOf: (path: readonly string[]) => Origin,
): Resolution {
  const problems: Problem[] = [];
  const model = physicalParameters(parsed.model);
  checkNames(parsed, model, problems);
  if (parsed.model === 'laminar_flow' && parsed.data.gap === undefined) problems.push(MISSING_GAP);

  const parameters: Record<string, ParameterConfig> = {};
  for (const info of model) {
    const given = parsed.parameters[info.name] ?? {};
    checkParameter(info, given, problems);
    parameters[info.name] = {
      value: given.value ?? null,
      vary: given.vary ?? true,
      bounds: given.bounds ?? info.bounds,
      prior: given.prior ?? info.prior,
      tie: given.tie ?? null,
    };
  }
  checkTies(parameters, problems);
  checkStarts(parsed, parameters, problems);
  checkScaling(parsed, problems);
  problems.push(...profileProblems(parsed.fit.profile, parameters));

  const { data, grid, scaling, fit, sample } = parsed;
  const config: Config = {
    file,
    model: parsed.model,
    convention: parsed.convention,
    data: {
      q: data.q,
      gap: data.gap ?? null,
      dt: data.dt,
      t0: data.t0,
      phi: data.phi,
      frames: data.frames,
      excludeFrames: data.exclude_frames,
      excludePhi: data.exclude_phi,
      allowNan: data.allow_nan,
    },
    grid: grid === undefined ? null : { frames: grid.frames, dt: grid.dt ?? data.dt ?? GRID_DT, phi: grid.phi },
    parameters,
    scaling: {
      mode: scaling.mode,
      contrast: scaling.contrast ?? null,
      offset: scaling.offset ?? null,
      order: scaling.order,
    },
    seed: parsed.seed,
    fit: {
      start: fit.start,
      starts: fit.starts,
      weights: fit.weights,
      errors: fit.errors,
      maxIterations: fit.max_iterations,
      profile: fit.profile,
    },
    noise: parsed.noise,
    sample: {
      method: sample.method,
      likelihood: sample.likelihood,
      chains: sample.chains,
      warmup: sample.warmup,
      draws: sample.draws,
      until: sample.until,
      maxTime: sample.max_time,
      chainMethod: sample.chain_method,
      shards: sample.shards,
      batch: sample.batch,
    },
    parallel: parsed.parallel,
    output: parsed.output,
    origins: new Map([
      ...keysOfModel(model).map((path) => [path.join('.'), originOf(path)] as const),
      ...oldKeysGiven(originOf),
    ]),
  };
  return { config, problems };
}

const MISSING_GAP: Problem = {
  path: ['data', 'gap'],
  at: 'key',
  message: "the key 'data.gap' is missing; model laminar_flow needs the gap between rotor and stator",
  help: 'write data: { gap: 200 um } with the gap of your cell',
};

function keysOfModel(model: readonly ParameterInfo[]): readonly (readonly string[])[] {
  return leafKeys().filter(([section, name]) => section !== 'parameters' || model.some((info) => info.name === name));
}

/** Old keys stand among the origins only where they were written. */
function oldKeysGiven(originOf: (path: readonly string[]) => Origin): (readonly [string, Origin])[] {
  return OLD_KEYS.map(([old]) => [old, originOf(old.split('.'))] as const).filter(([, origin]) => origin !== 'default');
}

function checkNames(parsed: ParsedConfig, model: readonly ParameterInfo[], problems: Problem[]): void {
  for (const { name } of PARAMETERS) {
    if (parsed.parameters[name] === undefined || model.some((info) => info.name === name)) continue;
    problems.push({
      path: ['parameters', name],
      at: 'key',
      message: `model ${parsed.model} has no parameter '${name}'`,
      help: `remove it (${parsed.model} has ${model.map((info) => info.name).join(', ')}), or write model: laminar_flow`,
    });
  }
}

function checkParameter(info: ParameterInfo, given: ParsedParameter, problems: Problem[]): void {
  const refuse = (key: string, message: string, help: string): void => {
    problems.push({ path: ['parameters', info.name, key], at: 'value', message, help });
  };
  const dimension = info.dimension;
  const text = (value: number): string => formatQuantity(value, dimension);
  const { value, vary = true, tie } = given;
  const [lower, upper] = given.bounds ?? info.bounds;
  if (info.name === 'D0') {
    if (value !== undefined && value < 0) refuse('value', `${text(value)} is negative`, 'D0 is zero or above');
    if (lower < 0) refuse('bounds', `the lower bound ${text(lower)} is negative`, 'D0 is zero or above');
  }
  if (tie !== undefined) {
    if (value !== undefined) refuse('value', `${info.name} is tied to ${tie}`, 'keep the tie or the value, not both');
    if (!vary) refuse('vary', `${info.name} is tied to ${tie}`, `remove vary; fix ${tie} to fix both`);
    return;
  }
  if (!vary && value === undefined) {
    refuse('vary', `${info.name} is fixed but has no value`, `write ${info.name}: { value: …, vary: false }`);
  }
  // Bounds limit what a fit searches; a fixed value may lie outside them.
  if (value !== undefined && vary && (value < lower || value > upper)) {
    const whose = given.bounds === undefined ? 'default bounds' : 'bounds';
    const message = `the start value ${text(value)} is outside the ${whose}`;
    refuse('value', `${message} [${text(lower)}, ${text(upper)}]`, `change the value, or write wider bounds: [a, b]`);
  }
}

function checkTies(parameters: Readonly<Record<string, ParameterConfig>>, problems: Problem[]): void {
  for (const name of Object.keys(parameters)) {
    const chain = [name];
    for (let next = parameters[name]!.tie; next !== null; next = parameters[next]?.tie ?? null) {
      if (parameters[next] === undefined) {
        const message = `the model has no parameter '${next}'`;
        const help = `tie it to one of ${Object.keys(parameters).join(', ')}`;
        problems.push({ path: ['parameters', name, 'tie'], at: 'value', message, help });
        break;
      }
      if (next === name) {
        const message = `the ties go round in a circle: ${[...chain, name].join(' → ')}`;
        problems.push({ path: ['parameters', name, 'tie'], at: 'value', message, help: 'remove one of them' });
      }
      if (chain.includes(next)) break;
      chain.push(next);
    }
  }
}

function checkStarts(
  parsed: ParsedConfig,
  parameters: Readonly<Record<string, ParameterConfig>>,
  problems: Problem[],
): void {
  const open = Object.entries(parameters).filter(([, { value, tie }]) => value === null && tie === null);
  if (parsed.fit.starts !== 1 || open.length === 0) return;
  problems.push({
    path: ['fit', 'starts'],
    at: 'value',
    message: `1 uses the given start alone, but there is no value for ${open.map(([name]) => name).join(', ')}`,
    help: 'give every free parameter a value, or allow more starts',
  });
}

function checkScaling({ scaling }: ParsedConfig, problems: Problem[]): void {
  if (scaling.mode !== 'fixed') return;
  for (const key of ['contrast', 'offset'] as const) {
    if (scaling[key] !== undefined) continue;
    problems.push({
      path: ['scaling', key],
      at: 'key',
      message: `the key 'scaling.${key}' is missing; mode: fixed needs its values`,
      help: `write ${key}: one number, or a list with one number per angle`,
    });
  }
}
