/** Input a fit cannot use: one line that says what, where and what to do, exit code 3, and nothing written. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const fixture = (name: string): string => join('test', 'fixtures', 'data', name);
const example = 'examples/laminar-flow/laminar-flow.h5';
const staticConfig = writeText(folder, 'static.yaml', 'model: static\ndata: { q: 0.01 1/Angstrom, dt: 1 s }\n');
const laminarConfig = 'examples/laminar-flow/fit.yaml';

let runs = 0;

async function refusal(file: string, config: string, ...more: string[]): Promise<string> {
  const output = join(folder, `run-${++runs}`);
  const { code, out, err } = await twotime('fit', file, '-c', config, '-o', output, ...more);
  expect(err.filter((line) => line.startsWith('error'))).toHaveLength(1);
  expect(out).toBe('');
  expect(existsSync(output)).toBe(false);
  expect(code).toBe(3);
  const line = err.find((one) => one.startsWith('error'))!;
  return line;
}

function npy(name: string, frames: number, value: (i: number, j: number) => number): string {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${frames}, ${frames}), }`.padEnd(117) + '\n';
  const head = Buffer.concat([
    Buffer.from([0x93]),
    Buffer.from('NUMPY'),
    Buffer.from([1, 0, 118, 0]),
    Buffer.from(header),
  ]);
  const values = Float32Array.from({ length: frames * frames }, (_, k) => value(Math.floor(k / frames), k % frames));
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([head, Buffer.from(values.buffer)]));
  return path;
}

it('a profile of what is not a free parameter is refused before the data are read, naming those that are', async () => {
  const line = await refusal(
    'nowhere.h5',
    staticConfig,
    '--profile',
    'D0,beta',
    '--set',
    'parameters.D_offset=fixed 0',
  );
  expect(line).toMatch(/fit\.profile: the model has no parameter 'beta'; free parameters: D0, alpha$/);
});

it('a profile of a fixed parameter is refused likewise', async () => {
  const fixed = ['--set', 'parameters.alpha.vary=false', '--set', 'parameters.alpha.value=0'];
  const line = await refusal('nowhere.h5', staticConfig, '--profile', 'alpha', ...fixed);
  expect(line).toMatch(/fit\.profile: alpha is fixed, so it has no profile; free parameters: D0, D_offset$/);
});

describe('a data file is refused when it', () => {
  it('does not exist', async () => {
    expect(await refusal('nowhere.h5', staticConfig)).toMatch(/nowhere\.h5: .*(no such file|does not exist)/);
  });

  it('is not HDF5', async () => {
    const file = writeText(folder, 'text.h5', 'this is a text\n'.repeat(100));
    expect(await refusal(file, staticConfig)).toMatch(/text\.h5.*not.*HDF5/i);
  });

  it('is HDF5 without two-time data', async () => {
    expect(await refusal(fixture('no-two-time.h5'), staticConfig)).toMatch(/no-two-time\.h5.*two-time/);
  });

  it('is truncated', async () => {
    const bytes = readFileSync(example);
    const file = join(folder, 'truncated.h5');
    writeFileSync(file, bytes.subarray(0, bytes.length / 2));
    expect(await refusal(file, laminarConfig)).toMatch(/truncated\.h5.*(truncated|incomplete|shorter)/i);
  });

  it('has a corrupt chunk', async () => {
    expect(await refusal(fixture('corrupt-chunk.h5'), staticConfig)).toMatch(/corrupt-chunk\.h5:\/exchange/);
  });

  it('names matrices that contradict its bin list', async () => {
    expect(await refusal(fixture('aps-contradictory.h5'), staticConfig)).toMatch(/aps-contradictory\.h5.*bin/);
    expect(await refusal(fixture('aps-ambiguous.h5'), staticConfig)).toMatch(/aps-ambiguous\.h5.*(number|bin)/);
  });

  it('is mostly not finite, with the share in percent', async () => {
    const line = await refusal(fixture('aps-nan-many.h5'), staticConfig, '--set', 'data.q=from-file');
    expect(line).toMatch(/\d+(\.\d+)? ?%.*allow_nan/);
  });

  it('is zero everywhere, or constant', async () => {
    expect(
      await refusal(
        npy('zero.npy', 20, () => 0),
        staticConfig,
      ),
    ).toMatch(/zero\.npy.*(zero|0)/);
    expect(
      await refusal(
        npy('constant.npy', 20, () => 1.25),
        staticConfig,
      ),
    ).toMatch(/constant\.npy.*every value.*1\.25/);
  });

  it('has fewer finite values than frames, whatever is allowed', async () => {
    const file = npy('few.npy', 20, (i, j) => (Math.abs(i - j) === 7 ? 1.2 + i / 100 + j / 100 : NaN));
    expect(await refusal(file, staticConfig, '--set', 'data.allow_nan=true')).toMatch(
      /few\.npy:array: the matrix holds 1\d finite values off its diagonal, fewer than it has frames; leave this angle out/,
    );
  });

  it('has two frames', async () => {
    expect(
      await refusal(
        npy('two.npy', 2, (i, j) => 1 + i + j),
        staticConfig,
      ),
    ).toMatch(/two\.npy.*2 frames/);
  });
});

describe('what the configuration asks of a file is refused when', () => {
  it('the q is not in the file, and the rings are listed', async () => {
    expect(await refusal(example, laminarConfig, '--set', 'data.q=0.02 1/Angstrom')).toMatch(/0\.0054/);
  });

  it('the angle is not in the file, and the angles are listed', async () => {
    expect(await refusal(example, laminarConfig, '--set', 'data.phi=[7 deg]')).toMatch(/7 deg.*-60/);
  });

  it('the frames are outside', async () => {
    expect(await refusal(example, laminarConfig, '--set', 'data.frames=1..900')).toMatch(/1\.\.900.*200/);
  });

  it('one angle is to tell the flow direction', async () => {
    const line = await refusal(example, laminarConfig, '--set', 'data.phi=[0 deg]');
    expect(line).toMatch(/phi0/);
  });
});

describe('a configuration is refused with line and column when', () => {
  const cases: readonly (readonly [name: string, yaml: string, message: RegExp])[] = [
    ['the gap is missing', 'model: laminar_flow\n', /gap/],
    ['a value has no unit', 'model: laminar_flow\ndata: { gap: 200 }\n', /:2:\d+: .*gap.*unit/],
    [
      'a start lies outside its bounds',
      'model: static\nparameters:\n  alpha: { value: 3, bounds: [-2, 2] }\n',
      /:3:\d+: .*alpha.*3/,
    ],
    [
      'a lower bound is above the upper one',
      'model: static\nparameters:\n  alpha: { bounds: [2, -2] }\n',
      /:3:\d+: .*alpha/,
    ],
    ['a key is not known, with a suggestion', 'model: static\ndata:\n  frmaes: 1..10\n', /:3:3: .*frmaes.*frames/],
    ['it holds a tab', 'model: static\ndata:\n\tq: 1 1/nm\n', /:3:\d+: .*[Tt]ab/],
    [
      'it is a configuration of homodyne',
      'analyzer_parameters: { dt: 0.1, start_frame: 1, end_frame: 10 }\ninitial_parameters: {}\n',
      /homodyne/,
    ],
  ];
  it.each(cases)('%s', async (_name, yaml, message) => {
    const config = writeText(folder, 'bad.yaml', yaml);
    expect(await refusal(example, config)).toMatch(message);
  });

  it('it does not exist', async () => {
    expect(await refusal(example, 'nowhere.yaml')).toMatch(/nowhere\.yaml: .*no such file/);
  });
});

describe('an output is refused when it', () => {
  it('is a folder with something in it, which stays as it was', async () => {
    const output = join(folder, 'occupied');
    mkdirSync(output);
    writeText(output, 'mine.txt', 'precious');
    const { code, err } = await twotime('fit', example, '-c', laminarConfig, '-o', output);
    expect(code).toBe(3);
    expect(err.join()).toMatch(/occupied: .*not empty.*-o/);
    const forced = await twotime('fit', example, '-c', laminarConfig, '-o', output, '--force');
    expect(forced.code).toBe(3);
    expect(forced.err.join()).toMatch(/not a run directory/);
    expect(readFileSync(join(output, 'mine.txt'), 'utf8')).toBe('precious');
  });

  it('lies below a file', async () => {
    const line = await refusal(example, laminarConfig, '-o', join(staticConfig, 'run'));
    expect(line).toMatch(/not a folder/);
  });

  it('cannot be written', async () => {
    const { code, err } = await twotime('fit', example, '-c', laminarConfig, '-o', '/proc/twotime-run');
    expect(code).toBe(3);
    expect(err.join()).toMatch(/cannot be written/);
  });
});
