/**
 * What the user said: the tree of a file with `--set key.path=value` laid over it, and where every part came from.
 */
import { UsageRefused, type ConfigRefused, type ErrorLocation } from '../base/errors.ts';
import type { Origin } from './config.ts';
import { pathKey, readYaml } from './located-yaml.ts';
import { asMapping, type Mapping } from './mapping.ts';
import { placeProblem } from './problem.ts';

export interface Source {
  /** The merged tree; undefined when the file is empty and nothing is set. */
  readonly tree: unknown;
  readonly problems: readonly ConfigRefused[];
  /** Where the key or value at a path stands; the nearest enclosing one when the path itself is absent. */
  locate(path: readonly string[], at: 'key' | 'value'): ErrorLocation;
  /** Whether the value at a path was given, and how. */
  originOf(path: readonly string[]): Origin;
}

/** Read a text and lay the settings over it, later ones over earlier ones. */
export function readSource(text: string, file: string, settings: readonly string[]): Source {
  const yaml = readYaml(text, { file });
  const problems = [...yaml.problems];
  const fromCommandLine = new Set<string>();
  let tree = expandShortForms(yaml.tree);
  for (const setting of settings) {
    const [path, valueText] = splitSetting(setting);
    const value = readYaml(valueText, COMMAND_LINE);
    const refuse = (message: string, help: string): void => {
      problems.push(placeProblem({ path, at: 'value', message, help }, COMMAND_LINE));
    };
    const [first] = value.problems;
    if (first !== undefined) {
      refuse(first.message, first.help ?? '');
      continue;
    }
    const leaf = leafOnTheWay(tree, path);
    if (leaf !== null) {
      refuse(`'${leaf}' is a single value without keys below it`, `write --set ${leaf}=VALUE`);
      continue;
    }
    tree = expandShortForms(withValue(tree, path, value.tree ?? null));
    fromCommandLine.add(pathKey(path));
  }

  const isFromCommandLine = (path: readonly string[]): boolean =>
    path.some((_, k) => fromCommandLine.has(pathKey(path.slice(0, k + 1))));
  return {
    tree,
    problems,
    locate(path, at) {
      if (isFromCommandLine(path)) return COMMAND_LINE;
      const exists = yaml.positions.has(pathKey(path));
      if (!exists && [...fromCommandLine].some((set) => set.startsWith(`${pathKey(path)}\u0000`))) return COMMAND_LINE;
      for (let length = path.length; length > 0; length--) {
        const found = yaml.positions.get(pathKey(path.slice(0, length)));
        if (found !== undefined) return { file, ...(length === path.length ? found[at] : found.key) };
      }
      return { file };
    },
    originOf(path) {
      let node: unknown = tree;
      for (const key of path) node = asMapping(node)?.[key];
      if (node === undefined) return 'default';
      return isFromCommandLine(path) ? 'command line' : 'file';
    },
  };
}

const COMMAND_LINE: ErrorLocation = { file: 'command line' };

function splitSetting(setting: string): [path: string[], value: string] {
  const equals = setting.indexOf('=');
  const key = setting.slice(0, Math.max(equals, 0)).trim();
  const path = key.split('.');
  if (equals < 1 || path.some((part) => part === '')) {
    throw new UsageRefused(`--set '${setting}' is not key.path=value`, {
      help: 'write for example --set parameters.alpha.value=-0.5',
    });
  }
  return [path, setting.slice(equals + 1)];
}

/** The first key on the way to `path` that holds something other than a mapping, or null. */
function leafOnTheWay(tree: unknown, path: readonly string[]): string | null {
  let node = asMapping(tree);
  for (let k = 0; k + 1 < path.length && node !== null; k++) {
    const next = node[path[k]!];
    if (next !== undefined && asMapping(next) === null) return path.slice(0, k + 1).join('.');
    node = asMapping(next);
  }
  return null;
}

/** A copy of `tree` with `value` at `path`. */
function withValue(tree: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const mapping = asMapping(tree);
  const copy = Object.assign(Object.create(null), mapping) as Mapping;
  copy[key] = withValue(mapping?.[key], rest, value);
  return copy;
}

/**
 * `NAME: fixed VALUE` under `parameters` becomes `{ value: VALUE, vary: false }`; a section or parameter without content
 * becomes an empty mapping, which says the same.
 */
function expandShortForms(tree: unknown): unknown {
  const root = asMapping(tree);
  if (root === null) return tree;
  const copy = Object.assign(Object.create(null), root) as Mapping;
  for (const section of SECTIONS) if (copy[section] === null) copy[section] = {};
  const parameters = asMapping(copy['parameters']);
  if (parameters === null) return copy;
  copy['parameters'] = Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, expandParameter(value)])),
  ) as Mapping;
  return copy;
}

const SECTIONS = ['data', 'grid', 'parameters', 'scaling', 'fit', 'noise', 'sample', 'parallel', 'output'];

function expandParameter(value: unknown): unknown {
  if (value === null) return {};
  const match = typeof value === 'string' ? /^fixed\s+(.+)$/.exec(value) : null;
  if (match === null) return value;
  const text = match[1]!.trim();
  return { value: /^[+-]?[\d.]+(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text, vary: false };
}
