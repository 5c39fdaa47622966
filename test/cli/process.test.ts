/** The command as a process: signals, a full disk, streams. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryFolder, writeText } from './command.ts';

const folder = temporaryFolder();
const example = 'examples/laminar-flow/laminar-flow.h5';
const config = 'examples/laminar-flow/fit.yaml';
/** Enough starts that the fit is still at work when it is stopped. */
const longConfig = writeText(
  folder,
  'long.yaml',
  'model: laminar_flow\nconvention: homodyne2\ndata: { gap: 200 um }\nfit: { starts: 5000 }\n',
);

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly err: string;
  readonly secondsAfterSignal: number;
}

function stopDuringFit(signal: NodeJS.Signals, output: string): Promise<Ended> {
  const child = spawn('bin/twotime', ['fit', example, '-c', longConfig, '-o', output], { stdio: 'pipe' });
  let err = '';
  let sent = 0;
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const poll = setInterval(() => {
    if (sent === 0 && existsSync(join(output, 'events.ndjson'))) {
      sent = performance.now();
      child.kill(signal);
    }
  }, 20);
  return new Promise((resolve) => {
    child.on('exit', (code, exitSignal) => {
      clearInterval(poll);
      resolve({ code, signal: exitSignal, err, secondsAfterSignal: (performance.now() - sent) / 1000 });
    });
  });
}

describe('a fit that is stopped', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 75],
  ] as const)('by %s exits %i soon and leaves a whole run or none', async (signal, expected) => {
    const output = join(folder, signal);
    const { code, err, secondsAfterSignal } = await stopDuringFit(signal, output);
    expect(code).toBe(expected);
    expect(err).toMatch(/stopping/);
    expect(secondsAfterSignal).toBeLessThan(10);
    if (!existsSync(output)) return;
    const record = JSON.parse(readFileSync(join(output, 'result.json'), 'utf8')) as { status: string };
    expect(record.status).toBe('cancelled');
    expect(readdirSync(output).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('a full disk', () => {
  const disk = join(folder, 'disk');
  let mounted = false;
  afterEach(() => {
    if (mounted) spawnSync('umount', [disk]);
  });

  it.for(['400k', '64k'])('of %s fails the run with the name of the file, leaving nothing behind', (size, { skip }) => {
    mkdirSync(disk, { recursive: true });
    mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', disk]).status === 0;
    if (!mounted) skip('a small file system cannot be mounted here');
    const { status, stderr } = spawnSync('bin/twotime', ['fit', example, '-c', config, '-o', join(disk, 'run')], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/error: .*disk\/run\/.*the disk is full/);
    expect(status).toBe(1);
    expect(readdirSync(disk)).toEqual([]);
  });
});

describe('the streams', () => {
  it('carry results on standard output and everything else on standard error, without control codes', () => {
    const output = join(folder, 'streams');
    const { status, stdout, stderr } = spawnSync(
      'bin/twotime',
      ['fit', example, '-c', config, '-o', output, '--json', '--set', 'output.figures=false'],
      { encoding: 'utf8' },
    );
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as { schema: string }).schema).toBe('twotime/result@1');
    expect(stderr).not.toContain('\u001B');
    expect(stderr).toMatch(/^warning\[/m);
  });

  it('may end before the program: it stops showing, without a word, and goes on with the work', () => {
    const output = join(folder, 'unread');
    const fit = `bin/twotime fit ${example} -c ${config} -o '${output}' --set output.figures=false`;
    // A reader that ends at once; the code of the program is passed on by a file.
    const shell = (command: string): string => {
      const code = join(folder, 'code');
      spawnSync('sh', ['-c', `{ ${command}; echo $? >'${code}'; } | true`]);
      return readFileSync(code, 'utf8').trim();
    };
    expect(shell(`${fit} 2>&1`)).toBe('0');
    expect(existsSync(join(output, 'result.json'))).toBe(true);

    const events = join(output, 'events.ndjson');
    // More than a pipe holds.
    writeFileSync(events, readFileSync(events, 'utf8').repeat(40));
    const told = join(folder, 'told');
    expect(shell(`bin/twotime logs '${output}' --level debug 2>'${told}'`)).toBe('0');
    expect(readFileSync(told, 'utf8')).toBe('');
  });

  it('are told of when they cannot be written', (context) => {
    if (!existsSync('/dev/full')) context.skip('this system has no /dev/full');
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync('bin/twotime', ['inspect', example], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect(stderr).toBe('error: standard output cannot be written (ENOSPC)\n');
    expect(status).toBe(1);
  });
});
