/** Without Ray: what is said, and that nothing is left of the attempt. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ParallelConfig } from '../../src/config/index.ts';
import { missingBackendWarning } from '../../src/parallel/index.ts';
import { RayPool } from '../../src/parallel/engines/ray/index.ts';

let folder: string;
const open = (python: string, address = 'local') => RayPool.open({ python, address, workers: 1 });
const foldersOfRay = (): string[] => readdirSync(folder).filter((name) => name.startsWith('twotime-ray-'));

/** A program in place of Python. */
function program(lines: string): string {
  const file = join(folder, 'python');
  writeFileSync(file, `#!/bin/sh\n${lines}\n`);
  chmodSync(file, 0o755);
  return file;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-no-ray-'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe.skipIf(process.platform === 'win32')('a Ray that is not there', () => {
  it('is told with the reason', async () => {
    vi.stubEnv('TMPDIR', folder);
    await expect(open('/nonexistent/python')).rejects.toThrow(/ENOENT/);
    await expect(open(program('echo no luck >&2; exit 3'))).rejects.toThrow(/ended with exit code 3: no luck$/);
    await expect(open(program('head -c 100 /dev/zero >&3'))).rejects.toMatchObject({ name: 'RayUnavailable' });
    await expect(open('python3', '127.0.0.1:1')).rejects.toThrow(/^there is no cluster at 127\.0\.0\.1:1: /);
    expect(foldersOfRay()).toEqual([]);
  });

  it('is given up when whoever waits gives up', async () => {
    const signal = AbortSignal.timeout(100);
    const opening = RayPool.open({ python: program('sleep 60'), address: 'local', workers: 1, signal });
    await expect(opening).rejects.toThrow('stopped on request');
  });
});

it('a missing engine is a warning, or refused when the user asked for that', () => {
  const parallel: ParallelConfig = { backend: 'ray', workers: 'auto', fallback: 'warn', chunks: true, memory: 2e9 };
  expect(missingBackendWarning(parallel, 'no luck', 'try again')).toEqual({
    code: 'backend-not-available',
    text: 'ray cannot be used (no luck); local is used instead',
  });
  expect(() => missingBackendWarning({ ...parallel, fallback: 'error' }, 'no luck', 'try again')).toThrow(
    /ray cannot be used: no luck/,
  );
});
