/**
 * Fits to simulated speckle with known truth, and how often the intervals of each kind of error hold it.
 *
 * Starts are the truth, one per fit: what is measured is the errors, not the search. Photon noise is `comparable` when
 * 1/photons is the contrast: then counts add to the variance of c2 far from the diagonal as much as speckle has alone. Noise is
 * `buried` when white noise of 0.01 is added; many speckles are then a thousand whose noise is made smaller.
 */
import { pairsOf, speckleKernels, loadKernels, type TriangleStack } from '../src/kernels/index.ts';
import { fillNormals, fold, keyFromSeed, median } from '../src/math/index.ts';
import {
  bindModel,
  makeTimeGrid,
  pairValue,
  physicalParameters,
  simulateSpeckle,
  type ParameterValues,
  type TwoTimeModel,
} from '../src/model/index.ts';
import { fitTwoTime, type FitOutcome, type FitProblem, type ParameterSetting } from '../src/nlsq/index.ts';
import { kernels, memory } from '../test/nlsq/simulated.ts';

export type CoverageNoise = 'none' | 'comparable' | 'white' | 'buried';

export interface CoverageCase {
  /** A key of `DYNAMICS`. */
  readonly dynamics: string;
  readonly contrast: number;
  readonly speckles: number;
  readonly noise: CoverageNoise;
  /** The one at t = 0 included. */
  readonly frames: number;
  readonly sets: number;
  readonly seed: number;
}

interface Dynamics {
  readonly truth: ParameterValues;
  readonly q: number;
  readonly dt: number;
  readonly phi: readonly number[];
}

const FLOW = { gamma_dot_t0: 2e-3, beta: -0.3, gamma_dot_t_offset: 2e-4, phi0: 4 };
/** Truths by name. */
export const DYNAMICS: Readonly<Record<string, Dynamics>> = {
  fast: { truth: { D0: 19230, alpha: -1.063, D_offset: 879 }, q: 0.0237, dt: 0.1, phi: [0] },
  slow: { truth: { D0: 2000, alpha: -0.5, D_offset: 50 }, q: 0.0237, dt: 0.1, phi: [0] },
  laminar: {
    truth: { D0: 19230, alpha: -1.063, D_offset: 879, ...FLOW },
    q: 0.0054,
    dt: 0.1,
    phi: [-75, -45, -15, 15, 45, 75],
  },
  /** Two angles, whose speckle differs in size in every data set. */
  two_angles: { truth: { D0: 8000, alpha: -0.8, D_offset: 200 }, q: 0.0237, dt: 0.1, phi: [0, 90] },
  /** Nothing tells D0, alpha and D_offset apart. */
  constant: { truth: { D0: 3000, alpha: 0, D_offset: 1000 }, q: 0.0237, dt: 0.1, phi: [0] },
  static_simon: { truth: { D0: 16917.74, alpha: -1.57245, D_offset: 3.05305 }, q: 0.0237, dt: 0.1, phi: [0] },
  laminar_c020: {
    truth: {
      D0: 68480.5,
      alpha: -1.32694,
      D_offset: 1707.73,
      gamma_dot_t0: 0.00199104,
      beta: -0.211921,
      gamma_dot_t_offset: -0.000607376,
      phi0: 2.00113,
    },
    q: 0.0054,
    dt: 0.1,
    phi: [-75, -45, -15, 15, 45, 75],
  },
};
const GAP = 2e6;
const WHITE = 0.01;
/** Speckles drawn for noise that is `buried`, at most. */
const DRAWN = 1000;
export const KINDS = ['speckle', 'independent', 'dyadic'] as const;
type Kind = (typeof KINDS)[number];

export interface CoveredParameter {
  readonly name: string;
  /** Fits in which the parameter has a speckle error that is not marked near-degenerate. */
  readonly counted: number;
  readonly marked: number;
  readonly unknown: number;
  /** Share of intervals that hold the truth, of the sets counted that have this kind of error. */
  readonly covered: Readonly<Record<Kind, number>>;
  /** Median error over the standard deviation of the estimates. */
  readonly ratio: Readonly<Record<Kind, number>>;
}

export interface Coverage {
  readonly parameters: readonly CoveredParameter[];
  /** Median and spread of the amplitudes found. */
  readonly speckles: readonly number[];
  readonly sigmas: readonly number[];
  readonly crossed: readonly number[];
  readonly correlationTimes: number;
  readonly dyadicUnknown: number;
  /** Scores of how badly speckle describes the residuals. */
  readonly misfits: readonly number[];
  readonly seconds: number;
}

const specklePart = speckleKernels(await loadKernels(), memory);

export function coverageModel({ dynamics, frames }: CoverageCase): TwoTimeModel {
  const chosen = DYNAMICS[dynamics];
  if (chosen === undefined) throw new Error(`no dynamics "${dynamics}"; there are ${Object.keys(DYNAMICS).join(', ')}`);
  const { q, dt, phi, truth } = chosen;
  const flow = 'phi0' in truth;
  const grid = makeTimeGrid(
    dt,
    0,
    Float64Array.from({ length: frames - 1 }, (_, k) => k + 1),
  );
  return bindModel({
    mode: flow ? 'laminar_flow' : 'static',
    convention: 'published',
    ...{ q, gap: flow ? GAP : null, phi: Float64Array.from(phi), grid },
  });
}

/** One set fitted from the truth. */
export async function fitSet(
  one: CoverageCase,
  set: number,
  options: Pick<FitProblem['options'], 'profile' | 'weights'> = {},
): Promise<FitOutcome> {
  const mark = memory.mark();
  try {
    const model = coverageModel(one);
    const problem = coverageProblem(one, model, coverageData(one, model, one.seed * 100000 + set));
    return await fitTwoTime({ ...problem, options: { ...problem.options, ...options } });
  } finally {
    memory.release(mark);
  }
}

function coverageData(one: CoverageCase, model: TwoTimeModel, seed: number): TriangleStack {
  const { truth } = DYNAMICS[one.dynamics]!;
  const physics = model.physics(truth);
  const { contrast, speckles, noise } = one;
  const photons = noise === 'comparable' ? 1 / contrast : null;
  const drawn = noise === 'buried' ? Math.min(speckles, DRAWN) : speckles;
  const made =
    noise === 'white'
      ? null
      : simulateSpeckle(physics, { speckles: drawn, contrast, photons, seed }, specklePart).values;
  const smaller = Math.sqrt(drawn / speckles);
  const white = noise === 'white' || noise === 'buried' ? WHITE : 0;
  const frames = physics.c.length;
  const angles = physics.h.length;
  const values = kernels.allocate(angles * pairsOf(frames));
  const normals = new Float64Array(values.length);
  fillNormals(fold(keyFromSeed(seed), 0), normals);
  let at = 0;
  for (let a = 0; a < angles; a++) {
    for (let i = 0; i < frames; i++) {
      for (let j = i + 1; j < frames; j++, at++) {
        const deltaG = physics.g === null ? 0 : physics.g[j]! - physics.g[i]!;
        const m = pairValue('published', physics.kappa, physics.c[j]! - physics.c[i]!, deltaG, physics.h[a]!);
        const mean = 1 + contrast * m;
        const speckle = made === null ? 0 : smaller * (made[at]! - mean);
        values[at] = mean + speckle + white * normals[at]!;
      }
    }
  }
  return { frames, angles, excluded: new Uint32Array(angles), values };
}

function coverageProblem(one: CoverageCase, model: TwoTimeModel, data: TriangleStack): FitProblem {
  const { truth } = DYNAMICS[one.dynamics]!;
  const parameters = physicalParameters(model.mode).map(({ name, bounds }): ParameterSetting => ({
    name,
    vary: true,
    bounds,
    value: truth[name]!,
  }));
  return {
    model,
    sweeps: kernels.sweeps(data),
    coarse: kernels,
    noise: { sigma: new Float64Array(model.phi.length).fill(1), source: 'simulation', absolute: false },
    parameters,
    scaling: { mode: 'per-angle' },
    options: { starts: 1, seed: 1, maxIterations: 100 },
  };
}

export async function coverage(one: CoverageCase): Promise<Coverage> {
  const started = performance.now();
  const outcomes: FitOutcome[] = [];
  for (let set = 0; set < one.sets; set++) outcomes.push(await fitSet(one, set));
  const angle = outcomes.flatMap(({ noise }) => noise.angles);
  return {
    parameters: quantities(one, outcomes[0]!).map((name) => covered(name, truthOf(one, name), outcomes)),
    speckles: angle.map(({ speckles }) => speckles.value ?? Infinity),
    sigmas: angle.map(({ sigma }) => sigma.value ?? NaN),
    crossed: angle.map(({ crossed }) => crossed.value ?? NaN),
    correlationTimes: Math.min(...angle.map(({ correlationTimes }) => correlationTimes)),
    dyadicUnknown: outcomes.filter(({ covariance }) => covariance.dyadic.every(Number.isNaN)).length,
    misfits: outcomes.map(({ noise }) => noise.misfit ?? NaN),
    seconds: (performance.now() - started) / 1000,
  };
}

function quantities({ dynamics }: CoverageCase, { parameters, scaling }: FitOutcome): string[] {
  const physical = parameters.map(({ name }) => name).filter((name) => name in DYNAMICS[dynamics]!.truth);
  return [...physical, ...scaling.flatMap((_, a) => [`contrast[${a}]`, `offset[${a}]`])];
}

function truthOf({ dynamics, contrast }: CoverageCase, name: string): number {
  if (name.startsWith('contrast')) return contrast;
  return name.startsWith('offset') ? 1 : DYNAMICS[dynamics]!.truth[name]!;
}

function estimateOf({ parameters, scaling }: FitOutcome, name: string) {
  const match = /^(contrast|offset)\[(\d+)\]$/.exec(name);
  if (match === null) return parameters.find((parameter) => parameter.name === name)!;
  return scaling[Number(match[2])]![match[1] as 'contrast' | 'offset'];
}

function covered(name: string, truth: number, outcomes: readonly FitOutcome[]): CoveredParameter {
  const all = outcomes.map((outcome) => estimateOf(outcome, name));
  const known = all.filter(({ uncertainty }) => uncertainty.speckle !== null);
  const used = known.filter(({ uncertainty }) => !uncertainty.nearDegenerate);
  const mean = used.reduce((sum, { value }) => sum + value, 0) / used.length;
  const sd = Math.sqrt(used.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (used.length - 1));
  const perKind = (of: (errors: number[], kind: Kind) => number): Record<Kind, number> => {
    const entry = (kind: Kind): [Kind, number] => {
      const errors = used.flatMap(({ uncertainty }) => (uncertainty[kind] === null ? [] : [uncertainty[kind]]));
      return [kind, of(errors, kind)];
    };
    return Object.fromEntries(KINDS.map(entry)) as Record<Kind, number>;
  };
  return {
    name,
    counted: used.length,
    marked: known.length - used.length,
    unknown: all.length - known.length,
    covered: perKind((errors, kind) => {
      const inside = used.filter(({ value, uncertainty }) => {
        const error = uncertainty[kind];
        return error !== null && Math.abs(value - truth) < 1.959964 * error;
      });
      return errors.length === 0 ? NaN : inside.length / errors.length;
    }),
    ratio: perKind((errors) => (errors.length === 0 ? NaN : median(errors) / sd)),
  };
}

/** The table of one case as text. */
export function coverageTable(one: CoverageCase, found: Coverage): string {
  const percent = (share: number): string => (Number.isNaN(share) ? '-' : (100 * share).toFixed(0)).padStart(4);
  const ratio = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(2)).padStart(5);
  const pooled = (kind: Kind): number => {
    const rows = found.parameters.filter(({ counted, covered: shares }) => counted > 0 && !Number.isNaN(shares[kind]));
    const total = rows.reduce((sum, { counted }) => sum + counted, 0);
    return rows.reduce((sum, row) => sum + row.counted * row.covered[kind], 0) / total;
  };
  const quantilesOf = (values: readonly number[]): string => {
    const sorted = Float64Array.from(values).sort();
    const at = (share: number): string =>
      Number(sorted[Math.floor(share * (sorted.length - 1))]!.toPrecision(3)).toString();
    return `${at(0.5)} (${at(0.16)} … ${at(0.84)})`;
  };
  const { dynamics, contrast, speckles, noise, frames, sets } = one;
  const expected =
    noise === 'comparable' ? `, sigma_w expected ${(contrast / Math.sqrt(speckles)).toPrecision(3)}` : '';
  return [
    `${dynamics}, ${frames} frames, contrast ${contrast}, M ${speckles}, photon noise ${noise}: ${sets} sets, ` +
      `${found.correlationTimes.toPrecision(3)} correlation times, ${found.seconds.toFixed(0)} s`,
    `  M found ${quantilesOf(found.speckles)}; sigma_w found ${quantilesOf(found.sigmas)}${expected}; ` +
      `crossed ${quantilesOf(found.crossed)}; dyadic unknown ${found.dyadicUnknown}; misfit ${quantilesOf(found.misfits)}`,
    '  95 % intervals          spec  ind dyad  | error/sd  spec   ind  dyad | sets, near-degenerate, unknown',
    ...found.parameters.map(
      ({ name, covered: shares, ratio: ratios, counted, marked, unknown }) =>
        `  ${name.padEnd(22)}${KINDS.map((kind) => percent(shares[kind])).join(' ')}  |          ` +
        `${KINDS.map((kind) => ratio(ratios[kind])).join(' ')} | ${counted} ${marked} ${unknown}`,
    ),
    `  ${'pooled'.padEnd(22)}${KINDS.map((kind) => percent(pooled(kind))).join(' ')}`,
  ].join('\n');
}
