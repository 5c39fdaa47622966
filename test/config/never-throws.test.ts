/** Whatever a file holds, the answer is a configuration or a list of problems with advice, never an exception. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { configTemplate, readConfig, toYaml } from '../../src/config/index.ts';
import { leafKeys } from '../../src/config/keys.ts';
import { configOf } from './read.ts';

function answers(text: string): void {
  const { config, problems } = readConfig(text, 'fit.yaml');
  expect(config === null).toBe(problems.length > 0);
  for (const problem of problems) {
    expect(problem.message).not.toMatch(/undefined|\[object|Invalid input/);
    expect(problem.help).toMatch(/\S+ \S+/);
    expect(problem.where?.file).toBe('fit.yaml');
  }
}

test('any text', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), answers), { seed: 4, numRuns: 300 });
});

test('any value at any key', () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      '1 um',
      '5 s',
      '-3 deg',
      '1..5',
      '5..1',
      'auto',
      'all',
      'fixed 3',
      'Normal(0, 1)',
      'none',
      0,
      1,
      true,
    ),
  );
  const entry = fc.record({ path: fc.constantFrom(...leafKeys()), value });
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('static', 'laminar_flow'),
      (entries, model) => {
        const tree: Record<string, unknown> = { model };
        for (const { path, value } of entries) {
          let node = tree;
          for (const key of path.slice(0, -1)) {
            const below = node[key];
            const next: Record<string, unknown> = { ...(typeof below === 'object' ? below : {}) };
            node[key] = next;
            node = next;
          }
          node[path.at(-1)!] = value;
        }
        answers(JSON.stringify(tree));
      },
    ),
    { seed: 5, numRuns: 500 },
  );
});

test('a resolved file with one line damaged', () => {
  const lines = toYaml(configOf(configTemplate('laminar_flow').replace('gap: ', 'gap: 200 um '))).split('\n');
  fc.assert(
    fc.property(fc.nat(lines.length - 1), fc.string({ maxLength: 12 }), fc.nat(20), (line, junk, at) => {
      const damaged = lines.with(line, lines[line]!.slice(0, at) + junk + lines[line]!.slice(at));
      answers(damaged.join('\n'));
    }),
    { seed: 6, numRuns: 200 },
  );
});

test('brackets without end', () => {
  answers('['.repeat(20_000));
  answers(`a: ${'{a: '.repeat(20_000)}`);
});
