/** A file that changes while it is read is refused with one clear error: numbers of no one state are never fitted. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/base/events.ts';
import { describeFile, readDataset } from '../../src/data/index.ts';
import type { ReadingHelpers } from '../../src/data/index.ts';
import { KernelMemory, loadKernels } from '../../src/kernels/index.ts';
import { ReadingThreads } from '../../src/pipeline/reading-threads.ts';
import { fixture, refusal, request } from './fixtures.ts';

let folder = '';
const memory = new KernelMemory();
const start = memory.mark();
let threads: ReadingThreads;
let helpers: ReadingHelpers;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-changing-'));
  threads = new ReadingThreads(memory, loadKernels(), { name: 'local', workers: 2, why: 'a test' }, 1e9);
  helpers = {
    choose: () => ({ helpers: 1, why: 'a test' }),
    run: (...given) => threads.run(...given),
  };
});
afterAll(async () => {
  await threads[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** A copy of a fixture that was written long ago. */
function copyOf(name: string): string {
  const path = join(folder, name);
  copyFileSync(fixture(name), path);
  utimesSync(path, 1e9, 1e9);
  return path;
}

/** Call `change` once, when the first matrix has been read. */
function atFirstMatrix(change: () => void): (event: RunEvent) => void {
  let changed = false;
  return ({ kind }) => {
    if (kind !== 'progress' || changed) return;
    changed = true;
    change();
  };
}

const CHANGES: readonly (readonly [what: string, change: (path: string) => void, said: RegExp])[] = [
  ['grows', (path) => appendFileSync(path, 'more'), /it had \d+ bytes and has \d+$/],
  ['shrinks', (path) => truncateSync(path, Math.floor(statSync(path).size / 2)), /it had \d+ bytes and has \d+$/],
  ['is emptied', (path) => truncateSync(path, 0), /it had \d+ bytes and has 0$/],
  ['is written to in place', (path) => utimesSync(path, 1e9, 1e9 + 1), /it was written to$/],
  ['disappears', (path) => rmSync(path), /it has disappeared$/],
  [
    'is replaced',
    (path) => {
      copyFileSync(path, `${path}.new`);
      renameSync(`${path}.new`, path);
    },
    /another file has taken its place$/,
  ],
];
const FILES = ['aps-storage.h5', 'cache.npz', 'cache-deflated.npz', 'stack.npy'] as const;

describe('a file that changes while it is read', () => {
  it.each(FILES.flatMap((name) => CHANGES.map(([what, change, said]) => [name, what, change, said] as const)))(
    '%s that %s is refused',
    async (name, _, change, said) => {
      const path = copyOf(name);
      memory.release(start);
      const progress = atFirstMatrix(() => change(path));
      const changes = { q: name === 'aps-storage.h5' ? null : 0.01, dt: 0.1, phiValues: [0, 90] };
      const error = await refusal(readDataset(path, request(changes), memory, { progress }));
      expect(error.message).toMatch(/^the file changed while it was read: /);
      expect(error.message).toMatch(said);
      expect(error.where).toEqual({ file: path });
      expect(memory.mark()).toBe(start);
    },
  );

  it.each(CHANGES)('that %s is refused when several threads read it', async (_, change, said) => {
    const path = copyOf('aps-storage.h5');
    memory.release(start);
    const progress = atFirstMatrix(() => change(path));
    const error = await refusal(readDataset(path, request(), memory, { progress }, undefined, helpers));
    expect(error.message).toMatch(said);
    expect(memory.mark()).toBe(start);
  });

  it('is refused by inspect as well', async () => {
    const path = copyOf('aps-storage.h5');
    const progress = atFirstMatrix(() => appendFileSync(path, 'more'));
    expect((await refusal(describeFile(path, { progress }))).message).toContain('changed while it was read');
  });
});

describe('a file that another process goes on writing', () => {
  it('is refused, or read as it was at one moment', async () => {
    const path = join(folder, 'written.npy');
    // Every state holds one version in all its matrices: a version is written at once.
    const script = `
      import { openSync, writeSync } from 'node:fs';
      const frames = 24, angles = 12;
      const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 24, 24), }".padEnd(117) + '\\n';
      const head = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0, ...Buffer.from(text)];
      const bytes = Buffer.alloc(head.length + 4 * angles * frames * frames);
      bytes.set(head);
      const file = openSync(process.argv[2], 'w+');
      // The test ends it; this is for the case that it cannot.
      const end = Date.now() + 30_000;
      for (let version = 0; Date.now() < end; version++) {
        for (let angle = 0, at = head.length; angle < angles; angle++) {
          for (let i = 0; i < frames; i++) {
            for (let j = 0; j < frames; j++) at = bytes.writeFloatLE(1 + (version % 512) + ((i + j) % 7) / 16, at);
          }
        }
        writeSync(file, bytes, 0, bytes.length, 0);
        if (version === 0) console.log('ready');
        // Now and then the writer pauses, and the file is whole for a while.
        if (version % 400 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
      }
    `;
    writeFileSync(join(folder, 'writer.mjs'), script);
    const writer = spawn(process.execPath, [join(folder, 'writer.mjs'), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(writer, 'exit');
    await once(writer.stdout, 'data');
    const phiValues = Array.from({ length: 12 }, (_, k) => 5 * k);
    const outcome = { refused: 0, read: 0 };
    const began = performance.now();
    // On a busy machine the two meet less often.
    while (writer.exitCode === null && (outcome.refused <= 3 || performance.now() - began < 700)) {
      memory.release(start);
      try {
        using dataset = await readDataset(path, request({ q: 0.01, dt: 0.1, phiValues }), memory);
        const { triangles } = dataset;
        if (!('values' in triangles)) throw new Error('not in memory');
        const versions = new Set(Array.from(triangles.values, (value) => Math.floor(value)));
        expect(versions.size).toBe(1);
        outcome.read += 1;
      } catch (error) {
        expect(String(error)).toContain('InputRefused: the file changed while it was read');
        outcome.refused += 1;
      }
    }
    writer.kill();
    await exited;
    expect(outcome.refused).toBeGreaterThan(3);
  });
});
