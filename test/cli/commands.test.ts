/** What each command prints, writes and returns when it is used as it should be. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/main.ts';
import { resultSchema } from '../../src/results/result-schema.ts';
import { readPng } from '../support/read-png.ts';
import { temporaryFolder, twotime, writeText, type CommandResult } from './command.ts';

const folder = temporaryFolder();
const modelYaml = `
model: laminar_flow
data: { q: 0.0237 1/Angstrom, gap: 200 um }
grid: { frames: 60, dt: 100 ms, phi: [0 deg, 45 deg, 90 deg] }
parameters:
  D0: { value: 1000 Angstrom^2/s }
  alpha: { value: -0.5 }
  D_offset: { value: 50 Angstrom^2/s }
  gamma_dot_t0: { value: 1e-3 1/s }
  beta: { value: -0.2 }
  gamma_dot_t_offset: { value: 1e-4 1/s }
  phi0: { value: 3 deg }
scaling: { contrast: [0.3, 0.28, 0.31], offset: [1, 1.01, 0.99] }
`;
const model = writeText(folder, 'model.yaml', modelYaml);
const fit = writeText(folder, 'fit.yaml', 'model: laminar_flow\ndata: { gap: 200 um }\nfit: { starts: 4 }\n');
const data = join(folder, 'data.h5');

describe('twotime simulate', () => {
  it('writes the same file for the same seed and another one for another', async () => {
    const [one, two, three] = ['one.npz', 'two.npz', 'three.npz'].map((name) => join(folder, name));
    const noise = ['--noise', 'white:0.01'];
    expect((await twotime('simulate', '-c', model, '-o', one!, ...noise, '--seed', '3')).code).toBe(0);
    expect((await twotime('simulate', '-c', model, '-o', two!, ...noise, '--set', 'seed=3')).code).toBe(0);
    expect((await twotime('simulate', '-c', model, '-o', three!, ...noise, '--seed', '4')).code).toBe(0);
    expect(readFileSync(one!).equals(readFileSync(two!))).toBe(true);
    expect(readFileSync(one!).equals(readFileSync(three!))).toBe(false);
  });

  it('does not write over a file unless told to', async () => {
    const file = join(folder, 'once.npz');
    expect((await twotime('simulate', '-c', model, '-o', file)).code).toBe(0);
    const before = statSync(file).mtimeMs;
    const again = await twotime('simulate', '-c', model, '-o', file);
    expect(again.code).toBe(3);
    expect(again.err.join()).toMatch(/once\.npz: the output file exists already; choose another name/);
    expect(statSync(file).mtimeMs).toBe(before);
    expect((await twotime('simulate', '-c', model, '-o', file, '--force')).code).toBe(0);
  });

  it('refuses a noise, an ending or a configuration it cannot use', async () => {
    const file = join(folder, 'never.npz');
    expect((await twotime('simulate', '-c', model, '-o', file, '--noise', 'pink')).code).toBe(64);
    expect((await twotime('simulate', '-c', model, '-o', join(folder, 'never.txt'))).code).toBe(64);
    const noGrid = await twotime('simulate', '-c', fit, '-o', file);
    expect(noGrid.code).toBe(3);
    expect(noGrid.err.join()).toMatch(/fit\.yaml.*grid/);
    expect(existsSync(file)).toBe(false);
  });
});

describe('twotime fit', () => {
  const run = join(folder, 'run');
  let result: CommandResult;
  beforeAll(async () => {
    await twotime('simulate', '-c', model, '-o', data, '--noise', 'white:0.01');
    result = await twotime('fit', data, '-c', fit, '-o', run, '--json');
  }, 120_000);

  it('prints exactly the content of result.json with --json, and it follows the schema', () => {
    expect(result.code).toBe(0);
    expect(result.out).toBe(readFileSync(join(run, 'result.json'), 'utf8'));
    const record = resultSchema.parse(JSON.parse(result.out));
    expect(record.status).toBe('converged');
    expect(Object.keys(record.parameters)).toEqual([
      'D0',
      'alpha',
      'D_offset',
      'gamma_dot_t0',
      'beta',
      'gamma_dot_t_offset',
      'phi0',
    ]);
    expect(record.support.points).toBe((3 * 59 * 58) / 2);
    expect(record.scaling.angles.map(({ phi }) => phi)).toEqual([0, 45, 90]);
    for (const { uncertainty } of Object.values(record.parameters)) {
      expect(uncertainty.independent === null || uncertainty.independent > 0).toBe(true);
    }
  });

  it('leaves every file of a run directory and no temporary one', () => {
    for (const name of [
      'config.yaml',
      'events.ndjson',
      'fit.npz',
      'parameters.csv',
      'provenance.json',
      'report.txt',
      'result.json',
      'plots/c2-maps.svg',
      'plots/c2-maps.png',
      'plots/lag-cuts.svg',
      'plots/rates.svg',
      'plots/convergence.svg',
    ]) {
      expect(statSync(join(run, name)).size, name).toBeGreaterThan(100);
    }
    expect(existsSync(join(run, '.result.json.tmp'))).toBe(false);
    const { width, height } = readPng(readFileSync(join(run, 'plots', 'rates.png')));
    expect(width * height).toBeGreaterThan(100_000);
  });

  it('numbers its events without a gap, from reading to writing', () => {
    const events = readFileSync(join(run, 'events.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; kind: string; stage?: string; state?: string });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, k) => k));
    const stages = events.filter(({ kind }) => kind === 'stage').map(({ stage, state }) => `${stage} ${state}`);
    expect(stages).toEqual(['read start', 'read end', 'fit start', 'fit end', 'write start', 'write end']);
    expect(events.some(({ kind }) => kind === 'iteration')).toBe(true);
  });

  it('repeats from the config.yaml it wrote, with the same digest', async () => {
    const again = await twotime('fit', data, '-c', join(run, 'config.yaml'), '-o', join(folder, 'again'), '--json');
    expect(again.code).toBe(0);
    expect(digest(again.out)).toBe(digest(result.out));
  });

  it('replaces a run directory with --force and nothing else of its folder', async () => {
    const quiet = ['--set', 'output.figures=false', '-q'];
    const forced = await twotime('fit', data, '-c', fit, '-o', run, '--force', ...quiet);
    expect(forced.code).toBe(0);
    expect(forced.out).toBe('');
    expect(existsSync(join(run, 'plots'))).toBe(false);
    expect(existsSync(join(run, 'result.json'))).toBe(true);
  });

  it('keeps the old run when a forced one is refused', async () => {
    const before = readFileSync(join(run, 'result.json'), 'utf8');
    const refused = await twotime('fit', data, '-c', fit, '-o', run, '--force', '--set', 'data.frames=1..999');
    expect(refused.code).toBe(3);
    expect(readFileSync(join(run, 'result.json'), 'utf8')).toBe(before);
  });

  it('says what implausible values would be in other units', async () => {
    const output = join(folder, 'implausible');
    const { err, code } = await twotime('fit', data, '-c', fit, '-o', output, '--set', 'data.gap=200 nm', '-q');
    expect([0, 1, 2]).toContain(code);
    expect(err.join('\n')).toMatch(/implausible-gap.*200 nm.*um/s);
  });
});

function digest(json: string): unknown {
  return (JSON.parse(json) as { digest: unknown }).digest;
}

describe('twotime inspect', () => {
  it('lists every matrix and what the file does not say', async () => {
    const { out, code } = await twotime('inspect', data);
    expect(code).toBe(0);
    expect(out).toMatch(/g2_00003\s.*90\s.*60×60/);
    expect(out).toMatch(/does not say:\n.*gap/);
  });

  it('gives the same as one JSON document', async () => {
    const { out } = await twotime('inspect', data, '--json');
    const description = JSON.parse(out) as { matrices: readonly unknown[]; dt: number };
    expect(description.matrices).toHaveLength(3);
    expect(description.dt).toBeCloseTo(0.1, 12);
  });
});

describe('twotime config', () => {
  it('starts a configuration that validates and fits', async () => {
    const file = join(folder, 'started.yaml');
    expect((await twotime('config', 'init', '--from', data, '-o', file)).code).toBe(0);
    const text = readFileSync(file, 'utf8');
    const json = await twotime('config', 'init', '--from', data, '--json');
    expect(JSON.parse(json.out)).toEqual({ file: null, yaml: text });
    expect(text).toMatch(/^model: laminar_flow/m);
    const { code, out } = await twotime('config', 'validate', file, '--set', 'data.gap=200 um');
    expect(code).toBe(0);
    expect(out).toMatch(/gap: 200 um/);
  });

  it('wants the gap of the cell before the configuration is right', async () => {
    const [without, withGap] = [join(folder, 'no-gap.yaml'), join(folder, 'gap.yaml')];
    await twotime('config', 'init', '--from', data, '-o', without);
    const refused = await twotime('config', 'validate', without);
    expect(refused.code).toBe(3);
    expect(refused.err.join()).toMatch(/data\.gap: has no value/);
    expect((await twotime('config', 'init', '--from', data, '--gap', '150 um', '-o', withGap)).code).toBe(0);
    const { code, out } = await twotime('config', 'validate', withGap);
    expect(code).toBe(0);
    expect(out).toMatch(/gap: 150 um/);
    expect((await twotime('config', 'init', '--gap', '150')).err.join()).toMatch(/--gap: '150' has no unit/);
    const still = await twotime('config', 'init', '--model', 'static', '--gap', '150 um');
    expect(still.err.join()).toMatch(/a static model has no gap/);
  });

  it('lists every problem of a file, one line each', async () => {
    const file = writeText(folder, 'wrong.yaml', 'model: static\nseeed: 3\ndata: { q: 1 }\n');
    const { code, err } = await twotime('config', 'validate', file);
    expect(code).toBe(3);
    expect(err).toHaveLength(2);
    expect(err[0]).toMatch(/wrong\.yaml:2:1: .*seeed.*seed/);
    expect(err[1]).toMatch(/wrong\.yaml:3:\d+: .*unit/);
    const json = await twotime('config', 'validate', file, '--json');
    expect(JSON.parse(json.out)).toMatchObject({
      valid: false,
      problems: [{ where: { line: 2 } }, { where: { line: 3 } }],
    });
  });
});

describe('twotime doctor', () => {
  it('tries the kernels, the HDF5 reader and the renderer', async () => {
    const { code, out } = await twotime('doctor', '--json');
    const { findings } = JSON.parse(out) as { findings: { subject: string; state: string }[] };
    expect(code).toBe(0);
    for (const subject of ['kernels', 'hdf5', 'png figures']) {
      expect(findings.find((finding) => finding.subject === subject)?.state, subject).toBe('ok');
    }
  });
});

describe('the command line', () => {
  it('exits 64 for usage it does not understand, with a suggestion', async () => {
    expect((await twotime('ftt')).code).toBe(64);
    expect((await twotime('fit')).code).toBe(64);
    expect((await twotime('fit', data, '-c', fit, '-o', join(folder, 'x'), '--treads', '3')).code).toBe(64);
    expect((await twotime('fit', data, '-c', fit, '-o', join(folder, 'x'), '--set', 'nonsense')).code).toBe(64);
  });

  it('describes every command, argument and option in its help', () => {
    const program = buildProgram(
      { interactive: false, columns: 120, result: String, message: String, status: String },
      String,
    );
    const commands = program.commands.flatMap((command) => [command, ...command.commands]);
    for (const command of commands) {
      expect(command.description(), command.name()).not.toBe('');
      for (const option of command.options)
        expect(option.description, `${command.name()} ${option.flags}`).not.toBe('');
    }
  });

  it('gives examples in its help that it understands, and fits them to the terminal', async () => {
    const program = buildProgram(
      { interactive: false, columns: 120, result: String, message: String, status: String },
      String,
    );
    let examples = 0;
    for (const asked of [[], ...program.commands.map((command) => [command.name()])]) {
      const { out } = await twotime(...asked, '--help');
      expect(out).not.toContain('(default: false)');
      for (const line of out.split('\n')) {
        if (/^\S/.test(line)) expect(line.length, line).toBeLessThanOrEqual(80);
        if (!line.startsWith('  twotime ')) continue;
        examples += 1;
        const words = line.trim().split(/\s+/).slice(1);
        const command = program.commands.find((one) => one.name() === words[0]);
        if (command === undefined) throw new Error(`no such command: ${line}`);
        const options = [command, ...command.commands].flatMap((one) => one.options);
        for (const word of words.filter((one) => one.startsWith('--'))) {
          expect(
            options.map(({ long }) => long),
            line,
          ).toContain(word);
        }
      }
    }
    expect(examples).toBeGreaterThan(20);
  });
});
