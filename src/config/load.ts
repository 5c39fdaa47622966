/** Read configuration files from disk. Loads the YAML and schema libraries: import it when a configuration is needed. */
import { readFile, stat } from 'node:fs/promises';
import { ConfigRefused } from '../base/errors.ts';
import type { Config } from './config.ts';
import { asError } from './problem.ts';
import { readConfig, type ConfigCheck } from './read-config.ts';

export interface LoadOptions {
  /** `key.path=value`, laid over the file in this order. */
  readonly set?: readonly string[];
}

/** More than any configuration needs; a data file given by mistake is larger. */
const LARGEST_FILE = 1_000_000;

/**
 * Load a configuration. Throws one `ConfigRefused` that names every problem (`ConfigProblems` when there are several),
 * and `UsageRefused` for a setting that is not `key.path=value`.
 */
export async function loadConfig(file: string, options: LoadOptions = {}): Promise<Config> {
  return parseConfig(await readText(file), file, options.set);
}

/** The same for a text that is at hand; `file` is what problems name. */
export function parseConfig(text: string, file: string, set: readonly string[] = []): Config {
  const { config, problems } = readConfig(text, file, set);
  if (config === null) throw asError(problems);
  return config;
}

/** Check a configuration without throwing for its content: all problems and all warnings. */
export async function validateConfig(file: string, options: LoadOptions = {}): Promise<ConfigCheck> {
  try {
    return readConfig(await readText(file), file, options.set);
  } catch (error) {
    if (error instanceof ConfigRefused) return { config: null, problems: [error], warnings: [] };
    throw error;
  }
}

async function readText(file: string): Promise<string> {
  const start = 'start one with `twotime config init`, or check the name';
  try {
    const { size } = await stat(file);
    if (size > LARGEST_FILE) {
      const help = 'give the YAML file after -c; a data file is an argument of its own';
      throw new ConfigRefused(`${size} bytes are too many for a configuration`, { where: { file }, help });
    }
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === undefined) throw cause;
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EISDIR: 'this is a folder, not a file',
      EACCES: 'this file may not be read',
    };
    const message = reasons[code] ?? `this file cannot be read (${code})`;
    throw new ConfigRefused(message, { where: { file }, help: start, cause });
  }
}
