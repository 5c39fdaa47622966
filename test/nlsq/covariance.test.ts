/** Standard errors equal those of the dense problem; what is not determined is unknown and named. */
import { inverse, Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { fitTwoTime, type FitOutcome, type FitProblem, type ScalingChoice } from '../../src/nlsq/index.ts';
import { FLOW_TRUTH, simulatedProblem, STATIC_TRUTH, type Simulated } from './simulated.ts';

const REQUEST: Simulated = {
  mode: 'static',
  frames: 40,
  q: 0.01,
  phi: [0, 50, 100],
  truth: STATIC_TRUTH,
  sigma: 0.01,
  seed: 2,
};

/** s²·(JᵀJ)⁻¹ from finite differences of every model value with respect to every unknown. */
function denseCovariance(problem: FitProblem, outcome: FitOutcome, scaling: ScalingChoice): Matrix {
  const values = Object.fromEntries(outcome.parameters.map(({ name, value }) => [name, value]));
  const angles = problem.model.phi.length;
  const coefficients = scaling.mode === 'shared' ? 1 : angles;
  const predict = (physical: Readonly<Record<string, number>>): Float64Array[] =>
    Array.from({ length: angles }, (_, a) => problem.sweeps.shape(problem.model.physics(physical), a));
  const shape = predict(values);
  const columns: number[][] = [];
  for (const { name, value } of outcome.parameters) {
    const h = 1e-4 * Math.abs(value);
    const up = predict({ ...values, [name]: value + h });
    const down = predict({ ...values, [name]: value - h });
    columns.push(
      shape.flatMap((row, a) => {
        const contrast = outcome.scaling[a]!.contrast.value;
        return Array.from(row, (_, k) => (contrast * (up[a]![k]! - down[a]![k]!)) / (2 * h));
      }),
    );
  }
  for (let c = 0; c < coefficients; c++) {
    const mine = (a: number): number => (coefficients === 1 || a === c ? 1 : 0);
    columns.push(shape.flatMap((row, a) => Array.from(row, (m) => mine(a) * m)));
    columns.push(shape.flatMap((row, a) => Array.from(row, () => mine(a))));
  }
  // Columns of equal length keep the inverse accurate.
  const scale = columns.map((column) => Math.sqrt(column.reduce((sum, x) => sum + x * x, 0)));
  const jacobian = new Matrix(columns.map((column, c) => column.map((x) => x / scale[c]!))).transpose();
  const variance = (outcome.cost.rms ** 2 * outcome.cost.points) / outcome.cost.degreesOfFreedom;
  const unit = inverse(jacobian.transpose().mmul(jacobian));
  return new Matrix(
    columns.map((_, i) => columns.map((_c, j) => (variance * unit.get(i, j)) / (scale[i]! * scale[j]!))),
  );
}

describe.each([{ mode: 'per-angle' }, { mode: 'shared' }] as const)('scaling $mode', (scaling) => {
  test('errors and correlations of all unknowns are those of the dense Jacobian', async () => {
    const problem = simulatedProblem(REQUEST, { scaling });
    const outcome = await fitTwoTime(problem);
    const dense = denseCovariance(problem, outcome, scaling);
    const { names, independent } = outcome.covariance;
    expect(names.slice(0, 5)).toEqual(['D0', 'alpha', 'D_offset', 'contrast[0]', 'offset[0]']);
    const denseIndex = (i: number): number => (i < 3 || scaling.mode === 'per-angle' ? i : 3 + ((i - 3) % 2));
    for (let i = 0; i < names.length; i++) {
      for (let j = 0; j < names.length; j++) {
        const [k, l] = [denseIndex(i), denseIndex(j)];
        const size = Math.sqrt(dense.get(k, k) * dense.get(l, l));
        expect(Math.abs(independent[i * names.length + j]! - dense.get(k, l)) / size).toBeLessThan(1e-5);
      }
    }
    const error = outcome.parameters[1]!.uncertainty.independent!;
    expect(error / Math.sqrt(dense.get(1, 1))).toBeCloseTo(1, 5);
  });
});

describe('what the data do not say', () => {
  test('a constant rate leaves D0, alpha and D_offset unknown, fixes their sum in words, and keeps the contrast', async () => {
    const truth = { D0: 3000, alpha: 0, D_offset: 1000 };
    const outcome = await fitTwoTime(simulatedProblem({ ...REQUEST, truth, sigma: 0.03 }));
    expect(outcome.warnings.map(({ code }) => code)).toContain('not-identifiable');
    const size = outcome.covariance.names.length;
    for (const { name, uncertainty } of outcome.parameters) {
      const i = outcome.covariance.names.indexOf(name);
      expect(uncertainty.independent).toBeNull();
      expect(uncertainty.reason).toMatch(/not determined by the data|at (lower|upper) bound/);
      expect(outcome.covariance.independent[i * size + i]).toBeNaN();
    }
    const text = /the data fix D0·t\^alpha \+ D_offset near t = \S+ s to \S+ %, not D0, alpha and D_offset separately/;
    expect(outcome.identifiability.weakest[0]!.text).toMatch(text);
    expect(outcome.scaling[0]!.contrast.uncertainty.independent).toBeGreaterThan(0);
  });

  test('a flow too slow to be seen leaves phi0 unknown and the transport known', async () => {
    const truth = { ...FLOW_TRUTH, gamma_dot_t0: 1e-6, gamma_dot_t_offset: 0 };
    const outcome = await fitTwoTime(simulatedProblem({ ...REQUEST, mode: 'laminar_flow', truth }));
    const error = (name: string): number | null =>
      outcome.parameters.find((parameter) => parameter.name === name)!.uncertainty.independent;
    expect(error('phi0')).toBeNull();
    expect(error('D0')).toBeGreaterThan(0);
    expect(error('alpha')).toBeGreaterThan(0);
  });

  test('an angle whose correlations have all decayed has no contrast, and the warning names it', async () => {
    const flow = { gamma_dot_t0: 1e6, beta: 0, gamma_dot_t_offset: 0, phi0: 0 };
    const settings = Object.fromEntries(Object.entries(flow).map(([name, value]) => [name, { vary: false, value }]));
    const request: Simulated = { ...REQUEST, mode: 'laminar_flow', truth: { ...STATIC_TRUTH, ...flow }, phi: [0, 90] };
    const outcome = await fitTwoTime(simulatedProblem(request, { settings }));
    expect(outcome.status).toBe('converged');
    expect(outcome.scaling[0]!.contrast).toMatchObject({
      value: 0,
      uncertainty: { speckle: null, independent: null, dyadic: null, reason: 'not determined by the data' },
    });
    expect(outcome.scaling[0]!.offset.value).toBeCloseTo(1, 2);
    expect(outcome.scaling[1]!.contrast.uncertainty.independent).toBeGreaterThan(0);
    expect(outcome.warnings).toContainEqual({
      code: 'contrast-not-determined',
      text: 'the data do not determine the contrast at φ = 0°',
    });
  });
});

test('the condition number falls when a degenerate partner is fixed', async () => {
  const free = await fitTwoTime(simulatedProblem(REQUEST));
  const fixed = await fitTwoTime(simulatedProblem(REQUEST, { settings: { D_offset: { vary: false, value: 879 } } }));
  expect(fixed.identifiability.condition!).toBeLessThan(0.5 * free.identifiability.condition!);
});
