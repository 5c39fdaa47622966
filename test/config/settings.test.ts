/** `--set key.path=value`: read like the file, wins over it, and is named in what goes wrong. */
import { describe, expect, test } from 'vitest';
import { isTwotimeError } from '../../src/base/errors.ts';
import { configOf, problemsOf } from './read.ts';

const FILE = `
model: laminar_flow
data: { gap: 200 um, q: 0.01 1/Å }
parameters:
  alpha: fixed 0
  beta: { value: 0.1, bounds: [0, 1] }
`;

describe('a setting', () => {
  test('is read with its unit and replaces what the file says', () => {
    const config = configOf(FILE, ['data.gap=500 um', 'data.q = 0.1 1/nm']);
    expect(config.data).toMatchObject({ gap: 5e6, q: 0.01 });
    expect(config.origins.get('data.gap')).toBe('command line');
    expect(config.origins.get('data.dt')).toBe('default');
  });

  test('adds what the file does not say', () => {
    const config = configOf(FILE, ['fit.starts=3', 'data.phi=[0 deg, 80..100 deg]', 'output.figures=false']);
    expect(config.fit.starts).toBe(3);
    expect(config.output.figures).toBe(false);
    expect(config.data.phi).toEqual([
      { first: 0, last: 0 },
      { first: 80, last: 100 },
    ]);
  });

  test('changes one key of a parameter, short form or not', () => {
    const { parameters, origins } = configOf(FILE, ['parameters.alpha.value=-0.5', 'parameters.beta.value=0.2']);
    expect(parameters['alpha']).toMatchObject({ value: -0.5, vary: false });
    expect(parameters['beta']).toMatchObject({ value: 0.2, bounds: [0, 1] });
    expect(origins.get('parameters.alpha.vary')).toBe('file');
    expect(origins.get('parameters.alpha.value')).toBe('command line');
  });

  test('replaces a whole parameter', () => {
    const { parameters, origins } = configOf(FILE, ['parameters.beta=fixed 0', 'parameters.phi0={ value: 3 deg }']);
    expect(parameters['beta']).toMatchObject({ value: 0, vary: false, bounds: [-2, 2] });
    expect(parameters['phi0']).toMatchObject({ value: 3, vary: true });
    expect(origins.get('parameters.beta.value')).toBe('command line');
    expect(origins.get('parameters.beta.bounds')).toBe('default');
  });

  test('wins over an earlier one', () => {
    expect(configOf(FILE, ['seed=1', 'seed=2']).seed).toBe(2);
  });

  test('is enough without a file content', () => {
    expect(configOf('', ['model=static']).model).toBe('static');
  });

  test('mends a wrong value of the file', () => {
    expect(configOf('model: static\nseed: x', ['seed=4']).seed).toBe(4);
  });
});

describe('a wrong setting is named with the command line as its place', () => {
  test.each([
    ['data.gap=200', 'command line: data.gap: 200 has no unit; a length needs one'],
    ['data.gap=5 s', "command line: data.gap: '5 s' is a time, not a length"],
    ['fit.strats=3', "command line: unknown key 'strats' in 'fit'; did you mean 'starts'?"],
    ['fit.starts=', 'command line: fit.starts: has no value'],
    ['parameters.beta.value=2', 'command line: parameters.beta.value: the start value 2 is outside the bounds [0, 1]'],
    ['parameters.delta.value=2', "command line: unknown parameter 'delta'"],
    ['data.phi=[0 deg', 'command line: data.phi: a bracket is not closed'],
    [
      'data.q.x=1',
      "command line: data.q.x: 'data.q' is a single value without keys below it; write --set data.q=VALUE",
    ],
    ['model=static', "fit.yaml:6:3: model static has no parameter 'beta'; remove it"],
  ])('%s', (setting, expected) => {
    const problems = problemsOf(FILE, [setting]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  test.each(['fit.starts', '=3', 'fit..starts=3', ''])('%j is wrong usage', (setting) => {
    try {
      configOf(FILE, [setting]);
      expect.unreachable();
    } catch (error) {
      if (!isTwotimeError(error, 'UsageRefused')) throw error;
      expect(error.message).toContain('is not key.path=value');
    }
  });
});
