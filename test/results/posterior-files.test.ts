/** The files of a posterior: what they hold, number by number, and that they are the same bytes for the same result. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset as Hdf5Dataset } from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logDensities, spreadEvenly, type Quantity } from '../../src/bayes/index.ts';
import { loadHdf5, type Hdf5Library } from '../../src/data/hdf5-library.ts';
import { decodeNpy, type NpyArray } from '../../src/data/npy.ts';
import { NpzReader } from '../../src/data/npz-reader.ts';
import type { PosteriorFilesInput } from '../../src/results/index.ts';
import { posteriorRecord } from '../../src/results/posterior-record.ts';
import { askPython, missingPython } from '../support/numpy.ts';
import { pythonOf } from '../support/python-blocks.ts';
import { PRIORS, sampledRun, writePosterior } from '../support/sampled-run.ts';

const CHAINS = { method: 'nuts', until: null, chains: 2, draws: 30 } as const;
const folder = mkdtempSync(join(tmpdir(), 'twotime-posterior-'));
let chains: PosteriorFilesInput;
let weights: PosteriorFilesInput;
let library: Hdf5Library;

beforeAll(async () => {
  library = await loadHdf5();
  chains = await sampledRun(CHAINS);
  weights = await sampledRun({ method: 'psis', draws: 25 }, true);
  await writePosterior(join(folder, 'chains'), chains);
  await writePosterior(join(folder, 'weights'), weights);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What one variable of a NetCDF file holds: its dimensions by name, values and attributes. */
interface Variable {
  readonly dimensions: readonly string[];
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly attributes: Readonly<Record<string, unknown>>;
}

function netcdf(run: string): Map<string, Variable> {
  const file = new library.File(join(folder, run, 'posterior.nc'), 'r');
  try {
    const found = new Map<string, Variable>();
    for (const path of file.paths()) {
      const set = file.get(path);
      if (!(set instanceof library.Dataset)) continue;
      found.set(path, variableOf(set));
    }
    return found;
  } finally {
    file.close();
  }
}

function variableOf(set: Hdf5Dataset): Variable {
  const shape = set.shape ?? [];
  const own = set.get_scale_name();
  const scales = shape.map((_, axis) => own ?? set.get_attached_scales(axis)[0]!.split('/').at(-1)!);
  const value = set.value;
  return {
    ...{ dimensions: scales, shape, values: typeof value === 'number' ? [value] : (value as Float64Array) },
    attributes: Object.fromEntries(Object.entries(set.attrs).map(([name, one]) => [name, one.to_array()])),
  };
}

function quantity({ sampled }: PosteriorFilesInput, name: string): Quantity {
  return sampled.quantities.find((one) => one.name === name)!;
}

function npz(run: string): Map<string, NpyArray> {
  const reader = new NpzReader(join(folder, run, 'samples.npz'), 'samples.npz');
  try {
    return new Map([...reader.entries.values()].map((entry) => [entry.name, decodeNpy(reader.whole(entry), {})]));
  } finally {
    reader.close();
  }
}

describe('posterior.nc', () => {
  test('holds the draws of parameters over chain and draw, with units, and those of each angle', () => {
    const found = netcdf('chains');
    const { free } = chains.sampled.posterior;
    expect(free.moving).toHaveLength(6);
    for (const name of free.moving) {
      const { dimensions, shape, values, attributes } = found.get(`posterior/${name}`)!;
      expect([dimensions, shape]).toEqual([
        ['chain', 'draw'],
        [2, 30],
      ]);
      expect(Array.from(values)).toEqual(quantity(chains, name).draws.flatMap((chain) => Array.from(chain)));
      expect(attributes['units']).toBe(
        { D0: 'Angstrom^2/s', D_offset: 'Angstrom^2/s', gamma_dot_t0: '1/s', gamma_dot_t_offset: '1/s' }[name],
      );
      expect(attributes['long_name']).toMatch(/transport|shear/);
    }
    expect(Array.from(found.get('posterior/phi')!.values)).toEqual([-40.5, 0, 50]);
    for (const name of ['contrast', 'offset', 'sigma']) {
      const { dimensions, shape, values } = found.get(`posterior/${name}`)!;
      expect([dimensions, shape]).toEqual([
        ['chain', 'draw', 'phi'],
        [2, 30, 3],
      ]);
      for (const angle of [0, 1, 2]) {
        expect(values[(1 * 30 + 7) * 3 + angle]).toBe(quantity(chains, `${name}[${angle}]`).draws[1]![7]);
      }
    }
  });

  test('holds what the sampler knows of every draw', () => {
    const found = netcdf('chains');
    const steps = chains.sampled.chains!.chains.flatMap(({ draws }) => draws);
    const of = (name: string): number[] => Array.from(found.get(`sample_stats/${name}`)!.values);
    expect(of('lp')).toEqual(steps.map(({ logDensity }) => logDensity));
    expect(of('energy')).toEqual(steps.map(({ energy }) => energy));
    expect(of('acceptance_rate')).toEqual(steps.map(({ acceptance }) => acceptance));
    expect(of('step_size')).toEqual(steps.map(({ stepSize }) => stepSize));
    expect(of('tree_depth')).toEqual(steps.map(({ depth }) => depth));
    expect(of('n_steps')).toEqual(steps.map(({ leapfrogs }) => leapfrogs));
    expect(of('diverging')).toEqual(steps.map(({ diverging }) => Number(diverging)));
    expect(found.get('sample_stats/diverging')!.attributes['dtype']).toBe('bool');
  });

  test('holds predictive cuts beside what was observed, without the excluded pair', () => {
    const found = netcdf('chains');
    const { cuts, draws } = chains.predictive!;
    const all = cuts.flatMap(({ observed }) => Array.from(observed));
    const kept = all.filter((value) => !Number.isNaN(value));
    expect(kept).toHaveLength(all.length - 1);
    expect(Array.from(found.get('observed_data/c2')!.values)).toEqual(kept);
    const { dimensions, shape, values } = found.get('posterior_predictive/c2')!;
    expect([draws, dimensions, shape]).toEqual([60, ['chain', 'draw', 'point'], [2, 30, kept.length]]);
    const s = 42;
    const row = cuts.flatMap(({ lags, observed, replicate }) =>
      Array.from(replicate.subarray(s * lags.length, (s + 1) * lags.length)).filter(
        (_, k) => !Number.isNaN(observed[k]!),
      ),
    );
    expect(Array.from(values).slice(s * kept.length, (s + 1) * kept.length)).toEqual(row.map(Math.fround));
    for (const group of ['observed_data', 'posterior_predictive']) {
      expect(found.get(`${group}/c2`)!.attributes['coordinates']).toBe('phi age lag');
      const of = (name: string): number[] => Array.from(found.get(`${group}/${name}`)!.values);
      const last = cuts.at(-1)!;
      expect([of('phi').at(-1), of('age').at(-1), of('lag').at(-1)]).toEqual([50, last.time, last.lags.at(-1)]);
      expect(
        of('lag')
          .slice(0, 3)
          .map((lag) => Math.round(lag * 10)),
      ).toEqual([1, 2, 4]);
    }
  });

  test('holds the priors, the axes and what was held', () => {
    const found = netcdf('chains');
    for (const { name, draws } of chains.prior) {
      expect(found.get(`prior/${name}`)).toMatchObject({ dimensions: ['chain', 'draw'], shape: [1, 1000] });
      expect(Array.from(found.get(`prior/${name}`)!.values)).toEqual(Array.from(draws[0]!));
    }
    const of = (name: string): number[] => Array.from(found.get(`constant_data/${name}`)!.values);
    expect([of('q'), of('dt'), of('gap'), of('phi0')]).toEqual([[0.0054], [0.1], [2e6], [4]]);
    expect(of('time')).toEqual(Array.from(chains.model.grid.times));
    expect(found.get('constant_data/time')!.dimensions).toEqual(['frame']);
    expect(found.has('constant_data/D0')).toBe(false);
  });

  test('of importance sampling is one chain of all draws with their density, and nothing else of the sampler', () => {
    const found = netcdf('weights');
    expect(found.get('posterior/D0')!.shape).toEqual([1, 100]);
    expect([...found.keys()].filter((path) => path.startsWith('sample_stats/'))).toEqual([
      ...['sample_stats/chain', 'sample_stats/draw', 'sample_stats/lp'],
    ]);
    expect(Array.from(found.get('posterior_predictive/draw')!.values)).toEqual(Array.from(spreadEvenly(100, 100)));
    // Contrast and offset are held.
    expect([found.has('posterior/contrast'), found.has('posterior/sigma')]).toEqual([false, true]);
  });

  test('leaves the predictive groups out where nothing was predicted', async () => {
    await writePosterior(join(folder, 'bare'), { ...chains, predictive: null });
    const groups = new Set([...netcdf('bare').keys()].map((path) => path.split('/')[0]!));
    expect([...groups].sort()).toEqual(['constant_data', 'posterior', 'prior', 'sample_stats']);
  });
});

describe('the record', () => {
  test('takes the verdict of the predictive check', () => {
    const { sampled, predictive, dataset } = chains;
    const angles = predictive!.angles.map((one) => ({ ...one, within95: 0.3 }));
    const asked = { sampled, likelihood: 'adjusted', priors: PRIORS, phi: dataset.phi, seconds: 1 } as const;
    const { verdict } = posteriorRecord({ ...asked, predictive: { ...predictive!, angles } });
    expect(verdict.level).toBe('do-not-report');
    expect(verdict.findings.some(({ text }) => text.startsWith('the draws do not describe the data: 30 %'))).toBe(true);
  });
});

describe('the density at the draws', () => {
  test('of importance sampling is that of the very draws that were resampled', async () => {
    const { sampled } = weights;
    const { posterior } = sampled;
    const { free, coordinates } = posterior;
    const density = posterior.value({});
    const densities = logDensities(sampled)!;
    for (const n of [0, 17, 99]) {
      const theta = Float64Array.from(free.names, (name) => quantity(weights, name).draws[0]![n]!);
      const { value } = await density(coordinates.locate(theta));
      expect(Math.abs(value - densities[0]![n]!)).toBeLessThan(1e-6);
    }
    expect(logDensities({ ...sampled, method: 'cmc' })).toBeNull();
  });
});

describe('samples.npz', () => {
  test('holds the draws by name, their names and units', () => {
    const arrays = npz('chains');
    const numbers = (name: string): Float64Array => arrays.get(name)!.values as Float64Array;
    const { moving } = chains.sampled.posterior.free;
    expect([...arrays.keys()]).toEqual([
      ...moving,
      ...['contrast', 'offset', 'sigma', 'names', 'units', 'phi', 'log_density', 'diverging'],
    ]);
    expect(arrays.get('names')!.values).toEqual(moving);
    expect(arrays.get('units')!.values).toEqual(['Angstrom^2/s', '', 'Angstrom^2/s', '1/s', '', '1/s']);
    const netcdfFile = netcdf('chains');
    for (const name of [...moving, 'contrast', 'offset', 'sigma']) {
      const stored = netcdfFile.get(`posterior/${name}`)!;
      expect(arrays.get(name)!.header.shape).toEqual(stored.shape);
      expect(Array.from(numbers(name))).toEqual(Array.from(stored.values));
    }
    expect(Array.from(numbers('log_density'))).toEqual(Array.from(netcdfFile.get('sample_stats/lp')!.values));
  });

  test('of importance sampling tells no divergences', () => {
    expect([...npz('weights').keys()].slice(-5)).toEqual(['sigma', 'names', 'units', 'phi', 'log_density']);
  });

  test('is read by the lines of the manual', (context) => {
    const reason = missingPython(['numpy']);
    if (reason !== null) context.skip(reason);
    const script = `${pythonOf('samples.npz', folder, 'chains')}
import json; print(json.dumps([float(D0), list(sigma.shape)]))`;
    const [mean, shape] = askPython(script, []) as [number, number[]];
    expect(mean).toBeCloseTo(chains.record.parameters['D0']!.mean!, 6);
    expect(shape).toEqual([3]);
  });
});

describe('posterior.csv', () => {
  const rowsOf = (run: string): string[][] =>
    readFileSync(join(folder, run, 'posterior.csv'), 'utf8')
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));

  test('has one row per quantity with the numbers of the record', () => {
    const [head, ...rows] = rowsOf('chains');
    expect(rows).toHaveLength(6 + 3 * 3);
    const cell = (row: readonly string[], name: string): string => row[head!.indexOf(name)]!;
    const { record } = chains;
    expect(rows.map((row) => cell(row, 'parameter')).slice(5, 9)).toEqual([
      ...['gamma_dot_t_offset', 'contrast', 'offset', 'sigma'],
    ]);
    const one = record.parameters['D0']!;
    expect([cell(rows[0]!, 'mean'), cell(rows[0]!, 'upper_95'), cell(rows[0]!, 'ess_tail')]).toEqual(
      [one.mean, one.interval95[1], one.essTail].map(String),
    );
    expect(cell(rows[0]!, 'phi_deg')).toBe('');
    expect(cell(rows[8]!, 'phi_deg')).toBe('-40.5');
    expect(cell(rows[8]!, 'sd')).toBe(String(record.angles[0]!.sigma.sd));
    expect(rows.every((row) => cell(row, 'verdict') === record.verdict.level)).toBe(true);
  });

  test('leaves cells empty that are not known', () => {
    const [head, ...rows] = rowsOf('weights');
    expect(rows).toHaveLength(6 + 3);
    expect(rows[0]![head!.indexOf('r_hat')]).toBe('');
  });
});

describe('the files', () => {
  test('are three, and have the same bytes for the same result', async () => {
    await writePosterior(join(folder, 'again'), await sampledRun(CHAINS));
    const names = readdirSync(join(folder, 'chains')).sort();
    expect(names).toEqual(['posterior.csv', 'posterior.nc', 'samples.npz']);
    for (const name of names) {
      const [first, second] = ['chains', 'again'].map((run) => readFileSync(join(folder, run, name)));
      expect(first!.equals(second!), name).toBe(true);
    }
  });
});
