/** The batch engine on a real Slurm when nodes, the controller, jobs and the driver itself fail. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/base/events.ts';
import { DEFAULT_CLUSTER, type ClusterConfig } from '../../src/config/index.ts';
import {
  BatchEngine,
  closeDetached,
  CommandFailed,
  lookDetached,
  runCommand,
  slurm,
  submitDetached,
  type BatchEngineOptions,
  type RunCommand,
} from '../../src/parallel/engines/batch/index.ts';
import { TaskRunner } from '../../src/parallel/index.ts';
import { doubleTask } from '../parallel/tasks.ts';
import { SlurmCluster, whyNoSlurm } from '../support/slurm.ts';
import { countTask, slowTask } from './slurm-tasks.ts';

const missing = whyNoSlurm();
if (missing !== null) console.warn(`\n*** the tests of faults on Slurm are SKIPPED: ${missing}\n`);
const until = async (what: () => boolean | Promise<boolean>, seconds = 60): Promise<void> => {
  for (let k = 0; k < 20 * seconds; k++) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not happen within ${seconds} s: ${what.toString()}`);
};

describe.skipIf(missing !== null)('the batch engine on a real Slurm', () => {
  let cluster: SlurmCluster;
  let folder = '';
  let last = 0;
  let events: RunEvent[] = [];
  const told = (): string => events.map((event) => (event.kind === 'log' ? event.text : '')).join('\n');
  const progress = (event: RunEvent): void => void events.push(event);
  const lines = (name = 'log'): string[][] => {
    try {
      return readFileSync(join(folder, name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
    } catch {
      return [];
    }
  };
  const count = (word: string): number => lines().filter(([first]) => first === word).length;
  const make = (site: Partial<ClusterConfig> = {}, options: Partial<BatchEngineOptions> = {}): BatchEngine =>
    new BatchEngine({
      dialect: slurm,
      site: { ...DEFAULT_CLUSTER, jobs: 1, memory: 450e6, ...site },
      folder: join(folder, `work-${++last}`),
      poll: { least: 5, most: 100 },
      ask: { least: 1000, most: 2000 },
      silence: 8000,
      visible: 3000,
      tell: (level, text) => progress({ kind: 'log', level, text }),
      ...options,
    });

  beforeAll(async () => {
    cluster = await SlurmCluster.start({ nodes: 3, memory: 10 });
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    events = [];
    folder = await mkdtemp(join(tmpdir(), 'twotime-faults-'));
  });
  afterEach(async () => {
    const jobs = await cluster.jobsLeft();
    const work = (await readdir(folder)).filter((name) => name.startsWith('work-'));
    await rm(folder, { recursive: true });
    // The next test is not to find them.
    for (const job of jobs) await runCommand('scancel', [job.split(' ')[0]!.split('_')[0]!]);
    if (jobs.length + work.length > 0) throw new Error(`left behind: ${[...jobs, ...work].join(', ')}`);
  });

  it('does a task again elsewhere whose host was killed', async () => {
    await using backend = new TaskRunner(make());
    const work = backend.submit(slowTask, { folder, ms: 6000, value: 4 }, { progress });
    await until(() => count('begin') === 1);
    process.kill(Number(lines()[0]![3]), 'SIGKILL');
    expect(await work).toBe(8);
    expect({ begun: count('begin'), ended: count('end') }).toEqual({ begun: 2, ended: 1 });
    expect(told()).toMatch(/attempt 1 was lost \(Slurm job \d+_0 ended \(FAILED.* without a result\)/);
    expect(await backend.shutdown()).toMatchObject({ submitted: 1, ok: 1, retried: 1 });
  });

  it('does a task again elsewhere whose node went down', async () => {
    await using backend = new TaskRunner(make());
    const work = backend.submit(slowTask, { folder, ms: 6000, value: 5 }, { progress });
    await until(() => count('begin') === 1);
    const node = lines()[0]![2]!;
    await cluster.do('kill-node', node);
    await cluster.scontrol('update', `nodename=${node}`, 'state=down', 'reason=test');
    expect(await work).toBe(10);
    expect(lines().find(([word]) => word === 'end')![2]).not.toBe(node);
    await backend.shutdown();
    await cluster.do('start-node', node);
    await cluster.scontrol('update', `nodename=${node}`, 'state=resume').catch(() => undefined);
  });

  it('takes one result when a job and the one started in its place both finish', async () => {
    // The daemon of the node is killed, so Slurm takes the node for lost; the job lives on and finishes.
    await using backend = new TaskRunner(make({}, { silence: 3000 }));
    const work = backend.submit(slowTask, { folder, ms: 45_000, value: 6 }, { progress });
    await until(() => count('begin') === 1);
    const [, , node, pid] = lines()[0]!;
    await cluster.do('lose-slurmd', node!);
    // Its ledger is silent as it would be if the network were cut; it goes on when Slurm has given it up.
    process.kill(Number(pid), 'SIGSTOP');
    await until(() => count('begin') === 2, 120);
    process.kill(Number(pid), 'SIGCONT');
    expect(await work).toBe(12);
    await until(() => count('end') === 2, 120);
    expect(await backend.shutdown()).toMatchObject({ submitted: 1, ok: 1, failed: 0, cancelled: 0 });
    await cluster.do('start-node', node!);
  });

  it('outlives a frozen node that thaws', async () => {
    await using backend = new TaskRunner(make({}, { silence: 3000 }));
    const work = backend.submit(slowTask, { folder, ms: 20_000, value: 7 }, { progress });
    await until(() => count('begin') === 1);
    const [, , node] = lines()[0]!;
    await cluster.do('freeze-node', node!);
    setTimeout(() => void cluster.do('thaw-node', node!), 25_000);
    expect(await work).toBe(14);
    expect(await backend.shutdown()).toMatchObject({ submitted: 1, ok: 1 });
    await until(async () => (await cluster.scontrol('show', 'node', node!)).includes('State=IDLE'));
  });

  it('goes on when the controller is killed and started again', async () => {
    await using backend = new TaskRunner(make({ jobs: 2 }, { silence: 3000 }));
    const work = [1, 2, 3, 4].map((value) => backend.submit(slowTask, { folder, ms: 8000, value }, { progress }));
    await until(() => count('begin') === 2);
    await cluster.do('kill-ctld');
    setTimeout(() => void cluster.do('start-ctld'), 8000);
    expect(await Promise.all(work)).toEqual([2, 4, 6, 8]);
    expect(await backend.shutdown()).toMatchObject({ submitted: 4, ok: 4, failed: 0 });
    await until(() =>
      cluster.scontrol('ping').then(
        () => true,
        () => false,
      ),
    );
    // Slurm may hold what it thinks was lost; the engine has cancelled it or the test does.
    for (const job of await cluster.jobs()) await runCommand('scancel', [job.split(' ')[0]!.split('_')[0]!]);
  });

  it('takes no answer of the scheduler, or a wrong one, for a verdict', async () => {
    let questions = 0;
    const run: RunCommand = async (command, args, input) => {
      if (command !== 'squeue') return runCommand(command, args, input);
      questions += 1;
      const kind = questions % 5;
      if (kind === 0) throw new CommandFailed('squeue', 'no answer within 60 s');
      if (kind === 1) throw new CommandFailed('squeue', 'Unable to contact slurm controller');
      return ['\0garbage|||\n', '12_0|RUN', ''][kind - 2]!;
    };
    await using backend = new TaskRunner(make({}, { run, silence: 0, visible: 60_000 }));
    expect(await backend.submit(slowTask, { folder, ms: 8000, value: 3 }, { progress })).toBe(6);
    expect(questions).toBeGreaterThan(2);
    expect(await backend.shutdown()).toMatchObject({ ok: 1, retried: 0 });
  });

  it('judges a job that Slurm has forgotten by what it left', async () => {
    // Slurm forgets jobs after 10 s here, and there is no accounting.
    await using backend = new TaskRunner(make({}, { ask: { least: 40_000, most: 40_000 } }));
    const work = backend.submit(slowTask, { folder, ms: 3000, value: 9 }, { progress });
    await until(() => count('begin') === 1);
    process.kill(Number(lines()[0]![3]), 'SIGKILL');
    expect(await work).toBe(18);
    expect(told()).toMatch(/Slurm does not know job \d+_0 any more/);
    await backend.shutdown();
  });

  it('does not try again what somebody else cancelled', async () => {
    await using backend = new TaskRunner(make());
    const work = backend.submit(slowTask, { folder, ms: 60_000, value: 9 }, { progress });
    await until(() => count('begin') === 1);
    await promisify(execFile)('scancel', [lines()[0]![1]!]);
    await expect(work).rejects.toThrow(/Slurm job \d+_0 was cancelled by somebody else \(CANCELLED/);
    expect(count('begin')).toBe(1);
    await backend.shutdown();
  });

  it('stops at its wall time with a checkpoint, again and again, and comes to the same result', async () => {
    // 60 s of wall time of which 54 s are kept in reserve: about 6 s of work per job.
    await using backend = new TaskRunner(make({ time: 60, reserve: 54 }));
    const options = { progress, retries: 0 };
    expect(await backend.submit(countTask, { folder, ms: 100, value: 150 }, options)).toBe(150);
    expect(count('begin')).toBeGreaterThanOrEqual(3);
    expect(told()).toMatch(/the wall time of job \d+_0 came to its end, with a checkpoint/);
    const { ok, retried } = await backend.shutdown();
    expect({ ok, retried }).toEqual({ ok: 1, retried: count('begin') - 1 });
  });

  it('gives up a task that makes no progress within its wall time', async () => {
    await using backend = new TaskRunner(make({ time: 60, reserve: 57 }, { grace: 500 }));
    await expect(backend.submit(slowTask, { folder, ms: 60_000, value: 1 }, { progress })).rejects.toThrow(
      /3 workers were lost .*wall time/,
    );
    await backend.shutdown();
  });

  it('puts itself back into the queue at its wall time where there is no driver', async () => {
    const site = { ...DEFAULT_CLUSTER, jobs: 1, memory: 450e6, time: 60, reserve: 54 };
    const options = { dialect: slurm, site, folder: join(folder, 'work-detached') };
    const input = { folder, ms: 100, value: 90 };
    expect(await submitDetached(options, [{ name: 'count', task: countTask, input }])).toBe(1);
    expect(await lookDetached(options.folder)).toMatchObject({ open: ['count'] });
    let looks = 0;
    await until(async () => {
      // Slurm keeps a job that was put back for two minutes; its owner may shorten that, once its first copy is gone for good.
      const waiting = (await cluster.jobs()).find((job) => job.includes('PENDING'));
      looks = waiting === undefined ? 0 : looks + 1;
      if (looks === 60) await cluster.scontrol('update', `jobid=${waiting!.split(' ')[0]}`, 'StartTime=now');
      return (await lookDetached(options.folder))?.open.length === 0;
    }, 140);
    expect({ begun: count('begin') >= 2, ended: count('end') }).toEqual({ begun: true, ended: 1 });
    expect((await lookDetached(options.folder))?.failed.size).toBe(0);
    // One element, started again by Slurm.
    expect(new Set(lines().map(([, element]) => element)).size).toBe(1);
    await closeDetached(options);
  });

  it('finds its jobs again after the driver was killed, and submits none twice', async () => {
    const work = join(folder, 'work-driver');
    const script = join(import.meta.dirname, 'slurm-driver.ts');
    const driver = spawn(process.execPath, [script, work, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    await until(() => count('begin') === 2);
    driver.kill('SIGKILL');
    await once(driver, 'exit');
    const engine = make({ jobs: 2 }, { folder: work });
    await using backend = new TaskRunner(engine);
    const results = [1, 2, 3].map((value) => backend.submit(slowTask, { folder, ms: 6000, value }, { progress }));
    expect(await Promise.all(results)).toEqual([2, 4, 6]);
    expect({ begun: count('begin'), ended: count('end') }).toEqual({ begun: 3, ended: 3 });
    expect(engine.counts.submissions).toBe(0);
    expect(told()).toMatch(/of an earlier process are taken over/);
    await backend.shutdown();
  });

  it('finds a job that was submitted but not noted', async () => {
    // The answer of sbatch is lost on its way.
    let submissions = 0;
    const run: RunCommand = async (command, args, input) => {
      const answer = await runCommand(command, args, input);
      if (command !== 'sbatch') return answer;
      submissions += 1;
      throw new CommandFailed('sbatch', 'no answer within 60 s');
    };
    await using backend = new TaskRunner(make({}, { run }));
    expect(await backend.submit(doubleTask, 4, { progress })).toBe(8);
    expect(submissions).toBe(1);
    await backend.shutdown();
  });

  it('says what Slurm refuses, and what never starts', async () => {
    await using refused = new TaskRunner(make({ partition: 'nope' }));
    await expect(refused.submit(doubleTask, 1)).rejects.toMatchObject({
      tag: 'ConfigRefused',
      message: expect.stringMatching(/Slurm refuses the jobs: .*invalid partition/i) as string,
    });
    await refused.shutdown();
    await using hopeless = new TaskRunner(make({ cores: 99 }));
    await expect(hopeless.submit(doubleTask, 1)).rejects.toMatchObject({
      tag: 'ConfigRefused',
      message: expect.stringMatching(
        /will never start job \d+_0 \(PENDING, PartitionConfig|refuses the jobs/,
      ) as string,
    });
    await hopeless.shutdown();
  });

  it('gives up when jobs end before they begin, with what their log says', async () => {
    await using backend = new TaskRunner(make({ modules: ['no-such-module'] }));
    await expect(backend.submit(doubleTask, 1)).rejects.toThrow(/3 jobs in a row ended before they began to work/);
    await backend.shutdown();
  });

  it('runs a thousand tasks with one array and hardly a question', async () => {
    const engine = make({ jobs: 4 }, { ask: { least: 10_000, most: 60_000 }, silence: 30_000 });
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
