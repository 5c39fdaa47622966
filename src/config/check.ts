/** Check a tree against the schema: every problem of keys and single values in one pass, with suggestions. */
import type { z } from 'zod';
import { suggest } from '../base/suggest.ts';
import { keysOf, sectionOf } from './keys.ts';
import { asMapping, type Mapping } from './mapping.ts';
import type { Problem } from './problem.ts';
import { show } from './reading.ts';
import { configSchema, type ParsedConfig } from './schema.ts';

export interface CheckedTree {
  /** What could be read, with defaults in place of what was refused; null when even the model is not known. */
  readonly parsed: ParsedConfig | null;
  readonly problems: readonly Problem[];
}

/** Check a whole configuration. What is refused is taken out and the rest read again, so that nothing hides the rest. */
export function checkTree(tree: unknown): CheckedTree {
  const first = configSchema.safeParse(tree, { reportInput: true });
  if (first.success) return { parsed: first.data, problems: [] };
  const all = first.error.issues.flatMap(describeIssue);
  const problems = all.filter((problem) => !isMeantElsewhere(problem, all));
  let rest = tree;
  for (const problem of problems) rest = without(rest, problem.path);
  const second = configSchema.safeParse(rest);
  return { parsed: second.success ? second.data : null, problems };
}

/** A missing key that is there under a misspelt name is one problem, not two. */
export function isMeantElsewhere(problem: Problem, all: readonly Problem[]): boolean {
  return all.some((other) => other.meant === problem.path.join('.'));
}

function describeIssue(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => describeUnknownKey(path, key));
  if (issue.code === 'custom') {
    if (issue.params?.['missing'] === true) return [describeMissing(path)];
    return [{ path, at: 'value', message: issue.message, help: String(issue.params?.['help'] ?? '') }];
  }
  const [section, name] = path;
  const what = show(issue.input);
  if (section === 'parameters' && name !== undefined) {
    const help = `write ${name}: { value: … } for a start value, or ${name}: fixed … for a fixed one`;
    return [{ path, at: 'value', message: `${what} is neither a mapping nor a fixed value`, help }];
  }
  const message = path.length === 0 ? 'the file holds no mapping of keys to values' : `${what} is not a mapping`;
  return [{ path, at: 'value', message, help: `write keys below it: ${keysOf(path).join(', ')}` }];
}

function describeMissing(path: readonly string[]): Problem {
  const key = path.join('.');
  const help = key === 'model' ? 'write model: static or model: laminar_flow' : `write ${key}`;
  return { path, at: 'key', message: `the key '${key}' is missing`, help };
}

function describeUnknownKey(section: readonly string[], key: string): Problem {
  const path = [...section, key];
  const siblings = keysOf(section);
  const here = suggest(key, siblings);
  const elsewhere = here === null && section[0] !== 'parameters' ? sectionOf(key) : null;
  const near = here ?? elsewhere;
  const isTop = near !== null && section.length > 0 && here === null && !near.includes('.');
  const meant = here === null ? elsewhere : [...section, here].join('.');
  const noun = section.length === 1 && section[0] === 'parameters' ? 'parameter' : 'key';
  const place = section.length === 0 || noun === 'parameter' ? '' : ` in '${section.join('.')}'`;
  const home = section.length === 0 ? 'at the top of the file' : `in '${section.join('.')}'`;
  return {
    path,
    at: 'key',
    message: `unknown ${noun} '${key}'${place}`,
    help:
      near === null
        ? `${noun}s ${home}: ${siblings.join(', ')}`
        : `did you mean '${near}'${isTop ? ' at the top of the file' : ''}?`,
    ...(meant === null ? {} : { meant }),
  };
}

/** A copy of the tree without the entry at a path. */
function without(tree: unknown, [key, ...rest]: readonly string[]): unknown {
  const mapping = asMapping(tree);
  if (mapping === null || key === undefined) return {};
  const copy = Object.assign(Object.create(null), mapping) as Mapping;
  if (rest.length === 0) delete copy[key];
  else copy[key] = without(copy[key], rest);
  return copy;
}
