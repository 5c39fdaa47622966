/** The set-up behind `npm start` and `npm test`, run in a small checkout of its own whose compiler is a stand-in. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from './source-files.ts';

/** Appends to a log, takes its time, and writes the output file, as `asc` would. */
const COMPILER = `
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
async function main(args) {
  const source = readFileSync(args[0], 'utf8');
  if (source.includes('broken')) return { error: new Error('broken') };
  await setTimeout(300);
  appendFileSync('compiled.log', 'compiled\\n');
  writeFileSync(args[args.indexOf('--outFile') + 1], source);
  return { error: null };
}
export default { main };
`;

let checkout: string;
const inCheckout = (name: string): string => path.join(checkout, name);
const kernels = (): string => inCheckout('src/kernels/kernels.wasm');
const kernelSource = (): string => inCheckout('src/kernels/assembly/index.ts');
const timesCompiled = (): number => readFileSync(inCheckout('compiled.log'), 'utf8').trim().split('\n').length;

function write(name: string, text: string): void {
  mkdirSync(path.dirname(inCheckout(name)), { recursive: true });
  writeFileSync(inCheckout(name), text);
}

/** A lock file that asks for the stand-in compiler, a local folder, so that npm needs no network. */
function writeManifests(version: string): void {
  const dependencies = { assemblyscript: 'file:compiler' };
  write('package.json', JSON.stringify({ name: 'small', version: '1.0.0', dependencies }));
  const packages = {
    '': { name: 'small', version: '1.0.0', dependencies },
    compiler: { name: 'assemblyscript', version },
    'node_modules/assemblyscript': { resolved: 'compiler', link: true },
  };
  write(
    'package-lock.json',
    JSON.stringify({ name: 'small', version: '1.0.0', lockfileVersion: 3, requires: true, packages }),
  );
  write(
    'compiler/package.json',
    JSON.stringify({ name: 'assemblyscript', version, exports: { './asc': './asc.mjs' } }),
  );
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly seconds: number;
}

function setUp(): Promise<Ended> {
  const start = performance.now();
  const child = spawn(process.execPath, ['scripts/setup.mjs'], { cwd: checkout });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, output, seconds: (performance.now() - start) / 1000 }));
  });
}

beforeEach(() => {
  checkout = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'twotime-setup-'));
  cpSync(path.join(root, 'bin'), inCheckout('bin'), { recursive: true });
  cpSync(path.join(root, 'scripts'), inCheckout('scripts'), { recursive: true });
  writeManifests('1.0.0');
  write('compiler/asc.mjs', COMPILER);
  write('src/kernels/assembly/index.ts', 'first');
});

afterEach(() => rmSync(checkout, { recursive: true, force: true }));

describe('the set-up', () => {
  it('installs the dependencies and compiles the kernels once, and then has nothing to do', async () => {
    const first = await setUp();
    expect(first.output).toMatch(/installing the locked dependencies … [\d.]+ s\ncompiling the kernels … [\d.]+ s\n$/);
    expect(first.code).toBe(0);
    expect(readFileSync(kernels(), 'utf8')).toBe('first');

    const second = await setUp();
    expect(second).toMatchObject({ code: 0, output: '' });
    expect(second.seconds).toBeLessThan(2);
    expect(timesCompiled()).toBe(1);
  });

  it('compiles again when a source changed, and only then', async () => {
    await setUp();
    writeFileSync(kernelSource(), 'second');
    expect((await setUp()).output).toMatch(/^compiling the kernels/);
    expect(readFileSync(kernels(), 'utf8')).toBe('second');
    rmSync(kernels());
    expect((await setUp()).output).toMatch(/^compiling the kernels/);
  });

  it('installs again when the lock file asks for something else', async () => {
    await setUp();
    writeManifests('1.0.1');
    expect((await setUp()).output).toMatch(/^installing the locked dependencies/);
  });

  it('does the work once when started twice at the same time', async () => {
    const both = await Promise.all([setUp(), setUp()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.map(({ output }) => output).join('')).toContain('waiting for another set-up');
    expect(timesCompiled()).toBe(1);
    expect(existsSync(inCheckout('.setup/lock'))).toBe(false);
  });

  it('takes over the lock of a set-up that has ended', async () => {
    const ended = spawn(process.execPath, ['--version']);
    await new Promise((resolve) => ended.on('close', resolve));
    write('.setup/lock', `${ended.pid} ${os.hostname()}`);
    expect(await setUp()).toMatchObject({ code: 0 });
    expect(existsSync(kernels())).toBe(true);
  });

  it('fails with what the tool said, and leaves no lock behind', async () => {
    write('package-lock.json', '{}');
    const failed = await setUp();
    expect(failed.output).toMatch(/installing the locked dependencies … failed\n[^]*npm error/);
    expect(failed.code).toBe(1);
    expect(existsSync(inCheckout('.setup/lock'))).toBe(false);

    writeManifests('1.0.0');
    writeFileSync(kernelSource(), 'broken');
    const notCompiled = await setUp();
    expect(notCompiled.output).toContain('compiling the kernels … failed');
    expect(notCompiled.code).toBe(1);
    expect(existsSync(kernels())).toBe(false);
  });
});
