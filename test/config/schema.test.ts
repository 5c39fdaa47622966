/** The schema is one truth: the committed JSON Schema is made from it, and the documentation names every key. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { toJson } from '../../src/base/json.ts';
import { formatQuantity } from '../../src/base/units.ts';
import { configJsonSchema } from '../../src/config/index.ts';
import { leafKeys } from '../../src/config/keys.ts';
import { PARAMETERS } from '../../src/config/parameter-schema.ts';
import { formatPrior } from '../../src/config/priors.ts';
import { configOf } from './read.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('the committed JSON Schema is up to date (node scripts/write-config-schema.ts)', () => {
  expect(read('schema/twotime-config.schema.json')).toBe(`${toJson(configJsonSchema())}\n`);
});

describe('the JSON Schema', () => {
  const schema = configJsonSchema() as {
    required: string[];
    additionalProperties: boolean;
    properties: Record<string, { description?: string; properties?: Record<string, object>; default?: unknown }>;
  };

  test('requires the model alone and closes every mapping', () => {
    expect(schema.required).toEqual(['model']);
    expect(schema.additionalProperties).toBe(false);
    const open = Object.entries(schema.properties).filter(
      ([, section]) => section.properties !== undefined && !('additionalProperties' in section),
    );
    expect(open).toEqual([]);
  });

  test('describes every key', () => {
    for (const section of Object.values(schema.properties)) {
      expect(section).toHaveProperty('description');
      for (const leaf of Object.values(section.properties ?? {})) {
        expect(leaf).toHaveProperty('description');
      }
    }
  });

  test('knows the short form of a fixed parameter', () => {
    expect(schema.properties['parameters']?.properties?.['alpha']).toMatchObject({
      anyOf: [{ type: 'object' }, { type: 'string', pattern: '^fixed\\s+\\S' }],
    });
  });

  test('the defaults it states are the ones that are used', () => {
    const stated = Object.entries(schema.properties).flatMap(([name, section]) =>
      Object.entries(section.properties ?? { '': section }).map(([key, leaf]) => ({
        path: key === '' ? [name] : [name, key],
        value: (leaf as { default?: unknown }).default,
      })),
    );
    const lines = stated
      .filter(({ path, value }) => value !== undefined && path[0] !== 'grid')
      .map(({ path, value }) => `${path.join('.')}=${JSON.stringify(value)}`);
    expect(lines.length).toBeGreaterThan(25);
    const { origins: _, ...said } = configOf('model: static', lines);
    const { origins: __, ...defaults } = configOf('model: static');
    expect(said).toEqual(defaults);
  });
});

describe('docs/configuration.md', () => {
  const page = read('docs/configuration.md');

  test('has a row for every key', () => {
    const missing = leafKeys().filter((path) => {
      const rows = path[0] === 'parameters' ? [path[1]!, path[2]!] : [path.join('.')];
      return rows.some((row) => !page.includes(`| \`${row}\` |`));
    });
    expect(missing).toEqual([]);
  });

  test('has no row for a key that does not exist', () => {
    const keys = new Set(leafKeys().flatMap((path) => [path.join('.'), path.at(-1)!, ...path.slice(1, 2)]));
    const rows = [...page.matchAll(/^\| `([a-zA-Z0-9_.]+)` \|/gm)].map((match) => match[1]!);
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter((row) => !keys.has(row))).toEqual([]);
  });

  test('states the default bounds and priors of the model', () => {
    for (const info of PARAMETERS) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${info.name}\` |`))!;
      const [, , , bounds = '', prior = ''] = row.split('|').map((cell) => cell.trim());
      expect(bounds.replaceAll('−', '-').split(' … ').map(Number)).toEqual(info.bounds);
      const numbers = (text: string): number[] => [...text.matchAll(/-?[\d.]+(?:e-?\d+)?(?= |,|\))/g)].map(Number);
      expect(numbers(prior)).toEqual(numbers(formatPrior(info.prior, info.dimension)));
      expect(prior.split('(')[0]).toBe(formatPrior(info.prior, info.dimension).split('(')[0]);
    }
  });

  test('the defaults in its tables are the ones that are used', () => {
    const rows = [...page.matchAll(/^\| `([a-z]+(?:\.[a-z0-9_]+)?)` \| `([^`]+)` \|/gm)];
    const settings = rows
      .filter(([, key]) => !key!.startsWith('grid.') && key!.includes('.'))
      .map(([, k, v]) => `${k}=${v}`);
    expect(settings.length).toBeGreaterThan(20);
    const { origins: _, ...said } = configOf('model: static', settings);
    const { origins: __, ...defaults } = configOf('model: static');
    expect(said).toEqual(defaults);
  });

  test('its example is valid', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(page)![1]!;
    const config = configOf(example);
    expect(formatQuantity(config.data.gap!, 'length')).toBe('200 um');
    expect(config.parameters['D_offset']).toMatchObject({ value: 0, vary: false });
  });
});
