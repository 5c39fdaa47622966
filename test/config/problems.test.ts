/** What is wrong in a configuration is said in one line with its place, and everything wrong is said at once. */
import { describe, expect, test } from 'vitest';
import { problemsOf } from './read.ts';

/** The single problem of a configuration. */
function problem(text: string): string {
  const problems = problemsOf(text);
  expect(problems).toHaveLength(1);
  return problems[0]!;
}

describe('keys', () => {
  test('an unknown key at the top', () => {
    expect(problem('model: static\nfitt: { starts: 3 }')).toBe("fit.yaml:2:1: unknown key 'fitt'; did you mean 'fit'?");
  });

  test('an unknown key in a section', () => {
    expect(problem('model: static\nnoise:\n  sgima: 0.1')).toBe(
      "fit.yaml:3:3: unknown key 'sgima' in 'noise'; did you mean 'sigma'?",
    );
  });

  test('an unknown key below a parameter', () => {
    expect(problem('model: static\nparameters:\n  alpha: { value: 0, bound: [0, 1] }')).toBe(
      "fit.yaml:3:22: unknown key 'bound' in 'parameters.alpha'; did you mean 'bounds'?",
    );
  });

  test('a key in the wrong section', () => {
    expect(problem('model: static\ndata: { sigma: 0.1 }')).toBe(
      "fit.yaml:2:9: unknown key 'sigma' in 'data'; did you mean 'noise.sigma'?",
    );
  });

  test('a key of the top in a section', () => {
    expect(problem('model: static\nfit: { seed: 3 }')).toBe(
      "fit.yaml:2:8: unknown key 'seed' in 'fit'; did you mean 'seed' at the top of the file?",
    );
  });

  test('a key that is like no other', () => {
    expect(problem('model: static\nfit: { verbose: true }')).toBe(
      "fit.yaml:2:8: unknown key 'verbose' in 'fit'; keys in 'fit': start, starts, weights, errors, max_iterations, profile",
    );
  });

  test('an unknown parameter', () => {
    expect(problem('model: static\nparameters: { alhpa: fixed 0 }')).toBe(
      "fit.yaml:2:15: unknown parameter 'alhpa'; did you mean 'alpha'?",
    );
  });

  test('a parameter of the other model', () => {
    expect(problem('model: static\nparameters: { beta: fixed 0 }')).toMatch(
      /^fit.yaml:2:15: model static has no parameter 'beta'; remove it/,
    );
  });

  test('the missing model', () => {
    expect(problem('seed: 1')).toBe("fit.yaml: the key 'model' is missing; write model: static or model: laminar_flow");
  });

  test('a misspelt required key is one problem', () => {
    expect(problem('modl: static')).toContain("unknown key 'modl'; did you mean 'model'?");
    expect(problem('model: laminar_flow\ndata: { gapp: 1 mm }')).toContain("did you mean 'gap'?");
  });

  test('the missing gap under shear', () => {
    expect(problem('model: laminar_flow\ndata: { q: 0.01 1/Å }')).toMatch(
      /^fit.yaml:2:1: the key 'data.gap' is missing; model laminar_flow needs the gap/,
    );
    expect(problem('model: laminar_flow')).toMatch(/^fit.yaml: the key 'data.gap' is missing/);
  });

  test('a key that stands twice', () => {
    expect(problem('model: static\nseed: 1\nseed: 2')).toBe(
      "fit.yaml:3:1: the key 'seed' stands twice; keep one of the two; the first is in line 2",
    );
  });
});

describe('quantities', () => {
  test('a value without unit, with the likely reading', () => {
    expect(problem('model: laminar_flow\ndata: { gap: 500 }')).toBe(
      'fit.yaml:2:14: data.gap: 500 has no unit; a length needs one (Angstrom, nm, um, mm, m);' +
        ' write for example: 500 um = 5e6 Angstrom',
    );
  });

  test.each([
    ['data: { q: 0.0237 }', 'data.q: 0.0237 has no unit; a wavevector needs one (1/nm, 1/Angstrom)'],
    ['data: { q: 5 s }', "data.q: '5 s' is a time, not a wavevector"],
    ['data: { dt: 100 }', 'data.dt: 100 has no unit; a time needs one (ns, us, ms, s)'],
    ['data: { dt: -1 s }', "data.dt: '-1 s' is not above zero"],
    ['data: { dt: from_file }', "data.dt: 'from_file' is not accepted here; did you mean 'from-file'?"],
    ['data: { t0: -1 s }', "data.t0: '-1 s' is negative"],
    ['scaling: { contrast: -0.2, offset: 1 }', 'scaling.contrast: -0.2 is negative'],
    ['data: { q: [1, 2] }', 'data.q: a list is not a number with a unit'],
    ['data: { q: }', 'data.q: has no value; write a value, or remove the key'],
    ['parallel: { memory: 2 }', 'parallel.memory: 2 has no unit'],
    ['parameters: { D0: { value: 100 } }', 'parameters.D0.value: 100 has no unit; a transport coefficient needs one'],
    ['parameters: { D0: { value: .nan } }', 'parameters.D0.value: NaN is not a value; write a finite number'],
    ['parameters: { alpha: { value: .inf } }', 'parameters.alpha.value: infinity is not a value'],
    ['parameters: { alpha: { value: 1 1/s } }', "parameters.alpha.value: '1 1/s' is a rate, not a plain number"],
    ['parameters: { D0: fixed 100 }', 'parameters.D0.value: 100 has no unit'],
    ['noise: { sigma: -1 }', 'noise.sigma: -1 is not above zero'],
    ['noise: { sigma: from_data }', "noise.sigma: 'from_data' is not accepted here; did you mean 'from-data'?"],
    ['scaling: { contrast: [0.3, x] }', "scaling.contrast: entry 2: 'x' is not a plain number"],
    ['scaling: { contrast: [] }', 'scaling.contrast: the list is empty'],
  ])('%s', (text, expected) => {
    expect(problem(`model: static\n${text}`)).toContain(expected);
  });
});

describe('words, numbers and switches', () => {
  test.each([
    ['model: laminarflow', "model: 'laminarflow' is not accepted here; did you mean 'laminar_flow'?"],
    ['model: static\nschema: twotime/2', "schema: 'twotime/2' is not a schema this version reads"],
    ['model: static\nconvention: homodyne', "convention: 'homodyne' is not accepted here; did you mean 'homodyne2'?"],
    ['model: static\nscaling: { mode: per_angle }', "did you mean 'per-angle'? (per-angle, shared, fixed or fourier)"],
    ['model: static\nfit: { starts: 0 }', 'fit.starts: 0 is not accepted here; write a whole number from 1 to 10000'],
    ['model: static\nfit: { starts: 2.5 }', 'fit.starts: 2.5 is not accepted here'],
    ['model: static\nfit: { weights: noen }', "fit.weights: 'noen' is not accepted here; did you mean 'none'?"],
    ['model: static\nseed: -1', 'seed: -1 is not accepted here; write a whole number of 0 or more'],
    ['model: static\noutput: { figures: yes }', "output.figures: 'yes' is not accepted here; write true or false"],
    [
      'model: static\noutput: { arrays: never }',
      "output.arrays: 'never' is not accepted here; write auto, true or fal",
    ],
    [
      'model: static\nparallel: { workers: atuo }',
      "parallel.workers: 'atuo' is not accepted here; did you mean 'auto'?",
    ],
    ['model: static\nparallel: { workers: 0 }', 'parallel.workers: 0 is not accepted here'],
    [
      'model: static\nfit: 3',
      'fit: 3 is not a mapping; write keys below it: start, starts, weights, errors, max_iterations, profile',
    ],
    ['model: static\ndata: [1]', 'data: a list is not a mapping'],
  ])('%s', (text, expected) => {
    expect(problem(text)).toContain(expected);
  });
});

describe('ranges', () => {
  test.each([
    ['frames: 10', 'data.frames: 10 is not a range of frames; write first..last, for example 1..1000'],
    ['frames: 10..5', "data.frames: '10..5' runs backwards; write the lower end first"],
    ['frames: 0..5', "data.frames: '0..5' begins at frame 0; frames are counted from 1"],
    ['frames: 1..1e3', "data.frames: '1..1e3' is not a range of frames"],
    ['frames: al', "data.frames: 'al' is not accepted here; did you mean 'all'?"],
    ['exclude_frames: [3, x]', "data.exclude_frames: entry 2: 'x' is not a frame"],
    ['exclude_frames: [2.5]', 'data.exclude_frames: entry 1: 2.5 is not a frame'],
    ['phi: [0 deg, 45]', 'data.phi: entry 2: 45 has no unit; an angle needs one (deg)'],
    ['phi: 10..-10 deg', "data.phi: entry 1: '10..-10 deg' runs backwards"],
    ['phi: 1..2..3 deg', "data.phi: entry 1: '1..2..3 deg' is not a range"],
    ['phi: []', 'data.phi: the list is empty'],
    ['phi: [0 s..10 deg]', "data.phi: entry 1: '0 s' is a time, not an angle"],
  ])('%s', (text, expected) => {
    expect(problem(`model: static\ndata: { ${text} }`)).toContain(expected);
  });

  test('angles of a simulation are distinct', () => {
    expect(problem('model: static\ngrid: { phi: [0 deg, 45 deg, 0 deg] }')).toContain('the angle 0 deg stands twice');
    expect(problem('model: static\ngrid: { frames: 2 }')).toContain('grid.frames: 2 is not accepted here');
  });
});

describe('parameters', () => {
  test.each([
    ['alpha: { value: 5 }', 'alpha.value: the start value 5 is outside the default bounds [-2, 2]'],
    ['alpha: { value: 1, bounds: [-1, 0] }', 'alpha.value: the start value 1 is outside the bounds [-1, 0]'],
    ['alpha: { bounds: [1, -1] }', 'alpha.bounds: the lower end is not below the upper end; write the lower end first'],
    ['alpha: { bounds: [1, 1] }', 'alpha.bounds: the lower end is not below the upper end; to fix a parameter write'],
    ['alpha: { bounds: [1] }', 'alpha.bounds: the list has 1 entries, not 2; write [lower, upper]'],
    ['D0: { bounds: [1, 100] }', 'D0.bounds: entry 1: 1 has no unit'],
    ['D0: { bounds: [-1 A^2/s, 1 A^2/s] }', 'D0.bounds: the lower bound -1 Angstrom^2/s is negative'],
    ['D0: fixed -1 A^2/s', 'D0.value: -1 Angstrom^2/s is negative; D0 is zero or above'],
    ['alpha: { vary: false }', 'alpha.vary: alpha is fixed but has no value'],
    ['alpha: { vary: maybe }', "alpha.vary: 'maybe' is not accepted here; write true or false"],
    ['alpha: 0', 'alpha: 0 is neither a mapping nor a fixed value; write alpha: { value: … } for a start value, or'],
    ['alpha: { tie: D0 }', 'alpha.tie: alpha and D0 have different units; tie it to beta'],
    ['D0: { tie: D0 }', 'D0.tie: D0 is tied to itself'],
    ['D0: { tie: D_ofset }', "D0.tie: 'D_ofset' is not accepted here"],
    ['D0: { tie: D_offset, value: 1 Å²/s }', 'D0.value: D0 is tied to D_offset; keep the tie or the value, not both'],
    ['D0: { tie: D_offset, vary: false }', 'D0.vary: D0 is tied to D_offset; remove vary; fix D_offset to fix both'],
    ['alpha: { tie: beta }', "alpha.tie: the model has no parameter 'beta'"],
    ['alpha: { prior: Gauss(0, 1) }', "alpha.prior: unknown prior 'Gauss'; write one of Normal(mean, sd), "],
    ['alpha: { prior: Nromal(0, 1) }', "alpha.prior: unknown prior 'Nromal'; did you mean 'Normal'?"],
    ['alpha: { prior: Normal(0) }', 'alpha.prior: Normal has 2 arguments, not 1; write Normal(mean, sd)'],
    ['alpha: { prior: Normal(0, -1) }', 'alpha.prior: sd of Normal is not above zero'],
    ['alpha: { prior: LogNormal(0, 3) }', 'alpha.prior: median of LogNormal is not above zero'],
    ['alpha: { prior: LogNormal(1, 1) }', 'alpha.prior: factor of LogNormal is not above 1'],
    ['alpha: { prior: TruncatedNormal(0, 1, 2, 2) }', 'alpha.prior: lower of TruncatedNormal is not below upper'],
    ['D0: { prior: Normal(1, 2) }', 'D0.prior: mean of Normal: '],
    ['alpha: { prior: 3 }', 'alpha.prior: 3 is not a prior'],
  ])('%s', (text, expected) => {
    expect(problem(`model: static\nparameters:\n  ${text}`)).toContain(`parameters.${expected}`);
  });

  test('phi0 has no partner for a tie', () => {
    const text = 'model: laminar_flow\ndata: { gap: 1 mm }\nparameters: { phi0: { tie: alpha } }';
    expect(problem(text)).toContain('parameters.phi0.tie: phi0 and alpha have different units; remove the tie');
  });

  test('ties in a circle', () => {
    const text = 'model: static\nparameters: { D0: { tie: D_offset }, D_offset: { tie: D0 } }';
    expect(problemsOf(text)[0]).toContain('the ties go round in a circle: D0 → D_offset → D0');
  });

  test('one start needs every value', () => {
    expect(problem('model: static\nfit: { starts: 1 }\nparameters: { D0: fixed 1 Å²/s }')).toBe(
      'fit.yaml:2:16: fit.starts: 1 uses the given start alone, but there is no value for alpha, D_offset;' +
        ' give every free parameter a value, or allow more starts',
    );
  });
});

test('fixed scaling needs its values', () => {
  expect(problemsOf('model: static\nscaling: { mode: fixed, offset: 1 }')).toEqual([
    "fit.yaml:2:1: the key 'scaling.contrast' is missing; mode: fixed needs its values;" +
      ' write contrast: one number, or a list with one number per angle',
  ]);
});

test('all problems come in one pass, in the order of the file', () => {
  const problems = problemsOf(
    `
model: laminar_flow
data:
  q: 0.0237
  frames: 10..5
fitt: 3
parameters:
  alpha: { value: 5 }
  D0: { bond: 3, value: 1 A^2/s }
  D0: fixed 1 A^2/s
scaling: { mode: fixd }
`,
    ['fit.starts=many'],
  );
  expect(problems.map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual([
    "fit.yaml:3:1: the key 'data.gap' is missing; model laminar_flow needs the gap between rotor and stator; write data",
    'fit.yaml:4:6: data.q',
    'fit.yaml:5:11: data.frames',
    "fit.yaml:6:1: unknown key 'fitt'; did you mean 'fit'?",
    'fit.yaml:8:19: parameters.alpha.value',
    "fit.yaml:9:9: unknown key 'bond' in 'parameters.D0'; keys in 'parameters.D0'",
    "fit.yaml:10:3: the key 'D0' stands twice in 'parameters'; keep one of the two; the first is in line 9",
    'fit.yaml:11:18: scaling.mode',
    'command line: fit.starts',
  ]);
});
