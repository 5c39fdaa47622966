/** Turns the resolved configuration into the questions the lower layers answer: what to read, what to fit. */
import type { Config, Range } from '../config/config.ts';
import type { DataRequest, PhiSelection } from '../data/request.ts';
import type { FitOptions, ParameterSetting, ScalingChoice } from '../nlsq/problem.ts';

export type RunWork = 'fit' | 'sample';

/** What a user asks of one fit. */
export interface FitRunRequest {
  readonly file: string;
  readonly config: Config;
  readonly output: string;
  readonly force: boolean;
  /** The fit alone (default), or the posterior as well. */
  readonly work?: RunWork;
  /** An earlier run that this one takes up: it has to read the same data, and should come to the same fit. */
  readonly from?: {
    readonly run: string;
    readonly contentHash: string;
    /** Null where the configuration is another one. */
    readonly digest: string | null;
  };
  /** Job of the same batch whose values are the start values. */
  readonly neighbour?: string;
  /** The command line as the user typed it, for the provenance. */
  readonly argv: readonly string[];
}

/** What to read. Angles listed one by one also name the angles of files that carry none. */
export function dataRequest({ data }: Pick<Config, 'data'>): DataRequest {
  const phi = data.phi?.map(phiSelection) ?? 'all';
  const singles = data.phi?.every(({ first, last }) => first === last) ? data.phi.map(({ first }) => first) : undefined;
  return {
    q: data.q,
    dt: data.dt ?? 'from-file',
    t0: data.t0,
    phi,
    excludePhi: data.excludePhi.map(phiSelection),
    frames: data.frames,
    excludeFrames: data.excludeFrames,
    allowNan: data.allowNan,
    phiValues: singles,
  };
}

function phiSelection({ first, last }: Range): PhiSelection {
  return first === last ? { value: first } : { from: first, to: last };
}

export function parameterSettings({ parameters }: Config): ParameterSetting[] {
  return Object.entries(parameters).map(([name, { value, vary, bounds, tie }]) => ({
    name,
    value: value ?? undefined,
    vary,
    bounds,
    tie: tie ?? undefined,
  }));
}

/** The scaling for `angles` angles; one value given for `fixed` stands for all of them. */
export function scalingChoice({ scaling }: Config, angles: number): ScalingChoice {
  switch (scaling.mode) {
    case 'per-angle':
    case 'shared':
      return { mode: scaling.mode };
    case 'fourier':
      return { mode: 'fourier', order: scaling.order };
    case 'fixed':
      return {
        mode: 'fixed',
        contrast: spread(scaling.contrast, angles),
        offset: spread(scaling.offset, angles),
      };
  }
}

/** One value for every angle, or the list as given (its length is checked where it is used). */
export function spread(value: number | readonly number[] | null, angles: number): Float64Array {
  if (value === null) return new Float64Array(0);
  return typeof value === 'number' ? new Float64Array(angles).fill(value) : Float64Array.from(value);
}

export function fitOptions({ fit, seed }: Config): FitOptions {
  const { starts, maxIterations, weights, errors, profile } = fit;
  return { starts, seed, maxIterations, weights, errors, profile };
}
