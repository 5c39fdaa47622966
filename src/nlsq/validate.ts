/**
 * Refuse a fit that cannot mean what the user wrote, before any data are read: bounds, starts, ties, scaling, angles.
 */
import { ConfigRefused } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { Mode } from '../model/two-time-model.ts';
import type { FitOptions, ParameterSetting, ScalingChoice } from './problem.ts';

/** What is known of a fit before, or after, its data are read. */
export interface FitPlan {
  readonly mode: Mode;
  /** Names of the model's parameters. */
  readonly model: readonly string[];
  readonly parameters: readonly ParameterSetting[];
  readonly scaling: ScalingChoice;
  readonly options: FitOptions;
  /** Angles in degrees; leave out what is not known yet. */
  readonly phi?: ArrayLike<number> | undefined;
}

/** Check a plan. Throws `ConfigRefused`; returns what is worth saying although the fit can go on. */
export function validateFit(plan: FitPlan): Warning[] {
  checkNames(plan);
  for (const setting of plan.parameters) checkValues(setting);
  for (const setting of plan.parameters) checkTie(plan.parameters, setting);
  checkTiedBounds(plan.parameters);
  checkOptions(plan);
  if (plan.phi === undefined) return [];
  checkScaling(plan.scaling, plan.phi.length);
  return plan.mode === 'laminar_flow' ? checkFlowDirection(plan.parameters, plan.phi) : [];
}

function refuse(key: string, message: string, help: string): never {
  throw new ConfigRefused(message, { where: { key }, help });
}

function checkNames({ model, parameters }: FitPlan): void {
  const names = parameters.map((setting) => setting.name);
  const unknown = names.find((name) => !model.includes(name));
  if (unknown !== undefined) {
    refuse(`parameters.${unknown}`, `the model has no parameter ${unknown}`, `use one of ${model.join(', ')}`);
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) refuse(`parameters.${twice}`, `${twice} is set twice`, 'keep one of the two');
  const missing = model.find((name) => !names.includes(name));
  if (missing !== undefined) {
    refuse(`parameters.${missing}`, `nothing is said about ${missing}`, 'give it bounds, a value or a tie');
  }
}

function checkValues({ name, value, vary, bounds: [lower, upper], tie }: ParameterSetting): void {
  const key = `parameters.${name}`;
  if (value !== undefined && !Number.isFinite(value)) {
    refuse(`${key}.value`, `the value of ${name} is ${value}`, 'give a finite number');
  }
  if (Number.isNaN(lower) || Number.isNaN(upper) || !(lower < upper)) {
    const text = `the bounds of ${name} are ${lower} and ${upper}; the lower one must be below the upper one`;
    refuse(`${key}.bounds`, text, `exchange them, or fix ${name} with vary: false`);
  }
  if (name === 'D0' && vary && tie === undefined && lower < 0) {
    refuse(
      `${key}.bounds`,
      `D0 may not become negative, its lower bound is ${lower}`,
      'use a lower bound of 0 or more',
    );
  }
  if (tie !== undefined) {
    if (value !== undefined) {
      const text = `${name} is tied to ${tie} and has the value ${value} as well`;
      refuse(`${key}.value`, text, 'keep the tie or the value, not both');
    }
    return;
  }
  if (!vary && value === undefined) {
    refuse(`${key}.value`, `${name} is fixed but has no value`, `give parameters.${name}.value, or let it vary`);
  }
  if (vary && value !== undefined && (value < lower || value > upper)) {
    const text = `the start value of ${name}, ${value}, is outside its bounds ${lower} … ${upper}`;
    refuse(`${key}.value`, text, `choose a start inside the bounds, or widen parameters.${name}.bounds`);
  }
}

function checkTie(parameters: readonly ParameterSetting[], { name, tie }: ParameterSetting): void {
  const key = `parameters.${name}.tie`;
  const chain = [name];
  for (let next = tie; next !== undefined;) {
    const target = parameters.find((setting) => setting.name === next);
    if (target === undefined) {
      const names = parameters.map((setting) => setting.name);
      refuse(
        key,
        `${chain.at(-1)} is tied to ${next}, which the model does not have`,
        `use one of ${names.join(', ')}`,
      );
    }
    if (chain.includes(next)) {
      refuse(key, `the ties go round in a circle: ${[...chain, next].join(' → ')}`, 'remove one of them');
    }
    chain.push(next);
    next = target.tie;
  }
}

function checkTiedBounds(parameters: readonly ParameterSetting[]): void {
  for (const setting of parameters) {
    if (setting.tie === undefined) continue;
    let root: ParameterSetting = setting;
    while (root.tie !== undefined) root = parameters.find((other) => other.name === root.tie)!;
    if (!root.vary) continue;
    const disjoint = setting.bounds[0] >= root.bounds[1] || setting.bounds[1] <= root.bounds[0];
    const outside = root.value !== undefined && (root.value < setting.bounds[0] || root.value > setting.bounds[1]);
    if (disjoint || outside) {
      const text =
        `${setting.name} is tied to ${root.name}, but its bounds ${setting.bounds.join(' … ')} exclude ` +
        (disjoint ? `those of ${root.name}, ${root.bounds.join(' … ')}` : `the start value ${root.value}`);
      refuse(`parameters.${setting.name}.bounds`, text, 'let the bounds overlap and contain the start');
    }
  }
}

function checkOptions({ parameters, options }: FitPlan): void {
  const { starts, seed, maxIterations } = options;
  if (!Number.isInteger(starts) || starts < 1) {
    refuse('fit.starts', `the number of starts is ${starts}`, 'give a whole number of 1 or more');
  }
  if (!Number.isInteger(maxIterations) || maxIterations < 1) {
    refuse('fit.max_iterations', `the number of iterations is ${maxIterations}`, 'give a whole number of 1 or more');
  }
  checkProfile(parameters, options);
  if (!Number.isSafeInteger(seed) || seed < 0)
    refuse('seed', `the seed is ${seed}`, 'give a whole number of 0 or more');
  const open = parameters.filter((s) => s.vary && s.tie === undefined && s.value === undefined);
  if (starts === 1 && open.length > 0) {
    const names = open.map((setting) => setting.name).join(', ');
    const text = `starts: 1 uses the given start alone, but ${names} ${open.length === 1 ? 'has' : 'have'} no value`;
    refuse('fit.starts', text, 'give every free parameter a value, or allow more starts');
  }
}

function checkProfile(parameters: readonly ParameterSetting[], { profile = [] }: FitOptions): void {
  const free = parameters.filter(({ vary, tie }) => vary && tie === undefined).map(({ name }) => name);
  const help = free.length === 0 ? 'no parameter is free' : `free parameters: ${free.join(', ')}`;
  const wrong = profile.flat().find((name) => !free.includes(name));
  if (wrong !== undefined) refuse('fit.profile', `${wrong} is not a free parameter, so it has no profile`, help);
  const shape = profile.find((names) => names.length < 1 || names.length > 2 || names[0] === names[1]);
  if (shape !== undefined) {
    refuse('fit.profile', `'${shape.join(':')}' is neither one parameter nor two`, help);
  }
}

function checkScaling(scaling: ScalingChoice, angles: number): void {
  if (scaling.mode === 'fourier') {
    const { order } = scaling;
    if (!Number.isInteger(order) || order < 1) {
      refuse('scaling.order', `the order of the Fourier series is ${order}`, 'give a whole number of 1 or more');
    }
    if (2 * order + 1 > angles) {
      const text = `a Fourier series of order ${order} has ${2 * order + 1} terms, but there are ${angles} angles`;
      refuse('scaling.order', text, 'use a lower order, or mode: per-angle');
    }
  }
  if (scaling.mode === 'fixed') {
    for (const kind of ['contrast', 'offset'] as const) {
      const values = scaling[kind];
      if (values.length !== angles) {
        const text = `${values.length} values of ${kind} are given for ${angles} angles`;
        refuse(`scaling.${kind}`, text, 'give one value, or one per angle in the order of the file');
      }
      const bad = values.find((value) => !Number.isFinite(value));
      if (bad !== undefined) refuse(`scaling.${kind}`, `a value of ${kind} is ${bad}`, 'give finite numbers');
    }
  }
}

/** S depends on |cos(φ0 − φ)| only: what the angles at hand can and cannot say about φ0. */
function checkFlowDirection(parameters: readonly ParameterSetting[], phi: ArrayLike<number>): Warning[] {
  const phi0 = parameters.find((setting) => setting.name === 'phi0');
  if (phi0 === undefined || !phi0.vary || phi0.tie !== undefined) return [];
  const first = phi[0]!;
  const distinct = Array.from(phi).some((angle) => remainder(angle - first, 180) > 1e-6);
  if (!distinct) {
    const text = `the data have one direction (φ = ${first}°): the shear rate and phi0 cannot be told apart`;
    refuse('parameters.phi0', text, 'fix phi0 with vary: false, or use more angles');
  }
  if (Array.from(phi).some((angle) => remainder(angle - first, 90) > 1e-6)) return [];
  const [lower, upper] = phi0.bounds;
  if (remainder(lower + upper - 2 * first, 180) >= upper - lower) return [];
  const text = `all angles differ by multiples of 90°: phi0 and ${2 * first}° − phi0 describe the data equally well`;
  return [{ code: 'phi0-ambiguous', text }];
}

/** Distance of an angle difference from the nearest multiple of a period, degrees. */
function remainder(difference: number, period: number): number {
  return Math.abs(difference - period * Math.round(difference / period));
}
