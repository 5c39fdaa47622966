/** `twotime batch --manifest`: data sets × rings × configurations from a list. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchOf, digestsOf, jobOf, RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const config = writeText(folder, 'fit.yaml', RINGS_CONFIG);

beforeAll(async () => {
  await writeRings(at('A_9.npz'), { q: [0.01, 0.02], frames: 60, D: 5000, seed: 1 });
  await writeRings(at('A_10.npz'), { q: [0.01, 0.02], frames: 60, D: 7000, seed: 2 });
  await writeRings(at('B.npz'), { q: [0.015], frames: 60, D: 6000, seed: 3 });
});

describe('a batch by manifest', () => {
  it('fits data sets × rings × configurations, and goes on with the same manifest', async () => {
    const manifest = writeText(
      folder,
      'beamtime.yaml',
      `config: fit.yaml
jobs:
  whole: { files: 'A_*.npz', q: 0.02 1/Angstrom, meta: { T: 290 } }
  half:
    files: [A_9.npz]
    set: { data.frames: 1..30, fit.starts: 3 }
    meta: { T: 300 }
`,
    );
    const run = at('by-manifest');
    const { code } = await twotime('batch', '--manifest', manifest, '-o', run);
    expect(code).toBe(0);
    expect(batchOf(run).jobs.map(({ name, config: one, result }) => [name, one, result?.points])).toEqual([
      ['A_9_q0.02_whole', 'whole', 3422],
      ['A_10_q0.02_whole', 'whole', 3422],
      ['A_9_q0.01_half', 'half', 812],
      ['A_9_q0.02_half', 'half', 812],
    ]);
    expect(readdirSync(join(run, 'plots'))).toContain('parameters-by-T.svg');
    const [header, first] = readFileSync(join(run, 'summary.csv'), 'utf8').split('\r\n');
    expect([header!.split(',')[4], first!.split(',')[4]]).toEqual(['T', '290']);
    // c2 falls by e in 1/(q²·D0), and D0 alone was fitted.
    const { parameters, relaxation, q } = jobOf(run, 'A_9_q0.02_whole').result!;
    const { value, speckle } = parameters['D0']!;
    expect(relaxation!.time).toBeCloseTo(1 / (q * q * value!), 10);
    expect(relaxation!.error! / relaxation!.time).toBeCloseTo(speckle! / value!, 10);
    await twotime('batch', at('A_9.npz'), '-c', config, '-o', at('plain'));
    expect(digestsOf(run)['A_9_q0.02_whole']).toBe(digestsOf(at('plain'))['A_9_q0.02']);
    const again = await twotime('batch', '--manifest', manifest, '-o', run);
    expect(again.code).toBe(0);
    expect(again.err[0]).toBe('0 of 4 jobs are to be done');
    const changed = await twotime('batch', '--manifest', manifest, '-o', run, '--set', 'seed=3');
    expect(changed.err.at(-1)).toMatch(/begun with another configuration: seed: 3/);
  });

  it('refuses all bad rows at once, with their lines, before any work', async () => {
    const rows = [
      'file,q,data.frames',
      'A_9.npz,,1..30',
      'missing.npz,,',
      'A_10.npz,0.02,',
      'B.npz,,30..x',
      'C_*.npz,all,',
    ];
    const manifest = writeText(folder, 'bad.csv', `${rows.join('\n')}\n`);
    const { code, err } = await twotime('batch', '--manifest', manifest, '-c', config, '-o', at('never'));
    expect(code).toBe(3);
    const text = err.join('\n');
    expect([...text.matchAll(/bad\.csv:(\d+):1: /g)].map(([, line]) => line)).toEqual(['3', '4', '5', '6']);
    expect(text).toMatch(/:3:1: missing\.npz: there is no such file/);
    expect(text).toMatch(/:4:1: data\.q: .*unit/);
    expect(text).toMatch(/:6:1: C_\*\.npz: no file matches/);
    expect(existsSync(at('never'))).toBe(false);
  });
});
