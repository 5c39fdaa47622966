/** The posterior of the two-time model: its gradient, its marginal likelihood, and what was integrated out. */
import { describe, expect, test } from 'vitest';
import {
  curvatureAdjustment,
  drawScaling,
  twoTimePosterior,
  type PosteriorOptions,
  type PosteriorProblem,
  type TwoTimePosterior,
} from '../../src/bayes/posterior/index.ts';
import { rateCoordinates } from '../../src/bayes/posterior/rate-coordinates.ts';
import { valuesOf } from '../../src/kernels/index.ts';
import { fold, keyFromSeed, mean } from '../../src/math/index.ts';
import { physicalParameters, type Convention, type Mode, type ParameterValues } from '../../src/model/index.ts';
import type { FitProblem, ScalingChoice } from '../../src/nlsq/index.ts';
import { FLOW_TRUTH, simulatedProblem, STATIC_TRUTH, type Asked, type Simulated } from '../nlsq/simulated.ts';

const STATIC: Simulated = {
  ...{ mode: 'static', frames: 40, q: 0.01, phi: [0, 50], truth: STATIC_TRUTH, sigma: 0.01, seed: 5 },
};
const FLOW: Simulated = {
  ...{ mode: 'laminar_flow', frames: 40, q: 0.0054, truth: FLOW_TRUTH, sigma: 0.01, seed: 6 },
  phi: [-60, -20, 20, 70],
};

function posteriorProblem(fit: FitProblem): PosteriorProblem {
  const priors = Object.fromEntries(physicalParameters(fit.model.mode).map(({ name, prior }) => [name, prior]));
  return { ...fit, sigma: fit.noise.sigma, priors };
}

function bind(
  request: Simulated,
  asked: Asked = {},
  options: PosteriorOptions = {},
  values: ParameterValues = request.truth,
): Promise<TwoTimePosterior> {
  const size = request.phi.length;
  const origin = { values, contrast: new Float64Array(size).fill(0.2), offset: new Float64Array(size).fill(1) };
  return twoTimePosterior(posteriorProblem(simulatedProblem(request, asked)), origin, options, {});
}

/** z of parameter values a little away from the truth, where nothing is special. */
function nearby(posterior: TwoTimePosterior, truth: ParameterValues, away: number = 0.03): Float64Array {
  const z = posterior.coordinates.locate(Float64Array.from(posterior.free.names, (name) => truth[name]!));
  return z.map((value, i) => value + away * Math.sin(1 + 2 * i));
}

async function expectGradient(posterior: TwoTimePosterior, z: Float64Array, step: number = 1e-4): Promise<void> {
  const density = posterior.density({});
  const value = posterior.value({});
  const { gradient, value: here } = await density(z);
  expect((await value(z)).value).toBeCloseTo(here, 8);
  for (let i = 0; i < z.length; i++) {
    const at = async (steps: number): Promise<number> =>
      (await value(z.map((own, k) => (k === i ? own + steps * step : own)))).value;
    // Five points: the error is of fourth order in the step.
    const difference = (8 * ((await at(1)) - (await at(-1))) - ((await at(2)) - (await at(-2)))) / (12 * step);
    expect(Math.abs(gradient[i]! - difference)).toBeLessThan(2e-5 * (1 + Math.abs(difference)));
  }
}

describe('the gradient is that of the value', () => {
  const MODES = [
    { mode: 'static', convention: 'published' },
    { mode: 'laminar_flow', convention: 'published' },
    { mode: 'static', convention: 'homodyne2' },
    { mode: 'laminar_flow', convention: 'homodyne2' },
  ] as const satisfies { mode: Mode; convention: Convention }[];
  const request = (mode: Mode): Simulated => (mode === 'static' ? STATIC : FLOW);

  test.each(MODES)('in natural coordinates: $mode, $convention', async ({ mode, convention }) => {
    const posterior = await bind({ ...request(mode), convention });
    expect(posterior.coordinates.names[0]).toBe('lnF(D0)');
    await expectGradient(posterior, nearby(posterior, request(mode).truth));
  });

  test.each(MODES)('in coordinates of each parameter: $mode, $convention', async ({ mode, convention }) => {
    const straight = new Set(['D0', 'gamma_dot_t0']);
    const posterior = await bind({ ...request(mode), convention }, {}, { straight });
    expect(posterior.coordinates.names[0]).toBe('unbound(D0)');
    await expectGradient(posterior, nearby(posterior, request(mode).truth, 1e-4), 2e-6);
  });

  const SCALINGS: readonly ScalingChoice[] = [
    { mode: 'shared' },
    { mode: 'fourier', order: 1 },
    { mode: 'fixed', contrast: new Float64Array(4).fill(0.2), offset: new Float64Array(4).fill(1) },
  ];
  test.each(SCALINGS)('with scaling $mode', async (scaling) => {
    const posterior = await bind(FLOW, { scaling });
    await expectGradient(posterior, nearby(posterior, FLOW_TRUTH));
  });

  test('with fixed and tied parameters', async () => {
    const settings = { D_offset: { vary: false, value: 879 }, beta: { tie: 'alpha' } };
    const truth = { ...FLOW_TRUTH, beta: FLOW_TRUTH['alpha']! };
    const posterior = await bind({ ...FLOW, truth }, { settings });
    expect(posterior.free.names).toEqual(['D0', 'alpha', 'gamma_dot_t0', 'gamma_dot_t_offset', 'phi0']);
    await expectGradient(posterior, nearby(posterior, truth, 1e-4), 2e-6);
  });

  test('where rates change sign: the other two forms of the triple', async () => {
    const slope = { ...FLOW_TRUTH, gamma_dot_t0: 2e-3, beta: -0.3, gamma_dot_t_offset: -3e-3 };
    const slanted = await bind({ ...FLOW, truth: slope });
    expect(slanted.coordinates.names[3]).toBe('F(gamma_dot_t0)');
    expect(slanted.coordinates.names[4]).toBe('sF(gamma_dot_t0)');
    await expectGradient(slanted, nearby(slanted, slope, 0.005));
    const small = { ...FLOW_TRUTH, gamma_dot_t0: 1e-4, beta: -0.3, gamma_dot_t_offset: 5e-3 };
    const signed = await bind({ ...FLOW, truth: small });
    expect(signed.coordinates.names[4]).toBe('p(gamma_dot_t0)');
    await expectGradient(signed, nearby(signed, small, 0.005));
  });

  test('with a likelihood adjusted in its curvature, which keeps its value at the fit', async () => {
    const plain = await bind(FLOW);
    const posterior = await bind(FLOW, {}, { adjustment: ADJUSTMENT });
    const fit = nearby(posterior, FLOW_TRUTH, 0);
    expect((await posterior.value({})(fit)).value).toBeCloseTo((await plain.value({})(fit)).value, 9);
    await expectGradient(posterior, nearby(posterior, FLOW_TRUTH));
    const straight = await bind(FLOW, {}, { adjustment: ADJUSTMENT, straight: new Set(['D0']) });
    await expectGradient(straight, nearby(straight, FLOW_TRUTH, 1e-3), 1e-5);
  });
});

/** Errors of some size for each parameter of `FLOW`, and three times larger ones with other correlations. */
const ERRORS = [300, 0.02, 20, 1e-4, 0.03, 2e-5, 0.2];
const ADJUSTMENT = {
  independent: Float64Array.from({ length: 49 }, (_, at) => {
    const [i, j] = [Math.floor(at / 7), at % 7];
    return ERRORS[i]! * ERRORS[j]! * 0.5 ** Math.abs(i - j);
  }),
  adjusted: Float64Array.from({ length: 49 }, (_, at) => {
    const [i, j] = [Math.floor(at / 7), at % 7];
    return 9 * ERRORS[i]! * ERRORS[j]! * (-0.4) ** Math.abs(i - j);
  }),
};

describe('the curvature adjustment', () => {
  test('turns the curvature of the one covariance into that of the other, in any coordinates', () => {
    const jacobian = Float64Array.of(2, 0.3, -1, 0.7);
    const independent = Float64Array.of(1, 0.2, 0.2, 0.5);
    const adjusted = Float64Array.of(4, -1, -1, 3);
    const change = curvatureAdjustment({ independent, adjusted }, jacobian);
    const inverse = ([a, b, c, d]: number[]): number[] => {
      const determinant = a! * d! - b! * c!;
      return [d! / determinant, -b! / determinant, -c! / determinant, a! / determinant];
    };
    /** Aᵀ·B·A. */
    const seen = (b: ArrayLike<number>, a: ArrayLike<number>): number[] =>
      [0, 1].flatMap((i) =>
        [0, 1].map((j) =>
          [0, 1].reduce(
            (sum, k) => sum + [0, 1].reduce((part, l) => part + a[2 * k + i]! * b[2 * k + l]! * a[2 * l + j]!, 0),
            0,
          ),
        ),
      );
    const curvature = seen(inverse([...independent]), jacobian);
    const wanted = seen(inverse([...adjusted]), jacobian);
    seen(curvature, change).forEach((value, at) => expect(value).toBeCloseTo(wanted[at]!, 10));
  });

  test('of equal covariances is none; without an error of a parameter it is refused', () => {
    const identity = Float64Array.of(1, 0, 0, 1);
    const same = Float64Array.of(3, 1, 1, 2);
    curvatureAdjustment({ independent: same, adjusted: same }, identity).forEach((value, at) =>
      expect(value).toBeCloseTo(identity[at]!, 12),
    );
    const unknown = Float64Array.of(3, NaN, NaN, NaN);
    expect(() => curvatureAdjustment({ independent: same, adjusted: unknown }, identity)).toThrow(/without an error/);
  });
});

describe('the natural coordinates of a rate', () => {
  const triple = { amplitude: 'A', exponent: 'p', offset: 'B', scale: 1 };
  test.each([
    { A: 100, p: -0.8, B: 20, form: 'log' },
    { A: 100, p: 1.2, B: -400, form: 'slope' },
    { A: -100, p: 0.6, B: 80, form: 'slope' },
    { A: 0.5, p: 0.3, B: 40, form: 'signed' },
  ])('go there and back with their determinant: $form', ({ A, p, B, form }) => {
    const coordinates = rateCoordinates(triple, { A, p, B }, 2.7);
    expect(coordinates.form).toBe(form);
    const z = coordinates.locate(A, p, B);
    const place = coordinates.at(...z);
    [A, p, B].forEach((value, i) => expect(place.members[i]! / value).toBeCloseTo(1, 10));
    const step = 1e-5;
    const at = (i: number, by: number): ReturnType<typeof coordinates.at> =>
      coordinates.at(z[0] + (i === 0 ? by : 0), z[1] + (i === 1 ? by : 0), z[2] + (i === 2 ? by : 0));
    for (const i of [0, 1, 2]) {
      const [up, down] = [at(i, step), at(i, -step)];
      for (const row of [0, 1, 2]) {
        const difference = (up.members[row]! - down.members[row]!) / (2 * step);
        expect(Math.abs(place.jacobian[3 * row + i]! - difference)).toBeLessThan(1e-6 * (1 + Math.abs(difference)));
      }
      expect((up.logDeterminant - down.logDeterminant) / (2 * step)).toBeCloseTo(place.logDeterminantSlope[i]!, 6);
    }
    const [a, b, c, d, e, f, g, h, k] = place.jacobian as number[] & { length: 9 };
    const determinant = a! * (e! * k! - f! * h!) - b! * (d! * k! - f! * g!) + c! * (d! * h! - e! * g!);
    expect(Math.log(Math.abs(determinant))).toBeCloseTo(place.logDeterminant, 9);
  });
});

describe('the marginal likelihood', () => {
  test('is the integral over contrast, offset and σ with their priors: brute force on one angle', async () => {
    const request: Simulated = { ...STATIC, frames: 16, phi: [0], sigma: 0.1 };
    const problem = simulatedProblem(request);
    const posterior = await bind(request);
    const data = Array.from(valuesOf(problem.sweeps.data));
    /** ln ∫∫∫ Π N(y; o + c·M, σ²) N(o; 1, 0.1²) dc do dσ/σ over 0 < c < 1 on a grid. */
    const integral = (values: ParameterValues): number => {
      const shape = problem.sweeps.shape(problem.model.physics(values), 0);
      let [n, m, mm, y, ym, yy] = [0, 0, 0, 0, 0, 0];
      data.forEach((value, k) => {
        n += 1;
        m += shape[k]!;
        mm += shape[k]! ** 2;
        y += value;
        ym += value * shape[k]!;
        yy += value * value;
      });
      let total = 0;
      const steps = 60;
      for (let i = 0; i < steps; i++) {
        const sigma = 0.05 * 4 ** ((i + 0.5) / steps);
        for (let j = 0; j < steps; j++) {
          const contrast = (j + 0.5) / steps;
          for (let k = 0; k < steps; k++) {
            const offset = 0.5 + (k + 0.5) / steps;
            const rss =
              yy + n * offset ** 2 + mm * contrast ** 2 - 2 * (offset * y + contrast * ym - offset * contrast * m);
            total += Math.exp(-n * Math.log(sigma / 0.1) - 50 * (offset - 1) ** 2 - rss / (2 * sigma * sigma));
          }
        }
      }
      return Math.log(total);
    };
    const prior = (values: ParameterValues): number => {
      const theta = posterior.free.names.map((name) => values[name]!);
      const z = posterior.coordinates.locate(Float64Array.from(theta));
      return (
        posterior.priors.reduce((sum, density, i) => sum + density.at(theta[i]!).value, 0) +
        posterior.coordinates.at(z).logDeterminant
      );
    };
    const value = async (values: ParameterValues): Promise<number> => {
      const z = posterior.coordinates.locate(Float64Array.from(posterior.free.names, (name) => values[name]!));
      return (await posterior.value({})(z)).value - prior(values);
    };
    const other = { D0: 9000, alpha: -0.9, D_offset: 2000 };
    const difference = (await value(other)) - (await value(STATIC_TRUTH));
    expect(difference).toBeCloseTo(integral(other) - integral(STATIC_TRUTH), 2);
    expect(Math.abs(difference)).toBeGreaterThan(0.05);
  });

  test('does not depend on how flat a flat model is: no contrast, however large, makes up for it', async () => {
    const posterior = await bind({ ...STATIC, q: 0.03 });
    const likelihood = async (amplitude: number): Promise<number> => {
      const theta = Float64Array.of(amplitude, 0, 100);
      const z = posterior.coordinates.locate(theta);
      const priors = posterior.priors.reduce((sum, prior, i) => sum + prior.at(theta[i]!).value, 0);
      return (await posterior.value({})(z)).value - priors - posterior.coordinates.at(z).logDeterminant;
    };
    const [nearly, flat, flatter] = [await likelihood(1.1e5), await likelihood(1.7e5), await likelihood(9e5)];
    // Without the prior of the contrast the best one would win some hundreds here.
    expect(Math.abs(nearly - flat)).toBeLessThan(0.5);
    expect(flatter).toBeCloseTo(flat, 6);
    expect(await likelihood(STATIC_TRUTH['D0']!)).toBeGreaterThan(flat + 100);
  });

  test('knows a contrast outside its prior: the prior is widened, with a warning', async () => {
    const posterior = await bind({ ...STATIC, contrast: () => 1.4 });
    expect(posterior.warnings.map(({ code }) => code)).toEqual(['contrast-prior-widened', 'contrast-prior-widened']);
    const [, second] = simulatedProblem(STATIC).model.phi;
    expect(posterior.warnings[1]!.text).toContain(`the best contrast at φ = ${second}° lies outside its prior`);
    await expectGradient(posterior, nearby(posterior, STATIC_TRUTH));
  });

  test('with priors that bind, has the gradient of its value', async () => {
    const scalingPrior = { contrast: { lower: 0.2005, upper: 0.3 }, offset: { mean: 1.003, sd: 0.0004 } };
    for (const scaling of [{ mode: 'per-angle' }, { mode: 'shared' }] as const) {
      const fit = simulatedProblem({ ...STATIC, sigma: 0.1 }, { scaling });
      const origin = {
        values: STATIC_TRUTH,
        contrast: new Float64Array(2).fill(0.25),
        offset: new Float64Array(2).fill(1),
      };
      const posterior = await twoTimePosterior({ ...posteriorProblem(fit), scalingPrior }, origin, {}, {});
      await expectGradient(posterior, nearby(posterior, STATIC_TRUTH, 0.1));
      const flat = await twoTimePosterior(posteriorProblem(fit), origin, {}, {});
      const z = nearby(flat, STATIC_TRUTH, 0.1);
      const [a, b] = [await posterior.density({})(z), await flat.density({})(z)];
      expect(Math.abs(a.gradient[0]! / b.gradient[0]! - 1)).toBeGreaterThan(1e-3);
    }
  });

  test('is 0 outside the bounds', async () => {
    const posterior = await bind(STATIC);
    const outside = posterior.coordinates.locate(Float64Array.of(1000, -2.5, 100));
    expect(await posterior.density({})(outside)).toMatchObject({ value: -Infinity });
    expect((await posterior.value({})(outside)).value).toBe(-Infinity);
    const far = new Float64Array(3).fill(900);
    expect(await posterior.density({})(far)).toMatchObject({ value: -Infinity });
  });
});

describe('contrast, offset and noise of a draw', () => {
  test.each([{ mode: 'per-angle' }, { mode: 'shared' }] as const)(
    'scatter around the best ones as their conditional says: $mode',
    async (scaling) => {
      const posterior = await bind(STATIC, { scaling });
      const z = posterior.coordinates.locate(Float64Array.of(19230, -1.063, 879));
      const { aside } = await posterior.density({})(z);
      const points = new Float64Array(2).fill(741);
      const draws = Array.from({ length: 2000 }, (_, n) =>
        drawScaling(posterior.marginal, points, aside!, fold(keyFromSeed(2), n)),
      );
      for (const a of [0, 1]) {
        const of = (name: 'contrast' | 'offset' | 'sigma'): number[] => draws.map((draw) => draw[name][a]!);
        for (const [name, truth] of [
          ['contrast', 0.2],
          ['offset', 1],
          ['sigma', 0.01],
        ] as const) {
          const values = of(name);
          const centre = mean(values);
          const sd = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
          expect(Math.abs(centre - truth)).toBeLessThan(4 * sd);
        }
        // The inverse of the normal matrix says the same as the scatter.
        const [m, mm] = [aside![a]!, aside![2 + a]!];
        const pairs = scaling.mode === 'shared' ? 2 : 1;
        const variation = pairs * (mm - (m * m) / 741);
        const contrast = of('contrast');
        const sd = Math.sqrt(mean(contrast.map((value) => (value - mean(contrast)) ** 2)));
        expect(sd / (0.01 / Math.sqrt(variation))).toBeCloseTo(1, 1);
        const sigma = of('sigma');
        const spread = Math.sqrt(mean(sigma.map((value) => (value - mean(sigma)) ** 2)));
        expect(spread / (0.01 / Math.sqrt(2 * 741 * pairs))).toBeCloseTo(1, 1);
      }
    },
  );

  test('stay within the limits of the contrast and follow the prior of the offset', async () => {
    const scalingPrior = { contrast: { lower: 0.19, upper: 0.2 }, offset: { mean: 1.5, sd: 1e-5 } };
    const origin = {
      values: STATIC_TRUTH,
      contrast: new Float64Array(2).fill(0.2),
      offset: new Float64Array(2).fill(1),
    };
    const problem = posteriorProblem(simulatedProblem(STATIC, { scaling: { mode: 'shared' } }));
    const posterior = await twoTimePosterior({ ...problem, scalingPrior }, origin, {}, {});
    const { aside } = await posterior.density({})(nearby(posterior, STATIC_TRUTH));
    for (let n = 0; n < 50; n++) {
      const points = new Float64Array(2).fill(741);
      const { contrast, offset } = drawScaling(posterior.marginal, points, aside!, fold(keyFromSeed(5), n));
      expect(contrast[0]!).toBeGreaterThanOrEqual(0.19);
      expect(contrast[0]!).toBeLessThanOrEqual(0.2);
      expect(offset[1]!).toBeCloseTo(1.5, 2);
    }
  });

  test('are a pure function of the key', async () => {
    const posterior = await bind(STATIC);
    const { aside } = await posterior.density({})(nearby(posterior, STATIC_TRUTH));
    const draw = (seed: number): unknown =>
      drawScaling(posterior.marginal, new Float64Array(2).fill(741), aside!, keyFromSeed(seed));
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });
});

describe('a posterior is refused', () => {
  test('for data without noise', async () => {
    const request = { ...STATIC, sigma: 0 };
    const problem = simulatedProblem(request);
    const values = valuesOf(problem.sweeps.data);
    values.fill(1);
    const origin = { values: STATIC_TRUTH, contrast: new Float64Array(2), offset: new Float64Array(2).fill(1) };
    await expect(twoTimePosterior(posteriorProblem(problem), origin, {}, {})).rejects.toThrow(/without noise/);
  });

  test('for a prior outside the bounds, and without a prior', async () => {
    const problem = posteriorProblem(simulatedProblem(STATIC));
    const origin = {
      values: STATIC_TRUTH,
      contrast: new Float64Array(2).fill(0.2),
      offset: new Float64Array(2).fill(1),
    };
    const far = { ...problem.priors, alpha: { kind: 'normal', mean: 30, sd: 1 } as const };
    await expect(twoTimePosterior({ ...problem, priors: far }, origin, {}, {})).rejects.toThrow(
      /prior of alpha lies outside/,
    );
    await expect(twoTimePosterior({ ...problem, priors: {} }, origin, {}, {})).rejects.toThrow(/no prior of D0/);
  });
});
