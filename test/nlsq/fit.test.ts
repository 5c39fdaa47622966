/** The fit as its users meet it: values, bounds, ties, scaling, stopping, what it costs and what it tells. */
import { valuesOf } from '../../src/kernels/index.ts';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/base/events.ts';
import type { ParameterValues } from '../../src/model/index.ts';
import { fitTwoTime, type FitOutcome, type FitProblem } from '../../src/nlsq/index.ts';
import { FLOW_TRUTH, simulatedProblem, STATIC_TRUTH, type Simulated } from './simulated.ts';

const STATIC: Simulated = {
  mode: 'static',
  frames: 50,
  q: 0.01,
  phi: [0, 40, 80],
  truth: STATIC_TRUTH,
  sigma: 0.004,
  seed: 5,
};
const FLOW: Simulated = {
  ...{ mode: 'laminar_flow', frames: 50, q: 0.0054, truth: FLOW_TRUTH, sigma: 0.004, seed: 6 },
  phi: [-60, -30, 0, 30, 60, 90],
};
const HALF = { D0: 9600, alpha: -0.8, D_offset: 400 };

function valueOf(outcome: FitOutcome, name: string): number {
  return outcome.parameters.find((parameter) => parameter.name === name)!.value;
}

function codesOf(outcome: FitOutcome): string[] {
  return outcome.warnings.map(({ code }) => code);
}

describe('a fit', () => {
  test.each([STATIC, FLOW])('finds the truth within its errors without a start: $mode', async (request) => {
    const outcome = await fitTwoTime(simulatedProblem(request));
    expect(outcome.status).toBe('converged');
    for (const { name, value, uncertainty } of outcome.parameters) {
      expect(Math.abs(value - request.truth[name]!)).toBeLessThan(4 * uncertainty.independent!);
    }
    for (const { contrast, offset } of outcome.scaling) {
      expect(Math.abs(contrast.value - 0.2)).toBeLessThan(5 * contrast.uncertainty.independent!);
      expect(Math.abs(offset.value - 1)).toBeLessThan(5 * offset.uncertainty.independent!);
    }
    expect(outcome.cost.reducedChi2).toBeCloseTo(1, 1);
    expect(outcome.solver.startsAtBest).toBeGreaterThan(2);
  });

  test('uses a given start alone with starts: 1, and reports it unaltered', async () => {
    const outcome = await fitTwoTime(simulatedProblem(STATIC, { start: HALF, options: { starts: 1 } }));
    expect(outcome.solver.starts).toBe(1);
    expect(outcome.parameters.map(({ start }) => start)).toEqual([9600, -0.8, 400]);
    expect(outcome.solver.fullSweeps).toBeLessThan(12);
  });

  test('starts at the given values: the first cost is that of the start itself', async () => {
    const problem = simulatedProblem(STATIC, { start: HALF });
    const outcome = await fitTwoTime(problem);
    const weight = problem.noise.sigma.map((sigma) => 1 / sigma ** 2);
    const ones = new Float64Array(3).fill(1);
    const sums = await problem.sweeps.sums(problem.model.physics(HALF), { contrast: ones, offset: ones, weight }, {});
    let cost = 0;
    for (let a = 0; a < 3; a++) {
      const [n, m, mm, r, rm, rr] = [sums.points[a]!, sums.m[a]!, sums.mm[a]!, sums.r[a]!, sums.rm[a]!, sums.rr[a]!];
      const slope = (rm - (m * r) / n) / (mm - (m * m) / n);
      cost += 0.5 * weight[a]! * (rr - (r * r) / n - slope * (rm - (m * r) / n));
    }
    const first = outcome.solver.trace.find(({ start, iteration }) => start === 0 && iteration === 0)!;
    expect(first.cost).toBeCloseTo(cost, 6);
  });

  test('keeps the given values of a partial start and finds the others', async () => {
    const outcome = await fitTwoTime(simulatedProblem(STATIC, { start: { alpha: -1 } }));
    expect(outcome.status).toBe('converged');
    expect(outcome.parameters.map(({ start }) => start)).toEqual([null, -1, null]);
    expect(Math.abs(valueOf(outcome, 'D0') / STATIC_TRUTH['D0']! - 1)).toBeLessThan(0.1);
  });

  test('gives the same bits for the same seed', async () => {
    const [first, second] = [await fitTwoTime(simulatedProblem(FLOW)), await fitTwoTime(simulatedProblem(FLOW))];
    expect(second.parameters).toEqual(first.parameters);
    expect(Array.from(second.covariance.independent)).toEqual(Array.from(first.covariance.independent));
    expect(second.solver).toEqual(first.solver);
  });

  test('does not depend on the unit of the data', async () => {
    const plain = await fitTwoTime(simulatedProblem(STATIC, { start: HALF, options: { starts: 1 } }));
    const scaled = simulatedProblem(STATIC, { start: HALF, options: { starts: 1 } });
    valuesOf(scaled.sweeps.data).forEach((value, k, all) => (all[k] = value * 1024));
    const outcome = await fitTwoTime(scaled);
    expect(outcome.solver.iterations).toBe(plain.solver.iterations);
    outcome.parameters.forEach(({ value }, k) => expect(value / plain.parameters[k]!.value).toBeCloseTo(1, 9));
  });

  test('ends at the same minimum whether or not coarse levels were used, in under ten full sweeps with them', async () => {
    const large: Simulated = { ...STATIC, frames: 450, phi: [0] };
    const direct = await fitTwoTime(simulatedProblem(large, { start: STATIC_TRUTH, options: { starts: 1 } }));
    const climbed = await fitTwoTime(simulatedProblem(large, { start: HALF }));
    expect(climbed.solver.fullSweeps).toBeLessThan(10);
    expect(climbed.solver.trace.some(({ level }) => level === 'coarse')).toBe(true);
    expect(climbed.solver.trace.at(-1)!.level).toBe('full');
    climbed.parameters.forEach(({ value }, k) => expect(value / direct.parameters[k]!.value).toBeCloseTo(1, 6));
  });
});

describe('fixed parameters, ties and bounds', () => {
  test('a fixed parameter keeps its value and has no error', async () => {
    const settings = { D_offset: { vary: false, value: 879 } };
    const outcome = await fitTwoTime(simulatedProblem(STATIC, { settings }));
    expect(valueOf(outcome, 'D_offset')).toBe(879);
    expect(outcome.parameters[2]!.uncertainty).toMatchObject({
      speckle: null,
      independent: null,
      dyadic: null,
      reason: 'fixed',
    });
    expect(outcome.covariance.names.slice(0, 3)).toEqual(['D0', 'alpha', 'contrast[0]']);
  });

  test('a tied parameter equals its source, and both shape the fit', async () => {
    const truth: ParameterValues = { ...FLOW_TRUTH, beta: FLOW_TRUTH['alpha']! };
    const settings = { beta: { tie: 'alpha' } };
    const outcome = await fitTwoTime(simulatedProblem({ ...FLOW, truth }, { settings }));
    const alpha = outcome.parameters.find(({ name }) => name === 'alpha')!;
    expect(valueOf(outcome, 'beta')).toBe(alpha.value);
    expect(Math.abs(alpha.value - truth['alpha']!)).toBeLessThan(4 * alpha.uncertainty.independent!);
    const beta = outcome.parameters.find(({ name }) => name === 'beta')!;
    expect(beta.uncertainty).toMatchObject({ speckle: null, independent: null, dyadic: null, reason: 'tied to alpha' });
    const apart = await fitTwoTime(simulatedProblem({ ...FLOW, truth }, {}));
    const freeAlpha = apart.parameters.find(({ name }) => name === 'alpha')!;
    expect(alpha.uncertainty.independent!).toBeLessThan(freeAlpha.uncertainty.independent!);
  });

  test('a minimum outside the bounds ends at the bound, converged, with the gradient pushing outward', async () => {
    const settings = { alpha: { bounds: [-0.9, 2] as const } };
    const outcome = await fitTwoTime(simulatedProblem(STATIC, { settings }));
    const alpha = outcome.parameters[1]!;
    expect(outcome.status).toBe('converged');
    expect(alpha.value).toBe(-0.9);
    expect(alpha.atBound).toBe('lower');
    expect(alpha.uncertainty).toMatchObject({
      speckle: null,
      independent: null,
      dyadic: null,
      reason: 'at lower bound',
    });
    expect(codesOf(outcome)).toContain('parameter-at-bound');
    const fixed = await fitTwoTime(simulatedProblem(STATIC, { settings: { alpha: { vary: false, value: -0.9 } } }));
    expect(valueOf(outcome, 'D0') / valueOf(fixed, 'D0')).toBeCloseTo(1, 6);
    expect(outcome.cost.chi2 / fixed.cost.chi2).toBeCloseTo(1, 10);
  });

  test('a start at a bound can leave it', async () => {
    const settings = { D_offset: { bounds: [0, 1e5] as const } };
    const start = { ...HALF, D_offset: 0 };
    const outcome = await fitTwoTime(simulatedProblem(STATIC, { start, settings, options: { starts: 1 } }));
    expect(outcome.status).toBe('converged');
    expect(Math.abs(valueOf(outcome, 'D_offset') - 879)).toBeLessThan(
      4 * outcome.parameters[2]!.uncertainty.independent!,
    );
  });

  test('with every parameter fixed only contrast and offset are fitted', async () => {
    const settings = Object.fromEntries(
      Object.entries(STATIC_TRUTH).map(([name, value]) => [name, { vary: false, value }]),
    );
    const outcome = await fitTwoTime(simulatedProblem(STATIC, { settings, options: { starts: 8 } }));
    expect(outcome.status).toBe('converged');
    expect(outcome.identifiability).toEqual({ condition: null, weakest: [] });
    expect(outcome.scaling[0]!.contrast.value).toBeCloseTo(0.2, 2);
    expect(outcome.scaling[0]!.contrast.uncertainty.independent).toBeGreaterThan(0);
  });
});

describe('scaling', () => {
  const contrast = (phi: number): number => 0.2 + 0.05 * Math.cos((phi * Math.PI) / 180);
  const request: Simulated = { ...STATIC, phi: [0, 30, 60, 90, 120, 150], contrast };

  test('shared scaling has one contrast and offset for all angles', async () => {
    const outcome = await fitTwoTime(simulatedProblem(STATIC, { scaling: { mode: 'shared' } }));
    const [first, ...others] = outcome.scaling;
    others.forEach((angle) => expect(angle).toEqual(first));
    expect(outcome.cost.degreesOfFreedom).toBe(outcome.cost.points - 5);
  });

  test('a Fourier series follows a contrast that varies with the angle', async () => {
    const outcome = await fitTwoTime(simulatedProblem(request, { scaling: { mode: 'fourier', order: 1 } }));
    outcome.scaling.forEach((angle, a) => {
      const error = angle.contrast.uncertainty.independent!;
      expect(Math.abs(angle.contrast.value - contrast(request.phi[a]!))).toBeLessThan(4 * error);
    });
    const each = await fitTwoTime(simulatedProblem(request, { scaling: { mode: 'per-angle' } }));
    const errors = (of: FitOutcome): number =>
      of.scaling.reduce((sum, angle) => sum + angle.contrast.uncertainty.independent!, 0);
    expect(errors(outcome)).toBeLessThan(errors(each));
  });

  test('fixed scaling keeps the given values and says so', async () => {
    const fixed = { contrast: Float64Array.from(request.phi, contrast), offset: new Float64Array(6).fill(1) };
    const outcome = await fitTwoTime(simulatedProblem(request, { scaling: { mode: 'fixed', ...fixed } }));
    expect(outcome.scaling.map((angle) => angle.contrast.value)).toEqual(Array.from(fixed.contrast));
    expect(outcome.scaling[0]!.offset.uncertainty).toMatchObject({
      speckle: null,
      independent: null,
      dyadic: null,
      reason: 'fixed',
    });
    expect(Math.abs(valueOf(outcome, 'D0') / 19230 - 1)).toBeLessThan(0.05);
  });

  test('a contrast above 1 or an offset below 0.5 is reported as it is', async () => {
    const odd: Simulated = { ...STATIC, contrast: () => 1.3, offset: () => 0.3 };
    const outcome = await fitTwoTime(simulatedProblem(odd));
    expect(outcome.scaling[0]!.contrast.value).toBeCloseTo(1.3, 1);
    expect(codesOf(outcome)).toEqual(expect.arrayContaining(['contrast-outside-bounds', 'offset-outside-bounds']));
  });
});

describe('stopping', () => {
  /** Abort once `when` is true of an event, and return what the fit made of it. */
  async function abortedFit(problem: FitProblem, when: (event: RunEvent) => boolean): Promise<FitOutcome> {
    const controller = new AbortController();
    const progress = (event: RunEvent): void => {
      if (when(event)) controller.abort(new Error('enough'));
    };
    return fitTwoTime(problem, { signal: controller.signal, progress });
  }

  test('after some iterations the best point so far is returned as cancelled, without errors', async () => {
    const problem = simulatedProblem(FLOW, { start: FLOW_TRUTH, options: { starts: 1 } });
    const outcome = await abortedFit(problem, (event) => event.kind === 'iteration' && event.iteration === 1);
    expect(outcome.status).toBe('cancelled');
    expect(outcome.parameters[0]!.uncertainty.independent).toBeNull();
    expect(outcome.parameters[0]!.uncertainty.reason).toContain('stopped');
    expect(Number.isFinite(valueOf(outcome, 'D0'))).toBe(true);
  });

  test('before there is any point it throws Cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(fitTwoTime(simulatedProblem(STATIC), { signal: controller.signal })).rejects.toThrow(
      'stopped on request',
    );
  });

  test('on coarse data the answer says that all data were never compared', async () => {
    const outcome = await abortedFit(
      simulatedProblem({ ...STATIC, frames: 260, phi: [0] }, { start: HALF }),
      (event) => event.kind === 'iteration' && event.level === 'coarse',
    );
    expect(outcome.status).toBe('cancelled');
    expect(outcome.cost.chi2).toBeNaN();
    expect(outcome.parameters[0]!.uncertainty.reason).toContain('before all data');
  });

  test('too few iterations are reported as such', async () => {
    const options = { starts: 1, maxIterations: 1 };
    const outcome = await fitTwoTime(simulatedProblem({ ...STATIC, frames: 260, phi: [0] }, { start: HALF, options }));
    expect(outcome.status).toBe('max-iterations');
  });

  test('data that do not respond to the parameters end as stalled, without made-up errors', async () => {
    const problem = simulatedProblem(STATIC, { start: HALF, options: { starts: 1 } });
    valuesOf(problem.sweeps.data).fill(1);
    const outcome = await fitTwoTime(problem);
    expect(outcome.status).toBe('stalled');
    for (const { uncertainty } of outcome.parameters) expect(uncertainty.independent).toBeNull();
  });
});

describe('what is told', () => {
  test('every trial step is an event and an entry of the trace', async () => {
    const events: RunEvent[] = [];
    const outcome = await fitTwoTime(simulatedProblem(STATIC), { progress: (event) => events.push(event) });
    const iterations = events.filter((event) => event.kind === 'iteration' && event.level !== 'scan');
    expect(iterations.length).toBe(outcome.solver.trace.length);
    expect(outcome.solver.startCosts.length).toBe(outcome.solver.starts);
  });

  test('excluded pairs do not count and do not matter', async () => {
    const problem = simulatedProblem(STATIC);
    const whole = await fitTwoTime(problem);
    const holed = simulatedProblem(STATIC);
    for (let k = 0; k < 20; k++) valuesOf(holed.sweeps.data)[37 * k] = NaN;
    holed.sweeps.data.excluded[0] = 20;
    const outcome = await fitTwoTime({ ...holed, sweeps: holed.coarse.sweeps(holed.sweeps.data) });
    expect(outcome.cost.points).toBe(whole.cost.points - 20);
    expect(valueOf(outcome, 'D0') / valueOf(whole, 'D0')).toBeCloseTo(1, 2);
  });

  test('χ², rms and r² are those of the residuals', async () => {
    const problem = simulatedProblem(STATIC);
    const { cost, parameters, scaling } = await fitTwoTime(problem);
    const values = Object.fromEntries(parameters.map(({ name, value }) => [name, value]));
    const physics = problem.model.physics(values);
    const { frames } = problem.sweeps.data;
    const data = valuesOf(problem.sweeps.data);
    const pairs = (frames * (frames - 1)) / 2;
    let squares = 0;
    let variation = 0;
    scaling.forEach(({ contrast, offset }, a) => {
      const y = data.subarray(a * pairs, (a + 1) * pairs);
      const mean = y.reduce((sum, value) => sum + value, 0) / pairs;
      problem.sweeps.shape(physics, a).forEach((m, k) => {
        squares += (y[k]! - offset.value - contrast.value * m) ** 2;
        variation += (y[k]! - mean) ** 2;
      });
    });
    expect(cost.chi2).toBeCloseTo(squares / 0.004 ** 2, 3);
    expect(cost.rms).toBeCloseTo(Math.sqrt(squares / (3 * pairs)), 9);
    expect(cost.r2).toBeCloseTo(1 - squares / variation, 9);
    expect(cost.chi2PerPoint.reduce((sum, value) => sum + value, 0) * pairs).toBeCloseTo(cost.chi2, 3);
  });

  test('fewer points than unknowns are refused', async () => {
    await expect(fitTwoTime(simulatedProblem({ ...STATIC, frames: 4, phi: [0] }))).rejects.toThrow(
      '3 points for 5 unknowns',
    );
  });
});
