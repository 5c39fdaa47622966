/** The keys a configuration may hold, read off its schema. */
import { suggest } from '../base/suggest.ts';
import type { JsonSchema } from './field.ts';
import { configJsonSchema } from './json-schema.ts';
import { asMapping } from './mapping.ts';

let schema: JsonSchema | undefined;

/** Keys directly below a path; empty for a leaf or an unknown path. */
export function keysOf(path: readonly string[]): readonly string[] {
  schema ??= configJsonSchema();
  let node: JsonSchema = schema;
  for (const key of path) node = propertiesOf(node)[key] ?? {};
  return Object.keys(propertiesOf(node));
}

/** The dotted path of a key of this name, or nearly this name, in any section; null when there is none. */
export function sectionOf(name: string): string | null {
  const paths = leafKeys();
  const nameOf = (path: readonly string[]): string => path.at(-1)!;
  const near = suggest(name, paths.map(nameOf));
  if (near === null) return null;
  const homes = paths.filter((path) => nameOf(path) === near);
  return homes.length === 1 ? homes[0]!.join('.') : null;
}

/** The path of every key that holds a value of its own, in the order of the schema. */
export function leafKeys(below: readonly string[] = []): readonly (readonly string[])[] {
  return keysOf(below).flatMap((key) => {
    const path = [...below, key];
    return keysOf(path).length === 0 ? [path] : leafKeys(path);
  });
}

function propertiesOf(node: JsonSchema): Readonly<Record<string, JsonSchema>> {
  const forms = Array.isArray(node['anyOf']) ? (node['anyOf'] as readonly JsonSchema[]) : [node];
  const mapping = forms.find((form) => asMapping(form['properties']) !== null);
  return (mapping?.['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
}
