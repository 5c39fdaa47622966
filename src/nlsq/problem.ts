/** What a least-squares fit is asked: data, model, free parameters, scaling, options. */
import type { NoiseEstimate } from '../data/noise.ts';
import type { Sweeps } from '../kernels/sweep.ts';
import type { TriangleStack } from '../kernels/triangles.ts';
import type { TwoTimeModel } from '../model/two-time-model.ts';
import type { ExecutionBackend } from '../parallel/protocol.ts';

export type { NoiseEstimate };

/** One physical parameter of the model as the user set it. Values in the parameter's unit. */
export interface ParameterSetting {
  readonly name: string;
  /** Start value, or the fixed value when `vary` is false; absent: found from the data. */
  readonly value?: number | undefined;
  readonly vary: boolean;
  readonly bounds: readonly [lower: number, upper: number];
  /** Name of the parameter this one always equals. */
  readonly tie?: string | undefined;
}

/** How contrast and offset depend on the angle. A choice of the user, never changed by the program. */
export type ScalingChoice =
  | { readonly mode: 'per-angle' }
  | { readonly mode: 'shared' }
  /** Values in the order of the data set's angles, each of shape (P). */
  | { readonly mode: 'fixed'; readonly contrast: Float64Array; readonly offset: Float64Array }
  /** Truncated Fourier series in φ: 1, cos φ, sin φ, …, cos Kφ, sin Kφ. */
  | { readonly mode: 'fourier'; readonly order: number };

/**
 * Weights of the pairs beyond 1/σ² per angle: none; by lag; or the inverse of the covariance of thermal speckle, in a step
 * after the ordinary fit.
 */
export type FitWeights = 'none' | 'lag' | 'speckle';

export interface FitOptions {
  /** Number of starts; 1 uses the given start alone. Default 8. */
  readonly starts: number;
  readonly seed: number;
  /** Iterations per start on the full data before `max-iterations`. Default 100. */
  readonly maxIterations: number;
  /** Default none. */
  readonly weights?: FitWeights | undefined;
  /** Standard errors: of all kinds, or only as if all points were independent, which costs nothing. Default speckle. */
  readonly errors?: 'speckle' | 'independent' | undefined;
  /** Free parameters to profile, one name or a pair each. Default none. */
  readonly profile?: readonly (readonly string[])[] | undefined;
}

/** Where the picked frames of coarse levels live, and what sweeps over them. */
export interface CoarseKernels {
  /** Room for values the kernels can read. */
  readonly allocate: (length: number) => Float32Array;
  readonly sweeps: (data: TriangleStack) => Sweeps;
}

export interface FitProblem {
  readonly model: TwoTimeModel;
  readonly sweeps: Sweeps;
  readonly coarse: CoarseKernels;
  readonly noise: NoiseEstimate;
  readonly parameters: readonly ParameterSetting[];
  readonly scaling: ScalingChoice;
  readonly options: FitOptions;
  /** Where independent work may be done side by side; without it, in this thread. */
  readonly tasks?: ExecutionBackend | null | undefined;
}
