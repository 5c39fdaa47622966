/** How jobs end, or never begin, on a real PBS, and what the batch engine makes of it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_CLUSTER } from '../../src/config/index.ts';
import {
  closeDetached,
  livingJobs,
  lookDetached,
  pbs,
  submitDetached,
} from '../../src/parallel/engines/batch/index.ts';
import { TaskRunner } from '../../src/parallel/index.ts';
import { doubleTask } from '../parallel/tasks.ts';
import { pbsJobs, qmgr, whyNoPbs } from '../support/real-pbs.ts';
import { PbsBench, until } from './pbs-bench.ts';
import { countTask, slowTask } from './slurm-tasks.ts';

const missing = whyNoPbs();
if (missing !== null) console.warn(`\n*** the tests of how jobs of a real PBS end are SKIPPED: ${missing}\n`);
const command = promisify(execFile);

describe.skipIf(missing !== null)('the batch engine on a real PBS', () => {
  const bench = new PbsBench();

  beforeAll(async () => await qmgr('set server job_history_enable = True'));

  it.each([
    ['a job', 1],
    ['an element of an array', 2],
  ])('does not try again what somebody else cancelled: %s', async (_, jobs) => {
    await using backend = new TaskRunner(bench.make({ jobs }));
    const work = Array.from({ length: jobs }, (__, value) =>
      backend.submit(slowTask, { folder: bench.folder, ms: 12_000, value }, { progress: bench.progress }),
    );
    const ends = Promise.allSettled(work);
    await until(() => bench.count('begin') === jobs);
    await command('qdel', [bench.lines()[0]![1]!]);
    const settled = await ends;
    expect(settled.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { message: expect.stringMatching(/PBS job \S+ was cancelled by somebody else \([FX],/) as string } },
    ]);
    expect(bench.count('begin')).toBe(jobs);
    await backend.shutdown();
  });

  it('says that somebody else cancelled a job that had not begun', async () => {
    // No node has so many cores free that the second array could start beside the first.
    await qmgr('set server scheduling = False');
    await using backend = new TaskRunner(bench.make({ jobs: 2 }));
    try {
      const work = [1, 2].map((value) =>
        backend.submit(slowTask, { folder: bench.folder, ms: 100, value }, { progress: bench.progress }),
      );
      const ends = Promise.allSettled(work);
      await until(async () => (await pbsJobs()).length === 1);
      const [array = ''] = await pbsJobs();
      await command('qdel', [array.replace('[]', '[0]'), array.replace('[]', '[1]')]);
      for (const end of await ends)
        expect(end).toMatchObject({
          reason: { message: expect.stringMatching(/was cancelled by somebody else/) as string },
        });
    } finally {
      await qmgr('set server scheduling = True');
    }
    await backend.shutdown();
  });

  it('stops at its wall time with a checkpoint, again and again, and comes to the same result', async () => {
    // 60 s of wall time of which 54 s are kept in reserve: about 6 s of work per job.
    await using backend = new TaskRunner(bench.make({ time: 60, reserve: 54 }));
    const options = { progress: bench.progress, retries: 0 };
    expect(await backend.submit(countTask, { folder: bench.folder, ms: 100, value: 150 }, options)).toBe(150);
    expect(bench.count('begin')).toBeGreaterThanOrEqual(3);
    expect(bench.told()).toMatch(/the wall time of job \d+\.\S+ came to its end, with a checkpoint/);
    const { ok, retried } = await backend.shutdown();
    expect({ ok, retried }).toEqual({ ok: 1, retried: bench.count('begin') - 1 });
  });

  it('gives up a task that makes no progress within its wall time', async () => {
    await using backend = new TaskRunner(bench.make({ time: 60, reserve: 57 }, { grace: 500 }));
    await expect(
      backend.submit(slowTask, { folder: bench.folder, ms: 60_000, value: 1 }, { progress: bench.progress }),
    ).rejects.toThrow(/3 workers were lost .*wall time/);
    await backend.shutdown();
  });

  it('hears from PBS that the wall time of a job was over', async () => {
    // The host knows of no limit and is ended by the scheduler.
    await using backend = new TaskRunner(bench.make({ options: ['-l walltime=00:00:05'] }, { grace: 500 }));
    const options = { progress: bench.progress, retries: 0 };
    await expect(backend.submit(slowTask, { folder: bench.folder, ms: 60_000, value: 1 }, options)).rejects.toThrow(
      /a worker was lost .*F, Exit_status -29/,
    );
    await backend.shutdown();
  });

  it('goes on from the checkpoint of a job that PBS ended at its wall time', async () => {
    await using backend = new TaskRunner(bench.make({ options: ['-l walltime=00:00:08'] }));
    const input = { folder: bench.folder, ms: 100, value: 120 };
    expect(await backend.submit(countTask, input, { progress: bench.progress, retries: 0 })).toBe(120);
    expect(bench.count('begin')).toBeGreaterThanOrEqual(2);
    expect(bench.told()).toMatch(/F, Exit_status -29/);
    await backend.shutdown();
  });

  it('leaves what its wall time did not suffice for where there is no driver', async () => {
    const site = { ...DEFAULT_CLUSTER, jobs: 1, time: 60, reserve: 54 };
    const options = { dialect: pbs, site, folder: join(bench.folder, 'work-detached') };
    const tasks = [
      { name: 'quick', task: doubleTask, input: 2 },
      { name: 'count', task: countTask, input: { folder: bench.folder, ms: 100, value: 90 } },
    ];
    expect(await submitDetached(options, tasks)).toBe(1);
    await until(async () => (await livingJobs(options)) === 1);
    await until(async () => (await livingJobs(options)) === 0);
    expect(await lookDetached(options.folder)).toMatchObject({ open: ['count'], failed: new Map() });
    expect({ begun: bench.count('begin'), ended: bench.count('end') }).toEqual({ begun: 1, ended: 0 });
    await closeDetached(options);
  });

  it('says what PBS refuses, and what never starts', async () => {
    await using refused = new TaskRunner(bench.make({ partition: 'nope' }));
    await expect(refused.submit(doubleTask, 1)).rejects.toMatchObject({
      tag: 'ConfigRefused',
      message: expect.stringMatching(/PBS refuses the jobs: .*Unknown queue/i) as string,
    });
    await refused.shutdown();
    for (const jobs of [1, 2]) {
      await using hopeless = new TaskRunner(bench.make({ cores: 99, jobs }, { tasksPerHost: 1 }));
      const ends = await Promise.allSettled([1, 2].map((value) => hopeless.submit(doubleTask, value)));
      for (const end of ends)
        expect(end).toMatchObject({
          reason: {
            tag: 'ConfigRefused',
            message: expect.stringMatching(/PBS will never start job \S+ \(Q, Can Never Run/) as string,
          },
        });
      await hopeless.shutdown();
    }
  });

  it('takes as many jobs as a limit lets it, and smaller arrays where large ones are not allowed', async () => {
    await qmgr('set server max_queued = "[u:PBS_GENERIC=3]"');
    await qmgr('set queue workq max_array_size = 2');
    try {
      await using backend = new TaskRunner(bench.make({ jobs: 6 }, { tasksPerHost: 1 }));
      const work = Array.from({ length: 6 }, (_, value) =>
        backend.submit(slowTask, { folder: bench.folder, ms: 1000, value }, { progress: bench.progress }),
      );
      expect(await Promise.all(work)).toEqual([0, 2, 4, 6, 8, 10]);
      expect(bench.told()).toMatch(/PBS takes no more jobs for now \(3 of 6\)/);
      await backend.shutdown();
    } finally {
      await qmgr('unset server max_queued');
      await qmgr('unset queue workq max_array_size');
    }
  });

  it('gives up when jobs end before they begin, with what their log says', async () => {
    await using backend = new TaskRunner(bench.make({ modules: ['no-such-module'] }));
    await expect(backend.submit(doubleTask, 1)).rejects.toThrow(
      /3 jobs in a row ended before they began to work \(F, Exit_status 67.*module/,
    );
    await backend.shutdown();
  });

  it('runs a thousand tasks with one array and hardly a question', async () => {
    const engine = bench.make({ jobs: 4 }, { ask: { least: 10_000, most: 60_000 }, silence: 30_000 });
    await using backend = new TaskRunner(engine);
    const began = performance.now();
    let sum = 0;
    const numbers = Array.from({ length: 1000 }, (_, k) => k);
    for await (const [index, output] of backend.map(doubleTask, numbers)) sum += output - index;
    const seconds = (performance.now() - began) / 1000;
    expect(sum).toBe(499_500);
    expect(engine.counts.submissions).toBe(1);
    expect(engine.counts.questions).toBeLessThanOrEqual(1 + seconds / 10);
    await backend.shutdown();
  });
});
