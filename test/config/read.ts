/** Helpers of the configuration tests: read a text, expecting a configuration or problems as users see them. */
import { formatError } from '../../src/base/errors.ts';
import type { Config } from '../../src/config/index.ts';
import { readConfig } from '../../src/config/index.ts';

/** The configuration in a text that must be right. */
export function configOf(text: string, settings: readonly string[] = []): Config {
  const { config, problems } = readConfig(text, 'fit.yaml', settings);
  if (config === null) throw new Error(problems.map(formatError).join('\n'));
  return config;
}

/** The problems of a text that must be wrong, one line each. */
export function problemsOf(text: string, settings: readonly string[] = []): string[] {
  const { config, problems } = readConfig(text, 'fit.yaml', settings);
  if (config !== null) throw new Error('this configuration was accepted');
  return problems.map(formatError);
}

/** The warnings of a text that must be right. */
export function warningsOf(text: string, settings: readonly string[] = []): { code: string; text: string }[] {
  return [...readConfig(text, 'fit.yaml', settings).warnings];
}
