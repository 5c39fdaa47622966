/**
 * Which physical parameters the fit moves: a tied parameter follows the one at the end of its chain, a fixed one stays.
 *
 * The optimiser sees one vector, the free parameters in the order of the model; everything else follows from it by name.
 */
import type { ParameterValues } from '../model/transport-law.ts';
import type { ParameterSetting } from './problem.ts';

export interface FreeParameters {
  /** All parameters of the model, in its order. */
  readonly settings: readonly ParameterSetting[];
  /** Names of the free parameters; the vector θ of the optimiser is in this order. */
  readonly names: readonly string[];
  /** Box of θ: the intersection of the bounds of a parameter and of all that are tied to it. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Names of all parameters that move: the free ones and those tied to them. */
  readonly moving: readonly string[];
  /** Values of every parameter at θ. */
  values(theta: Float64Array): ParameterValues;
  /** Index in `names` of the free parameter that a moving one follows. */
  source(name: string): number;
  /** Why a parameter has no error of its own: `fixed`, `tied to NAME`; null when it is free. */
  reason(name: string): string | null;
  /** Whether another parameter is tied to this one. */
  isFollowed(name: string): boolean;
}

/** The parameter at the end of the chain of ties; the chain must have no cycle (`validateFit` refuses those). */
function rootOf(byName: ReadonlyMap<string, ParameterSetting>, setting: ParameterSetting): ParameterSetting {
  let current = setting;
  while (current.tie !== undefined) current = byName.get(current.tie)!;
  return current;
}

/** Sort parameters into free, tied and fixed. `settings` must have passed `validateFit`. */
export function freeParameters(settings: readonly ParameterSetting[]): FreeParameters {
  const byName = new Map(settings.map((setting) => [setting.name, setting]));
  const roots = new Map(settings.map((setting) => [setting.name, rootOf(byName, setting)]));
  const names = settings.filter((s) => s.vary && s.tie === undefined).map((s) => s.name);
  const index = new Map(names.map((name, i) => [name, i]));
  const followers = names.map((name) => settings.filter((s) => roots.get(s.name)!.name === name));
  const moving = settings.filter((s) => index.has(roots.get(s.name)!.name)).map((s) => s.name);
  return {
    settings,
    names,
    lower: Float64Array.from(followers, (group) => Math.max(...group.map((s) => s.bounds[0]))),
    upper: Float64Array.from(followers, (group) => Math.min(...group.map((s) => s.bounds[1]))),
    moving,
    values: (theta) =>
      Object.fromEntries(
        settings.map((setting) => {
          const root = roots.get(setting.name)!;
          const i = index.get(root.name);
          return [setting.name, i === undefined ? root.value! : theta[i]!];
        }),
      ),
    source: (name) => index.get(roots.get(name)!.name)!,
    reason: (name) => {
      const setting = byName.get(name)!;
      if (setting.tie !== undefined) return `tied to ${setting.tie}`;
      return setting.vary ? null : 'fixed';
    },
    isFollowed: (name) => settings.some((s) => s.tie === name),
  };
}
