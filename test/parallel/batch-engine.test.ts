/** The batch engine between a scheduler and hosts that are played by hand: late, damaged and double results, limits. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../../src/base/events.ts';
import { DEFAULT_CLUSTER } from '../../src/config/index.ts';
import {
  BatchEngine,
  CommandFailed,
  dismissSpare,
  slurm,
  type BatchEngineOptions,
} from '../../src/parallel/engines/batch/index.ts';
import { serveFolder } from '../../src/parallel/engines/batch/batch-host.ts';
import { engineFileOf, type EngineFile } from '../../src/parallel/engines/batch/engine-file.ts';
import { WorkFolder } from '../../src/parallel/engines/batch/work-folder.ts';
import { encodeOutcome, thisProgram } from '../../src/parallel/host/index.ts';
import { TaskRunner } from '../../src/parallel/index.ts';
import { taskIdentity } from '../../src/parallel/task-identity.ts';
import { HandHost, PaperSlurm } from './paper-slurm.ts';
import { doubleTask, threadTask } from './tasks.ts';

describe('the batch engine', () => {
  let path = '';
  let folder: WorkFolder;
  let paper: PaperSlurm;
  const events: RunEvent[] = [];
  const progress = (event: RunEvent): void => void events.push(event);
  const told = (): string => events.map((event) => (event.kind === 'log' ? event.text : '')).join('\n');
  const make = (options: Partial<BatchEngineOptions> = {}): BatchEngine =>
    new BatchEngine({
      dialect: slurm,
      site: { ...DEFAULT_CLUSTER, jobs: 1 },
      folder: folder.path,
      poll: { least: 2, most: 20 },
      ask: { least: 30, most: 60 },
      visible: 200,
      silence: 100,
      run: paper.run,
      tell: (level, text) => progress({ kind: 'log', level, text }),
      ...options,
    });

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'twotime-paper-'));
    folder = new WorkFolder(join(path, 'work'));
    paper = new PaperSlurm();
    events.length = 0;
  });
  afterEach(async () => {
    const left = await readdir(path);
    await rm(path, { recursive: true });
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
  });

  it('waits for a result that is seen later than its host says', async () => {
    await using backend = new TaskRunner(make({ visible: 10_000 }));
    const work = backend.submit(doubleTask, 21);
    await vi.waitUntil(() => paper.scripts.length === 1);
    const host = new HandHost(folder, '1_0');
    const task = await host.take();
    await host.say(task);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await host.commit(task, 42);
    expect(await work).toBe(42);
    await host.leave();
    expect(await backend.shutdown()).toMatchObject({ ok: 1, retried: 0 });
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -5)],
    [
      'with a bit turned',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 60), Buffer.of(bytes[60]! ^ 1), bytes.subarray(61)]),
    ],
    ['empty', () => Buffer.alloc(0)],
    ['of another task', () => encodeOutcome('other', { kind: 'ok', output: 43 })],
  ])('does a task again whose result is %s', async (_, damage) => {
    await using backend = new TaskRunner(make());
    const work = backend.submit(doubleTask, 21, { progress });
    await vi.waitUntil(() => paper.scripts.length === 1);
    const host = new HandHost(folder, '1_0');
    const task = await host.take();
    await writeFile(folder.file('results', task.id), damage(encodeOutcome(task.id, { kind: 'ok', output: 42 })));
    // Whoever finishes after that finds the name taken.
    expect(await host.commit(task, 42)).toBe(false);
    await host.say(task);
    const again = await host.take();
    expect(again).toMatchObject({ id: task.id, number: 2 });
    await host.commit(again, 42);
    await host.say(again);
    expect(await work).toBe(42);
    expect(told()).toContain('attempt 1 was lost (its result is damaged or was lost); tried again');
    await host.leave();
    expect(await backend.shutdown()).toMatchObject({ submitted: 1, ok: 1, retried: 1 });
  });

  it('takes the result of a job that was given up and finished after all, once', async () => {
    await using backend = new TaskRunner(make({ site: { ...DEFAULT_CLUSTER, jobs: 2 } }));
    const work = backend.submit(doubleTask, 21, { progress });
    await vi.waitUntil(() => paper.scripts.length === 1);
    const frozen = new HandHost(folder, '1_0');
    const first = await frozen.take();
    paper.states = '1_0|NODE_FAIL|NodeDown|n1\n';
    await vi.waitUntil(() => told().includes('attempt 1 was lost (Slurm job 1_0 ended (NODE_FAIL, NodeDown)'), {
      timeout: 5000,
    });
    const other = new HandHost(folder, '2_0');
    const second = await other.take();
    expect(second.number).toBe(2);
    expect(await frozen.commit(first, 42)).toBe(true);
    await frozen.say(first);
    expect(await work).toBe(42);
    expect(await other.commit(second, 42)).toBe(false);
    await other.leave();
    expect(await backend.shutdown()).toMatchObject({ submitted: 1, ok: 1, retried: 1 });
  });

  it('cuts jobs into arrays as large as the scheduler takes', async () => {
    paper.most = 3;
    await using backend = new TaskRunner(make({ site: { ...DEFAULT_CLUSTER, jobs: 7 } }));
    const work = Promise.allSettled(Array.from({ length: 20 }, (_, k) => backend.submit(doubleTask, k)));
    await vi.waitUntil(() => paper.scripts.length === 3, { timeout: 5000 });
    expect(paper.arrays).toEqual(['0-2', '0-2', '0-0']);
    await backend.shutdown({ wait: false });
    // What never started is cancelled.
    expect(paper.cancelled.toSorted()).toEqual(['1_0', '1_1', '1_2', '2_0', '2_1', '2_2', '3_0']);
    await work;
  });

  it('submits fewer jobs where there are too many, and says so', async () => {
    paper.refuse = (script) => {
      if (!script.includes('--array=0-1\n')) throw new CommandFailed('sbatch', 'error: QOSMaxSubmitJobPerUserLimit');
      paper.refuse = () => {
        throw new CommandFailed('sbatch', 'error: QOSMaxSubmitJobPerUserLimit');
      };
    };
    await using backend = new TaskRunner(make({ site: { ...DEFAULT_CLUSTER, jobs: 8 } }));
    const work = Promise.allSettled(Array.from({ length: 20 }, (_, k) => backend.submit(doubleTask, k, { progress })));
    await vi.waitUntil(() => told().includes('takes no more jobs for now (2 of 8)'), { timeout: 5000 });
    expect(paper.arrays).toEqual(['0-1']);
    await backend.shutdown({ wait: false });
    await work;
  });

  it('submits nothing again before it knows what became of a submission without an answer', async () => {
    let submissions = 0;
    paper.refuse = () => {
      submissions += 1;
      throw new CommandFailed('sbatch', 'Unable to contact slurm controller (connect failure)');
    };
    let searches = 0;
    paper.find = () => {
      searches += 1;
      if (searches === 1) throw new CommandFailed('squeue', 'Unable to contact slurm controller (connect failure)');
      return '7\n';
    };
    await using backend = new TaskRunner(make());
    const work = backend.submit(doubleTask, 21, { progress }).catch(() => undefined);
    await vi.waitUntil(() => told().includes('jobs could not be submitted (squeue: Unable to contact'), {
      timeout: 5000,
    });
    // At the latest when it ends: the job that was taken after all is found and cancelled.
    await backend.shutdown({ wait: false });
    expect({ submissions, cancelled: paper.cancelled }).toEqual({ submissions: 1, cancelled: ['7_0'] });
    await work;
  });

  it('asks the scheduler no more often than it may', async () => {
    await using backend = new TaskRunner(make({ ask: { least: 150, most: 300 } }));
    const work = backend.submit(doubleTask, 21).catch(() => undefined);
    await vi.waitUntil(() => paper.scripts.length === 1);
    const host = new HandHost(folder, '1_0');
    paper.states = '1_0|RUNNING|None|n1\n';
    await host.take();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // The host is silent, but its job runs: that is no reason to give it up.
    expect(paper.questions).toBeGreaterThanOrEqual(2);
    expect(paper.questions).toBeLessThanOrEqual(6);
    expect(backend.accounts.retried).toBe(0);
    await host.leave();
    await backend.shutdown({ wait: false });
    await work;
  });

  it('refuses work in one line where a job finds that the program has changed', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await using backend = new TaskRunner(make({ site: { ...DEFAULT_CLUSTER, jobs: 2 } }));
    const work = Promise.allSettled([1, 2, 3].map((k) => backend.submit(doubleTask, k)));
    await vi.waitUntil(() => paper.scripts.length === 1);
    const file = JSON.parse((await folder.read('engine.json'))!.toString()) as EngineFile;
    const program = { ...file.program, code: '0123456789abcdef' };
    await folder.put(JSON.stringify({ ...file, program }), 'engine.json');
    expect(await serveFolder(folder.path, '1_0', new AbortController().signal)).toBe(68);
    const said = `its code is ${file.program.code}, not 0123456789abcdef`;
    expect(vi.mocked(console.error).mock.lastCall?.[0]).toContain(said);
    for (const outcome of await work) {
      const text = new RegExp(`^a job found another program than the one that submitted it: ${said} \\(on .+\\)$`);
      expect(outcome).toMatchObject({
        reason: { tag: 'ConfigRefused', message: expect.stringMatching(text) as string },
      });
    }
    expect(await folder.list('leases')).toEqual([]);
    expect(paper.scripts).toHaveLength(1);
    expect(await backend.shutdown()).toMatchObject({ submitted: 3, failed: 3, retried: 0 });
  });

  it('ends jobs of an earlier process that was another program, and uses nothing of theirs', async () => {
    // A process of another version was killed: it left a job, and a result that this one would not have come to.
    const id = await taskIdentity(doubleTask, 21);
    const here = await thisProgram();
    const options = { dialect: slurm, poll: { least: 2, most: 20 }, token: 'deadbeef', detached: false };
    const file = { ...(await engineFileOf(options)), program: { ...here, twotime: '0.0.1' } };
    await folder.make();
    await folder.make('jobs/twdeadbeef-1');
    await folder.put(JSON.stringify(file), 'engine.json');
    const job = { name: 'twdeadbeef-1', job: '9', elements: 1 };
    await folder.put(JSON.stringify(job), 'jobs', job.name, 'submitted.json');
    await folder.commit(encodeOutcome(id, { kind: 'ok', output: 43 }), 'results', id);
    await using backend = new TaskRunner(make());
    const work = backend.submit(doubleTask, 21);
    await vi.waitUntil(() => paper.scripts.length === 1, { timeout: 10_000 });
    expect(told()).toMatch(/earlier jobs are of another program \(it is twotime 0\.0\.1, not .*\): they are ended/);
    expect(paper.cancelled).toEqual(['9_0']);
    const host = new HandHost(folder, '1_0');
    const task = await host.take();
    expect(task).toMatchObject({ id, number: 1 });
    await host.commit(task, 42);
    await host.say(task);
    expect(await work).toBe(42);
    await host.leave();
    await backend.shutdown();
  });

  it('does not give up a job that the scheduler leaves out of its list while its host is heard', async () => {
    await using backend = new TaskRunner(make({ silence: 0, visible: 1000 }));
    const work = backend.submit(doubleTask, 21, { progress });
    await vi.waitUntil(() => paper.scripts.length === 1);
    const host = new HandHost(folder, '1_0');
    paper.states = '1_0|RUNNING|None|n1\n';
    const task = await host.take();
    await vi.waitUntil(() => paper.questions > 1);
    paper.states = '';
    const asked = paper.questions;
    // Twice as long as a job that has ended waits for its verdict.
    for (let k = 0; k < 40; k++) {
      await host.beat();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(paper.questions).toBeGreaterThan(asked + 3);
    expect(backend.accounts.retried).toBe(0);
    // Silent as well, it is over.
    await vi.waitUntil(() => told().includes('attempt 1 was lost (Slurm does not know job 1_0 any more'), 5000);
    await host.commit(task, 42);
    await host.say(task);
    expect(await work).toBe(42);
    await host.leave();
    await backend.shutdown();
  });

  it('fails a task that cannot be written for the hosts, and says so', async () => {
    await using backend = new TaskRunner(make());
    const first = backend.submit(doubleTask, 1).catch(() => undefined);
    await vi.waitUntil(() => paper.scripts.length === 1);
    // As a folder that is read-only, or on a disk that is full, whoever runs the test.
    await folder.remove('new');
    await writeFile(folder.file('new'), '');
    await expect(backend.submit(doubleTask, 2)).rejects.toMatchObject({
      tag: 'OutputFailed',
      message: 'a task cannot be written to the work folder (ENOTDIR)',
    });
    await folder.remove('new');
    await folder.make('new');
    await backend.shutdown({ wait: false });
    await first;
    expect(backend.accounts).toMatchObject({ submitted: 2, failed: 1, cancelled: 1 });
  });

  it('does a task again elsewhere whose host could not commit its result, also when nobody could read then', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await using backend = new TaskRunner(make({ tasksPerHost: 1 }));
    const work = backend.submit(doubleTask, 21, { progress });
    await vi.waitUntil(() => paper.scripts.length === 1);
    await folder.remove('results');
    await writeFile(folder.file('results'), '');
    const { signal } = new AbortController();
    paper.states = '1_0|RUNNING|None|n1\n';
    expect(await serveFolder(folder.path, '1_0', signal)).toBe(1);
    paper.states = '1_0|FAILED|NonZeroExitCode|n1\n';
    await vi.waitUntil(() => told().includes('the cluster cannot be watched for now'), 5000);
    await folder.remove('results');
    await folder.make('results');
    await vi.waitUntil(() => told().includes('attempt 1 was lost (Slurm job 1_0 ended (FAILED'), 5000);
    const other = serveFolder(folder.path, '2_0', signal);
    expect(await work).toBe(42);
    expect(await backend.shutdown()).toMatchObject({ submitted: 1, ok: 1, retried: 1 });
    expect(await other).toBe(0);
  });

  /** Hosts in threads of this process, as many as are submitted. */
  const hostsHere = (stop: AbortSignal): Promise<number>[] => {
    const served: Promise<number>[] = [];
    paper.refuse = (script) => {
      const last = Number(/--array=0-(\d+)/.exec(script)![1]);
      const job = paper.scripts.length + 1;
      for (let k = 0; k <= last; k++) served.push(serveFolder(folder.path, `${job}_${k}`, stop));
    };
    return served;
  };

  it('hosts take first what reads data that they have', async () => {
    const served = hostsHere(new AbortController().signal);
    // What is another host's is left to it for one and a half of the longest pauses: long for a machine that is busy.
    const patient = { poll: { least: 2, most: 500 }, tasksPerHost: 1 };
    await using backend = new TaskRunner(make({ ...patient, site: { ...DEFAULT_CLUSTER, jobs: 2 } }));
    const shared = await Promise.all([1, 2].map((k) => backend.share({ values: new Float64Array(4).fill(k) })));
    const threads: string[] = [];
    for (let round = 0; round < 12; round++) {
      // Whichever is offered first.
      const order = round % 2 === 0 ? [0, 1] : [1, 0];
      const ran = new Map<number, number>();
      const all = order.map(async (k) => {
        ran.set(k, await backend.submit(threadTask, { data: shared[k]!.ref, ms: 20, round }));
      });
      await Promise.all(all);
      threads.push(`${ran.get(0)} ${ran.get(1)}`);
    }
    // Jobs start one after the other.
    expect(new Set(threads.slice(3)).size).toBe(1);
    await backend.shutdown();
    expect(await Promise.all(served)).toEqual([0, 0]);
  });

  it('jobs end by themselves when spare ones are not needed, and others do what is still to be done', async () => {
    const served = hostsHere(new AbortController().signal);
    await using backend = new TaskRunner(make({ idle: 600, tasksPerHost: 1 }));
    expect(await backend.submit(doubleTask, 1)).toBe(2);
    await dismissSpare(folder.path);
    expect(await backend.submit(doubleTask, 2)).toBe(4);
    expect(paper.scripts).toHaveLength(1);
    expect(await served[0]).toBe(0);
    await backend.shutdown();
  });

  it('hosts run what is offered, with the folder gone as soon as it is closed', async () => {
    const stop = new AbortController();
    const served: Promise<number>[] = [];
    paper.refuse = () => void served.push(serveFolder(folder.path, `${paper.scripts.length + 1}_0`, stop.signal));
    await using backend = new TaskRunner(make({ tasksPerHost: 2 }));
    expect(await Promise.all([1, 2, 3, 4, 5].map((k) => backend.submit(doubleTask, k)))).toEqual([2, 4, 6, 8, 10]);
    expect(await backend.shutdown()).toMatchObject({ submitted: 5, ok: 5 });
    expect(await Promise.all(served)).toEqual([0]);
  });
});
