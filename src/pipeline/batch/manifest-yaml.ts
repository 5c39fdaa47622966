/** A manifest as YAML: entries by name. */
import type { ErrorLocation } from '../../base/errors.ts';
import { suggest } from '../../base/suggest.ts';
import { asMapping, pathKey, readYaml } from '../../config/index.ts';
import type { ManifestEntry } from './manifest.ts';
import type { ManifestProblems } from './manifest-problems.ts';

const TOP = ['schema', 'config', 'jobs'];
const KEYS = ['files', 'q', 'config', 'set', 'meta'];
const SCHEMA = 'twotime/manifest@1';

export function readYamlManifest(text: string, file: string, problems: ManifestProblems): ManifestEntry[] {
  const { tree, positions, problems: unreadable } = readYaml(text, { file });
  for (const problem of unreadable) problems.take(problem);
  const at = (...path: string[]): ErrorLocation => ({
    file,
    ...(positions.get(pathKey(path))?.key ?? { line: 1, column: 1 }),
  });
  const unknown = (keys: Iterable<string>, known: readonly string[], path: readonly string[]): void => {
    for (const key of keys) {
      if (known.includes(key)) continue;
      const meant = suggest(key, known);
      const help = meant === null ? `keys are ${known.join(', ')}` : `did you mean ${meant}?`;
      problems.add(at(...path, key), `the key '${key}' is not known`, help);
    }
  };
  const root = asMapping(tree);
  if (root === null) {
    if (unreadable.length === 0)
      problems.add({ file }, 'this is no manifest', 'write jobs: with an entry per set of files');
    return [];
  }
  unknown(Object.keys(root), TOP, []);
  if (root['schema'] !== undefined && root['schema'] !== SCHEMA) {
    problems.add(
      at('schema'),
      `the schema ${JSON.stringify(root['schema'])} is not known`,
      `write ${SCHEMA}, or leave it out`,
    );
  }
  const shared = textOf(root['config']);
  return Object.entries(asMapping(root['jobs']) ?? {}).flatMap(([name, value]): ManifestEntry[] => {
    const where = at('jobs', name);
    const entry = asMapping(value);
    if (entry === null) {
      problems.add(where, `'${name}' says nothing`, `write for instance ${name}: { files: 'data/*.h5' }`);
      return [];
    }
    unknown(Object.keys(entry), KEYS, ['jobs', name]);
    const files = (Array.isArray(entry['files']) ? (entry['files'] as unknown[]) : [entry['files']]).map(textOf);
    if (files.length === 0 || files.some((one) => one === null)) {
      problems.add(where, `'${name}' names no files`, 'write files: with a name, a pattern or a list of them');
      return [];
    }
    const set = Object.entries(asMapping(entry['set']) ?? {}).map(([key, one]) => ({
      text: `${key}=${flow(one)}`,
      where: at('jobs', name, 'set', key),
    }));
    const meta = Object.entries(asMapping(entry['meta']) ?? {}).map(([key, one]) => ({
      name: key,
      text: textOf(one) ?? flow(one),
      where: at('jobs', name, 'meta', key),
    }));
    const config = textOf(entry['config']) ?? shared;
    return [{ where, name, files: files.filter((one) => one !== null), q: textOf(entry['q']), config, set, meta }];
  });
}

/** A single value as text; null where there is none. */
function textOf(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

/** A value as YAML on one line. */
function flow(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
