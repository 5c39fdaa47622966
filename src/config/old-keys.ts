/** Keys of older configurations: read under their present names, with a warning (`warnings.ts`). */
import type { Origin } from './config.ts';
import { asMapping, type Mapping } from './mapping.ts';
import { placeProblem } from './problem.ts';
import type { Source } from './source.ts';

/** Dotted, as files spell them: the old key and what it is called now. */
export const OLD_KEYS: readonly (readonly [old: string, now: string])[] = [
  ['parallel_chunks', 'parallel.chunks'],
  ['parallel.parallel_chunks', 'parallel.chunks'],
];

/** The source with every old key under its present name; places and origins stay those of what the user wrote. */
export function withPresentKeys(source: Source): Source {
  return OLD_KEYS.reduce((before, [old, now]) => withPresentKey(before, old.split('.'), now.split('.')), source);
}

function withPresentKey(source: Source, old: readonly string[], now: readonly string[]): Source {
  const [value, rest] = take(source.tree, old);
  if (value === undefined) return source;
  const origin = source.originOf(old);
  const rival = source.originOf(now);
  const wins = rival === 'default' || (origin === 'command line' && rival === 'file');
  if (!wins && origin === rival) {
    const message = `'${old.join('.')}' is the old name of '${now.join('.')}', and both are there`;
    const help = `keep ${now.join('.')}`;
    const problem = placeProblem({ path: old, at: 'key', message, help }, source.locate(old, 'key'));
    return { ...source, tree: rest, problems: [...source.problems, problem] };
  }
  const written = (path: readonly string[]): readonly string[] => (wins && isSame(path, now) ? old : path);
  return {
    tree: wins ? put(rest, now, value) : rest,
    problems: source.problems,
    locate: (path, at) => source.locate(written(path), at),
    originOf: (path): Origin => source.originOf(written(path)),
  };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, k) => key === b[k]);
}

/** The value at a path, and a copy of the tree without it. */
function take(tree: unknown, [key, ...rest]: readonly string[]): [value: unknown, rest: unknown] {
  const mapping = asMapping(tree);
  if (mapping === null || key === undefined || mapping[key] === undefined) return [undefined, tree];
  const copy = Object.assign(Object.create(null), mapping) as Mapping;
  if (rest.length === 0) {
    delete copy[key];
    return [mapping[key], copy];
  }
  const [value, below] = take(copy[key], rest);
  copy[key] = below;
  return [value, copy];
}

/** A copy of the tree with the value at a path; a single value on the way is left for the check to refuse. */
function put(tree: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const mapping = asMapping(tree) ?? {};
  const copy = Object.assign(Object.create(null), mapping) as Mapping;
  copy[key] =
    rest.length > 0 && copy[key] !== undefined && asMapping(copy[key]) === null
      ? copy[key]
      : put(copy[key], rest, value);
  return copy;
}
