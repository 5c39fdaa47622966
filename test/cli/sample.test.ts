/** `sample`, `both` and `extend`: the posterior of a file or of a run, the same draws however it was computed. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ResultRecord } from '../../src/results/index.ts';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const model = writeText(
  folder,
  'model.yaml',
  `model: static
data: { q: 0.0237 1/Angstrom }
grid: { frames: 100, dt: 100 ms, phi: [0 deg, 90 deg] }
parameters:
  D0: { value: 19230 Angstrom^2/s }
  alpha: { value: -1.063 }
  D_offset: { value: 879 Angstrom^2/s }
scaling: { contrast: 0.2, offset: 1 }
`,
);
const config = writeText(
  folder,
  'fit.yaml',
  'model: static\noutput: { figures: false, arrays: false }\nfit: { starts: 3 }\n',
);
const data = join(folder, 'data.npz');
beforeAll(() => twotime('simulate', '-c', model, '-o', data, '--noise', 'speckle:1000', '--seed', '5'));

interface Sampled {
  readonly code: number;
  readonly err: readonly string[];
  readonly record: ResultRecord;
}

async function ask(command: string, source: string, name: string, ...more: string[]): Promise<Sampled> {
  const output = command === 'extend' ? [] : ['-o', join(folder, name)];
  const { code, out, err } = await twotime(command, source, ...output, '--json', ...more);
  return { code, err, record: (out === '' ? null : JSON.parse(out)) as ResultRecord };
}

const chains = ['-c', config, '--method', 'nuts', '--draws', '60'];

describe('a posterior', () => {
  it('lies where the fit is and is as wide as its speckle errors', async () => {
    const { code, record } = await ask('both', data, 'width', '-c', config);
    expect(code).toBe(0);
    const posterior = record.posterior!;
    expect(posterior).toMatchObject({ likelihood: 'adjusted', converged: true, verdict: { level: 'good' } });
    for (const [name, { value, uncertainty }] of Object.entries(record.parameters)) {
      const { median, sd } = posterior.parameters[name]!;
      expect(Math.abs(median! - value!), name).toBeLessThan(uncertainty.speckle!);
      expect(sd! / uncertainty.speckle!, name).toBeGreaterThan(0.7);
      expect(sd! / uncertainty.speckle!, name).toBeLessThan(1.4);
    }
    expect(posterior.angles).toHaveLength(2);
  });

  it('lies where the fit is although the angles differ in noise from its weights', async () => {
    const slow = readFileSync(model, 'utf8').replace('19230', '2000').replace('-1.063', '-0.5').replace('879', '50');
    const file = join(folder, 'slow.npz');
    const grid = ['--set', 'grid.frames=150', '--seed', '12'];
    await twotime(
      'simulate',
      '-c',
      writeText(folder, 'slow.yaml', slow),
      '-o',
      file,
      '--noise',
      'speckle:1000',
      ...grid,
    );
    const { record } = await ask('sample', file, 'slow', '-c', config);
    for (const [name, { value, uncertainty }] of Object.entries(record.parameters)) {
      const { median } = record.posterior!.parameters[name]!;
      expect(Math.abs(median! - value!), name).toBeLessThan(0.5 * uncertainty.speckle!);
    }
    for (const { predictive } of record.posterior!.angles) expect(predictive!.within95).toBeGreaterThan(0.85);
  });

  it('of the independent likelihood is narrower, and says which it is', async () => {
    const { record } = await ask('sample', data, 'independent', '-c', config, '--likelihood', 'independent');
    expect(record.posterior!.likelihood).toBe('independent');
    expect(record.posterior!.parameters['alpha']!.sd).toBeLessThan(
      0.5 * record.parameters['alpha']!.uncertainty.speckle!,
    );
  });

  it('has the same draws for any number of workers and either way to run chains', async () => {
    const first = await ask('sample', data, 'one', ...chains, '--workers', '1');
    expect(first.record.posterior!.chains.map(({ draws }) => draws)).toEqual([60, 60, 60, 60]);
    expect(first.record.warnings.map(({ code }) => code)).toContain('chains-sequential');
    for (const [name, ...more] of [
      ['two', '--workers', '2'],
      ['seven', '--workers', '7'],
      ['sequential', '--workers', '2', '--set', 'sample.chain_method=sequential'],
    ] as const) {
      const other = await ask('sample', data, name, ...chains, ...more);
      expect(other.record.posterior!.digest, name).toBe(first.record.posterior!.digest);
    }
  });

  it('of a run that was fitted before is that of its file', async () => {
    const fitted = join(folder, 'fitted');
    expect((await twotime('fit', data, '-c', config, '-o', fitted)).code).toBe(0);
    const draws = ['--method', 'nuts', '--draws', '60'];
    const { record } = await ask('sample', fitted, 'of-run', ...draws);
    const direct = await ask('sample', data, 'direct', '-c', config, ...draws);
    expect(record.posterior!.digest).toBe(direct.record.posterior!.digest);
    expect(record.warnings.map(({ code }) => code)).not.toContain('fit-differs');
  });

  it('of a job of a batch is that of its file alone', async () => {
    const batch = join(folder, 'batch');
    const { code } = await twotime('batch', data, ...chains.slice(0, 2), '-o', batch, '--sample');
    expect(code).toBe(0);
    const { record } = await ask('sample', data, 'alone', '-c', config);
    const rows = readFileSync(join(batch, 'summary.csv'), 'utf8').split('\n');
    expect(rows[0]).toContain('alpha_posterior_median');
    expect(rows[1]).toContain(record.posterior!.digest);
  });

  it('goes on after a kill at any block to the same draws', async () => {
    const whole = await ask('sample', data, 'whole', ...chains, '--draws', '400');
    const killed = join(folder, 'killed');
    const journal = join(killed, 'chains.ndjson');
    const child = spawn(
      process.execPath,
      ['src/cli/main.ts', 'sample', data, ...chains, '--draws', '400', '-o', killed, '-q'],
      { stdio: 'ignore' },
    );
    const ended = new Promise((resolve) => child.once('exit', resolve));
    while (child.exitCode === null && !(existsSync(journal) && statSync(journal).size > 50_000)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill('SIGKILL');
    await ended;
    expect(existsSync(join(killed, 'result.json')), 'killed before it ended').toBe(false);
    const { code, out } = await twotime('resume', killed, '--json');
    expect(code).toBe(0);
    expect((JSON.parse(out) as ResultRecord).posterior!.digest).toBe(whole.record.posterior!.digest);
  });

  it('is that of the run asked for more when it is extended', async () => {
    const run = join(folder, 'extended');
    await ask('sample', data, 'extended', ...chains);
    const more = await ask('extend', run, 'extended', '--draws', '150');
    const whole = await ask('sample', data, 'long', ...chains, '--draws', '150');
    expect(more.record.posterior!.digest).toBe(whole.record.posterior!.digest);
    expect(readFileSync(join(run, 'config.yaml'), 'utf8')).toContain('draws: 150');
    const again = await twotime('rerun', run, '--json');
    expect(JSON.parse(again.out)).toMatchObject({ verdict: 'bitwise' });
    const refused = await twotime('extend', run, '--draws', '200', '--input', join(folder, 'gone.npz'));
    expect(refused.code).toBe(3);
    expect(refused.err.at(-1)).toMatch(/gone\.npz: there is no such file/);
    expect(readdirSync(run), 'the run is as it was').not.toContain('checkpoint');
  });

  it('by consensus of shards is that of all data, certified by them, for any number of workers', async () => {
    const file = join(folder, 'white.npz');
    await twotime('simulate', '-c', model, '-o', file, '--noise', 'white:0.02', '--set', 'grid.frames=150');
    const asked = ['-c', config, '--likelihood', 'independent'];
    const consensus = [...asked, '--method', 'cmc', '--set', 'sample.shards=3'];
    const { code, record } = await ask('sample', file, 'shards', ...consensus, '--workers', '2');
    expect(code).toBe(0);
    expect(record.posterior!.consensus).toMatchObject({ used: 3, leftOut: 0, pool: true, accepted: true });
    const events = readFileSync(join(folder, 'shards', 'events.ndjson'), 'utf8').split('\n');
    const [cut, fitted] = ['3 shards, ', '"stage":"fit","state":"end"'].map((text) =>
      events.findIndex((event) => event.includes(text)),
    );
    expect(cut, 'shards are cut before the errors of the fit are there').toBeGreaterThan(0);
    expect(cut).toBeLessThan(fitted!);
    const alone = await ask('sample', file, 'shards alone', ...consensus, '--workers', '1');
    expect(alone.record.posterior!.digest).toBe(record.posterior!.digest);
    const { record: whole } = await ask('sample', file, 'all data', ...asked);
    for (const [name, { median, sd }] of Object.entries(whole.posterior!.parameters)) {
      const other = record.posterior!.parameters[name]!;
      expect(Math.abs(other.median! - median!), name).toBeLessThan(0.25 * sd!);
      expect(other.sd! / sd!, name).toBeGreaterThan(0.9);
      expect(other.sd! / sd!, name).toBeLessThan(1.1);
    }
  });

  it('of shards that are too small is refused with the size that would do', async () => {
    const { code, record } = await ask(
      'sample',
      data,
      'small shards',
      '-c',
      config,
      '--method',
      'cmc',
      '--set',
      'sample.shards=3',
    );
    expect(code).toBe(2);
    expect(record.warnings.find(({ code: one }) => one === 'not-sampled')!.text).toMatch(/points per shard would do/);
  });

  it('that the data cannot give leaves the fit, a warning and exit code 2', async () => {
    const constant = writeText(
      folder,
      'constant.yaml',
      readFileSync(model, 'utf8').replace('19230', '3000').replace('-1.063', '0'),
    );
    const file = join(folder, 'constant.npz');
    await twotime('simulate', '-c', constant, '-o', file, '--noise', 'speckle:1000');
    const { code, record } = await ask('sample', file, 'no-posterior', '-c', config);
    expect(code).toBe(2);
    expect(record.posterior).toBeNull();
    expect(record.warnings.find(({ code: one }) => one === 'not-sampled')!.text).toContain('no speckle error');
  });

  it('from chains that do not agree ends with exit code 2 and says so', async () => {
    const { code, record } = await ask('sample', data, 'short', ...chains, '--draws', '10');
    expect(code).toBe(2);
    expect(record.posterior!.verdict.level).toBe('do-not-report');
  });

  it('stopped by its time is reported as it is', async () => {
    const { record } = await ask('sample', data, 'late', ...chains, '--draws', '5000', '--max-time', '1 ms');
    expect(record.posterior!.stoppedBy).toBe('time');
    expect(record.posterior!.chains[0]!.draws).toBeLessThan(5000);
  });
});

describe('what cannot be sampled is refused with nothing written', () => {
  it.each([
    ['weights', ['--set', 'fit.weights=lag'], 3, 'fit.weights'],
    ['independent errors', ['--set', 'fit.errors=independent'], 3, 'fit.errors'],
    ['a prior outside the bounds', ['--set', 'parameters.alpha.prior=Normal(90, 1)'], 3, 'prior of alpha'],
    ['no free parameter', ['D0', 'alpha', 'D_offset'].flatMap(held), 3, 'no free parameter'],
    ['draws that are no number', ['--draws', 'many'], 3, 'sample.draws'],
    ['no time', ['--max-time', '0 s'], 3, 'sample.max_time'],
  ] as const)('%s', async (name, more, code, text) => {
    const refused = await ask('sample', data, `refused ${name}`, '-c', config, ...more);
    expect(refused.code).toBe(code);
    expect(refused.err.join('\n')).toContain(text);
    expect(existsSync(join(folder, `refused ${name}`))).toBe(false);
  });

  it('a run without chains, extended', async () => {
    await ask('sample', data, 'weighted', '-c', config, '--method', 'psis');
    const refused = await ask('extend', join(folder, 'weighted'), '', '--draws', '100');
    expect(refused.code).toBe(3);
    expect(refused.err.join('\n')).toContain('no chains');
  });

  it('a file without a configuration, and an extension by nothing', async () => {
    expect((await ask('sample', data, 'none')).code).toBe(64);
    expect((await ask('extend', join(folder, 'one'), '')).code).toBe(64);
  });

  it('damaged chains, which are then done again on request', async () => {
    const run = join(folder, 'one');
    const text = readFileSync(join(run, 'chains.ndjson'), 'utf8');
    writeText(run, 'chains.ndjson', text.replace('"draws":[{"position":[', '"draws":[{"position":[1'));
    const refused = await ask('extend', run, '', '--draws', '70');
    expect(refused.code).toBe(3);
    expect(refused.err.join('\n')).toContain('--from-start');
    expect((await twotime('resume', run, '--from-start', '--json')).code).toBe(2);
  });
});

function held(name: string): string[] {
  const value = { D0: '19230 Angstrom^2/s', alpha: '-1.063', D_offset: '879 Angstrom^2/s' }[name]!;
  return ['--set', `parameters.${name}.value=${value}`, '--set', `parameters.${name}.vary=false`];
}
