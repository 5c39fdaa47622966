/**
 * Simulated speckle, as the weights take it to be and otherwise, fitted with and without weights.
 *
 * One static angle at q 0.0237 1/Å of 150 frames, or six sheared ones at 0.0054 1/Å of 100; dt 0.1 s. Slow dynamics:
 * D0 2000 Å²/s, alpha −0.5, D_offset 50 Å²/s; fast: 19230, −1.063, 879. Fits start at the truth.
 */
import { createKernelSweeps, KernelMemory, loadKernels, pairsOf, speckleKernels } from '../src/kernels/index.ts';
import { fold, keyFromSeed, normals } from '../src/math/index.ts';
import {
  bindModel,
  makeTimeGrid,
  PANEL,
  physicalParameters,
  simulateSpeckle,
  SPECKLE_BLOCK,
  speckleField,
  type ParameterValues,
  type TwoTimeModel,
} from '../src/model/index.ts';
import { fitTwoTime, type FitOutcome, type FitWeights } from '../src/nlsq/index.ts';

export interface WeightsCase {
  readonly name: string;
  readonly dynamics: 'slow' | 'fast';
  readonly flow?: boolean;
  readonly frames?: number;
  readonly contrast: number;
  /** M; null: no speckle noise, white noise alone. */
  readonly speckles: number | null;
  readonly photons?: number;
  /** Standard deviation of independent noise of every pair. */
  readonly white?: number;
  /** That times (lag/longest lag)^whitePower. */
  readonly whitePower?: number;
  /** Common relative drift of all intensities, uncorrected: its standard deviation; it is correlated over 20 frames. */
  readonly drift?: number;
  /** Weights of the modes instead of equal ones: a geometric series (Gaussian Schell beam), or one and a constant rest. */
  readonly modes?: 'geometric' | 'one';
  /** Added to c2 of neighbouring frames, as afterglow of a detector does. */
  readonly neighbours?: number;
}

export const WEIGHTS_CASES: readonly WeightsCase[] = [
  { name: 'slow', dynamics: 'slow', contrast: 0.2, speckles: 1000 },
  { name: 'slow, few speckles', dynamics: 'slow', contrast: 0.2, speckles: 100 },
  { name: 'slow, low contrast', dynamics: 'slow', contrast: 0.05, speckles: 1000 },
  { name: 'slow, photons', dynamics: 'slow', contrast: 0.2, speckles: 1000, photons: 1 },
  { name: 'fast', dynamics: 'fast', contrast: 0.2, speckles: 1000 },
  { name: 'fast, few speckles', dynamics: 'fast', contrast: 0.2, speckles: 100 },
  { name: 'fast, photons', dynamics: 'fast', contrast: 0.2, speckles: 1000, photons: 1 },
  { name: 'flow, slow', dynamics: 'slow', flow: true, contrast: 0.2, speckles: 1000 },
  { name: 'flow, fast', dynamics: 'fast', flow: true, contrast: 0.2, speckles: 1000 },
  { name: 'flow, fast, photons', dynamics: 'fast', flow: true, contrast: 0.2, speckles: 1000, photons: 1 },
  { name: 'slow, drift', dynamics: 'slow', contrast: 0.2, speckles: 1000, drift: 5e-4 },
  { name: 'fast, drift', dynamics: 'fast', contrast: 0.2, speckles: 1000, drift: 5e-4 },
  { name: 'slow, geometric modes', dynamics: 'slow', contrast: 0.2, speckles: 1000, modes: 'geometric' },
  { name: 'fast, geometric modes', dynamics: 'fast', contrast: 0.2, speckles: 1000, modes: 'geometric' },
  { name: 'fast, one mode', dynamics: 'fast', contrast: 0.2, speckles: 1000, modes: 'one' },
  { name: 'slow, neighbours', dynamics: 'slow', contrast: 0.2, speckles: 1000, neighbours: 3e-3 },
  { name: 'fast, neighbours', dynamics: 'fast', contrast: 0.2, speckles: 1000, neighbours: 3e-3 },
  { name: 'slow, white only', dynamics: 'slow', contrast: 0.2, speckles: null, white: 0.02 },
  { name: 'fast, white only', dynamics: 'fast', contrast: 0.2, speckles: null, white: 0.02 },
  { name: 'slow, white by lag', dynamics: 'slow', contrast: 0.2, speckles: null, white: 0.04, whitePower: 0.5 },
  { name: 'fast, white by lag', dynamics: 'fast', contrast: 0.2, speckles: null, white: 0.04, whitePower: 0.5 },
];

const DYNAMICS: Readonly<Record<WeightsCase['dynamics'], ParameterValues>> = {
  slow: { D0: 2000, alpha: -0.5, D_offset: 50 },
  fast: { D0: 19230, alpha: -1.063, D_offset: 879 },
};
const FLOW: ParameterValues = { gamma_dot_t0: 2e-3, beta: -0.3, gamma_dot_t_offset: 2e-4, phi0: 4 };

const loaded = await loadKernels();
const memory = new KernelMemory();
const speckleKernel = speckleKernels(loaded, memory);

function modelOf({ flow = false, frames = flow ? 100 : 150 }: WeightsCase): TwoTimeModel {
  return bindModel({
    mode: flow ? 'laminar_flow' : 'static',
    convention: 'published',
    q: flow ? 0.0054 : 0.0237,
    gap: flow ? 2e6 : null,
    phi: flow ? Float64Array.of(-60, -30, 0, 30, 60, 90) : Float64Array.of(0),
    grid: makeTimeGrid(
      0.1,
      0,
      Float64Array.from({ length: frames }, (_, k) => k + 1),
    ),
  });
}

/** One fit and what was true. */
export interface WeightsFit {
  readonly truth: ParameterValues;
  readonly none: FitOutcome;
  readonly weighted: FitOutcome;
  /** Time of the weighted fit beyond that of the ordinary one, s. */
  readonly seconds: number;
}

/** Fit data set number `index` of a case with and without weights. */
export async function fitWithWeights(
  one: WeightsCase,
  index: number,
  weights: Exclude<FitWeights, 'none'> = 'speckle',
): Promise<WeightsFit> {
  const model = modelOf(one);
  const mode = model.mode;
  const truth = { ...DYNAMICS[one.dynamics], ...(one.flow === true ? FLOW : {}) };
  // Kernels stay in memory: made before the mark.
  speckleKernel(model.grid.times.length);
  const mark = memory.mark();
  const angles = model.phi.length;
  const values = memory.float32(angles * pairsOf(model.grid.times.length));
  values.set(simulated(one, model, truth, index + 1));
  const data = { frames: model.grid.times.length, angles, excluded: new Uint32Array(angles), values };
  const fit = (asked: FitWeights): Promise<FitOutcome> =>
    fitTwoTime({
      model,
      sweeps: createKernelSweeps(loaded, memory, data),
      coarse: {
        allocate: (length) => memory.float32(length),
        sweeps: (picked) => createKernelSweeps(loaded, memory, picked),
      },
      noise: { sigma: new Float64Array(angles).fill(1), source: 'equal weights', absolute: false },
      parameters: physicalParameters(mode).map(({ name, bounds }) => ({
        name,
        bounds,
        vary: true,
        value: truth[name]!,
      })),
      scaling: { mode: 'per-angle' },
      options: { starts: 1, seed: 1, maxIterations: 100, weights: asked },
    });
  const started = performance.now();
  const none = await fit('none');
  const between = performance.now();
  const weighted = await fit(weights);
  const seconds = (performance.now() - between - (between - started)) / 1000;
  memory.release(mark);
  return { truth, none, weighted, seconds };
}

function simulated(one: WeightsCase, model: TwoTimeModel, truth: ParameterValues, seed: number): Float32Array {
  const { contrast, speckles, photons, white = 0, whitePower = 0, drift = 0, modes, neighbours = 0 } = one;
  const physics = model.physics(truth);
  const frames = physics.c.length;
  const angles = model.phi.length;
  const pairs = pairsOf(frames);
  const values =
    speckles === null
      ? cleanValues(model, truth, contrast)
      : modes === undefined
        ? simulateSpeckle(physics, { speckles, contrast, photons: photons ?? null, seed }, speckleKernel).values
        : otherModes(one, model, truth, speckles, seed);
  const key = keyFromSeed(seed);
  const noise = normals(fold(key, 777), angles * pairs);
  const steps = normals(fold(key, 999), frames);
  const walk = new Float64Array(frames);
  for (let k = 0; k < frames; k++)
    walk[k] = k === 0 ? steps[0]! : 0.95 * walk[k - 1]! + Math.sqrt(1 - 0.95 ** 2) * steps[k]!;
  for (let a = 0, at = 0; a < angles; a++) {
    for (let i = 0; i < frames; i++) {
      for (let j = i + 1; j < frames; j++, at++) {
        const sigma = white * ((j - i) / (frames - 1)) ** whitePower;
        const more = sigma * noise[at]! + (j === i + 1 ? neighbours : 0);
        values[at] = (values[at]! + more) * (1 + drift * walk[i]!) * (1 + drift * walk[j]!);
      }
    }
  }
  return values;
}

function cleanValues(model: TwoTimeModel, truth: ParameterValues, contrast: number): Float32Array {
  const { kappa, c } = model.physics(truth);
  const values: number[] = [];
  for (let i = 0; i < c.length; i++) {
    for (let j = i + 1; j < c.length; j++) values.push(1 + contrast * Math.exp(-kappa * (c[j]! - c[i]!)));
  }
  return Float32Array.from(values);
}

/** Speckle whose modes do not have equal weights. */
function otherModes(
  { contrast, modes }: WeightsCase,
  model: TwoTimeModel,
  truth: ParameterValues,
  speckles: number,
  seed: number,
): Float32Array {
  const physics = model.physics(truth);
  const frames = physics.c.length;
  const ratio = (1 - contrast) / (1 + contrast);
  const weights =
    modes === 'one' ? [Math.sqrt(contrast)] : Array.from({ length: 24 }, (_, l) => (1 - ratio) * ratio ** l);
  const rest = 1 - weights.reduce((sum, weight) => sum + weight, 0);
  const kernel = speckleKernel(frames);
  const field = speckleField(physics, 0);
  const intensity = Array.from({ length: frames }, () => new Float64Array(speckles));
  for (let first = 0; first < speckles; first += SPECKLE_BLOCK) {
    kernel.intensities.fill(0);
    const key = fold(fold(keyFromSeed(seed), 555), first);
    weights.forEach((weight, mode) => kernel.addMode(field, weight, fold(key, mode)));
    for (let k = 0; k < frames; k++) {
      const panel = Math.floor(k / PANEL) * SPECKLE_BLOCK * PANEL + (k % PANEL);
      for (let m = 0; m < SPECKLE_BLOCK && first + m < speckles; m++) {
        intensity[k]![first + m] = kernel.intensities[panel + m * PANEL]! + rest;
      }
    }
  }
  const means = intensity.map((row) => row.reduce((sum, value) => sum + value, 0) / speckles);
  const values: number[] = [];
  for (let i = 0; i < frames; i++) {
    for (let j = i + 1; j < frames; j++) {
      let sum = 0;
      for (let m = 0; m < speckles; m++) sum += intensity[i]![m]! * intensity[j]![m]!;
      values.push(sum / speckles / (means[i]! * means[j]!));
    }
  }
  return Float32Array.from(values);
}

/** What many fits of one case say of one kind of weights. */
export interface WeightsSummary {
  readonly parameter: string;
  /** Typical distance of the estimates from the truth: 1.48 times the median, one sd of normal errors. */
  readonly distance: Readonly<Record<'none' | 'weighted', number>>;
  /** Share of 95 % intervals that hold the truth, among those that are known. */
  readonly coverage: Readonly<Record<'none' | 'weighted', number>>;
  readonly known: Readonly<Record<'none' | 'weighted', number>>;
}

export function summariseWeights(fits: readonly WeightsFit[]): WeightsSummary[] {
  const kinds = ['none', 'weighted'] as const;
  return fits[0]!.none.parameters.map(({ name }, k) => {
    const of = (kind: 'none' | 'weighted') => {
      const all = fits.map((fit) => {
        const { value, uncertainty } = fit[kind].parameters[k]!;
        return { error: value - fit.truth[name]!, sigma: uncertainty.speckle };
      });
      const known = all.filter(({ sigma }) => sigma !== null);
      const covered = known.filter(({ error, sigma }) => Math.abs(error) < 1.96 * sigma!);
      return {
        distance: typicalError(all.map(({ error }) => error)),
        coverage: covered.length / known.length,
        known: known.length,
      };
    };
    const [none, weighted] = kinds.map(of) as [ReturnType<typeof of>, ReturnType<typeof of>];
    return {
      parameter: name,
      distance: { none: none.distance, weighted: weighted.distance },
      coverage: { none: none.coverage, weighted: weighted.coverage },
      known: { none: none.known, weighted: weighted.known },
    };
  });
}

function typicalError(errors: readonly number[]): number {
  const sorted = errors.map(Math.abs).sort((a, b) => a - b);
  return 1.4826 * sorted[Math.floor(sorted.length / 2)]!;
}
