/** The form of a configuration that users and scripts rely on, and the defaults of what it leaves out. */
import { describe, expect, test } from 'vitest';
import { configOf } from './read.ts';

const CONTRACT = `
schema: twotime/1
model: laminar_flow                      # static | laminar_flow
convention: published                    # published | homodyne2
data: { q: 0.0237 1/Angstrom, gap: 200 um, dt: from-file, phi: all, frames: 1..1000 }
grid: { frames: 200, dt: 100 ms, phi: [0 deg, 45 deg, 90 deg] }
parameters:
  D0:       { value: 19230 Angstrom^2/s, bounds: [1 Angstrom^2/s, 1e6 Angstrom^2/s] }
  alpha:    { value: -1.063, vary: true }
  D_offset: { value: 879 Angstrom^2/s }
  gamma_dot_t0: { value: 2e-3 1/s }
scaling: { mode: per-angle, contrast: [0.3, 0.28, 0.31], offset: [1, 1.01, 0.99] }
seed: 7
fit: { starts: 8, weights: none }
noise: { sigma: from-data }
sample: { method: auto, likelihood: adjusted, chains: 4, warmup: 500, draws: 1000, chain_method: parallel }
parallel: { backend: auto, workers: auto, fallback: warn, chunks: true, memory: 2 GB }
output: { figures: true, arrays: auto }
`;

test('the whole contract is read into base units', () => {
  const { origins, ...config } = configOf(CONTRACT);
  expect(config).toMatchObject({
    file: 'fit.yaml',
    model: 'laminar_flow',
    convention: 'published',
    data: { q: 0.0237, gap: 2e6, dt: null, t0: 0, phi: null, frames: { first: 1, last: 1000 } },
    grid: { frames: 200, dt: 0.1, phi: [0, 45, 90] },
    parameters: {
      D0: { value: 19230, vary: true, bounds: [1, 1e6], prior: { kind: 'log-normal', median: 1e3, factor: 30 } },
      alpha: { value: -1.063, vary: true, bounds: [-2, 2] },
      D_offset: { value: 879, bounds: [-1e5, 1e5] },
      gamma_dot_t0: { value: 0.002, bounds: [1e-6, 1] },
      beta: { value: null, vary: true, bounds: [-2, 2], tie: null },
      gamma_dot_t_offset: { value: null, bounds: [-1, 1] },
      phi0: { value: null, bounds: [-30, 30], prior: { kind: 'normal', mean: 0, sd: 10 } },
    },
    scaling: { mode: 'per-angle', contrast: [0.3, 0.28, 0.31], offset: [1, 1.01, 0.99] },
    seed: 7,
    fit: { start: 'own', starts: 8, weights: 'none', errors: 'speckle', maxIterations: 100, profile: [] },
    noise: { sigma: 'from-data' },
    sample: { method: 'auto', likelihood: 'adjusted', chains: 4, warmup: 500, draws: 1000, chainMethod: 'parallel' },
    parallel: { backend: 'auto', workers: 'auto', fallback: 'warn', chunks: true, memory: 2e9 },
    output: { figures: true, arrays: 'auto' },
  });
  expect(origins.get('data.q')).toBe('file');
  expect(origins.get('data.t0')).toBe('default');
});

test('everything but the model has a default in static mode', () => {
  const config = configOf('model: static');
  expect(config.data).toEqual({
    q: null,
    gap: null,
    dt: null,
    t0: 0,
    phi: null,
    frames: null,
    excludeFrames: [],
    excludePhi: [],
    allowNan: false,
  });
  expect(Object.keys(config.parameters)).toEqual(['D0', 'alpha', 'D_offset']);
  expect(config.grid).toBeNull();
  expect(config.scaling).toEqual({ mode: 'per-angle', contrast: null, offset: null, order: 2 });
  expect(config.seed).toBe(1);
  expect(new Set(config.origins.values())).toEqual(new Set(['default', 'file']));
});

test('laminar flow needs the gap and nothing else', () => {
  const config = configOf('model: laminar_flow\ndata: { gap: 0.5 mm }');
  expect(config.data.gap).toBe(5e6);
  expect(Object.keys(config.parameters)).toEqual([
    'D0',
    'alpha',
    'D_offset',
    'gamma_dot_t0',
    'beta',
    'gamma_dot_t_offset',
    'phi0',
  ]);
});

test('an empty section or parameter says the same as an absent one', () => {
  const { origins: _, ...empty } = configOf('model: static\ndata:\nfit:\nparameters:\n  alpha:\n');
  const { origins: __, ...absent } = configOf('model: static');
  expect(empty).toEqual(absent);
});

describe('selections of frames and angles', () => {
  const data = (text: string) => configOf(`model: static\ndata: { ${text} }`).data;

  test('frames', () => {
    expect(data('frames: 11..20').frames).toEqual({ first: 11, last: 20 });
    expect(data('frames: all').frames).toBeNull();
    expect(data('exclude_frames: [3, 10..20]').excludeFrames).toEqual([
      { first: 3, last: 3 },
      { first: 10, last: 20 },
    ]);
    expect(data('exclude_frames: 7').excludeFrames).toEqual([{ first: 7, last: 7 }]);
    expect(data('exclude_frames: []').excludeFrames).toEqual([]);
  });

  test('angles', () => {
    const range = { first: -10, last: 10 };
    expect(data('phi: [0 deg, 45 deg]').phi).toEqual([
      { first: 0, last: 0 },
      { first: 45, last: 45 },
    ]);
    expect(data('phi: [-10 deg..10 deg]').phi).toEqual([range]);
    expect(data('phi: [-10deg..10deg]').phi).toEqual([range]);
    expect(data('phi: -10..10 deg').phi).toEqual([range]);
    expect(data('phi: -10 deg .. 10°').phi).toEqual([range]);
    expect(data('phi: 170..190 deg').phi).toEqual([{ first: 170, last: 190 }]);
    expect(data('exclude_phi: [85..95 deg, 0]').excludePhi).toEqual([
      { first: 85, last: 95 },
      { first: 0, last: 0 },
    ]);
  });

  test('switches and times', () => {
    expect(data('t0: 1 s, dt: 40 ms, allow_nan: true')).toMatchObject({ t0: 1, dt: 0.04, allowNan: true });
    expect(data('q: from-file').q).toBeNull();
  });
});

describe('parameters', () => {
  const alpha = (text: string) => configOf(`model: static\nparameters:\n  alpha: ${text}`).parameters['alpha'];

  test('a value that is kept has a short form', () => {
    expect(alpha('fixed -0.5')).toEqual(alpha('{ value: -0.5, vary: false }'));
    const { parameters } = configOf('model: static\nparameters: { D_offset: fixed 879 Å²/s }');
    expect(parameters['D_offset']).toMatchObject({ value: 879, vary: false });
  });

  test('a fixed value may lie outside the bounds of a search', () => {
    expect(alpha('{ value: 3, vary: false }')).toMatchObject({ value: 3, bounds: [-2, 2] });
  });

  test('ties', () => {
    const config = configOf('model: laminar_flow\ndata: { gap: 1 mm }\nparameters: { beta: { tie: alpha } }');
    expect(config.parameters['beta']).toMatchObject({ tie: 'alpha', value: null });
  });

  test.each([
    ['Normal(0, 1)', { kind: 'normal', mean: 0, sd: 1 }],
    ['TruncatedNormal(0, 1, -1, 1)', { kind: 'truncated-normal', mean: 0, sd: 1, lower: -1, upper: 1 }],
    ['LogNormal(1, 30)', { kind: 'log-normal', median: 1, factor: 30 }],
    ['HalfNormal(2)', { kind: 'half-normal', sd: 2 }],
    ['Uniform', { kind: 'uniform' }],
  ])('prior %s, in block and in flow style', (prior, expected) => {
    expect(alpha(`\n    prior: ${prior}\n`)?.prior).toEqual(expected);
    expect(alpha(`{ vary: true, prior: ${prior}, bounds: [-1, 1] }`)).toMatchObject({
      prior: expected,
      bounds: [-1, 1],
    });
  });

  test('the arguments of a prior carry the unit of the parameter', () => {
    const { parameters } = configOf('model: static\nparameters: { D0: { prior: LogNormal(10 nm^2/s, 3) } }');
    expect(parameters['D0']?.prior).toEqual({ kind: 'log-normal', median: 1000, factor: 3 });
  });
});

test('the time step of a simulation follows data.dt', () => {
  expect(configOf('model: static\ndata: { dt: 1 s }\ngrid: { frames: 50 }').grid).toEqual({
    frames: 50,
    dt: 1,
    phi: [0, 45, 90],
  });
});

test('scaling with one value for all angles', () => {
  const { scaling } = configOf('model: static\nscaling: { mode: fixed, contrast: 0.3, offset: 1 }');
  expect(scaling).toMatchObject({ mode: 'fixed', contrast: 0.3, offset: 1 });
});
