/** Problems with a known answer: the model plus independent Gaussian noise, in memory. */
import { createKernelSweeps, KernelMemory, loadKernels, pairsOf, type TriangleStack } from '../../src/kernels/index.ts';
import { fillNormals, fold, keyFromSeed } from '../../src/math/index.ts';
import {
  bindModel,
  makeTimeGrid,
  pairValue,
  physicalParameters,
  type Convention,
  type Mode,
  type ParameterValues,
  type TwoTimeModel,
} from '../../src/model/index.ts';
import type { CoarseKernels, FitOptions, FitProblem, ParameterSetting, ScalingChoice } from '../../src/nlsq/index.ts';

export interface Simulated {
  readonly mode: Mode;
  readonly convention?: Convention;
  /** Frames, the one at t = 0 included. */
  readonly frames: number;
  readonly dt?: number;
  readonly q: number;
  readonly phi: readonly number[];
  readonly truth: ParameterValues;
  readonly contrast?: (phi: number) => number;
  readonly offset?: (phi: number) => number;
  readonly sigma: number;
  readonly seed: number;
}

export const GAP = 2e6;

const loaded = await loadKernels();
export const memory: KernelMemory = new KernelMemory();
/** The compiled kernels on one memory. */
export const kernels: CoarseKernels = {
  allocate: (length) => memory.float32(length),
  sweeps: (data) => createKernelSweeps(loaded, memory, data),
};

export function simulatedModel({ mode, convention = 'published', frames, dt = 0.1, q, phi }: Simulated): TwoTimeModel {
  const grid = makeTimeGrid(
    dt,
    0,
    Float64Array.from({ length: frames - 1 }, (_, k) => k + 1),
  );
  return bindModel({ mode, convention, q, gap: mode === 'static' ? null : GAP, phi: Float64Array.from(phi), grid });
}

/** The matrices of a simulation without their first frame (t = 0), as float32 triangles. */
export function simulatedData(request: Simulated): TriangleStack {
  const { phi, truth, contrast = () => 0.2, offset = () => 1, sigma, seed } = request;
  const model = simulatedModel(request);
  const { pairFunction, kappa, c, g, h } = model.physics(truth);
  const n = c.length;
  const pairs = pairsOf(n);
  const values = kernels.allocate(phi.length * pairs);
  const noise = new Float64Array(pairs);
  phi.forEach((angle, a) => {
    fillNormals(fold(keyFromSeed(seed), a), noise);
    let at = 0;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++, at++) {
        const m = pairValue(pairFunction, kappa, c[j]! - c[i]!, g === null ? 0 : g[j]! - g[i]!, h[a]!);
        values[a * pairs + at] = offset(angle) + contrast(angle) * m + sigma * noise[at]!;
      }
    }
  });
  return { frames: n, angles: phi.length, values, excluded: new Uint32Array(phi.length) };
}

export interface Asked {
  /** Start values; parameters left out are found from the data. */
  readonly start?: ParameterValues;
  readonly settings?: Readonly<Record<string, Partial<ParameterSetting>>>;
  readonly scaling?: ScalingChoice;
  readonly options?: Partial<FitOptions>;
}

/** The question of a fit to simulated data. Weights are equal; σ is given as relative. */
export function simulatedProblem(request: Simulated, asked: Asked = {}): FitProblem {
  const { start = {}, settings = {}, scaling = { mode: 'per-angle' }, options = {} } = asked;
  const model = simulatedModel(request);
  const parameters = physicalParameters(request.mode).map(({ name, bounds }): ParameterSetting => {
    const base = name in start ? { name, vary: true, bounds, value: start[name]! } : { name, vary: true, bounds };
    return { ...base, ...settings[name] };
  });
  return {
    model,
    sweeps: kernels.sweeps(simulatedData(request)),
    coarse: kernels,
    noise: {
      sigma: new Float64Array(request.phi.length).fill(request.sigma || 1),
      source: 'simulation',
      absolute: false,
    },
    parameters,
    scaling,
    options: { starts: 8, seed: 1, maxIterations: 100, ...options },
  };
}

export const STATIC_TRUTH: ParameterValues = { D0: 19230, alpha: -1.063, D_offset: 879 };
export const FLOW_TRUTH: ParameterValues = {
  ...STATIC_TRUTH,
  gamma_dot_t0: 2e-3,
  beta: -0.3,
  gamma_dot_t_offset: 2e-4,
  phi0: 4,
};
