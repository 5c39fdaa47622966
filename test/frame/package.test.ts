/** The npm package: what is in the tarball, and that it works where only the tarball was installed. */
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './source-files.ts';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

let folder: string;
let packed: Packed;
const place = (name: string): string => path.join(folder, name);

function npm(args: readonly string[], cwd: string): SpawnSyncReturns<string> {
  return spawnSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
}

function twotime(...args: string[]): SpawnSyncReturns<string> {
  const command = path.join(folder, 'node_modules', '.bin', 'twotime');
  return spawnSync(command, args, { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' });
}

/** The Node that the package brings, which runs TypeScript. */
function node(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
}

/** Where no registry answers: the tarball unpacked, beside the locked dependencies of the checkout. */
function installFromCheckout(tarball: string): void {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly inBundle?: boolean }>>;
  };
  const target = place('node_modules/twotime');
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', target]);
  for (const [name, entry] of Object.entries(lock.packages)) {
    const isTop = name.startsWith('node_modules/') && name.lastIndexOf('node_modules/') === 0;
    const installed = existsSync(path.join(root, name));
    if (isTop && installed && entry.dev !== true && entry.inBundle !== true) {
      cpSync(path.join(root, name), place(name), { recursive: true });
    }
  }
  mkdirSync(place('node_modules/.bin'));
  symlinkSync('../twotime/bin/twotime', place('node_modules/.bin/twotime'));
}

beforeAll(() => {
  folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'twotime-package-'));
  const { stdout, stderr, status } = npm(['pack', '--json', '--pack-destination', folder], root);
  if (status !== 0) throw new Error(`npm pack failed\n${stderr}`);
  const parsed = JSON.parse(stdout) as Packed[] | Record<string, Packed>;
  packed = Object.values(parsed)[0] as Packed;

  writeFileSync(place('package.json'), '{"name":"empty","private":true}');
  const tarball = place(packed.filename);
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=0'];
  const install = npm(['install', ...options, tarball], folder);
  if (install.status === 0) return;
  const noRegistry = /E(?:NOTFOUND|CONNREFUSED|CONNRESET|TIMEDOUT|AI_AGAIN|NOTCACHED|NETUNREACH)/.test(install.stderr);
  if (!noRegistry) throw new Error(`npm install of the tarball failed\n${install.stderr}`);
  process.stderr.write('no registry answers: the dependencies of the package are taken from the checkout\n');
  installFromCheckout(tarball);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the tarball', () => {
  it('holds the program and its papers, and nothing of the workshop', () => {
    const allowed =
      /^(?:bin\/|dist\/|assets\/|schema\/|python\/twotime_ray\/\w+\.py$|node_modules\/h5wasm-plugins\/|(?:package\.json|README\.md|LICENSE|CHANGELOG\.md)$)/;
    const names = packed.files.map((file) => file.path);
    expect(names.filter((name) => !allowed.test(name))).toEqual([]);
    expect(names.filter((name) => name.startsWith('dist/') && /(?<!\.d)\.ts$|assembly/.test(name))).toEqual([]);
    expect(names).toEqual(
      expect.arrayContaining([
        ...['bin/twotime', 'dist/cli/main.js', 'dist/kernels/kernels.wasm', 'LICENSE'],
        ...['dist/parallel/engines/ray/host.js', 'python/twotime_ray/__main__.py'],
        ...['dist/library/index.js', 'dist/library/index.d.ts'],
      ]),
    );
  });

  it('is small', () => {
    expect(packed.size).toBeLessThan(4e6);
  });
});

describe('the installed package', () => {
  it('tells its version', () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    expect(twotime('--version')).toMatchObject({ stdout: `${version}\n`, stderr: '', status: 0 });
  });

  it('simulates a file and fits it, with figures', () => {
    for (const name of ['model.yaml', 'fit.yaml']) cpSync(path.join(root, 'examples/laminar-flow', name), place(name));
    const simulated = twotime('simulate', '-c', 'model.yaml', '-o', 'data.h5', '--noise', 'white:0.02');
    expect(simulated).toMatchObject({ status: 0 });

    const fitted = twotime('fit', 'data.h5', '-c', 'fit.yaml', '-o', 'run', '--json');
    expect(fitted.status, fitted.stderr).toBe(0);
    const result = JSON.parse(fitted.stdout) as { parameters: { D0: { value: number } }; status: string };
    expect(result.status).toBe('converged');
    expect(Math.abs(Math.log(result.parameters.D0.value / 19230))).toBeLessThan(0.1);
    expect(readFileSync(place('run/result.json'), 'utf8')).toBe(fitted.stdout);
    const figures = readdirSync(place('run/plots'));
    for (const type of ['.svg', '.png']) expect(figures.some((name) => name.endsWith(type))).toBe(true);
  });

  it('reads LZF, whose filter comes with it', () => {
    cpSync(path.join(root, 'test/fixtures/data/aps-counter.h5'), place('lzf.h5'));
    const { status, stdout, stderr } = twotime('inspect', 'lzf.h5', '--json');
    expect(status, stderr).toBe(0);
    const { matrices } = JSON.parse(stdout) as { matrices: readonly unknown[] };
    expect(matrices[0]).toMatchObject({ storage: 'chunks 12×12, LZF', values: { maximum: 1.2490234375 } });
  });

  it('is a library whose types a strict compiler accepts, and which prints nothing of its own', () => {
    writeFileSync(place('own.mts'), CONSUMER);
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
    const strict = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess',
      '--skipLibCheck',
      'false',
    ];
    const target = ['--module', 'nodenext', '--target', 'es2024', '--lib', 'esnext,dom', '--types', '', '--noEmit'];
    const checked = node(compiler, ...strict, ...target, 'own.mts');
    expect(checked.stdout).toBe('');
    expect(checked.status).toBe(0);
    const { status, stdout, stderr } = node('own.mts');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { digest } = JSON.parse(readFileSync(place('run/result.json'), 'utf8')) as { digest: string };
    expect(stdout.split('\n')).toEqual([digest, expect.stringMatching(/^D0 \d+/), 'ConfigRefused', '']);
  });
});

/** Fits the file of the test before in a few lines. */
const CONSUMER = `
import { fit, isTwotimeError, loadConfig, readDataset, sample, type Settings } from 'twotime';

const config = await loadConfig('fit.yaml');
await using dataset = await readDataset('data.h5', config);
await using fitted = await fit(dataset);
console.log(fitted.result.digest);
const posterior = await sample(fitted, { method: 'psis', draws: 50, likelihood: 'independent' });
const first = posterior.summaries[0];
if (first !== undefined) console.log(first.name, first.mean);

const settings: Settings = { model: 'laminar_flow', data: { q: '0.0237 1/Angstrom' }, fit: { starts: 2, weights: 'none' } };
try {
  await readDataset('data.h5', settings);
} catch (error) {
  if (isTwotimeError(error)) console.log(error.tag);
}
`;
