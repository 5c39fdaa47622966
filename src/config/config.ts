/**
 * The resolved configuration: every key present, every quantity in its base unit, and where each value came from.
 *
 * Base units: Å, 1/Å, s, 1/s, Å²/s, degrees, bytes. The file form, with units and short forms, is in `schema.ts`.
 */
import type { Prior } from '../model/parameters.ts';
import type { Convention, Mode } from '../model/two-time-model.ts';

/** Where the value of a key came from; a job of a batch may begin with values of an earlier one. */
export type Origin = 'default' | 'file' | 'command line' | `job ${string}`;

/** An inclusive range `first..last`; a single value has both equal. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

export interface DataConfig {
  /** Wavevector of the ring to fit, 1/Å; null: the only ring of the file. */
  readonly q: number | null;
  /** Rotor–stator gap, Å; always a number under `laminar_flow`. */
  readonly gap: number | null;
  /** Time between frames, s; null: from the file. */
  readonly dt: number | null;
  /** Time of the first frame of the window, s. */
  readonly t0: number;
  /** Angles to fit, degrees: single angles and inclusive ranges; null: all. */
  readonly phi: readonly Range[] | null;
  /** Window of frames, counted from 1, both ends included; null: all. */
  readonly frames: Range | null;
  /** Frames to leave out, counted from 1 in the file. */
  readonly excludeFrames: readonly Range[];
  /** Angles to leave out, degrees. */
  readonly excludePhi: readonly Range[];
  /** Go on although more than 1 % of the points are not finite. */
  readonly allowNan: boolean;
}

/** The grid of a simulation. */
export interface GridConfig {
  readonly frames: number;
  /** s */
  readonly dt: number;
  /** Degrees, no two equal. */
  readonly phi: readonly number[];
}

/** One physical parameter; values in its unit. */
export interface ParameterConfig {
  /** Start value, or the fixed value when `vary` is false; null: found from the data (or taken from `tie`). */
  readonly value: number | null;
  readonly vary: boolean;
  readonly bounds: readonly [lower: number, upper: number];
  readonly prior: Prior;
  /** Name of the parameter this one always equals. */
  readonly tie: string | null;
}

export type ScalingMode = 'per-angle' | 'shared' | 'fixed' | 'fourier';

export interface ScalingConfig {
  readonly mode: ScalingMode;
  /** One value for all angles, one value per angle, or null: not given. Truth of `simulate`; values of `mode: fixed`. */
  readonly contrast: number | readonly number[] | null;
  readonly offset: number | readonly number[] | null;
  /** Order K of the Fourier series in φ; read by `mode: fourier`. */
  readonly order: number;
}

export interface FitConfig {
  /** own: the start values given, or found from the data; previous: in a batch, those of a neighbour. */
  readonly start: 'own' | 'previous';
  readonly starts: number;
  /** none; speckle: after the ordinary fit, by the inverse covariance of thermal speckle. */
  readonly weights: 'none' | 'lag' | 'speckle';
  /** speckle: all kinds of standard error; independent: only that kind. */
  readonly errors: 'speckle' | 'independent';
  readonly maxIterations: number;
  /** Free parameters to profile, one name or a pair each. */
  readonly profile: readonly (readonly string[])[];
}

export interface NoiseConfig {
  /** σ of every point, or estimated per angle from second differences. */
  readonly sigma: 'from-data' | number;
}

export interface SampleConfig {
  readonly method: 'auto' | 'psis' | 'nuts' | 'cmc';
  readonly likelihood: 'adjusted' | 'independent';
  readonly chains: number;
  /** Transitions per chain that adapt; `auto`: as many as the chains need to learn. */
  readonly warmup: number | 'auto';
  /** Per chain; `auto`: as many as `until` asks for. */
  readonly draws: number | 'auto';
  /** Effective draws at which chains that agree stop; `auto`: 400 unless `draws` is a number; `draws`: at `draws` only. */
  readonly until: number | 'auto' | 'draws';
  /** s, of sampling; null: no limit. */
  readonly maxTime: number | null;
  readonly chainMethod: 'parallel' | 'sequential';
  /** Parts of the data that method `cmc` samples; `auto`: one per 100,000 points, 16 at most. */
  readonly shards: number | 'auto';
  /** Whether a batch samples the posterior of every job. */
  readonly batch: boolean;
}

/** Jobs of a cluster; null: the default of the site. */
export interface ClusterConfig {
  readonly account: string | null;
  /** Partition of Slurm, queue of PBS. */
  readonly partition: string | null;
  readonly qos: string | null;
  /** Wall time of a job, s. */
  readonly time: number | null;
  /** Memory of a job, bytes. */
  readonly memory: number | null;
  /** Cores of a job. */
  readonly cores: number;
  /** Jobs at a time, at most. */
  readonly jobs: number;
  /** Time before its end at which a job stops, s. */
  readonly reserve: number;
  readonly modules: readonly string[];
  readonly filesystems: readonly string[];
  /** More options of the scheduler. */
  readonly options: readonly string[];
}

/** Which Ray, and how it is reached. */
export interface RayConfig {
  /** `auto`, `local` or host:port. */
  readonly address: string;
  /** The interpreter. */
  readonly python: string;
}

export interface ParallelConfig {
  /** `pjit` and `multiprocessing` are old names of `sequential` and `local`. */
  readonly backend: 'auto' | 'sequential' | 'local' | 'slurm' | 'pbs' | 'ray' | 'pjit' | 'multiprocessing';
  readonly workers: 'auto' | number;
  readonly fallback: 'warn' | 'error';
  readonly chunks: boolean;
  /** Bytes. */
  readonly memory: number;
  /** Read by `slurm` and `pbs`. */
  readonly cluster?: ClusterConfig;
  /** Read by `ray`. */
  readonly ray?: RayConfig;
}

export interface OutputConfig {
  readonly figures: boolean;
  /** Full c2, model and residual arrays in `fit.npz`; `auto`: up to 256 MB. */
  readonly arrays: 'auto' | boolean;
}

export interface Config {
  /** The file it was read from, as the user named it; null when it came from somewhere else. */
  readonly file: string | null;
  readonly model: Mode;
  readonly convention: Convention;
  readonly data: DataConfig;
  /** Null when the file has no `grid` section; only `simulate` and `design` read it. */
  readonly grid: GridConfig | null;
  /** Every parameter of the model and no other, in the model's order. */
  readonly parameters: Readonly<Record<string, ParameterConfig>>;
  readonly scaling: ScalingConfig;
  readonly seed: number;
  readonly fit: FitConfig;
  readonly noise: NoiseConfig;
  readonly sample: SampleConfig;
  readonly parallel: ParallelConfig;
  readonly output: OutputConfig;
  /** By key as the file spells it, e.g. `data.exclude_frames`, `parameters.D0.bounds`; old keys too, where given. */
  readonly origins: ReadonlyMap<string, Origin>;
}
