/** The batch engine on a real Slurm with accounting: it says who cancelled a job, and knows jobs that are forgotten. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../../src/base/events.ts';
import { DEFAULT_CLUSTER } from '../../src/config/index.ts';
import { BatchEngine, slurm } from '../../src/parallel/engines/batch/index.ts';
import { TaskRunner } from '../../src/parallel/index.ts';
import { SlurmCluster, whyNoSlurm } from '../support/slurm.ts';
import { slowTask } from './slurm-tasks.ts';

const missing = whyNoSlurm(true);
if (missing !== null) console.warn(`\n*** the tests of Slurm with accounting are SKIPPED: ${missing}\n`);

describe.skipIf(missing !== null)('the batch engine on a Slurm with accounting', () => {
  let cluster: SlurmCluster;
  let folder = '';
  const events: RunEvent[] = [];
  const progress = (event: RunEvent): void => void events.push(event);
  const first = async (): Promise<string[]> =>
    await vi.waitUntil(
      () => {
        try {
          return readFileSync(join(folder, 'log'), 'utf8').split('\n')[0]!.split(' ');
        } catch {
          return null;
        }
      },
      { timeout: 30_000, interval: 50 },
    );
  const make = (least: number): TaskRunner =>
    new TaskRunner(
      new BatchEngine({
        dialect: slurm,
        site: { ...DEFAULT_CLUSTER, jobs: 1, memory: 450e6 },
        folder: join(folder, 'work'),
        poll: { least: 5, most: 100 },
        ask: { least, most: least },
        silence: 8000,
        visible: 3000,
      }),
    );

  beforeAll(async () => {
    cluster = await SlurmCluster.start({ nodes: 2, memory: 5, accounting: true });
  });
  afterAll(async () => {
    const jobs = await cluster.jobsLeft();
    await cluster[Symbol.asyncDispose]();
    if (jobs.length > 0) throw new Error(`left behind: ${jobs.join(', ')}`);
  });
  beforeEach(async () => {
    events.length = 0;
    folder = await mkdtemp(join(tmpdir(), 'twotime-accounts-'));
    return () => rm(folder, { recursive: true });
  });

  it('says who cancelled a job', async () => {
    await using backend = make(1000);
    const work = backend.submit(slowTask, { folder, ms: 60_000, value: 1 }, { progress });
    const [, element = ''] = await first();
    await promisify(execFile)('scancel', [element]);
    await expect(work).rejects.toThrow(`was cancelled by somebody else (CANCELLED by ${userInfo().uid})`);
    await backend.shutdown();
  });

  it('learns how a job ended that Slurm itself has forgotten', async () => {
    await using backend = make(25_000);
    const work = backend.submit(slowTask, { folder, ms: 3000, value: 4 }, { progress });
    const pid = Number((await first())[3]);
    process.kill(pid, 'SIGKILL');
    expect(await work).toBe(8);
    const told = events.map((event) => (event.kind === 'log' ? event.text : '')).join('\n');
    expect(told).toMatch(/attempt 1 was lost \(Slurm job \d+_0 ended \(FAILED, 0:9\) without a result\)/);
    await backend.shutdown();
  });
});
