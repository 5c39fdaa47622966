/** From a configuration to a fit that is planned: the grid, the values one expects, the noise. */
import { ConfigRefused } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import { plausibilityWarnings, type Config } from '../config/index.ts';
import type { Sweeps, TriangleStack } from '../kernels/index.ts';
import { bindModel, makeTimeGrid, parameterInfo } from '../model/index.ts';
import type { PlannedFit, PlannedNoise } from '../nlsq/design/index.ts';
import { validateFit } from '../nlsq/index.ts';
import { fitPlan } from './prepare-fit.ts';
import { parameterSettings, scalingChoice, spread } from './requests.ts';

export interface Plan {
  readonly fit: PlannedFit;
  /** Of the measurement, the one at t = 0 included. */
  readonly frames: number;
  readonly warnings: readonly Warning[];
}

/** Throws `ConfigRefused` for what a plan needs and the configuration does not say. */
export function planDesign(config: Config, noise: PlannedNoise, kernels: (data: TriangleStack) => Sweeps): Plan {
  const { grid, data } = config;
  const refuse = refuserOf(config);
  if (grid === null)
    return refuse('grid', 'there is no grid to plan with', 'add grid: { frames: 1000, dt: 100 ms, phi: [0 deg] }');
  if (data.q === null) return refuse('data.q', 'a design needs q', 'add data: { q: 0.0237 1/Angstrom }');
  for (const [name, { value, tie }] of Object.entries(config.parameters)) {
    if (value !== null || tie !== null) continue;
    const { unit } = parameterInfo(name);
    const help = `add ${name}: { value: … ${unit} }`;
    refuse(`parameters.${name}`, `a design needs the value you expect of ${name}`, help);
  }
  const contrast = perAngle(config, 'contrast', grid.phi.length);
  const offset = perAngle(config, 'offset', grid.phi.length);
  const impossible = contrast.find((value) => !(value > 0) || value > 1);
  if (impossible !== undefined) {
    const help = 'give a contrast above 0 and at most 1';
    refuse('scaling.contrast', `speckle has no contrast of ${impossible}`, help);
  }
  // A power law is singular at t = 0: such a frame is measured and not fitted.
  const first = data.t0 === 0 ? 1 : 0;
  const positions = Float64Array.from({ length: grid.frames - first }, (_, k) => k + first);
  const model = bindModel({
    mode: config.model,
    convention: config.convention,
    q: data.q,
    gap: data.gap,
    phi: Float64Array.from(grid.phi),
    grid: makeTimeGrid(grid.dt, data.t0, positions),
  });
  const warnings = validateFit(fitPlan(config, model));
  const fit: PlannedFit = {
    model,
    kernels,
    parameters: parameterSettings(config),
    scaling: scalingChoice(config, grid.phi.length),
    contrast,
    offset,
    noise,
  };
  checkPoints(fit, refuse);
  return { fit, frames: grid.frames, warnings: [...plausibilityWarnings(config), ...warnings, ...notRead(config)] };
}

type Refuser = (key: string, message: string, help: string) => never;

function refuserOf({ file }: Config): Refuser {
  return (key, message, help) => {
    throw new ConfigRefused(message, { where: { ...(file === null ? {} : { file }), key }, help });
  };
}

function perAngle(config: Config, key: 'contrast' | 'offset', angles: number): Float64Array {
  const refuse = refuserOf(config);
  const given = config.scaling[key];
  if (given === null)
    return refuse(`scaling.${key}`, `a design needs the ${key} you expect`, `add scaling: { ${key}: … }`);
  const values = spread(given, angles);
  if (values.length === angles) return values;
  const message = `${values.length} values of ${key} for ${angles === 1 ? 'one angle' : `${angles} angles`}`;
  return refuse(`scaling.${key}`, message, 'give one value, or one per angle of grid.phi');
}

function checkPoints({ model, parameters, scaling }: PlannedFit, refuse: Refuser): void {
  const frames = model.grid.times.length;
  const angles = model.phi.length;
  const coefficients = { fixed: 0, shared: 2, 'per-angle': 2 * angles, fourier: 0 }[scaling.mode];
  const series = scaling.mode === 'fourier' ? 2 * (2 * scaling.order + 1) : 0;
  const unknowns = parameters.filter(({ vary, tie }) => vary && tie === undefined).length + coefficients + series;
  const points = (angles * frames * (frames - 1)) / 2;
  if (points > unknowns) return;
  refuse('grid.frames', `${frames} fitted frames make ${points} points for ${unknowns} unknowns`, 'plan more frames');
}

/** What a fit reads and a plan does not. */
function notRead({ data, fit }: Config): Warning[] {
  const selected = [
    data.frames === null ? '' : 'data.frames',
    data.excludeFrames.length === 0 ? '' : 'data.exclude_frames',
    data.phi === null ? '' : 'data.phi',
    data.excludePhi.length === 0 ? '' : 'data.exclude_phi',
  ].filter((key) => key !== '');
  const warnings: Warning[] = [];
  if (selected.length > 0) {
    const text = `a design takes frames and angles from grid alone: ${selected.join(', ')} not used`;
    warnings.push({ code: 'selection-not-used', text });
  }
  if (fit.weights !== 'none') {
    const difference = fit.weights === 'speckle' ? 'be smaller' : 'differ a little';
    const text = `the errors are those of a fit without weights; with weights: ${fit.weights} they will ${difference}`;
    warnings.push({ code: 'weights-not-planned', text });
  }
  return warnings;
}
