/** What a fit refuses before it reads data, with the key to look at and what to do. */
import { describe, expect, test } from 'vitest';
import { isTwotimeError } from '../../src/base/errors.ts';
import { physicalParameters, type Mode } from '../../src/model/index.ts';
import { validateFit, type FitPlan, type ParameterSetting } from '../../src/nlsq/index.ts';

const OPTIONS = { starts: 8, seed: 0, maxIterations: 100 };

function plan(
  mode: Mode,
  changes: Readonly<Record<string, Partial<ParameterSetting>>> = {},
  rest: Partial<FitPlan> = {},
): FitPlan {
  const parameters = physicalParameters(mode).map(({ name, bounds }): ParameterSetting => ({
    name,
    bounds,
    vary: true,
    ...changes[name],
  }));
  const model = parameters.map(({ name }) => name);
  return { mode, model, parameters, scaling: { mode: 'per-angle' }, options: OPTIONS, ...rest };
}

/** The refusal of a plan: its key and message. */
function refusal(asked: FitPlan): { key: string | undefined; message: string; help: string | undefined } {
  try {
    validateFit(asked);
  } catch (error) {
    if (isTwotimeError(error, 'ConfigRefused')) {
      return { key: error.where?.key, message: error.message, help: error.help };
    }
    throw error;
  }
  throw new Error('the plan was accepted');
}

test('the defaults are accepted without a word', () => {
  expect(validateFit(plan('static'))).toEqual([]);
  expect(validateFit(plan('laminar_flow', {}, { phi: [0, 30, 60] }))).toEqual([]);
});

describe('bounds and values', () => {
  test('a start outside its bounds is refused with parameter, value and bounds', () => {
    const { key, message } = refusal(plan('static', { alpha: { value: -2.5 } }));
    expect(key).toBe('parameters.alpha.value');
    expect(message).toBe('the start value of alpha, -2.5, is outside its bounds -2 … 2');
  });

  test('a fixed value may be outside the bounds', () => {
    expect(validateFit(plan('static', { alpha: { value: -2.5, vary: false } }))).toEqual([]);
  });

  test('lower bounds must be below upper bounds', () => {
    expect(refusal(plan('static', { D0: { bounds: [100, 10] } })).key).toBe('parameters.D0.bounds');
    expect(refusal(plan('static', { D0: { bounds: [10, 10] } })).message).toContain('10 and 10');
  });

  test('D0 may not become negative', () => {
    expect(refusal(plan('static', { D0: { bounds: [-1, 10] } })).message).toContain('D0 may not become negative');
  });

  test('a fixed parameter needs a value', () => {
    expect(refusal(plan('static', { alpha: { vary: false } })).message).toBe('alpha is fixed but has no value');
  });

  test('values must be finite', () => {
    expect(refusal(plan('static', { D0: { value: NaN } })).key).toBe('parameters.D0.value');
  });
});

describe('names', () => {
  test('unknown, missing and doubled parameters are refused', () => {
    const { parameters, ...rest } = plan('static');
    const extra: ParameterSetting = { name: 'beta', vary: true, bounds: [0, 1] };
    expect(refusal({ ...rest, parameters: [...parameters, extra] }).message).toBe('the model has no parameter beta');
    expect(refusal({ ...rest, parameters: parameters.slice(1) }).message).toBe('nothing is said about D0');
    expect(refusal({ ...rest, parameters: [...parameters, parameters[0]!] }).message).toBe('D0 is set twice');
  });
});

describe('ties', () => {
  test('a chain of ties is followed', () => {
    const chain = { beta: { tie: 'alpha' }, phi0: { tie: 'beta' } };
    expect(validateFit(plan('laminar_flow', chain, { phi: [0, 30] }))).toEqual([]);
  });

  test('circles, unknown names and a value beside a tie are refused', () => {
    expect(refusal(plan('laminar_flow', { beta: { tie: 'alpha' }, alpha: { tie: 'beta' } })).message).toContain(
      'circle',
    );
    expect(refusal(plan('static', { alpha: { tie: 'alpha' } })).message).toContain('alpha → alpha');
    expect(refusal(plan('static', { alpha: { tie: 'beta' } })).message).toContain('which the model does not have');
    expect(refusal(plan('laminar_flow', { beta: { tie: 'alpha', value: 0.1 } })).key).toBe('parameters.beta.value');
  });

  test('the bounds of tied parameters must overlap and contain the start', () => {
    const apart = { beta: { tie: 'alpha', bounds: [0, 1] as const }, alpha: { bounds: [-2, -1] as const } };
    expect(refusal(plan('laminar_flow', apart)).key).toBe('parameters.beta.bounds');
    const outside = { beta: { tie: 'alpha', bounds: [0, 1] as const }, alpha: { value: -0.5 } };
    expect(refusal(plan('laminar_flow', outside)).message).toContain('exclude the start value -0.5');
  });
});

describe('angles', () => {
  test('one direction cannot tell shear rate and phi0 apart', () => {
    expect(refusal(plan('laminar_flow', {}, { phi: [12] })).help).toContain('fix phi0');
    expect(refusal(plan('laminar_flow', {}, { phi: [12, 192] })).key).toBe('parameters.phi0');
    expect(validateFit(plan('laminar_flow', { phi0: { vary: false, value: 0 } }, { phi: [12] }))).toEqual([]);
  });

  test('directions 90° apart leave two values of phi0, if both are inside the bounds', () => {
    expect(validateFit(plan('laminar_flow', {}, { phi: [0, 90] })).map(({ code }) => code)).toEqual(['phi0-ambiguous']);
    expect(validateFit(plan('laminar_flow', { phi0: { bounds: [5, 30] } }, { phi: [0, 90] }))).toEqual([]);
    expect(validateFit(plan('laminar_flow', {}, { phi: [60, 150] }))).toEqual([]);
  });
});

describe('scaling and options', () => {
  const phi = [0, 30, 60];

  test('a Fourier series needs as many angles as terms', () => {
    expect(refusal(plan('static', {}, { phi, scaling: { mode: 'fourier', order: 2 } })).message).toContain('5 terms');
    expect(refusal(plan('static', {}, { phi, scaling: { mode: 'fourier', order: 0 } })).key).toBe('scaling.order');
    expect(validateFit(plan('static', {}, { phi, scaling: { mode: 'fourier', order: 1 } }))).toEqual([]);
  });

  test('fixed scaling needs one finite value per angle', () => {
    const values = (...list: number[]): Float64Array => Float64Array.from(list);
    const short = { mode: 'fixed', contrast: values(0.1, 0.1), offset: values(1, 1, 1) } as const;
    const bad = { mode: 'fixed', contrast: values(0.1, 0.1, 0.1), offset: values(1, NaN, 1) } as const;
    expect(refusal(plan('static', {}, { phi, scaling: short })).key).toBe('scaling.contrast');
    expect(refusal(plan('static', {}, { phi, scaling: bad })).key).toBe('scaling.offset');
  });

  test('one start needs a complete start', () => {
    const options = { ...OPTIONS, starts: 1 };
    const { message } = refusal(plan('static', { D0: { value: 100 } }, { options }));
    expect(message).toBe('starts: 1 uses the given start alone, but alpha, D_offset have no value');
  });

  test('numbers of starts and iterations must be whole and positive', () => {
    expect(refusal(plan('static', {}, { options: { ...OPTIONS, starts: 0 } })).key).toBe('fit.starts');
    expect(refusal(plan('static', {}, { options: { ...OPTIONS, maxIterations: 1.5 } })).key).toBe('fit.max_iterations');
    expect(refusal(plan('static', {}, { options: { ...OPTIONS, seed: -1 } })).key).toBe('seed');
  });
});
