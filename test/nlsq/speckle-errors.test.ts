/** Errors under thermal speckle: the sandwich of a dense problem, coverage, the amplitudes of the noise, and what is unknown. */
import { inverse, Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { coverage, coverageModel, fitSet, type CoverageCase } from '../../bench/coverage-cases.ts';
import type { TriangleStack } from '../../src/kernels/index.ts';
import { median } from '../../src/math/index.ts';
import { simulateSpeckle } from '../../src/model/index.ts';
import { fitTwoTime, type FitOutcome, type FitProblem } from '../../src/nlsq/index.ts';
import { denseNoise } from './dense-speckle.ts';
import { kernels, simulatedModel, simulatedProblem, type Simulated } from './simulated.ts';

const REQUEST: Simulated = {
  mode: 'static',
  frames: 25,
  q: 0.0237,
  phi: [0],
  truth: { D0: 19230, alpha: -0.6, D_offset: 2000 },
  sigma: 0.01,
  seed: 3,
};

/** The question of a fit to simulated speckle; `edit` may spoil the triangles. */
function speckleProblem(
  request: Simulated,
  speckles: number,
  edit: (values: Float32Array) => void = () => {},
): FitProblem {
  const physics = simulatedModel(request).physics(request.truth);
  const made = simulateSpeckle(physics, { speckles, contrast: 0.2, photons: 5, seed: request.seed });
  const values = kernels.allocate(made.values.length);
  values.set(made.values);
  edit(values);
  const pairs = values.length / made.angles;
  const excluded = Uint32Array.from({ length: made.angles }, (_, a) =>
    values.subarray(a * pairs, (a + 1) * pairs).reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0),
  );
  return problemOf(request, { ...made, values, excluded });
}

function problemOf(request: Simulated, data: TriangleStack): FitProblem {
  const start = simulatedProblem(request, { start: request.truth, options: { starts: 1 } });
  return { ...start, sweeps: kernels.sweeps(data) };
}

const errorsOf = ({ parameters, scaling }: FitOutcome): number[] => [
  ...parameters.map(({ uncertainty }) => uncertainty.speckle!),
  ...scaling.flatMap(({ contrast, offset }) => [contrast.uncertainty.speckle!, offset.uncertainty.speckle!]),
];

test('the speckle covariance is that of the dense problem with the amplitudes found', async () => {
  const problem = speckleProblem(REQUEST, 4000);
  const outcome = await fitTwoTime(problem);
  const values = Object.fromEntries(outcome.parameters.map(({ name, value }) => [name, value]));
  const shape = problem.sweeps.shape(problem.model.physics(values), 0);
  const contrast = outcome.scaling[0]!.contrast.value;
  const columns = outcome.parameters.map(({ name, value }) => {
    const h = 1e-4 * Math.abs(value);
    const up = problem.sweeps.shape(problem.model.physics({ ...values, [name]: value + h }), 0).slice();
    const down = problem.sweeps.shape(problem.model.physics({ ...values, [name]: value - h }), 0).slice();
    // Columns of similar length keep the inverse accurate.
    return up.map((one, k) => (value * contrast * (one - down[k]!)) / (2 * h));
  });
  const jacobian = new Matrix(
    [...columns, Float64Array.from(shape), new Float64Array(shape.length).fill(1)].map((c) => [...c]),
  );
  const frames = 24;
  const field = new Float64Array(frames * frames).fill(1);
  let at = 0;
  for (let i = 0; i < frames; i++) {
    for (let j = i + 1; j < frames; j++) field[i * frames + j] = field[j * frames + i] = Math.sqrt(shape[at++]!);
  }
  const { speckle, crossed } = denseNoise(field, frames, contrast);
  const noise = outcome.noise.angles[0]!;
  const amplitude = noise.speckles.value === null ? 0 : 1 / noise.speckles.value;
  const dense = new Matrix(
    Array.from({ length: at }, (_, p) =>
      Array.from({ length: at }, (_one, q) => {
        const white = p === q ? noise.sigma.value! ** 2 : 0;
        return amplitude * speckle[p * at + q]! + noise.crossed.value! * crossed[p * at + q]! + white;
      }),
    ),
  );
  const inverted = inverse(jacobian.mmul(jacobian.transpose()));
  const sandwich = inverted.mmul(jacobian).mmul(dense).mmul(jacobian.transpose()).mmul(inverted);
  const scale = [...outcome.parameters.map(({ value }) => Math.abs(value)), 1, 1];
  errorsOf(outcome).forEach((error, k) => {
    expect(error / (scale[k]! * Math.sqrt(sandwich.get(k, k)))).toBeCloseTo(1, 2);
  });
});

describe('on simulated speckle', () => {
  const one: CoverageCase = {
    dynamics: 'fast',
    contrast: 0.2,
    speckles: 1000,
    noise: 'comparable',
    frames: 100,
    sets: 60,
    seed: 7,
  };

  test('95 % intervals hold the truth, where independent ones do not; M and sigma_w are those of the simulation', async () => {
    const found = await coverage(one);
    const pooled = (kind: 'speckle' | 'independent'): number => {
      const rows = found.parameters.filter(({ counted }) => counted > 0);
      const total = rows.reduce((sum, { counted }) => sum + counted, 0);
      return rows.reduce((sum, { counted, covered }) => sum + counted * covered[kind], 0) / total;
    };
    expect(pooled('speckle')).toBeGreaterThan(0.89);
    expect(pooled('speckle')).toBeLessThan(0.99);
    expect(pooled('independent')).toBeLessThan(0.7);
    expect(Math.abs(median(found.speckles) / 1000 - 1)).toBeLessThan(0.15);
    expect(Math.abs(median(found.sigmas) / (0.2 / Math.sqrt(1000)) - 1)).toBeLessThan(0.1);
  });

  test('the errors of white noise are the independent ones', async () => {
    const ratios: number[] = [];
    for (let set = 0; set < 12; set++) {
      const outcome = await fitSet({ ...one, noise: 'white' }, set);
      ratios.push(...outcome.parameters.map(({ uncertainty }) => uncertainty.speckle! / uncertainty.independent!));
    }
    expect(Math.abs(median(ratios) - 1)).toBeLessThan(0.1);
  });

  test('a window of few correlation times says that M cannot be told well, and has no dyadic errors', async () => {
    const outcome = await fitSet({ ...one, dynamics: 'slow', frames: 60 }, 1);
    expect(outcome.warnings.map(({ code }) => code)).toContain('few-correlation-times');
    expect(outcome.covariance.dyadic.every(Number.isNaN)).toBe(true);
    expect(outcome.scaling[0]!.offset.uncertainty.reason).toBe(
      'dyadic: the window holds fewer than 8 correlation times',
    );
    expect(coverageModel(one).mode).toBe('static');
  });
});

test('noise that speckle does not explain is told', async () => {
  const request = { ...REQUEST, frames: 101 };
  const quiet = await fitTwoTime(speckleProblem(request, 2000));
  const drifting = await fitTwoTime(
    speckleProblem(request, 2000, (values) => {
      let at = 0;
      for (let i = 0; i < 100; i++) {
        for (let j = i + 1; j < 100; j++, at++) values[at] = values[at]! + 0.08 * ((j - i) / 100) ** 2;
      }
    }),
  );
  expect(Math.abs(quiet.noise.misfit!)).toBeLessThan(3);
  expect(quiet.warnings.map(({ code }) => code)).not.toContain('noise-not-speckle');
  expect(drifting.noise.misfit).toBeGreaterThan(4);
  expect(drifting.warnings.map(({ code }) => code)).toContain('noise-not-speckle');
});

test('angles add up: the same data at four angles with shared scaling have half the error', async () => {
  const single = speckleProblem(REQUEST, 4000);
  const values = kernels.allocate(4 * 276);
  for (let a = 0; a < 4; a++) values.set((single.sweeps.data as { values: Float32Array }).values, a * 276);
  const request = { ...REQUEST, phi: [0, 1, 2, 3] };
  const four = problemOf(request, { frames: 24, angles: 4, excluded: new Uint32Array(4), values });
  const [one, all] = [await fitTwoTime(single), await fitTwoTime({ ...four, scaling: { mode: 'shared' } })];
  all.parameters.forEach(({ uncertainty }, k) => {
    // Taking parameters out matters less where there are more points, so the amplitudes are not exactly the same.
    expect(uncertainty.speckle! / one.parameters[k]!.uncertainty.speckle!).toBeGreaterThan(0.4);
    expect(uncertainty.speckle! / one.parameters[k]!.uncertainty.speckle!).toBeLessThan(0.55);
  });
});

test('pairs left out make errors larger, not unknown', async () => {
  const whole = await fitTwoTime(speckleProblem({ ...REQUEST, frames: 61 }, 2000));
  const holes = await fitTwoTime(
    speckleProblem({ ...REQUEST, frames: 61 }, 2000, (values) => {
      for (let k = 0; k < values.length; k += 3) values[k] = NaN;
    }),
  );
  errorsOf(holes).forEach((error, k) => {
    expect(error).toBeGreaterThan(0.6 * errorsOf(whole)[k]!);
    expect(error).toBeLessThan(2.5 * errorsOf(whole)[k]!);
  });
});

test('too few frames leave the independent errors, with the reason', async () => {
  const outcome = await fitTwoTime(speckleProblem({ ...REQUEST, frames: 14 }, 4000));
  expect(outcome.noise.angles).toEqual([]);
  expect(outcome.warnings.map(({ code }) => code)).toContain('speckle-errors-unknown');
  expect(outcome.scaling[0]!.offset.uncertainty).toMatchObject({ speckle: null, dyadic: null });
  expect(outcome.scaling[0]!.offset.uncertainty.reason).toMatch(/fewer than 16 frames/);
  expect(outcome.scaling[0]!.offset.uncertainty.independent).toBeGreaterThan(0);
});

test('an angle whose contrast cannot be that of speckle is told', async () => {
  const request = { ...REQUEST, phi: [0, 45, 90] };
  const half = (24 * 23) / 2;
  const outcome = await fitTwoTime(
    speckleProblem(request, 2000, (values) => {
      // A contrast of −0.2 at the first angle.
      for (let k = 0; k < half; k++) values[k] = 2 - values[k]!;
    }),
  );
  expect(outcome.scaling[0]!.contrast.value).toBeLessThan(0);
  expect(outcome.warnings.map(({ code }) => code)).toContain('speckle-contrast-assumed');
  expect(outcome.scaling[0]!.offset.uncertainty.speckle).toBeGreaterThan(0);
});

test('only independent errors are given, with the reason and a warning, when no others are asked for', async () => {
  const problem = speckleProblem(REQUEST, 4000);
  const full = await fitTwoTime(problem);
  const quick = await fitTwoTime({ ...problem, options: { ...problem.options, errors: 'independent' } });
  for (const [k, { value, uncertainty }] of quick.parameters.entries()) {
    expect(value).toBe(full.parameters[k]!.value);
    expect(uncertainty.independent).toBe(full.parameters[k]!.uncertainty.independent);
    expect(uncertainty).toMatchObject({ speckle: null, dyadic: null });
    expect(uncertainty.reason).toContain('not asked for');
  }
  expect(quick.warnings.map(({ code }) => code)).toContain('speckle-errors-unknown');
});
