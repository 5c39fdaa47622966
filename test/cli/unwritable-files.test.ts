/** `twotime fit` where a file cannot be written. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ResultRecord } from '../../src/results/index.ts';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const data = 'examples/laminar-flow/laminar-flow.h5';
const shortConfig = writeText(
  folder,
  'short.yaml',
  'model: laminar_flow\nconvention: homodyne2\ndata: { gap: 200 um, frames: 1..40 }\nfit: { starts: 8 }\noutput: { figures: false }\n',
);

describe('twotime fit', () => {
  it('that cannot write a file names it, and leaves nothing', async () => {
    const run = at('fresh');
    const fit = twotime('fit', data, '-c', shortConfig, '-o', run);
    while (!existsSync(run)) await new Promise((resolve) => setImmediate(resolve));
    mkdirSync(join(run, 'parameters.csv', 'inside'), { recursive: true });
    const { code, err } = await fit;
    expect(code).toBe(1);
    expect(err.at(-1)).toMatch(/error: .*fresh\/parameters\.csv: the file cannot be written: a folder is in its place/);
    expect(existsSync(run)).toBe(false);
  });

  it('goes on without checkpoints that cannot be written, and says so', async () => {
    const run = at('without');
    const fit = twotime('fit', data, '-c', shortConfig, '-o', run, '--json');
    while (!existsSync(run)) await new Promise((resolve) => setImmediate(resolve));
    mkdirSync(join(run, 'checkpoint', 'fit.json', 'inside'), { recursive: true });
    const { code, out } = await fit;
    expect(code).toBe(0);
    const { warnings } = JSON.parse(out) as ResultRecord;
    expect(warnings.find((one) => one.code === 'checkpoint-not-written')?.text).toMatch(
      /checkpoint\/fit\.json: .*folder/,
    );
    expect(readdirSync(run)).not.toContain('checkpoint');
  });
});
