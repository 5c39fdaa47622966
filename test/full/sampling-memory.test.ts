/** Memory of sampling: that of the data and the program, whatever the number of chains. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { ResultRecord } from '../../src/results/index.ts';
import { startTwotime } from '../support/twotime-process.ts';
import { temporaryFolder, twotime, writeText } from '../cli/command.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
/** 1.2 million points, 4.8 MB. */
const model = writeText(
  folder,
  'model.yaml',
  `model: static
data: { q: 0.0054 1/Angstrom }
grid: { frames: 490, dt: 100 ms, phi: [${Array.from({ length: 10 }, (_, k) => `${18 * k} deg`).join(', ')}] }
parameters:
  D0: { value: 19230 Angstrom^2/s }
  alpha: { value: -0.5 }
  D_offset: { value: 879 Angstrom^2/s }
scaling: { contrast: 0.3, offset: 1 }
`,
);
const config = writeText(
  folder,
  'fit.yaml',
  `model: static
fit: { starts: 2, errors: independent }
sample: { likelihood: independent, method: nuts, draws: 4, warmup: 10 }
output: { figures: false, arrays: false }
parallel: { workers: 2 }
`,
);

async function sampleInProcess(data: string, run: string, chains: number): Promise<ResultRecord> {
  await startTwotime('sample', at(data), '-c', config, '-o', at(run), '-q', '--chains', String(chains)).ended;
  return JSON.parse(readFileSync(join(at(run), 'result.json'), 'utf8')) as ResultRecord;
}

beforeAll(async () => {
  // The launcher sets these for the Node that comes with the package; here the tests run on that one already.
  process.env['NODE_OPTIONS'] = '--max-semi-space-size=8';
  process.env['MALLOC_ARENA_MAX'] = '2';
  const simulate = ['simulate', '-c', model, '--noise', 'white:0.02', '-o'];
  await twotime(...simulate, at('data.npz'));
  await twotime(...simulate, at('small.npz'), '--set', 'grid.frames=60');
  // A process that finds some script not in the cache of compiled ones takes tens of megabytes more.
  await sampleInProcess('small.npz', 'first', 2);
});

/** Most resident memory of a run, MB. */
async function peakOf(chains: number): Promise<number> {
  const { resources, posterior } = await sampleInProcess('data.npz', `run-${chains}`, chains);
  expect(posterior?.chains).toHaveLength(chains);
  return resources.peakMegabytes;
}

it('does not grow with chains: sixteen take no more than two, within 15 %, where a copy of the data each would be 30 %', async () => {
  const few = await peakOf(2);
  expect(few).toBeGreaterThan(100);
  expect((await peakOf(16)) / few).toBeLessThan(1.15);
});
