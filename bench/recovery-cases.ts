/**
 * Simulated files with known answers, drawn around published values, and what a fit makes of them.
 *
 * Truths: D0 19230 Å²/s, alpha −1.063, D_offset 879 Å²/s, gamma_dot_t0 2e-3 1/s, beta −0.3, gamma_dot_t_offset 2e-4 1/s,
 * all but the exponents within a factor of 2 (shear 1.6), exponents within 0.4 (beta 0.2), phi0 within 8°, contrast
 * 0.1 … 0.3, q 0.0054 … 0.0237 1/Å, gap 2e6 Å, dt 0.1 s, white noise.
 *
 * Half of the fits start from values off by up to a factor of three (exponents 0.5, phi0 10°), half without a start. A fit
 * reached the best minimum when its cost is no higher than that of a fit started at the truth. Standard errors are
 * statements about a quadratic around the best minimum, so pulls are taken where that was reached and is one: files in which
 * one standard error along the weakest direction is longer than `QUADRATIC` natural steps are counted as near-degenerate
 * and give no pulls.
 */
import { fold, keyFromSeed, uniforms } from '../src/math/index.ts';
import type { Convention, Mode, ParameterValues } from '../src/model/index.ts';
import { fitTwoTime, type FitOutcome } from '../src/nlsq/index.ts';
import { memory, simulatedProblem, type Simulated } from '../test/nlsq/simulated.ts';

const FRAMES = 81;
const PHI = [-90, -67.5, -45, -22.5, 0, 22.5, 45, 67.5];
const SIGMA = 0.002;
const QUADRATIC = 0.08;
const COST_TOLERANCE = 1e-9;

export interface RecoveredFile {
  readonly truth: ParameterValues;
  readonly q: number;
  /** Whether the fit had a start. */
  readonly given: boolean;
  readonly outcome: FitOutcome;
  /** The fit started at the truth. */
  readonly reference: FitOutcome;
  readonly reachedBest: boolean;
  readonly nearDegenerate: boolean;
  /** (value − truth)/σ of every physical parameter; null when the best minimum was missed or the file is near-degenerate. */
  readonly pulls: Readonly<Record<string, number>> | null;
}

/** Simulate file `index` and fit it. */
export async function recover(mode: Mode, convention: Convention, index: number): Promise<RecoveredFile> {
  const draws = uniforms(fold(keyFromSeed(20260), index), 32);
  let next = 0;
  const between = (lower: number, upper: number): number => lower + (upper - lower) * draws[next++]!;
  const q = 0.0054 * (0.0237 / 0.0054) ** between(0, 1);
  const contrast = between(0.1, 0.3);
  const transport = {
    D0: 19230 * 2 ** between(-1, 1),
    alpha: -1.063 + between(-0.4, 0.4),
    D_offset: 879 * 2 ** between(-1, 1),
  };
  const shear = {
    gamma_dot_t0: 2e-3 * 1.6 ** between(-1, 1),
    beta: -0.3 + between(-0.2, 0.2),
    gamma_dot_t_offset: 2e-4 * 1.6 ** between(-1, 1),
    phi0: between(-8, 8),
  };
  const truth: ParameterValues = mode === 'static' ? transport : { ...transport, ...shear };
  const off = (name: string, value: number): number => {
    if (name === 'alpha' || name === 'beta') return value + between(-0.5, 0.5);
    return name === 'phi0' ? value + between(-10, 10) : value * 3 ** between(-1, 1);
  };
  const start = Object.fromEntries(Object.entries(truth).map(([name, value]) => [name, off(name, value)]));
  const given = index % 2 === 0;
  const file: Simulated = {
    ...{ mode, convention, frames: FRAMES, q, phi: PHI, truth, sigma: SIGMA, seed: index },
    contrast: () => contrast,
  };

  const mark = memory.mark();
  try {
    const outcome = await fitTwoTime(simulatedProblem(file, { ...(given ? { start } : {}), options: { seed: index } }));
    const reference = await fitTwoTime(simulatedProblem(file, { start: truth, options: { starts: 1 } }));
    const reachedBest = outcome.cost.chi2 <= reference.cost.chi2 * (1 + COST_TOLERANCE);
    const nearDegenerate = !(outcome.identifiability.weakest[0]!.naturalSteps <= QUADRATIC);
    const pulls = reachedBest && !nearDegenerate ? pullsOf(outcome, truth) : null;
    return { truth, q, given, outcome, reference, reachedBest, nearDegenerate, pulls };
  } finally {
    memory.release(mark);
  }
}

function pullsOf({ parameters }: FitOutcome, truth: ParameterValues): Record<string, number> | null {
  if (parameters.some(({ uncertainty }) => uncertainty.independent === null)) return null;
  return Object.fromEntries(
    parameters.map(({ name, value, uncertainty }) => [name, (value - truth[name]!) / uncertainty.independent!]),
  );
}

export interface RecoverySummary {
  readonly files: number;
  readonly reachedBest: number;
  readonly converged: number;
  readonly nearDegenerate: number;
  /** Mean and standard deviation of the pulls of each parameter. */
  readonly pulls: readonly { readonly name: string; readonly mean: number; readonly sd: number }[];
}

export function summariseRecovery(files: readonly RecoveredFile[]): RecoverySummary {
  const pulls = files.flatMap((file) => (file.pulls === null ? [] : [file.pulls]));
  const names = Object.keys(files[0]?.truth ?? {});
  return {
    files: files.length,
    reachedBest: files.filter(({ reachedBest }) => reachedBest).length,
    converged: files.filter(({ outcome }) => outcome.status === 'converged').length,
    nearDegenerate: files.filter(({ nearDegenerate }) => nearDegenerate).length,
    pulls: names.map((name) => {
      const values = pulls.map((pull) => pull[name]!);
      const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
      const sd = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1));
      return { name, mean, sd };
    }),
  };
}
