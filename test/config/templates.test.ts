/** Files we write ourselves are right: starter files, and the resolved form that reads back to the same configuration. */
import { describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/index.ts';
import { configTemplate, toYaml, type DataDescription } from '../../src/config/index.ts';
import { configOf, problemsOf, warningsOf } from './read.ts';

const DESCRIPTION: DataDescription = {
  file: 'scan 7.h5',
  rings: [{ q: Math.fround(0.0237), phi: [0, 45, 90] }],
  dt: 0.1,
  frames: 500,
};

/** What a user sets in a starter file. */
const withGap = (text: string): string => text.replace(/gap: /, 'gap: 200 um ');

describe('starter files', () => {
  test.each(['static', 'laminar_flow'] as const)('%s: valid once the gap is set, and equal to the defaults', (mode) => {
    const text = withGap(configTemplate(mode));
    expect(warningsOf(text)).toEqual([]);
    const { origins: _, ...config } = configOf(text);
    const minimal = mode === 'static' ? 'model: static' : 'model: laminar_flow\ndata: { gap: 200 um }';
    const { origins: __, ...defaults } = configOf(minimal);
    expect(config).toEqual(defaults);
  });

  test('the first line names the JSON Schema for editors', () => {
    expect(configTemplate('static').split('\n')[0]).toMatch(
      /^# yaml-language-server: \$schema=file:.*\/schema\/twotime-config\.schema\.json$/,
    );
    expect(configTemplate('static', undefined, { schemaUrl: 's.json' }).split('\n')[0]).toMatch(/\$schema=s\.json$/);
  });

  test('lines offered as comments are valid when they are uncommented', () => {
    const text = withGap(configTemplate('laminar_flow')).replace('# grid:', 'grid:').replace('# t0:', 't0:');
    const config = configOf(text.replace('# exclude_frames:', 'exclude_frames:'));
    expect(config.grid).toEqual({ frames: 200, dt: 0.1, phi: [0, 45, 90] });
    expect(config.data.excludeFrames).toHaveLength(2);
    expect(config.origins.get('data.t0')).toBe('file');
  });

  test('from a file with one ring: values in comments, read from the file', () => {
    const text = configTemplate('laminar_flow', DESCRIPTION);
    expect(text).toMatch(/data: # as found in scan 7\.h5/);
    expect(text).toMatch(/q: from-file +# 0\.0237 1\/Angstrom, the only one/);
    expect(text).toMatch(/dt: from-file +# 100 ms/);
    expect(text).toMatch(/frames: all +# 1\.\.500/);
    expect(text).toMatch(/phi: all +# 3 angles: 0 deg, 45 deg, 90 deg/);
    expect(configOf(withGap(text)).data).toMatchObject({ q: null, dt: null, phi: null });
  });

  test('from a file with several rings: one is chosen, the others are named', () => {
    const rings = [...DESCRIPTION.rings, { q: 0.03, phi: [10] }];
    const text = configTemplate('static', { ...DESCRIPTION, rings });
    expect(text).toMatch(/q: 0\.0237 1\/Angstrom +# choose one; the file also has 0\.03 1\/Angstrom/);
    expect(configOf(text).data.q).toBe(0.0237);
  });

  test('from a file that says little: what is missing is marked', () => {
    const text = configTemplate('static', { file: 'c2.npy', rings: [{ q: null, phi: [] }], dt: null, frames: null });
    expect(text).toMatch(/q: +# SET THIS: the file does not say/);
    expect(text).toMatch(/dt: +# SET THIS: the file does not say/);
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/data\.q: has no value/),
      expect.stringMatching(/data\.dt: has no value/),
    ]);
  });

  test('many angles are counted, not listed', () => {
    const phi = Array.from({ length: 23 }, (_, k) => k * 7.5);
    expect(configTemplate('static', { ...DESCRIPTION, rings: [{ q: 0.01, phi }] })).toMatch(
      /# 23 angles: 0 deg, .*, …/,
    );
  });
});

describe('the resolved configuration of a run', () => {
  const values = (config: Config): Config => ({ ...config, origins: new Map() });

  test.each([
    ['static defaults', 'model: static'],
    ['shear defaults', 'model: laminar_flow\ndata: { gap: 0.3 mm }'],
    [
      'everything said',
      `model: laminar_flow
convention: homodyne2
data: { q: 0.00537123456789 1/Å, gap: 0.2 mm, dt: 33.3 ms, t0: 1 s, phi: [-10..10 deg, 90 deg], frames: 3..900,
  exclude_frames: [5, 10..20], exclude_phi: [1 deg], allow_nan: true }
grid: { frames: 100, dt: 1e-3 s, phi: [0.1 rad, 1 deg] }
parameters:
  D0: { value: 1.2345678901234567e-3 Å²/s, bounds: [0, 1e9 Å²/s], prior: LogNormal(3 nm^2/s, 4) }
  alpha: fixed -3
  D_offset: { tie: D0, prior: HalfNormal(1 Å²/s) }
  gamma_dot_t0: { value: 1e-7 1/s, bounds: [-1 1/s, 1 1/s], prior: TruncatedNormal(0, 1 1/s, -1 1/s, 1 1/s) }
  beta: { tie: alpha, prior: Uniform }
scaling: { mode: fixed, contrast: [0.1, 1e-7], offset: 1, order: 3 }
seed: 123456789012
fit: { starts: 3, max_iterations: 7 }
noise: { sigma: 1e-3 }
sample: { method: cmc, likelihood: independent, chains: 2, warmup: 0, draws: 10, chain_method: sequential }
parallel:
  backend: slurm
  workers: 3
  chunks: false
  memory: 1.5 GiB
  ray: { address: head:6379, python: /opt/ray/bin/python3 }
  cluster:
    { account: m1234_g, partition: workq@pbs1, qos: regular, time: 90 min, memory: 8 GB, cores: 64, jobs: 20, reserve: 90 s, modules: [hdf5/1.14, "2024"], filesystems: [home, eagle], options: [--constraint=cpu, -l place=scatter] }
output: { figures: false, arrays: false }
`,
    ],
  ])('%s: reads back to the same values', (_, text) => {
    const config = configOf(text);
    expect(values(configOf(toYaml(config)))).toEqual(values(config));
  });

  test('every value has its origin behind it', () => {
    const text = toYaml(configOf('model: static\ndata: { q: 0.01 1/Å }', ['fit.starts=2']));
    expect(text).toContain('  q: 0.01 1/Angstrom # file\n');
    expect(text).toContain('  starts: 2 # command line\n');
    expect(text).toContain('  max_iterations: 100 # default\n');
    expect(text).toContain('    # value: found from the data\n');
    expect(text).toContain('  # gap: model static has none\n');
  });

  test('it gives no warning that the original did not give', () => {
    expect(warningsOf(toYaml(configOf('model: static')))).toEqual([]);
  });
});
