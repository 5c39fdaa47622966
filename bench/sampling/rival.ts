/**
 * A whole posterior, from the command line to the last file, against NumPyro's NUTS on the same file with the same priors.
 *
 *   node bench/sampling/rival.ts [--angles 10] [--frames 150] [--chains 2] [--warmup 200] [--draws 600] [--python python3]
 *
 * Both sample all points under independent noise. Effective draws are the smallest bulk effective size of the seven physical
 * parameters, by the same function for both. NumPyro is given the posterior that was found, to begin in its middle with steps of
 * the right lengths. It needs the packages of requirements.txt, in an environment of its own.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { essBulk } from '../../src/bayes/index.ts';
import type { ResultRecord } from '../../src/results/index.ts';

const { values: options } = parseArgs({
  options: {
    angles: { type: 'string', default: '10' },
    frames: { type: 'string', default: '150' },
    chains: { type: 'string', default: '2' },
    warmup: { type: 'string', default: '200' },
    draws: { type: 'string', default: '600' },
    python: { type: 'string', default: 'python3' },
  },
});

const GAP = 2e6;
const TRUTH = {
  ...{ D0: 19230, alpha: -1.063, D_offset: 879 },
  ...{ gamma_dot_t0: 2e-3, beta: -0.3, gamma_dot_t_offset: 2e-4, phi0: 4 },
};
const UNITS: Readonly<Record<string, string>> = {
  ...{ D0: 'Angstrom^2/s', D_offset: 'Angstrom^2/s' },
  ...{ gamma_dot_t0: '1/s', gamma_dot_t_offset: '1/s', phi0: 'deg' },
};
const CONTRAST = 0.3;

interface Rival {
  readonly draws: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly divergences: number;
  readonly leapfrogsPerDraw: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
  readonly versions: Readonly<Record<string, string>>;
}

const folder = mkdtempSync(join(tmpdir(), 'twotime-rival-'));
try {
  main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function main(): void {
  const angles = Number(options.angles);
  const phi = Array.from({ length: angles }, (_, k) => `${-84 + (168 * k) / Math.max(1, angles - 1)} deg`);
  const physics = ['model: laminar_flow', `data: { q: 0.0054 1/Angstrom, gap: ${GAP} Angstrom }`];
  const model = write('model.yaml', [
    ...physics,
    `grid: { frames: ${options.frames}, dt: 100 ms, phi: [${phi.join(', ')}] }`,
    'parameters:',
    ...Object.entries(TRUTH).map(([name, value]) => `  ${name}: { value: ${value} ${UNITS[name] ?? ''} }`),
    `scaling: { contrast: ${CONTRAST}, offset: 1 }`,
  ]);
  const config = write('fit.yaml', physics);
  const data = join(folder, 'data.h5');
  twotime('simulate', '-c', model, '-o', data, '--noise', 'white:0.05');

  const ours = [
    ['until the chains agree', []],
    ['1000 draws per chain', ['--draws', '1000']],
  ] as const;
  const rates = ours.map(([name, more]) => {
    const run = join(folder, name);
    const began = performance.now();
    twotime('sample', data, '-c', config, '-o', run, '--likelihood', 'independent', '--method', 'nuts', '-q', ...more);
    const seconds = (performance.now() - began) / 1000;
    const record = JSON.parse(readFileSync(join(run, 'result.json'), 'utf8')) as ResultRecord;
    const posterior = record.posterior!;
    const effective = Math.min(...Object.values(posterior.parameters).map(({ essBulk: size }) => size!));
    const divergences = posterior.chains.reduce((sum, chain) => sum + chain.divergences, 0);
    console.log(
      `twotime ${name}, ${record.support.points} points: ${seconds.toFixed(2)} s, ${effective.toFixed(0)} effective draws, ` +
        `${(effective / seconds).toFixed(1)} a second, ${divergences} divergences, ${record.resources.peakMegabytes.toFixed(0)} MB`,
    );
    return effective / seconds;
  });

  const script = join(import.meta.dirname, 'numpyro_nuts.py');
  const found = join(folder, ours[1][0], 'samples.npz');
  const args = [script, data, found, String(GAP), options.chains, options.warmup, options.draws];
  const ran = spawnSync(options.python, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (ran.status !== 0) {
    console.log(`NumPyro was not run: ${ran.stderr.trim().split('\n').at(-1)}`);
    return;
  }
  const rival = JSON.parse(ran.stdout) as Rival;
  const sizes = Object.values(rival.draws).map((chains) => essBulk(chains.map((chain) => Float64Array.from(chain))));
  const effective = Math.min(...sizes);
  const rate = effective / rival.seconds;
  console.log(
    `NumPyro ${rival.versions['numpyro']}, jax ${rival.versions['jax']}: ${rival.seconds.toFixed(1)} s, ${effective.toFixed(0)} effective draws, ` +
      `${rate.toFixed(2)} a second, ${rival.divergences} divergences, ${rival.leapfrogsPerDraw.toFixed(1)} leapfrogs per draw, ` +
      `${rival.peakMegabytes.toFixed(0)} MB`,
  );
  for (const [k, [name]] of ours.entries())
    console.log(`twotime ${name}: ${(rates[k]! / rate).toFixed(0)} times as fast`);
}

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

function twotime(...args: string[]): void {
  const command = join(import.meta.dirname, '..', '..', 'bin', 'twotime');
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  // 2: the verdict is not good, of which the numbers tell.
  if (status !== 0 && status !== 2) throw new Error(`twotime ${args.join(' ')}: ${stderr}`);
}
