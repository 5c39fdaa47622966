/** Results have the same bits on every engine only if nothing in these layers calls the host's elementary functions. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Exact or correctly rounded by the ECMAScript specification, and constants. */
const ALLOWED = new Set([
  'PI',
  'LOG2E',
  'SQRT2',
  'abs',
  'ceil',
  'floor',
  'imul',
  'max',
  'min',
  'round',
  'sqrt',
  'trunc',
]);

test.each(['math', 'model'])('src/%s uses its own elementary functions', (folder) => {
  const root = new URL(`../../src/${folder}/`, import.meta.url);
  const files = readdirSync(root).filter((name) => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(5);
  const calls = files.flatMap((name) => {
    const code = readFileSync(new URL(name, root), 'utf8')
      .replaceAll(/\/\*.*?\*\//gs, '')
      .replaceAll(/\/\/.*/g, '');
    const members = [...code.matchAll(/\bMath\.(\w+)/g)].map((match) => match[1]!).filter((used) => !ALLOWED.has(used));
    return [...members, ...(code.includes('**') ? ['**'] : [])].map((used) => `${name}: ${used}`);
  });
  expect(calls).toEqual([]);
});
