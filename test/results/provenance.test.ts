import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { toJson } from '../../src/base/json.ts';
import { describeMachine, makeProvenance } from '../../src/results/index.ts';
import { makeSyntheticFit } from '../support/synthetic-fit.ts';

const { dataset } = makeSyntheticFit({ angles: 1, frames: 8 });
const facts = {
  dataset,
  engine: { name: 'wasm-simd128', wasmSha256: 'ab'.repeat(32), workers: 1 },
  seed: 7,
  run: 'runs/one',
  config: { file: 'fit.yaml', text: 'schema: twotime/1\n' },
  argv: ['fit', 'data/sheared-suspension.h5', '-c', 'fit.yaml', '-o', 'run'],
  started: '2026-01-02T03:04:05.000Z',
  neighbour: null,
  resumed: null,
  ended: '2026-01-02T03:04:06.000Z',
  versions: { twotime: '0.1.0' },
};

test('provenance names the input by content, the engine, the configuration and the command', async () => {
  const record = await makeProvenance({ ...facts, inputPath: import.meta.filename });
  expect(record).toMatchObject({
    schema: 'twotime/provenance@1',
    input: {
      file: 'data/sheared-suspension.h5',
      layout: 'aps-legacy',
      contentHash: dataset.source.contentHash,
    },
    engine: { wasmSha256: 'ab'.repeat(32) },
    seed: 7,
    config: { text: 'schema: twotime/1\n' },
    argv: facts.argv,
  });
  expect(record.input.fromRun).toMatch(/^\.\..*provenance\.test\.ts$/);
  expect(record.input.bytes).toBeGreaterThan(500);
  expect(() => toJson(record)).not.toThrow();
});

test('an input that is gone has no size', async () => {
  expect((await makeProvenance({ ...facts, inputPath: '/nowhere/at/all.h5' })).input.bytes).toBeNull();
});

test('the machine is described without its name', () => {
  const machine = describeMachine();
  expect(machine.node).toBe(process.versions.node);
  expect(machine.cores).toBeGreaterThan(0);
  expect(Object.values(machine)).not.toContain(hostname());
});
