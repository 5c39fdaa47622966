/** A finished fit made from a formula, with white noise, so that records, files and figures can be tested without fitting. */
import type { Warning } from '../../src/base/events.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { pairsOf, valuesOf } from '../../src/kernels/triangles.ts';
import { bindModel, makeTimeGrid, pairValue } from '../../src/model/index.ts';
import type { Mode, ParameterValues, TwoTimeModel } from '../../src/model/index.ts';
import type { FitOutcome, FittedParameter, TraceEntry, Uncertainty } from '../../src/nlsq/outcome.ts';
import type { NoiseEstimate } from '../../src/nlsq/problem.ts';
import { makeResultRecord } from '../../src/results/index.ts';
import type { ResultRecord } from '../../src/results/index.ts';

export interface SyntheticOptions {
  readonly angles: number;
  readonly frames: number;
  readonly mode?: Mode;
  readonly sigma?: number;
  readonly seed?: number;
  /** Positions (from the first frame of the window) left out of the support. */
  readonly exclude?: readonly number[];
  /** Fraction of pairs set to NaN. */
  readonly nan?: number;
}

export interface SyntheticFit {
  readonly dataset: Dataset;
  readonly model: TwoTimeModel;
  readonly noise: NoiseEstimate;
  readonly outcome: FitOutcome;
  readonly values: ParameterValues;
  /** M of one angle's pairs in triangle order. */
  readonly shape: (angle: number) => Float64Array;
}

export const TRUTH = {
  D0: 19230,
  alpha: -0.6,
  D_offset: 879,
  gamma_dot_t0: 1e-4,
  beta: 0.3,
  gamma_dot_t_offset: 2e-5,
  phi0: -4.9,
} as const;

const DT = 0.1;
const Q = 0.00237;
const GAP = 2e6;

/** Mulberry32 with Box–Muller: the same numbers on every machine. */
export function makeNormal(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

export function makeSyntheticFit(options: SyntheticOptions): SyntheticFit {
  const { angles, frames, mode = 'laminar_flow', sigma = 0.01, seed = 1, exclude = [], nan = 0 } = options;
  const positions = Array.from({ length: frames - 1 }, (_, k) => k + 1).filter((k) => !exclude.includes(k));
  const grid = makeTimeGrid(DT, 0, Float64Array.from(positions));
  const phi = Float64Array.from(
    { length: angles },
    (_, a) => Math.round((-180 + (360 * (a + 0.5)) / angles) * 10) / 10,
  );
  const gap = mode === 'static' ? null : GAP;
  const model = bindModel({ mode, convention: 'published', q: Q, gap, phi, grid });
  const values: ParameterValues = Object.fromEntries(Object.entries(TRUTH).slice(0, model.parameters.length));
  const physics = model.physics(values);
  const size = pairsOf(grid.times.length);

  const shape = (angle: number): Float64Array => {
    const m = new Float64Array(size);
    let p = 0;
    for (let i = 0; i < grid.times.length; i++) {
      for (let j = i + 1; j < grid.times.length; j++) {
        const dG = physics.g === null ? 0 : physics.g[j]! - physics.g[i]!;
        m[p++] = pairValue('published', physics.kappa, physics.c[j]! - physics.c[i]!, physics.h[angle]!, dG);
      }
    }
    return m;
  };

  const normal = makeNormal(seed);
  const contrast = Array.from(phi, (_, a) => 0.3 - 0.01 * (a % 4));
  const offset = Array.from(phi, (_, a) => 1 + 0.002 * (a % 3));
  const data = new Float32Array(size * angles);
  const excluded = new Uint32Array(angles);
  for (let a = 0; a < angles; a++) {
    const m = shape(a);
    for (let p = 0; p < size; p++) {
      data[a * size + p] = offset[a]! + contrast[a]! * m[p]! + sigma * normal();
      if (nan > 0 && p % Math.round(1 / nan) === 7) {
        data[a * size + p] = Number.NaN;
        excluded[a]!++;
      }
    }
  }
  const dataset: Dataset = {
    source: {
      file: 'data/sheared-suspension.h5',
      layout: 'aps-legacy',
      contentHash: 'c0ffee'.padEnd(64, '0'),
      matrices: Array.from(phi, (_, a) => `/exchange/C2T_all/g2_${String(a + 1).padStart(5, '0')}`),
      origins: { q: 'file', dt: 'file', phi: 'file' },
    },
    q: Q,
    qSpread: 0,
    phi,
    grid,
    frameNumbers: Int32Array.from(positions, (k) => k + 1),
    triangles: { frames: grid.times.length, angles, values: data, excluded },
    excluded: {
      nan: excluded.reduce((sum, one) => sum + one, 0),
      framesOutsideWindow: 0,
      framesExcluded: exclude.length,
      frameAtTimeZero: 1,
      angles: 0,
      otherQ: 12,
    },
    warnings: [],
  };
  const noise: NoiseEstimate = {
    sigma: Float64Array.from(phi, () => sigma),
    source: 'second differences along lag',
    absolute: false,
  };
  const outcome = makeOutcome({ dataset, model, contrast, offset, sigma });
  return { dataset, model, noise, outcome, values, shape };
}

/** Independent errors five times smaller than those under speckle, dyadic ones half as large. */
const known = (speckle: number): Uncertainty => ({
  speckle,
  independent: speckle / 5,
  dyadic: speckle / 2,
  reason: null,
  nearDegenerate: false,
});

/** An error that is not known, for the same reason by all kinds. */
export const unknownError = (reason: string): Uncertainty => ({
  speckle: null,
  independent: null,
  dyadic: null,
  reason,
  nearDegenerate: false,
});

interface OutcomeParts {
  readonly dataset: Dataset;
  readonly model: TwoTimeModel;
  readonly contrast: readonly number[];
  readonly offset: readonly number[];
  readonly sigma: number;
}

function makeOutcome({ dataset, model, contrast, offset, sigma }: OutcomeParts): FitOutcome {
  const relative: Record<string, number> = {
    D0: 0.02,
    alpha: 0.03,
    D_offset: 0.15,
    gamma_dot_t0: 0.02,
    beta: 0.04,
    gamma_dot_t_offset: 0.12,
    phi0: 0.01,
  };
  const bounds: Record<string, readonly [number, number]> = {
    D0: [1, 1e6],
    alpha: [-2, 2],
    D_offset: [-1e5, 1e5],
    gamma_dot_t0: [1e-6, 1],
    beta: [-2, 2],
    gamma_dot_t_offset: [-1, 1],
    phi0: [-30, 30],
  };
  const truth: ParameterValues = TRUTH;
  const parameters: FittedParameter[] = model.parameters.map((name) => ({
    name,
    value: truth[name]!,
    vary: true,
    tie: null,
    start: name === 'D0' ? 10000 : null,
    bounds: bounds[name]!,
    atBound: null,
    uncertainty: known(Math.abs(truth[name]!) * relative[name]!),
  }));
  const names = [
    ...parameters.map((one) => one.name),
    ...contrast.flatMap((_, a) => [`contrast[${a}]`, `offset[${a}]`]),
  ];
  const errors = [...parameters.map((one) => one.uncertainty.speckle!), ...contrast.flatMap(() => [3e-4, 1e-4])];
  const covariance = new Float64Array(names.length ** 2);
  const correlation: Record<string, number> = {
    'D0 alpha': 0.84,
    'D0 D_offset': -0.95,
    'alpha D_offset': -0.92,
    'gamma_dot_t0 beta': -0.9,
    'gamma_dot_t0 gamma_dot_t_offset': -0.97,
    'beta gamma_dot_t_offset': 0.82,
  };
  names.forEach((row, r) =>
    names.forEach((column, c) => {
      const rho = r === c ? 1 : (correlation[`${row} ${column}`] ?? correlation[`${column} ${row}`] ?? 0);
      covariance[r * names.length + c] = rho * errors[r]! * errors[c]!;
    }),
  );
  const points = valuesOf(dataset.triangles).length - dataset.excluded.nan;
  const degreesOfFreedom = points - names.length;
  return {
    status: 'converged',
    reason: 'relative change of the cost below 1e-12',
    parameters,
    scaling: contrast.map((value, a) => ({
      contrast: { value, uncertainty: known(3e-4) },
      offset: { value: offset[a]!, uncertainty: known(1e-4) },
    })),
    cost: {
      chi2: degreesOfFreedom * 1.0012,
      reducedChi2: 1.0012,
      degreesOfFreedom,
      points,
      rms: sigma,
      r2: 0.9871,
      chi2PerPoint: Float64Array.from(contrast, (_, a) => 1 + 0.004 * ((a * 7) % 11)),
    },
    weights: { asked: 'none', used: 'none', reason: null },
    profiles: null,
    covariance: {
      names,
      speckle: covariance,
      independent: covariance.map((value) => value / 25),
      dyadic: covariance.map((value) => value / 4),
    },
    noise: {
      shared: true,
      misfit: 0.4,
      reason: null,
      angles: contrast.map(() => ({
        speckles: { value: 1200, error: 80 },
        sigma: { value: 0.0081, error: 0.0002 },
        crossed: { value: 1.2e-4, error: 3e-5 },
        correlationTimes: 42,
        effectivePoints: 310,
        correlation: {
          steps: Int32Array.of(1, 2, 4),
          lag: Float64Array.of(0.31, 0.25, 0.1),
          age: Float64Array.of(0.2, 0.1, 0.05),
        },
      })),
    },
    solver: {
      iterations: 14,
      fullSweeps: 8,
      starts: 8,
      startsAtBest: 7,
      trace: makeTrace(points),
      startCosts: Array.from({ length: 8 }, (_, s) => ({
        level: s < 2 ? ('full' as const) : ('coarse' as const),
        cost: points * (s < 7 ? 0.5 : 0.61),
      })),
    },
    identifiability: {
      condition: 3140,
      weakest: [
        {
          direction: { D0: 0.71, alpha: 0.02, D_offset: -0.7 },
          naturalSteps: 0.6,
          text: 'the data fix D0·t^alpha + D_offset near t = 3.2 s, not D0 and D_offset separately',
        },
      ],
    },
    warnings: [],
  };
}

function makeTrace(points: number): TraceEntry[] {
  const trace: TraceEntry[] = [];
  for (let start = 0; start < 8; start++) {
    const floor = start === 7 ? 1.31 : 1;
    const length = 7 + ((start * 5) % 6);
    for (let iteration = 0; iteration <= length; iteration++) {
      const excess = 40 * (1 + start) * Math.exp(-0.9 * iteration - 0.12 * iteration ** 2);
      const cost = (points / 32) * (floor + excess);
      trace.push({ level: 'coarse', start, iteration, cost, accepted: true });
      if (iteration === 3 && start % 3 === 0) {
        trace.push({ level: 'coarse', start, iteration, cost: cost * 1.4, accepted: false });
      }
    }
  }
  for (let start = 0; start < 2; start++) {
    for (let iteration = 0; iteration <= 4; iteration++) {
      const excess = [3e-2, 2e-4, 3e-7, 4e-12, 0][iteration]! * (1 + start);
      trace.push({ level: 'full', start, iteration, cost: (points / 2) * (1 + excess), accepted: true });
    }
  }
  return trace;
}

/** The record of a synthetic fit with fixed timings. */
export function recordOf(fit: SyntheticFit, warnings: readonly Warning[] = []): ResultRecord {
  const timings = { readSeconds: 0.25, fitSeconds: 0.5, totalSeconds: 1 };
  return makeResultRecord({
    ...fit,
    scaling: 'per-angle',
    timings,
    resources: { peakMegabytes: 250 },
    versions: { twotime: '0.1.0', node: '26.10.0' },
    warnings,
  });
}
