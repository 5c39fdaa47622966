/** The parameters of the two-time model: names, units, meaning, default bounds and priors. */
import type { Dimension } from '../base/units.ts';
import { Defect } from '../base/errors.ts';
import type { ParameterValues } from './transport-law.ts';
import type { Mode } from './two-time-model.ts';

/**
 * A prior density in the parameter's unit, cut off at the parameter's bounds; `uniform` is flat between them.
 * `log-normal`: the logarithm is normal with mean ln median and standard deviation ln factor.
 */
export type Prior =
  | { readonly kind: 'normal'; readonly mean: number; readonly sd: number }
  | {
      readonly kind: 'truncated-normal';
      readonly mean: number;
      readonly sd: number;
      readonly lower: number;
      readonly upper: number;
    }
  | { readonly kind: 'log-normal'; readonly median: number; readonly factor: number }
  | { readonly kind: 'half-normal'; readonly sd: number }
  | { readonly kind: 'uniform' };

export interface ParameterInfo {
  readonly name: string;
  /** For figures: Unicode, without unit. */
  readonly symbol: string;
  /** ASCII unit as written in configuration and result files; empty for pure numbers. */
  readonly unit: string;
  readonly dimension: Dimension;
  /** One phrase for reports. */
  readonly meaning: string;
  readonly bounds: readonly [lower: number, upper: number];
  readonly prior: Prior;
}

const TRANSPORT_PARAMETERS: readonly ParameterInfo[] = [
  {
    name: 'D0',
    symbol: 'D₀',
    unit: 'Angstrom^2/s',
    dimension: 'diffusion',
    meaning: 'power-law part of the transport coefficient at t = 1 s',
    bounds: [1, 1e6],
    prior: { kind: 'log-normal', median: 1e3, factor: 30 },
  },
  {
    name: 'alpha',
    symbol: 'α',
    unit: '',
    dimension: 'number',
    meaning: 'exponent of the transport coefficient',
    bounds: [-2, 2],
    prior: { kind: 'normal', mean: 0, sd: 1 },
  },
  {
    name: 'D_offset',
    symbol: 'D_offset',
    unit: 'Angstrom^2/s',
    dimension: 'diffusion',
    meaning: 'constant part of the transport coefficient',
    bounds: [-1e5, 1e5],
    prior: { kind: 'normal', mean: 0, sd: 1e3 },
  },
];

const SHEAR_PARAMETERS: readonly ParameterInfo[] = [
  {
    name: 'gamma_dot_t0',
    symbol: 'γ̇₀',
    unit: '1/s',
    dimension: 'rate',
    meaning: 'power-law part of the shear rate at t = 1 s',
    bounds: [1e-6, 1],
    prior: { kind: 'log-normal', median: 1e-2, factor: 30 },
  },
  {
    name: 'beta',
    symbol: 'β',
    unit: '',
    dimension: 'number',
    meaning: 'exponent of the shear rate',
    bounds: [-2, 2],
    prior: { kind: 'normal', mean: 0, sd: 1 },
  },
  {
    name: 'gamma_dot_t_offset',
    symbol: 'γ̇_offset',
    unit: '1/s',
    dimension: 'rate',
    meaning: 'constant part of the shear rate',
    bounds: [-1, 1],
    prior: { kind: 'normal', mean: 0, sd: 0.05 },
  },
  {
    name: 'phi0',
    symbol: 'φ₀',
    unit: 'deg',
    dimension: 'angle',
    meaning: 'azimuth of the flow direction',
    bounds: [-30, 30],
    prior: { kind: 'normal', mean: 0, sd: 10 },
  },
];

/** Contrast and offset, one pair per angle. */
export const SCALING_PARAMETERS: readonly ParameterInfo[] = [
  {
    name: 'contrast',
    symbol: 'contrast',
    unit: '',
    dimension: 'number',
    meaning: 'speckle contrast',
    bounds: [0, 1],
    prior: { kind: 'uniform' },
  },
  {
    name: 'offset',
    symbol: 'offset',
    unit: '',
    dimension: 'number',
    meaning: 'baseline of c2',
    bounds: [0.5, 1.5],
    prior: { kind: 'normal', mean: 1, sd: 0.1 },
  },
];

/** The physical parameters of a mode, in the order of every table and file. */
export function physicalParameters(mode: Mode): readonly ParameterInfo[] {
  return mode === 'static' ? TRANSPORT_PARAMETERS : [...TRANSPORT_PARAMETERS, ...SHEAR_PARAMETERS];
}

/** Look up any parameter, scaling included. */
export function parameterInfo(name: string): ParameterInfo {
  const found = [...physicalParameters('laminar_flow'), ...SCALING_PARAMETERS].find((info) => info.name === name);
  if (found === undefined) throw new Defect(`there is no parameter named ${name}`);
  return found;
}

/** The finite value of one parameter. */
export function valueOf(values: ParameterValues, name: string): number {
  const value = values[name];
  if (value === undefined || !Number.isFinite(value)) {
    throw new Defect(`the model needs a finite value of ${name}, not ${value}`);
  }
  return value;
}
