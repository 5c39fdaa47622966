/** A model bound to an experiment: the numbers the kernels read, and their derivatives by parameter name. */
import { describe, expect, test } from 'vitest';
import {
  bindModel,
  makeTimeGrid,
  parameterInfo,
  physicalParameterNames,
  physicalParameters,
  publishedShearLaw,
  type Convention,
  type ParameterValues,
  type TransportLaw,
} from '../../src/model/index.ts';
import { differentiate, relativeDistance } from './numerics.ts';

const grid = makeTimeGrid(
  0.1,
  0,
  Float64Array.from({ length: 12 }, (_, k) => k + 1),
);
const phi = Float64Array.of(-5, 20, 92, 182);
const values: ParameterValues = {
  D0: 5000,
  alpha: -0.5,
  D_offset: 50,
  gamma_dot_t0: 2e-3,
  beta: 0.1,
  gamma_dot_t_offset: 1e-4,
  phi0: 2,
};
const names = physicalParameterNames('laminar_flow');

function laminar(convention: Convention): ReturnType<typeof bindModel> {
  return bindModel({ mode: 'laminar_flow', convention, q: 0.0054, gap: 2e6, phi, grid });
}

describe('physics', () => {
  test('in `published` carries κ = q² and h = ½·q·gap·cos(φ0 − φ)', () => {
    const physics = laminar('published').physics(values);
    expect(physics.kappa).toBe(0.0054 ** 2);
    expect(physics.h[0]).toBeCloseTo(5400 * Math.cos((7 * Math.PI) / 180), 9);
    expect(physics.h[2]).toBeCloseTo(0, 12);
    expect(physics.h[3]).toBe(-5400);
    expect(physics.c).toHaveLength(12);
    expect(physics.g).toHaveLength(12);
  });

  test('in `homodyne2` carries the step dt and 1/2π', () => {
    const physics = laminar('homodyne2').physics(values);
    expect(physics.kappa).toBeCloseTo(2 * 1.458e-6, 20);
    expect(physics.h[3]).toBeCloseTo(-171.887338539247, 11);
  });

  test('in static mode has no strain and needs neither gap nor shear parameters', () => {
    const model = bindModel({ mode: 'static', convention: 'published', q: 0.01, gap: null, phi, grid });
    const physics = model.physics({ D0: 1, alpha: 0, D_offset: 0 });
    expect(physics.g).toBeNull();
    expect([...physics.h]).toEqual([0, 0, 0, 0]);
    expect(model.parameters).toEqual(['D0', 'alpha', 'D_offset']);
    expect(model.shearRate(values, 1)).toBe(0);
    expect(model.frameAtZero(values).g).toBeNull();
  });
});

describe('sensitivities', () => {
  test.each(['published', 'homodyne2'] as const)('are the derivatives of the physics, %s', (convention) => {
    const model = laminar(convention);
    const { c, g, h } = model.sensitivities(values, names);
    expect([...c, ...g, ...h].map((entry) => entry.parameter)).toEqual(names);
    const wrong: string[] = [];
    for (const [kind, entries] of [
      ['c', c],
      ['g', g],
      ['h', h],
    ] as const) {
      for (const { parameter, vector } of entries) {
        const along = (x: number): Float64Array => model.physics({ ...values, [parameter]: x })[kind]!;
        // A rate of 2e-3 must not be moved by the step for numbers near 1: scale the parameter instead.
        const unit = parameter.startsWith('gamma') ? 1e-3 * values[parameter]! : 1;
        const numeric = differentiate((x) => along(unit * x), values[parameter]! / unit).map((slope) => slope / unit);
        if (!(relativeDistance(numeric, vector) < 1e-8)) wrong.push(parameter);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('are given for the free parameters only', () => {
    const { c, g, h } = laminar('published').sensitivities(values, ['alpha', 'gamma_dot_t_offset']);
    expect(c.map((entry) => entry.parameter)).toEqual(['alpha']);
    expect(g.map((entry) => entry.parameter)).toEqual(['gamma_dot_t_offset']);
    expect(h).toEqual([]);
  });
});

describe('a bound model', () => {
  test('moves to another grid with the same physics', () => {
    const model = laminar('published').on(makeTimeGrid(0.1, 0, Float64Array.of(2, 11)));
    const all = laminar('published').physics(values).c;
    const two = model.physics(values).c;
    expect(two[1]! - two[0]!).toBeCloseTo(all[10]! - all[1]!, 10);
    expect(model.transportRate(values, 0.25)).toBeCloseTo(5000 / 0.5 + 50, 10);
  });

  test('takes a law of one’s own', () => {
    const constant: TransportLaw = {
      parameters: ['J'],
      rate: (v) => v['J']!,
      cumulative: (v, { times }) => times.map((t) => v['J']! * t),
      sensitivities: (_v, { times }) => [times.slice()],
      cumulativeAtZero: () => 0,
    };
    const model = bindModel(
      { mode: 'static', convention: 'published', q: 0.01, gap: null, phi, grid },
      { transport: constant, shear: publishedShearLaw },
    );
    expect(model.parameters).toEqual(['J']);
    expect(model.physics({ J: 4 }).c[9]).toBe(4);
    expect(model.sensitivities({ J: 4 }, ['J']).c[0]!.vector[9]).toBe(1);
  });

  test('refuses what cannot be an experiment or a parameter', () => {
    const experiment = { mode: 'laminar_flow', convention: 'published', q: 0.0054, gap: 2e6, phi, grid } as const;
    expect(() => bindModel({ ...experiment, q: 0 })).toThrow(/q > 0/);
    expect(() => bindModel({ ...experiment, gap: null })).toThrow(/gap > 0/);
    expect(() => laminar('published').sensitivities(values, ['D1'])).toThrow(/no parameter named D1/);
    expect(() => laminar('published').physics({ ...values, alpha: NaN })).toThrow(/finite value of alpha/);
  });
});

describe('the table of parameters', () => {
  test('lists three parameters without shear and seven with it', () => {
    expect(physicalParameters('static').map((info) => info.name)).toEqual(['D0', 'alpha', 'D_offset']);
    expect(names).toEqual(['D0', 'alpha', 'D_offset', 'gamma_dot_t0', 'beta', 'gamma_dot_t_offset', 'phi0']);
  });

  test('has ordered bounds and ASCII units', () => {
    for (const info of [...names, 'contrast', 'offset'].map(parameterInfo)) {
      expect(info.bounds[0]).toBeLessThan(info.bounds[1]);
      expect(info.unit).toMatch(/^[\x20-\x7e]*$/);
    }
    expect(parameterInfo('D0')).toMatchObject({ unit: 'Angstrom^2/s', bounds: [1, 1e6] });
    expect(() => parameterInfo('D1')).toThrow(/no parameter named D1/);
  });
});
