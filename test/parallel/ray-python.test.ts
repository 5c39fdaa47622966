/** The Python side of the Ray engine passes its own tests, which need no Ray; both sides mean the same by a frame. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame } from '../../src/parallel/host/index.ts';

const folder = path.resolve(import.meta.dirname, '../../python');
const python = (args: readonly string[], input?: Uint8Array) =>
  spawnSync('python3', args, {
    cwd: folder,
    input,
    timeout: 50_000,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
const present = python(['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']).status === 0;
if (!present) console.warn('SKIPPED: the tests of python/ need a python3 of version 3.8 or newer');

describe.skipIf(!present)('the Python side of the Ray engine', () => {
  it('passes its tests', () => {
    const run = python(['-W', 'error::SyntaxWarning', '-m', 'unittest', 'discover', '-s', 'tests', '-t', '.']);
    expect(run.status, run.stderr.toString()).toBe(0);
    expect(run.stderr.toString()).toMatch(/Ran 2\d tests[^]*OK/);
  });

  it('reads the frames of this side, and writes them to the byte', () => {
    const secret = Uint8Array.from({ length: 32 }, (_, k) => 7 * k);
    const body = Uint8Array.from({ length: 1000 }, (_, k) => k % 251);
    const frame = encodeFrame({ kind: 'x', id: '1', text: 'Ångström "\n' }, body, secret);
    const script = [
      'import sys, twotime_ray.frames as f',
      'secret = bytes(7 * k % 256 for k in range(32))',
      'frame = f.check(secret, sys.stdin.buffer.read())',
      'assert len(frame) == f.length_of(frame[:16])',
      'header = f.header_of(frame)',
      'start = 16 + int.from_bytes(frame[4:8], "little")',
      'sys.stdout.buffer.write(f.pack(secret, header, frame[start:-32]))',
    ].join('\n');
    const run = python(['-c', script], frame);
    expect(run.stderr.toString()).toBe('');
    expect(decodeFrame(run.stdout, secret)).toEqual(decodeFrame(frame, secret));
    expect(decodeFrame(run.stdout)).toBeNull();
  });
});
