/** Slips of the keyboard and of shells: told in one line, before they cost anything. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { examine } from '../../src/pipeline/output-folder.ts';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const example = 'examples/laminar-flow/laminar-flow.h5';
const config = 'examples/laminar-flow/fit.yaml';

describe('an empty name, as a variable of a shell that is not set gives', () => {
  it.each([
    [['fit', example, '-c', config, '-o', ''], '-o, --output <folder> is empty'],
    [['fit', '', '-c', config, '-o', join(folder, 'x')], '<file> is empty'],
    [['gc', folder, ''], '<folder> is empty'],
    [['fit', example, '-c', config, '-o', join(folder, 'x'), '--set', ''], '--set <key.path=value> is empty'],
  ])('%j is wrong usage', async (argv, expected) => {
    const { code, err } = await twotime(...argv);
    expect(err).toHaveLength(1);
    expect(err[0]).toContain(expected);
    expect(code).toBe(64);
  });

  it('is never taken for the folder the program was started in', async () => {
    await expect(examine('', true)).rejects.toThrow('the name of the output folder is empty');
  });
});

describe('a number that would take all memory is refused', () => {
  it.each(['sample.chains=1000001', 'parallel.workers=1000000000', 'fit.starts=1000000', 'sample.draws=1000000000'])(
    '%s',
    async (setting) => {
      const output = join(folder, 'many');
      const { code, err } = await twotime('both', example, '-c', config, '-o', output, '--set', setting);
      expect(err).toHaveLength(1);
      expect(err[0]).toMatch(/is not accepted here; write a whole number from \d+ to \d+$/);
      expect([code, existsSync(output)]).toEqual([3, false]);
    },
  );

  it('as are more threads than this machine can make use of', async () => {
    const output = join(folder, 'threads');
    const { code, err } = await twotime('fit', example, '-c', config, '-o', output, '--workers', '9999');
    expect(err).toHaveLength(1);
    expect(err[0]).toMatch(/^error: parallel\.workers: 9999 worker threads are too many for \d+ cores; write .*auto/);
    expect([code, existsSync(output)]).toEqual([3, false]);
  });
});

it('config validate tells a prior that lies outside the bounds, which only sample would meet', async () => {
  const file = writeText(folder, 'prior.yaml', 'model: static\nparameters: { alpha: { prior: "Normal(100, 0.1)" } }\n');
  const { code, out, err } = await twotime('config', 'validate', file);
  expect(err).toEqual([
    'error: parameters.alpha.prior: the prior of alpha lies outside its bounds -2 … 2; ' +
      'widen parameters.alpha.bounds or move the prior',
  ]);
  expect([code, out]).toEqual([3, '']);
  expect((await twotime('config', 'validate', file, '--set', 'parameters.alpha=fixed 0')).code).toBe(0);
});

it('a folder with files of its own is never written to, with or without --force', async () => {
  const own = join(folder, 'own');
  mkdirSync(own);
  writeFileSync(join(own, 'notes.txt'), 'precious');
  for (const more of [[], ['--force']]) {
    expect((await twotime('fit', example, '-c', config, '-o', own, ...more)).code).toBe(3);
    expect(readdirSync(own)).toEqual(['notes.txt']);
  }
});

it('a batch without files is refused where there is none yet', async () => {
  const output = join(folder, 'empty-batch');
  const { code, err } = await twotime('batch', '-c', config, '-o', output);
  expect(err).toHaveLength(1);
  expect(err[0]).toContain('empty-batch: there are no files to fit, and no batch yet that would have some; name files');
  expect([code, existsSync(output)]).toEqual([3, false]);
});

it('resume of a folder that is no run says so, without talk of --force', async () => {
  const { code, err } = await twotime('resume', folder);
  expect(err).toEqual([
    `error: ${folder}: this folder is not a run; name the folder that twotime fit was given with -o; ` +
      'a batch goes on with the same twotime batch command',
  ]);
  expect(code).toBe(3);
});

it('every problem of a configuration has a line of its own', async () => {
  const file = writeText(folder, 'two.yaml', 'model: static\ndta: 3\nfit: { strats: 2 }\n');
  const { err } = await twotime('fit', example, '-c', file, '-o', join(folder, 'x'));
  expect(err).toEqual([
    `error: ${file}:2:1: unknown key 'dta'; did you mean 'data'?`,
    `error: ${file}:3:8: unknown key 'strats' in 'fit'; did you mean 'starts'?`,
  ]);
});
