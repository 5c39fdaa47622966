/** `fit.profile`: names and pairs, and what is refused before any work. */
import { expect, test } from 'vitest';
import { readConfig } from '../../src/config/read-config.ts';
import { toYaml } from '../../src/config/to-yaml.ts';

const STATIC = 'model: static\nparameters: { D_offset: fixed 0 }\n';
const read = (profile: string, head = STATIC) => readConfig(`${head}fit: { profile: ${profile} }\n`, 'fit.yaml');
const problem = (profile: string, head?: string): string => {
  const { problems } = read(profile, head);
  return problems.map(({ message, help }) => `${message.replace(/^fit.profile: /, '')}; ${help}`).join('\n');
};

test('names and pairs are read, alone or in a list, and written back', () => {
  expect(read('[D0, alpha, "alpha : D0"]').config!.fit.profile).toEqual([['D0'], ['alpha'], ['alpha', 'D0']]);
  expect(read('D0:alpha').config!.fit.profile).toEqual([['D0', 'alpha']]);
  expect(read('[]').config!.fit.profile).toEqual([]);
  const { config } = read('[D0, D0:alpha]');
  const again = readConfig(toYaml(config!), 'again.yaml').config!;
  expect(again.fit.profile).toEqual(config!.fit.profile);
});

test('what is fixed, tied or unknown is refused, naming the free parameters', () => {
  expect(problem('[D_offset]')).toBe('D_offset is fixed, so it has no profile; free parameters: D0, alpha');
  expect(problem('[beta]')).toBe("the model has no parameter 'beta'; free parameters: D0, alpha");
  expect(problem('[alpa]')).toBe("there is no parameter 'alpa'; did you mean 'alpha'?");
  const tied = 'model: laminar_flow\ndata: { gap: 200 um }\nparameters: { beta: { tie: alpha } }\n';
  expect(problem('[beta]', tied)).toMatch(
    /^beta is tied to alpha, so it has no profile of its own; free parameters: D0,/,
  );
});

test('doubles and other things than names are refused', () => {
  expect(problem('[D0, D0]')).toMatch(/'D0' stands twice/);
  expect(problem('[D0:alpha, alpha:D0]')).toMatch(/'alpha:D0' stands twice/);
  expect(problem('[D0:D0]')).toMatch(/names one parameter twice/);
  expect(problem('[D0:alpha:D0]')).toMatch(/names more than two/);
  expect(problem('[3]')).toMatch(/3 is not the name of a parameter/);
});
