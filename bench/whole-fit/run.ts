/**
 * A whole fit, from the command line to the last figure, against scipy's least squares on the same file.
 *
 *   node bench/whole-fit/run.ts [--angles 10] [--frames 500] [--rounds 3] [--python python3] [--without-scipy]
 *
 * Both start a factor of two away from the truth, with the same bounds. Times are whole processes, medians of the
 * rounds; the rival is measured once, right after, because it takes minutes. The rival needs the packages of
 * requirements.txt and is skipped with a message without them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    angles: { type: 'string', default: '10' },
    frames: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '3' },
    python: { type: 'string', default: 'python3' },
    'without-scipy': { type: 'boolean', default: false },
  },
});

const GAP = 2e6;
const TRUTH = {
  D0: 19230,
  alpha: -1.063,
  D_offset: 879,
  gamma_dot_t0: 2e-3,
  beta: -0.3,
  gamma_dot_t_offset: 2e-4,
  phi0: 4,
};
const START = {
  D0: 38460,
  alpha: -0.8,
  D_offset: 440,
  gamma_dot_t0: 1e-3,
  beta: -0.15,
  gamma_dot_t_offset: 1e-4,
  phi0: 2,
};
const UNITS: Record<string, string> = {
  D0: 'Angstrom^2/s',
  D_offset: 'Angstrom^2/s',
  gamma_dot_t0: '1/s',
  gamma_dot_t_offset: '1/s',
  phi0: 'deg',
};

const folder = mkdtempSync(join(tmpdir(), 'twotime-whole-fit-'));
try {
  main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function main(): void {
  const angles = Number(options.angles);
  const frames = Number(options.frames);
  const data = join(folder, 'data.h5');
  const phi = Array.from({ length: angles }, (_, k) => `${-84 + (168 * k) / Math.max(1, angles - 1)} deg`);
  const model = write('model.yaml', [
    ...['model: laminar_flow', `data: { q: 0.0054 1/Angstrom, gap: ${GAP} Angstrom }`],
    `grid: { frames: ${frames}, dt: 100 ms, phi: [${phi.join(', ')}] }`,
    ...parameterLines(TRUTH),
    'scaling: { contrast: 0.3, offset: 1 }',
  ]);
  const fit = write('fit.yaml', [
    ...['model: laminar_flow', `data: { gap: ${GAP} Angstrom }`, 'fit: { starts: 1 }'],
    ...parameterLines(START),
  ]);
  twotime('simulate', '-c', model, '-o', data, '--noise', 'white:0.05');

  const same = measure(data, fit, 'same-work', [
    ...['--set', 'output.figures=false', '--set', 'output.arrays=false'],
    // The rival knows no others.
    ...['--set', 'fit.errors=independent'],
  ]);
  const whole = measure(data, fit, 'everything', []);
  console.log(`${angles} angles × ${frames} frames, ${whole.record.support.points} points, node ${process.version}`);
  console.log(`twotime  ${describe(same)}: reads and fits, as the rival does`);
  console.log(`twotime  ${describe(whole)}: finds speckle errors, draws the figures and writes the arrays as well`);
  if (!options['without-scipy']) compareWithScipy(data, same, whole);
}

interface Measured {
  /** Median of whole processes. */
  readonly seconds: number;
  readonly megabytes: number;
  readonly record: FitRecord;
}

function measure(data: string, fit: string, name: string, more: readonly string[]): Measured {
  const seconds: number[] = [];
  const records: FitRecord[] = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    const run = join(folder, `${name}-${round}`);
    const started = performance.now();
    const out = twotime('fit', data, '-c', fit, '-o', run, '--json', ...more);
    seconds.push((performance.now() - started) / 1000);
    records.push(JSON.parse(out) as FitRecord);
  }
  const record = records.at(-1);
  if (record === undefined) throw new Error('at least one round is needed');
  return {
    seconds: seconds.toSorted((x, y) => x - y)[seconds.length >> 1]!,
    megabytes: Math.max(...records.map(({ resources }) => resources.peakMegabytes)),
    record,
  };
}

function describe({ seconds, megabytes, record }: Measured): string {
  const { timings, solver, status } = record;
  return (
    `${seconds.toFixed(2)} s whole process (read ${timings.readSeconds.toFixed(2)} s, fit ` +
    `${timings.fitSeconds.toFixed(2)} s), peak ${megabytes.toFixed(0)} MB, ${solver.fullSweeps} full sweeps, ${status}`
  );
}

interface FitRecord {
  readonly status: string;
  readonly parameters: Readonly<Record<string, { value: number; uncertainty: { independent: number | null } }>>;
  readonly support: { readonly points: number };
  readonly solver: { readonly fullSweeps: number };
  readonly timings: { readonly readSeconds: number; readonly fitSeconds: number };
  readonly resources: { readonly peakMegabytes: number };
}

function compareWithScipy(data: string, same: Measured, whole: Measured): void {
  const bounds = {
    D0: [1, 1e6],
    alpha: [-2, 2],
    D_offset: [-1e5, 1e5],
    gamma_dot_t0: [1e-6, 1],
    beta: [-2, 2],
    gamma_dot_t_offset: [-1, 1],
    phi0: [-30, 30],
  };
  const start = write('start.json', [JSON.stringify({ gap: GAP, ...START, bounds })]);
  const script = new URL('scipy_fit.py', import.meta.url).pathname;
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(options.python, [script, data, start], { encoding: 'utf8' });
  const rival = (performance.now() - started) / 1000;
  if (status !== 0) {
    console.log(`scipy    skipped: ${options.python} cannot run the script (${stderr.trim().split('\n').at(-1)})`);
    return;
  }
  const theirs = JSON.parse(stdout) as {
    parameters: Record<string, number>;
    evaluations: number;
    peakMegabytes: number;
  };
  console.log(
    `scipy    ${rival.toFixed(2)} s whole process, peak ${theirs.peakMegabytes.toFixed(0)} MB, ${theirs.evaluations} evaluations`,
  );
  for (const [label, { seconds, megabytes }] of [
    ['the same work', same],
    ['everything', whole],
  ] as const) {
    const memory = (theirs.peakMegabytes / megabytes).toFixed(1);
    console.log(`ratio    ${(rival / seconds).toFixed(1)} times the time, ${memory} times the memory: ${label}`);
  }
  for (const [name, { value, uncertainty }] of Object.entries(same.record.parameters)) {
    const apart = uncertainty.independent === null ? NaN : (theirs.parameters[name]! - value) / uncertainty.independent;
    console.log(
      `         ${name.padEnd(20)} ${value} and ${theirs.parameters[name]} (${apart.toExponential(1)} standard errors apart)`,
    );
  }
}

function parameterLines(values: Readonly<Record<string, number>>): string[] {
  return [
    'parameters:',
    ...Object.entries(values).map(([name, value]) => `  ${name}: { value: ${`${value} ${UNITS[name] ?? ''}`.trim()} }`),
  ];
}

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

function twotime(...argv: string[]): string {
  const command = new URL('../../bin/twotime', import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(command, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`twotime ${argv.join(' ')} exited with ${status}\n${stderr}`);
  return stdout;
}
