/** bin/twotime, in a folder laid out like an installed package whose program is a stand-in. */
import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, cpSync, linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from './source-files.ts';

const { findPinnedNode } = createRequire(import.meta.url)('../../bin/pinned-node.js') as {
  findPinnedNode: () => string | undefined;
};
const pinned = findPinnedNode();

/** Reports what it was given; `wait` stays until a signal comes, then takes its time, and says how many came. */
const PROGRAM = `
export async function run(args) {
  console.log(JSON.stringify({ node: process.execPath, cwd: process.cwd(), args }));
  if (args[0] === 'exit') return Number(args[1]);
  if (args[0] === 'throw') throw new Error('the program broke');
  if (args[0] === 'die') process.kill(process.pid, 'SIGKILL');
  let signals = 0;
  let tooLong;
  const code = await new Promise((resolve) => {
    for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 75], ['SIGUSR1', 75]]) {
      process.on(signal, () => {
        signals += 1;
        setTimeout(() => resolve(code), 400);
      });
    }
    tooLong = setTimeout(() => resolve(1), 20000);
    console.log('ready');
  });
  clearTimeout(tooLong);
  console.log(\`kept a checkpoint, \${signals} signals\`);
  return code;
}
`;

let folder: string;
let otherNode: string;
const launcher = (): string => path.join(folder, 'node_modules/twotime/bin/twotime');

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function collect(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

const start = (node: string, args: readonly string[]): Promise<Ended> => collect(spawn(node, args, { cwd: folder }));

/** Start `wait` on the other Node in a process group of its own, and send a signal once it is ready. */
async function startAndSignal(send: (pid: number) => void): Promise<Ended> {
  const child = spawn(otherNode, [launcher(), 'wait'], { cwd: folder, detached: true });
  const ended = collect(child);
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('ready')) resolve();
    });
  });
  if (child.pid !== undefined) send(child.pid);
  return ended;
}

beforeEach(() => {
  folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'twotime-launcher-'));
  const installed = path.join(folder, 'node_modules/twotime');
  cpSync(path.join(root, 'bin'), path.join(installed, 'bin'), { recursive: true });
  mkdirSync(path.join(installed, 'dist/cli'), { recursive: true });
  writeFileSync(path.join(installed, 'package.json'), '{"name":"twotime","type":"module"}');
  writeFileSync(path.join(installed, 'dist/cli/main.js'), PROGRAM);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(pinned === undefined || process.platform === 'win32')('the launcher beside a pinned Node', () => {
  beforeEach(() => {
    // A second name for the same program stands for some other Node on the machine.
    otherNode = path.join(folder, 'node');
    linkOrCopy(process.execPath, otherNode);
    const name = path.basename(path.dirname(path.dirname(pinned ?? '')));
    cpSync(
      path.join(root, 'node_modules', name, 'package.json'),
      path.join(folder, 'node_modules', name, 'package.json'),
    );
    mkdirSync(path.join(folder, 'node_modules', name, 'bin'));
    linkOrCopy(pinned ?? '', path.join(folder, 'node_modules', name, 'bin/node'));
  });

  it('runs the program there, in the same folder, with the same arguments', async () => {
    const { stdout, code } = await start(otherNode, [launcher(), 'exit', '0', 'a b', '--c=*']);
    const seen: unknown = JSON.parse(stdout);
    expect(seen).toMatchObject({ cwd: folder, args: ['exit', '0', 'a b', '--c=*'] });
    expect(seen).not.toMatchObject({ node: otherNode });
    expect(code).toBe(0);
  });

  it('ends with the exit code of the program', async () => {
    expect(await start(otherNode, [launcher(), 'exit', '3'])).toMatchObject({ code: 3, signal: null });
  });

  it('waits for a program that handles Ctrl-C, sent to the whole group as a terminal does', async () => {
    const { code, stdout } = await startAndSignal((pid) => process.kill(-pid, 'SIGINT'));
    expect(stdout).toContain('kept a checkpoint');
    expect(code).toBe(130);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 75],
    ['SIGUSR1', 75],
  ] as const)('passes on %s sent to the launcher alone, once', async (signal, expected) => {
    const { code, stdout } = await startAndSignal((pid) => process.kill(pid, signal));
    expect(stdout).toContain('kept a checkpoint, 1 signals');
    expect(code).toBe(expected);
  });

  it('takes the program with it when it is killed', async () => {
    let killed = 0;
    const { stdout } = await startAndSignal((pid) => {
      killed = performance.now();
      process.kill(pid, 'SIGKILL');
    });
    // The streams close when the program, which holds them too, has ended; left alone it would give up after 20 s.
    expect(performance.now() - killed).toBeLessThan(10_000);
    expect(stdout).not.toContain('kept a checkpoint');
  });

  it('ends by the signal that ended the program', async () => {
    expect(await start(otherNode, [launcher(), 'die'])).toMatchObject({ code: null, signal: 'SIGKILL' });
  });
});

describe('the launcher without a pinned Node', () => {
  /** Makes the running Node say that it is an old one. */
  const pretend = (version: string): string => {
    const file = path.join(folder, 'pretend.cjs');
    writeFileSync(
      file,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
    );
    return file;
  };

  it('runs the program on a Node that is new enough', async () => {
    expect(await start(process.execPath, [launcher(), 'exit', '2'])).toMatchObject({ code: 2, stderr: '' });
  });

  it('refuses an older Node with one sentence', async () => {
    const { code, stdout, stderr } = await start(process.execPath, ['--require', pretend('20.19.4'), launcher()]);
    expect(stderr).toMatch(/^twotime: Node 24 or newer is needed and this is Node 20\.19\.4: install [^\n]+\n$/);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  it('shows an error that escapes the program, and fails', async () => {
    const { code, stderr } = await start(process.execPath, [launcher(), 'throw']);
    expect(stderr).toContain('the program broke');
    expect(code).toBe(1);
  });
});

describe('the launcher in a checkout', () => {
  it('says how to set it up when dependencies or kernels are missing', async () => {
    const checkout = path.join(folder, 'checkout');
    cpSync(path.join(root, 'bin'), path.join(checkout, 'bin'), { recursive: true });
    mkdirSync(path.join(checkout, 'src/cli'), { recursive: true });
    writeFileSync(path.join(checkout, 'src/cli/main.ts'), PROGRAM);
    const { code, stderr } = await start(process.execPath, [path.join(checkout, 'bin/twotime'), 'exit', '0']);
    expect(stderr).toBe(
      `twotime: this checkout is not set up yet: run "npm start" or "npm test" once in ${checkout}\n`,
    );
    expect(code).toBe(1);
  });
});

describe('npm run twotime', () => {
  it('works where the user stands, not where npm went', async () => {
    const scripts = path.join(folder, 'node_modules/twotime/scripts');
    cpSync(path.join(root, 'scripts/twotime-from-npm.mjs'), path.join(scripts, 'twotime-from-npm.mjs'));
    const where = path.join(folder, 'data');
    mkdirSync(where);
    const child = spawn(process.execPath, [path.join(scripts, 'twotime-from-npm.mjs'), 'exit', '0', 'run.h5'], {
      cwd: path.dirname(scripts),
      env: { ...process.env, INIT_CWD: where },
    });
    const { stdout } = await collect(child);
    expect(JSON.parse(stdout)).toMatchObject({ cwd: where, args: ['exit', '0', 'run.h5'] });
  });
});

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
