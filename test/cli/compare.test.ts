/** `twotime compare`: runs side by side in every format, ranking, and runs that cannot be ranked or compared. */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { compareRuns } from '../../src/pipeline/compare-runs.ts';
import { temporaryFolder, twotime, writeText, type CommandResult } from './command.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const model = writeText(
  folder,
  'model.yaml',
  `
model: laminar_flow
data: { q: 0.0054 1/Angstrom, gap: 200 um }
grid: { frames: 60, dt: 100 ms, phi: [0 deg, 45 deg] }
parameters:
  D0: { value: 19230 Angstrom^2/s }
  alpha: { value: 0 }
  D_offset: { value: 0 Angstrom^2/s }
  gamma_dot_t0: { value: 2e-3 1/s }
  beta: { value: 0 }
  gamma_dot_t_offset: { value: 0 1/s }
  phi0: { value: 4 deg }
scaling: { contrast: 0.2, offset: 1 }
`,
);
const HELD = 'alpha: { value: 0, vary: false }\n  D_offset: { value: 0, vary: false }\n';
const FLOW_HELD = '  beta: { value: 0, vary: false }\n  gamma_dot_t_offset: { value: 0, vary: false }\n';
const OUTPUT = 'output: { figures: false, arrays: false }\nfit: { starts: 2 }\n';
const still = writeText(folder, 'static.yaml', `model: static\nparameters:\n  ${HELD}${OUTPUT}`);
const flow = writeText(
  folder,
  'flow.yaml',
  `model: laminar_flow\ndata: { gap: 200 um }\nparameters:\n  ${HELD}${FLOW_HELD}${OUTPUT}`,
);
const data = at('data.npz');
const runs = { static: at('static'), flow: at('flow'), shared: at('shared'), short: at('short') };

beforeAll(async () => {
  await twotime('simulate', '-c', model, '-o', data, '--noise', 'white:0.02');
  const fits: [string, string, ...string[]][] = [
    [still, runs.static],
    [flow, runs.flow],
    [flow, runs.shared, '--set', 'scaling.mode=shared'],
    [flow, runs.short, '--set', 'data.frames=1..50'],
  ];
  for (const [config, output, ...more] of fits) {
    const { code, err } = await twotime('fit', data, '-c', config, '-o', output, '-q', ...more);
    if (code !== 0) throw new Error(err.join('\n'));
  }
});

const compare = (...argv: string[]): Promise<CommandResult> => twotime('compare', ...argv);

interface Printed {
  readonly schema: string;
  readonly runs: readonly { readonly run: string; readonly record: { readonly status: string } }[];
  readonly ranking: null | {
    readonly preferred: string;
    readonly runs: readonly { readonly run: string; readonly difference: number; readonly error: number }[];
  };
  readonly reason: string | null;
}
const json = async (...argv: string[]): Promise<Printed> =>
  JSON.parse((await compare(...argv, '--json')).out) as Printed;

describe('runs of the same pairs', () => {
  test('stand side by side with their errors, and the model that predicts better is named', async () => {
    const { code, out } = await compare(runs.static, runs.flow, runs.shared);
    expect(code).toBe(0);
    expect(out).toMatch(/^ +static +flow +shared$/m);
    expect(out).toMatch(/^D0 \(Angstrom\^2\/s\) +\d+ \+\/- \d+.* \d+ \+\/- \d+.* \d+ \+\/- \d+/m);
    expect(out).toMatch(/^gamma_dot_t0 \(1\/s\) +0\.00\d+ \+\/- /m);
    expect(out).toMatch(/^alpha +0 \(fixed\) +0 \(fixed\)/m);
    expect(out).toMatch(/cross-validation with \d+ blocks of /);
    expect(out.replaceAll(/\s+/g, ' ')).toMatch(/static predicts worse by [\d.]+ \+\/- [\d.]+ % of its cost/);
  });

  test('are ranked by the same numbers in JSON; of models alike the one with fewest unknowns is preferred', async () => {
    const { schema, ranking, reason, runs: listed } = await json(runs.static, runs.flow, runs.shared);
    expect([schema, reason]).toEqual(['twotime/comparison@1', null]);
    expect(listed.map(({ record }) => record.status)).toEqual(['converged', 'converged', 'converged']);
    expect(ranking!.preferred).toBe(runs.shared);
    const last = ranking!.runs.at(-1)!;
    expect(last.run).toBe(runs.static);
    expect(last.difference).toBeGreaterThan(3 * last.error);
  });

  test('come as Markdown, CSV and LaTeX, the ranking apart from the table', async () => {
    const markdown = await compare(runs.static, runs.flow, '--format', 'markdown');
    expect(markdown.out).toMatch(/^\| {2}\| unit \| static \| flow \|\n\| --- \| --- \| --- \| --- \|\n/);
    expect(markdown.out).toMatch(/\| D0 \| Angstrom\^2\/s \| \d+ ± \d+/);
    expect(markdown.err.join('\n')).toContain('ranking: ');
    const csv = await compare(runs.static, runs.flow, '--format', 'csv', '--no-rank');
    const [header, ...rows] = csv.out
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect(header).toEqual([
      'quantity',
      'unit',
      'static',
      'static error',
      'static note',
      'flow',
      'flow error',
      'flow note',
    ]);
    const d0 = rows.find(([name]) => name === 'D0')!;
    const result = JSON.parse(readFileSync(join(runs.flow, 'result.json'), 'utf8')) as {
      parameters: { D0: { value: number; uncertainty: { speckle: number } } };
    };
    expect(Number(d0[5])).toBe(result.parameters.D0.value);
    expect(Number(d0[6])).toBe(result.parameters.D0.uncertainty.speckle);
    expect(csv.err).toEqual([]);
    const latex = await compare(runs.static, runs.flow, '--format', 'latex', '--no-rank');
    expect(latex.out).toMatch(/^\\begin\{tabular\}\{llll\}\n/);
    expect(latex.out).toMatch(/^D0 & \\AA\$\^2\$\\,s\$\^\{-1\}\$ & \$\d+ \\pm \d+\$/m);
    expect(latex.out).toContain(String.raw`gamma\_dot\_t0`);
  });
});

describe('runs that cannot be ranked are still shown, with the reason', () => {
  test('other frames', async () => {
    const { code, out } = await compare(runs.flow, runs.short);
    expect(code).toBe(0);
    expect(out).toMatch(/^D0 /m);
    expect(out.replaceAll(/\s+/g, ' ')).toMatch(
      /not ranked: .* do not fit the same pairs: frames 2\.\.60 .* and 2\.\.50/,
    );
  });

  test('data that were moved, unless their place is named', async () => {
    const moved = at('moved.npz');
    renameSync(data, moved);
    try {
      const lost = await json(runs.static, runs.flow);
      expect(lost.ranking).toBeNull();
      expect(lost.reason).toMatch(/the data are not at .*data\.npz; name their place with --input/);
      const found = await json(runs.static, runs.flow, '--input', moved);
      expect(found.ranking!.runs[0]!.run).toBe(runs.flow);
    } finally {
      renameSync(moved, data);
    }
  });

  test('data that are others now', async () => {
    const other = at('other.npz');
    await twotime('simulate', '-c', model, '-o', other, '--noise', 'white:0.02', '--seed', '99');
    const { ranking, reason } = await json(runs.static, runs.flow, '--input', other);
    expect(ranking).toBeNull();
    expect(reason).toMatch(/no longer holds the data of the runs/);
  });
});

describe('refused, in one line', () => {
  const copyOf = (name: string, edit: (run: string) => void): string => {
    const run = at(name);
    cpSync(runs.flow, run, { recursive: true });
    edit(run);
    return run;
  };
  const editText = (file: string, edit: (text: string) => string): void =>
    writeFileSync(file, edit(readFileSync(file, 'utf8')));
  const cases: [string, () => string[], number, RegExp][] = [
    ['an unknown folder', () => [runs.flow, at('nowhere')], 3, /nowhere: there is no such run; name the folder/],
    ['a file', () => [runs.flow, data], 3, /this is a file, not a run directory/],
    [
      'a folder that is no run',
      () => {
        mkdirSync(at('empty'));
        return [runs.flow, at('empty')];
      },
      3,
      /this folder is not a run directory \(it has no result\.json\)/,
    ],
    [
      'a run that has not ended',
      () => [runs.flow, copyOf('half', (run) => rmSync(join(run, 'result.json')))],
      3,
      /the run has not ended; go on with it: twotime resume .*half/,
    ],
    [
      'a stopped run',
      () => [
        runs.flow,
        copyOf('stopped', (run) =>
          editText(join(run, 'result.json'), (text) => text.replace('"converged"', '"cancelled"')),
        ),
      ],
      3,
      /the run was stopped before it ended; go on with it: twotime resume/,
    ],
    [
      'a result that is cut short',
      () => [runs.flow, copyOf('cut', (run) => editText(join(run, 'result.json'), (text) => text.slice(0, 900)))],
      3,
      /result\.json:\d+:\d+: the file is not valid JSON/,
    ],
    [
      'a result of another version',
      () => [
        runs.flow,
        copyOf('old', (run) =>
          editText(join(run, 'result.json'), (text) => text.replace('twotime/result@1', 'twotime/result@0')),
        ),
      ],
      3,
      /this is not a result that this version reads \(schema: /,
    ],
    [
      'a configuration that was edited',
      () => [runs.flow, copyOf('edited', (run) => editText(join(run, 'config.yaml'), (text) => `${text}# mine\n`))],
      3,
      /the configuration of the run was changed after it ended/,
    ],
    [
      'no provenance',
      () => [runs.flow, copyOf('bare', (run) => rmSync(join(run, 'provenance.json')))],
      3,
      /provenance\.json: the run lacks this file/,
    ],
    [
      'runs of different q',
      () => [
        runs.flow,
        copyOf('q', (run) =>
          editText(join(run, 'result.json'), (text) => text.replace(/("q": \{\s+"value": )[\d.e-]+/, '$10.0072')),
        ),
      ],
      3,
      /the runs are of different q: .* of 0\.0054 1\/Angstrom, .* of 0\.0072 1\/Angstrom; compare runs of one q/,
    ],
    ['one run', () => [runs.flow], 64, /a comparison needs two runs or more/],
    ['a run twice', () => [runs.flow, `${runs.flow}/`], 64, /is named twice/],
    ['an unknown format', () => [runs.flow, runs.static, '--format', 'pdf'], 64, /there is no format 'pdf'/],
  ];
  test.each(cases)('%s', async (_, argv, code, message) => {
    const result = await compare(...argv());
    expect(result.code).toBe(code);
    expect(result.out).toBe('');
    expect(result.err).toHaveLength(1);
    expect(result.err[0]).toMatch(message);
  });
});

test('folders of the same name are told apart by their paths', async () => {
  mkdirSync(at('b'));
  cpSync(runs.flow, at('b/flow'), { recursive: true });
  const { out } = await compare(runs.flow, at('b/flow'), '--no-rank');
  expect(out.split('\n')[0]).toContain(at('b/flow'));
});

test('a comparison that is stopped while it ranks has no result, and the runs can be compared again', async () => {
  const request = { runs: [runs.static, runs.flow], input: null, rank: true };
  const whole = await compareRuns(request, {});
  const stop = new AbortController();
  let told = 0;
  const progress = ({ kind }: { readonly kind: string }): void => {
    if (kind === 'progress' && ++told === 3) stop.abort('SIGINT');
  };
  await expect(compareRuns(request, { signal: stop.signal, progress })).rejects.toMatchObject({ tag: 'Cancelled' });
  expect(told).toBe(3);
  expect(await compareRuns(request, {})).toEqual(whole);
});
