/** A full symmetric matrix holds every pair twice; a fit counts it once, so half a matrix gives the same answer. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder, twotime } from './command.ts';

const folder = temporaryFolder();
const example = resolve(import.meta.dirname, '../../examples/chx-static');
const FRAMES = 350;

/** The measured matrix with the half below or above the diagonal set to 0. */
function halved(kept: 'upper' | 'lower'): string {
  const bytes = readFileSync(join(example, 'chx-twotime-350.npy'));
  const start = 10 + bytes.readUInt16LE(8);
  for (let i = 0; i < FRAMES; i++) {
    for (let j = 0; j < FRAMES; j++) {
      if (kept === 'upper' ? j < i : j > i) bytes.writeDoubleLE(0, start + 8 * (i * FRAMES + j));
    }
  }
  const path = join(folder, `${kept}.npy`);
  writeFileSync(path, bytes);
  return path;
}

async function fit(file: string, name: string): Promise<unknown> {
  const config = join(example, 'constant-rate.yaml');
  const quick = ['--set', 'output.figures=false', '--set', 'output.arrays=false', '--json'];
  const { out, code } = await twotime('fit', file, '-c', config, '-o', join(folder, name), ...quick);
  expect(code).toBe(0);
  const { digest, parameters, noise, cost } = JSON.parse(out) as Record<string, unknown>;
  return { digest, parameters, noise, cost };
}

test('values, errors of every kind and the noise are the same for the whole matrix and for either half', async () => {
  const whole = await fit(join(example, 'chx-twotime-350.npy'), 'whole');
  expect(JSON.stringify(whole)).toMatch(/"speckle":\d/);
  expect(await fit(halved('upper'), 'upper')).toEqual(whole);
  expect(await fit(halved('lower'), 'lower')).toEqual(whole);
});
