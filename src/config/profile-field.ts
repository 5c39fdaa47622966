/** `fit.profile`: the parameters, or pairs of them, whose profile likelihood is asked for. */
import type { z } from 'zod';
import { suggest } from '../base/suggest.ts';
import type { FitConfig, ParameterConfig } from './config.ts';
import { fieldWithDefault } from './field.ts';
import { PARAMETERS } from './parameter-schema.ts';
import type { Problem } from './problem.ts';
import { accepted, orList, refused, show, type Reader } from './reading.ts';

type Profile = FitConfig['profile'];

const NAMES = PARAMETERS.map(({ name }) => name);
const NAME_PATTERN = `(${NAMES.join('|')})`;
const EXAMPLE = 'write for example [D0, alpha] or, for a pair, [D0:alpha]';

/** Names and pairs `A:B` in a list; a name or pair may stand alone. */
const readProfile: Reader<Profile> = (input) => {
  const entries: unknown[] = Array.isArray(input) ? input : [input];
  const targets: string[][] = [];
  for (const entry of entries) {
    if (typeof entry !== 'string') return refused(`${show(entry)} is not the name of a parameter`, EXAMPLE);
    const names = entry.split(':').map((name) => name.trim());
    const unknown = names.find((name) => !NAMES.includes(name));
    if (unknown !== undefined) {
      const near = suggest(unknown, NAMES);
      const all = orList(NAMES);
      return refused(`there is no parameter '${unknown}'`, near === null ? `write ${all}` : `did you mean '${near}'?`);
    }
    if (names.length > 2) return refused(`${show(entry)} names more than two parameters`, EXAMPLE);
    if (names[0] === names[1]) return refused(`${show(entry)} names one parameter twice`, EXAMPLE);
    if (targets.some((other) => isSame(other, names)))
      return refused(`${show(entry)} stands twice`, 'keep one of them');
    targets.push(names);
  }
  return accepted(targets);
};

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

const entryJson = { type: 'string', pattern: `^\\s*${NAME_PATTERN}\\s*(:\\s*${NAME_PATTERN}\\s*)?$` };

export const profileField: z.ZodType<Profile> = fieldWithDefault(
  readProfile,
  [],
  'free parameters whose profile-likelihood intervals are wanted; a pair as D0:alpha',
  { anyOf: [entryJson, { type: 'array', items: entryJson }], examples: [['D0', 'alpha', 'D0:alpha']] },
);

/** Targets that are not free parameters of the model. */
export function profileProblems(
  targets: Profile,
  parameters: Readonly<Record<string, ParameterConfig>>,
): readonly Problem[] {
  const free = Object.entries(parameters).flatMap(([name, { vary, tie }]) => (vary && tie === null ? [name] : []));
  const names = [...new Set(targets.flat())];
  return names.flatMap((name): Problem[] => {
    const setting = parameters[name];
    if (setting !== undefined && free.includes(name)) return [];
    const why =
      setting === undefined
        ? `the model has no parameter '${name}'`
        : setting.tie === null
          ? `${name} is fixed, so it has no profile`
          : `${name} is tied to ${setting.tie}, so it has no profile of its own`;
    const help = free.length === 0 ? 'no parameter is free' : `free parameters: ${free.join(', ')}`;
    return [{ path: ['fit', 'profile'], at: 'value', message: why, help }];
  });
}

/** Targets as a file writes them. */
export function formatProfile(targets: Profile): string {
  return `[${targets.map((names) => names.join(':')).join(', ')}]`;
}
