/** Plans of batches: names of runs, files and patterns, files that change or vanish between plan and read, a full disk. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { expandFiles } from '../../src/pipeline/batch/expand-files.ts';
import { JobNames } from '../../src/pipeline/batch/job-names.ts';
import type { BatchRequest } from '../../src/pipeline/batch/batch-plan.ts';
import { runBatch, type BatchEvent, type BatchOutcome } from '../../src/pipeline/batch/run-batch.ts';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'twotime-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]): string => join(folder, ...names);
const config = at('fit.yaml');
const good = at('good.npz');

beforeAll(async () => {
  writeFileSync(config, RINGS_CONFIG);
  await writeRings(good, { q: [0.01, 0.02], frames: 60, D: 5000, seed: 1 });
});

describe('names of runs', () => {
  it('are made of file and q, and stay apart', () => {
    const names = new JobNames(['A_q0.01']);
    expect(names.next('/data/one/A.h5', 0.01)).toBe('one_A_q0.01');
    expect(names.next('/data/two/A.h5', 0.01)).toBe('two_A_q0.01');
    expect(names.next('/other/two/a.h5', 0.01)).toBe('two_a_q0.01-2');
    expect(names.next('/data/A.h5', 0.0200000001)).toBe('A_q0.02');
    expect(names.next('/data/A.h5', 0.0200000002)).toBe('data_A_q0.02');
    expect(names.next('/data/plots.h5', null)).toBe('data_plots');
    expect(names.next('/data/a b/../c d:e.h5', null)).toBe('c_d_e');
  });
});

describe('files of a batch', () => {
  it('come once, in the order of the arguments and the natural order of patterns', async () => {
    for (const name of ['S_10.npz', 'S_9.npz', 'S_100.npz']) copyFileSync(good, at(name));
    const files = await expandFiles([at('S_9.npz'), at('S_*.npz'), at('missing.npz')]);
    expect(files.map(({ path }) => basename(path))).toEqual(['S_9.npz', 'S_10.npz', 'S_100.npz', 'missing.npz']);
  });
});

async function run(
  output: string,
  files: string[],
  tell: (event: BatchEvent) => void,
  openFirst?: number,
): Promise<BatchOutcome> {
  const request: BatchRequest = {
    sets: [{ name: '', files, config: await loadConfig(config), allRings: true }],
    output,
    only: null,
    maxFailures: Infinity,
    overlap: true,
    argv: [],
    ...(openFirst === undefined ? {} : { openFirst }),
  };
  return await runBatch(request, tell, { signal: new AbortController().signal });
}

describe('a file between plan and read', () => {
  it('that changes or vanishes fails alone, with that as the reason', async () => {
    for (const name of ['changing.npz', 'vanishing.npz']) copyFileSync(good, at(name));
    const { record } = await run(at('moving'), [at('changing.npz'), at('vanishing.npz'), good], ({ kind }) => {
      if (kind !== 'planned') return;
      appendFileSync(at('changing.npz'), 'more');
      rmSync(at('vanishing.npz'));
    });
    const reasons = record.jobs.map(({ name, status, reason }) => [name, status, reason ?? '']);
    expect(reasons).toEqual([
      [
        'changing_q0.01',
        'failed',
        expect.stringMatching(/changing\.npz: the file changed after the batch was planned/),
      ],
      ['changing_q0.02', 'failed', expect.stringMatching(/changed after/)],
      ['vanishing_q0.01', 'failed', expect.stringMatching(/vanishing\.npz: no such file/)],
      ['vanishing_q0.02', 'failed', expect.stringMatching(/no such file/)],
      ['good_q0.01', 'ok', ''],
      ['good_q0.02', 'ok', ''],
    ]);
    expect(record.counts).toMatchObject({ submitted: 6, ok: 2, failed: 4 });
  });
});

describe('files that are opened when their turn comes', () => {
  it('count as one job until then, and come to the same jobs', async () => {
    for (const name of ['late_1.npz', 'late_2.npz']) copyFileSync(good, at(name));
    writeFileSync(at('late_3.npz'), 'not an archive');
    const files = [1, 2, 3].map((k) => at(`late_${k}.npz`));
    const submitted: number[] = [];
    const { record } = await run(
      at('late'),
      files,
      (event) => {
        if (event.kind === 'planned') submitted.push(event.submitted);
        if (event.kind === 'ended') submitted.push(event.todo);
      },
      1,
    );
    expect(submitted[0]).toBe(4);
    expect(submitted.at(-1)).toBe(5);
    const outcomes = record.jobs.map(({ name, status }) => `${name} ${status}`);
    const early = await run(at('early'), files, () => undefined);
    expect(outcomes).toEqual(early.record.jobs.map(({ name, status }) => `${name} ${status}`));
    expect(record.counts).toMatchObject({ submitted: 5, ok: 4, failed: 1 });
  });

  it('lose nothing when the process is killed before it could write the whole record', async () => {
    const { record } = await run(at('kept'), [at('late_1.npz')], () => undefined, 0);
    const [placeholder] = record.jobs.map((job) => ({ ...job, name: 'late_1', q: null, frames: 0, result: null }));
    const before = { ...record, jobs: [{ ...placeholder, status: 'pending' }] };
    writeFileSync(at('kept/batch.json'), JSON.stringify(before));
    writeFileSync(at('kept/batch.ndjson'), `${JSON.stringify(record.jobs[0])}\n{"name":"late_1_q0.0`);
    const again = await run(at('kept'), [at('late_1.npz')], () => undefined, 0);
    expect(again.record.jobs.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'late_1_q0.01 ok',
      'late_1_q0.02 ok',
    ]);
  });
});

describe('a batch on a full disk', () => {
  const disk = at('disk');
  let mounted = false;
  afterAll(() => {
    if (mounted) spawnSync('umount', [disk]);
  });

  it('ends, says so, and leaves what it has finished', async (context) => {
    mkdirSync(disk);
    mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=160k', 'none', disk]).status === 0;
    if (!mounted) context.skip('a small file system cannot be mounted here');
    const files = Array.from({ length: 4 }, (_, k) => at(`F_${k}.npz`));
    for (const file of files) copyFileSync(good, file);
    const { record, broken } = await run(join(disk, 'batch'), files, () => undefined);
    expect(broken?.message).toMatch(/cannot be written/);
    const { submitted, ok, failed, skipped, pending, cancelled } = record.counts;
    expect(ok + failed + skipped + pending + cancelled).toBe(submitted);
    expect(ok).toBeGreaterThan(0);
    expect(skipped + failed).toBeGreaterThan(0);
    for (const { name } of record.jobs.filter(({ status }) => status === 'ok')) {
      const text = readFileSync(join(disk, 'batch', name, 'result.json'), 'utf8');
      expect((JSON.parse(text) as { status: string }).status).toBe('converged');
    }
    for (const { name } of record.jobs.filter(({ status }) => status !== 'ok')) {
      expect(readdirSync(join(disk, 'batch'))).not.toContain(name);
    }
  });
});
