/** Configuration files on disk: found, readable, recognised; one error for all problems. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatError, isTwotimeError, type TwotimeError } from '../../src/base/errors.ts';
import { ConfigProblems, loadConfig, validateConfig } from '../../src/config/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twotime-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileWith(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

async function refusalOf(file: string): Promise<TwotimeError> {
  try {
    await loadConfig(file);
  } catch (error) {
    if (isTwotimeError(error, 'ConfigRefused')) return error;
    throw error;
  }
  throw new Error('this file was accepted');
}

test('a file is loaded with its name', async () => {
  const file = await fileWith('good.yaml', 'model: static\nfit: { starts: 4 }\n');
  const config = await loadConfig(file, { set: ['seed=9'] });
  expect(config).toMatchObject({ file, model: 'static', fit: { starts: 4 }, seed: 9 });
});

describe('a file that cannot be read', () => {
  test('does not exist', async () => {
    const file = join(folder, 'missing.yaml');
    expect(formatError(await refusalOf(file))).toBe(
      `${file}: there is no such file; start one with \`twotime config init\`, or check the name`,
    );
  });

  test('is a folder', async () => {
    expect(formatError(await refusalOf(folder))).toContain('this is a folder, not a file');
  });

  test('is far too large', async () => {
    const file = await fileWith('data.h5', ' '.repeat(1_000_001));
    expect(formatError(await refusalOf(file))).toContain('1000001 bytes are too many for a configuration');
  });
});

test('one problem is thrown as itself, with place and key', async () => {
  const file = await fileWith('one.yaml', 'model: static\nseed: x\n');
  const error = await refusalOf(file);
  expect(error).not.toBeInstanceOf(ConfigProblems);
  expect(error.where).toEqual({ file, line: 2, column: 7, key: 'seed' });
});

test('several problems are thrown together and print one per line', async () => {
  const file = await fileWith('two.yaml', 'model: static\nseed: x\nnoise: { sigma: 0 }\n');
  const error = await refusalOf(file);
  expect(error).toBeInstanceOf(ConfigProblems);
  expect(formatError(error).split('\n')).toEqual([
    `${file}:2:7: seed: 'x' is not accepted here; write a whole number of 0 or more`,
    `${file}:3:17: noise.sigma: 0 is not above zero; it can only be positive`,
  ]);
});

test('validation lists problems and warnings without throwing', async () => {
  const bad = await validateConfig(join(folder, 'missing.yaml'));
  expect(bad).toMatchObject({ config: null, problems: [{ message: 'there is no such file' }] });
  const odd = await fileWith('odd.yaml', 'model: static\ndata: { q: 5 1/Å }\n');
  const check = await validateConfig(odd, { set: ['data.dt=1 h'] });
  expect(check.problems).toEqual([]);
  expect(check.config?.data).toMatchObject({ q: 5, dt: 3600 });
  expect(check.warnings.map(({ code }) => code)).toEqual(['implausible-q']);
});

describe('a configuration of homodyne 2.x', () => {
  const HOMODYNE = `
metadata: { config_version: "2.23.2" }
analysis_mode: laminar_flow
analyzer_parameters:
  dt: 0.1
  start_frame: 1
  end_frame: 2000
  scattering: { wavevector_q: 0.0054 }
  geometry: { stator_rotor_gap: 2000000 }
experimental_data: { data_folder_path: ./data, data_file_name: c2.hdf }
initial_parameters: { parameter_names: [D0, alpha], values: [100.0, -0.5] }
optimization: { method: nlsq }
`;

  test('is one line that says what it is and gives its numbers in our spelling', async () => {
    const file = await fileWith('homodyne.yaml', HOMODYNE);
    const line = formatError(await refusalOf(file));
    expect(line).not.toContain('\n');
    expect(line).toContain(`${file}:1:1: this is a homodyne 2.x configuration (it has analyzer_parameters,`);
    expect(line).toContain('`twotime config init` gives the frame');
    expect(line).toContain(
      'model: laminar_flow; convention: homodyne2; ' +
        'data: { q: 0.0054 1/Angstrom, gap: 2000000 Angstrom, dt: 0.1 s, frames: 1..2000 }',
    );
  });

  test('is recognised by any of its keys, also where a key stands twice', async () => {
    const file = await fileWith(
      'homodyne-part.yaml',
      'optimization: { method: nlsq }\noptimization: { method: cmc }\n',
    );
    expect((await refusalOf(file)).message).toContain('homodyne 2.x configuration (it has optimization)');
  });

  test('is not suspected in a file of ours with a wrong key', async () => {
    const file = await fileWith('ours.yaml', 'model: static\noptimization: { method: nlsq }\n');
    expect((await refusalOf(file)).message).toBe("unknown key 'optimization'");
  });
});
