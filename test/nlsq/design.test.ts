/** Errors predicted before there are data: against fits to simulated speckle, against data, and what a plan warns of. */
import { describe, expect, test } from 'vitest';
import { compareWithFits, designOf } from '../../bench/design-cases.ts';
import type { CoverageCase } from '../../bench/coverage-cases.ts';
import { createKernelSweeps, loadKernels } from '../../src/kernels/index.ts';
import { expectedSweeps } from '../../src/nlsq/design/index.ts';
import { kernels, memory, simulatedData, simulatedModel, type Simulated } from './simulated.ts';

const CASE: CoverageCase = {
  dynamics: 'fast',
  contrast: 0.2,
  speckles: 1000,
  noise: 'comparable',
  frames: 100,
  sets: 30,
  seed: 11,
};

test('predicted errors are the scatter of fits, and those that the fits give; so are the independent ones', async () => {
  const rows = await compareWithFits(CASE);
  expect(rows.map(({ name }) => name)).toEqual(['D0', 'alpha', 'D_offset', 'contrast', 'offset']);
  for (const { predicted, scatter, fitted } of rows) {
    // The standard deviation of 30 numbers is known to 13 %; the fits estimate the noise from their own residuals.
    expect(Math.abs(Math.log(predicted.speckle! / scatter))).toBeLessThan(0.4);
    expect(Math.abs(predicted.speckle! / fitted.speckle - 1)).toBeLessThan(0.2);
    expect(Math.abs(predicted.independent! / fitted.independent - 1)).toBeLessThan(0.1);
    expect(predicted.speckle! / predicted.independent!).toBeGreaterThan(1.8);
  }
});

test('the normal equations are those of data that equal the model, whatever windows they pass through', async () => {
  const truth = { D0: 19230, alpha: -0.6, D_offset: 2000 };
  const request: Simulated = { mode: 'static', frames: 150, q: 0.0237, phi: [0, 30], truth, sigma: 0, seed: 1 };
  const model = simulatedModel(request);
  const loaded = await loadKernels();
  const expected = expectedSweeps((data) => createKernelSweeps(loaded, memory, data, { windowBytes: 4096 }), 149, 2);
  const scaling = {
    contrast: Float64Array.of(0.2, 0.2),
    offset: Float64Array.of(1, 1),
    weight: Float64Array.of(1, 1),
  };
  const asked = [model.physics(truth), model.sensitivities(truth, ['D0', 'alpha', 'D_offset']), scaling, {}] as const;
  const [planned, measured] = [
    await expected.normal(...asked),
    await kernels.sweeps(simulatedData(request)).normal(...asked),
  ];
  for (const name of ['points', 'm', 'mm', 'd', 'md', 'hessian'] as const) {
    expect(planned[name]).toEqual(measured[name]);
  }
  for (const name of ['r', 'rm', 'rr', 'rd'] as const) expect(planned[name].every((value) => value === 0)).toBe(true);
  expect(Math.max(...measured.rr)).toBeLessThan(1e-9);
});

describe('a plan that will not do says so', () => {
  test('a short window, and how long it would have to be', async () => {
    const short = await designOf({ ...CASE, dynamics: 'slow', frames: 60 });
    const [warning] = short.warnings;
    expect(warning!.code).toBe('few-correlation-times');
    const frames = Number(/about (\d+) frames/.exec(warning!.text)![1]);
    const long = await designOf({ ...CASE, dynamics: 'slow', frames });
    expect(short.correlationTimes[0]).toBeLessThan(15);
    expect(Math.abs(long.correlationTimes[0]! / 20 - 1)).toBeLessThan(0.1);
  });

  test('what the data will not determine has no error, and a reason', async () => {
    const { parameters, warnings, weakest } = await designOf({ ...CASE, dynamics: 'constant' });
    expect(parameters.some(({ uncertainty }) => uncertainty.reason === 'not determined by the data')).toBe(true);
    expect(warnings.map(({ code }) => code)).toContain('not-identifiable');
    expect(weakest[0]!.text).toMatch(/the data fix D0·t\^alpha \+ D_offset near t = .* not /);
  });

  test('errors that are only rough are marked', async () => {
    const { parameters, warnings } = await designOf({ ...CASE, dynamics: 'slow', frames: 150 });
    expect(parameters[0]!.uncertainty.nearDegenerate).toBe(true);
    expect(warnings.map(({ code }) => code)).toContain('near-degenerate');
  });
});

test('twice the speckles, errors smaller by the square root of two; photon noise makes them larger', async () => {
  const [few, many, dim] = [
    await designOf({ ...CASE, noise: 'none' }),
    await designOf({ ...CASE, noise: 'none', speckles: 2000 }),
    await designOf(CASE),
  ];
  few.parameters.forEach(({ uncertainty }, k) => {
    expect(uncertainty.speckle! / many.parameters[k]!.uncertainty.speckle!).toBeCloseTo(Math.SQRT2, 6);
    expect(dim.parameters[k]!.uncertainty.speckle!).toBeGreaterThan(uncertainty.speckle!);
  });
});
