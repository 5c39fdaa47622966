/** What Python reads in the files of a posterior, with ArviZ 0.23 and 1.x from pinned requirements. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PosteriorFilesInput, PosteriorQuantityRecord } from '../../src/results/index.ts';
import { pythonOf } from '../support/python-blocks.ts';
import { makePythonVenv } from '../support/python-venv.ts';
import { sampledRun, writePosterior } from '../support/sampled-run.ts';

const SCALING = ['contrast', 'offset', 'sigma'] as const;
const here = path.join(import.meta.dirname, 'python');
const folder = mkdtempSync(path.join(tmpdir(), 'twotime-python-'));
let input: PosteriorFilesInput;
let rows: readonly PosteriorQuantityRecord[];

/** What `read_posterior.py` prints. */
interface Found {
  readonly arviz: string;
  readonly names: readonly string[];
  readonly summary: Readonly<Record<string, readonly number[]>>;
  readonly ess_tail: readonly number[];
  readonly bfmi: readonly number[];
  readonly rows: number;
  readonly manual: Readonly<Record<string, unknown>>;
  readonly groups: Readonly<Record<string, unknown>>;
  readonly netCDF4: unknown;
  readonly h5netcdf: unknown;
  readonly h5py: unknown;
  readonly below: readonly [points: number, mean: number];
}

beforeAll(async () => {
  input = await sampledRun({ method: 'nuts', until: null, draws: 100 });
  await writePosterior(path.join(folder, 'run'), input);
  const of = (file: string, library: string): string => pythonOf(file, folder, 'run', library);
  const lines = {
    arviz: of('posterior.nc', 'arviz'),
    xarray: of('posterior.nc', 'xarray'),
    h5py: of('posterior.nc', 'h5py'),
    numpy: of('samples.npz', 'numpy'),
    pandas: of('posterior.csv', 'pandas'),
  };
  writeFileSync(path.join(folder, 'lines.json'), JSON.stringify(lines));
  const { parameters, angles } = input.record;
  rows = [...Object.values(parameters), ...SCALING.flatMap((name) => angles.map((angle) => angle[name]!))];
});
afterAll(() => rmSync(folder, { recursive: true }));

const GROUPS = ['posterior', 'posterior_predictive', 'sample_stats', 'prior', 'observed_data', 'constant_data'];

describe.each([
  { version: '0', minor: 11 },
  { version: '1', minor: 12 },
])('ArviZ $version', ({ version, minor }) => {
  test('and xarray, netCDF4, h5netcdf, h5py read the posterior, and say of it what we say', (context) => {
    const made = makePythonVenv(path.join(folder, `venv-${version}`), path.join(here, `arviz-${version}.txt`), minor);
    if ('missing' in made) {
      process.stderr.write(`not tested with ArviZ ${version}: ${made.missing}\n`);
      return context.skip(made.missing);
    }
    const netcdf = path.join(folder, 'run', 'posterior.nc');
    const script = path.join(here, 'read_posterior.py');
    const run = spawnSync(made.python, [script, path.join(folder, 'lines.json'), netcdf], { encoding: 'utf8' });
    expect(run.status, run.stderr).toBe(0);
    const found = JSON.parse(run.stdout.trimEnd().split('\n').at(-1)!) as Found;
    expect(found.arviz.split('.')[0]).toBe(version);

    const { moving } = input.sampled.posterior.free;
    expect(found.names.map((name) => name.split('[')[0])).toEqual([
      ...moving,
      ...SCALING.flatMap((name) => [name, name, name]),
    ]);
    const expectEqual = (theirs: readonly number[], ours: (one: PosteriorQuantityRecord) => number | null): void => {
      expect(theirs).toHaveLength(rows.length);
      theirs.forEach((value, k) => {
        const own = ours(rows[k]!)!;
        expect(Math.abs(value - own), found.names[k]).toBeLessThanOrEqual(1e-6 * Math.abs(own));
      });
    };
    const { summary } = found;
    expectEqual(summary['mean']!, (one) => one.mean);
    expectEqual(summary['sd']!, (one) => one.sd);
    expectEqual(summary['r_hat']!, (one) => one.rHat);
    expectEqual(summary['ess_bulk']!, (one) => one.essBulk);
    expectEqual(summary['mcse_mean']!, (one) => one.mcseMean);
    expectEqual(found.ess_tail, (one) => one.essTail);
    expectEqual(summary['mcse_sd']!, (one) => one.mcseSd);
    found.bfmi.forEach((value, c) => expect(value).toBeCloseTo(input.record.chains[c]!.energyFraction!, 8));

    const { mean } = input.record.parameters['D0']!;
    expect(found.rows).toBe(rows.length);
    expect(found.manual).toMatchObject({ unit: 'Angstrom^2/s', pandas: [mean, rows.length] });
    for (const library of ['xarray', 'h5py'] as const) expect(found.manual[library]).toBeCloseTo(mean!, 6);
    expect((found.manual['numpy'] as number[])[0]).toBeCloseTo(mean!, 6);

    expect(found.groups['h5netcdf']).toEqual(found.groups['netcdf4']);
    const groups = found.groups['netcdf4'] as Readonly<Record<string, unknown>>;
    expect(Object.keys(groups)).toEqual(GROUPS);
    const points = input.predictive!.cuts.reduce((sum, { lags }) => sum + lags.length, 0) - 1;
    expect(groups).toMatchObject({
      posterior: {
        dimensions: { chain: 4, draw: 100, phi: 3 },
        variables: { D0: ['float64', ['chain', 'draw']], sigma: ['float64', ['chain', 'draw', 'phi']] },
      },
      posterior_predictive: {
        dimensions: { chain: 4, draw: 50, point: points },
        coordinates: ['age', 'chain', 'draw', 'lag', 'phi', 'point'],
        variables: { c2: ['float32', ['chain', 'draw', 'point']] },
      },
      sample_stats: { variables: { diverging: ['bool', ['chain', 'draw']], tree_depth: ['int32', ['chain', 'draw']] } },
      prior: { dimensions: { chain: 1, draw: 1000 } },
      observed_data: { coordinates: ['age', 'lag', 'phi', 'point'], variables: { c2: ['float32', ['point']] } },
      constant_data: { variables: { q: ['float64', []], time: ['float64', ['frame']], phi0: ['float64', []] } },
    });
    expect(found.groups['netcdf4 contrast']).toBeCloseTo(input.record.angles[2]!.contrast!.mean!, 10);
    expect(found.netCDF4).toMatchObject({
      chain: ['chain'],
      D0: ['chain', 'draw'],
      contrast: ['chain', 'draw', 'phi'],
    });
    expect(found.h5netcdf).toEqual(found.netCDF4);
    expect(found.h5py).toEqual(['/posterior/chain', '/posterior/draw', '/posterior/phi']);
    expect(found.below[0]).toBe(points);
    expect(Math.abs(found.below[1] - 0.5)).toBeLessThan(0.1);
  });
});
