/** The batch engine on a real PBS when nodes, the server, jobs and the driver itself fail. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandFailed, runCommand, type RunCommand } from '../../src/parallel/engines/batch/index.ts';
import { TaskRunner } from '../../src/parallel/index.ts';
import { doubleTask } from '../parallel/tasks.ts';
import { pbsAdmin, pbsJobs, qmgr, stateOfNode, whyNoPbs, whyNoPbsAdmin } from '../support/real-pbs.ts';
import { PbsBench, until } from './pbs-bench.ts';
import { slowTask } from './slurm-tasks.ts';

const missing = whyNoPbs();
const noAdmin = whyNoPbsAdmin();
if (missing !== null) console.warn(`\n*** the tests of faults on a real PBS are SKIPPED: ${missing}\n`);
else if (noAdmin !== null) console.warn(`\n*** tests that kill daemons of PBS are SKIPPED: ${noAdmin}\n`);
const command = promisify(execFile);

describe.skipIf(missing !== null)('the batch engine on a real PBS, with faults', () => {
  const bench = new PbsBench();

  beforeAll(async () => {
    await qmgr('set server job_history_enable = True');
    await qmgr('set server node_fail_requeue = 10');
    // A server that was started again looks at its queue at once, before it knows its nodes, and then after this time.
    await qmgr('set server scheduler_iteration = 20');
  });
  afterAll(async () => {
    await qmgr('unset server node_fail_requeue');
    await qmgr('unset server scheduler_iteration');
  });

  it('does a task again elsewhere whose host was killed', async () => {
    await using backend = new TaskRunner(bench.make());
    const work = backend.submit(slowTask, { folder: bench.folder, ms: 6000, value: 4 }, { progress: bench.progress });
    await until(() => bench.count('begin') === 1);
    process.kill(Number(bench.lines()[0]![3]), 'SIGKILL');
    expect(await work).toBe(8);
    expect({ begun: bench.count('begin'), ended: bench.count('end') }).toEqual({ begun: 2, ended: 1 });
    expect(bench.told()).toMatch(
      /attempt 1 was lost \(PBS job \d+\.\S+ ended \(F, Exit_status 137.* without a result\)/,
    );
    expect(await backend.shutdown()).toMatchObject({ submitted: 1, ok: 1, retried: 1 });
  });

  it.skipIf(noAdmin !== null)('does a task again elsewhere whose node went down', async () => {
    await using backend = new TaskRunner(bench.make());
    const work = backend.submit(slowTask, { folder: bench.folder, ms: 6000, value: 5 }, { progress: bench.progress });
    await until(() => bench.count('begin') === 1);
    const node = bench.lines()[0]![2]!;
    await pbsAdmin('kill-node', node);
    expect(await work).toBe(10);
    expect(bench.lines().find(([word]) => word === 'end')![2]).not.toBe(node);
    await backend.shutdown();
    await pbsAdmin('start-mom', node);
    await until(async () => (await stateOfNode(node)) === 'free');
  });

  it.skipIf(noAdmin !== null)('takes one result when a job and the one started in its place both finish', async () => {
    // The daemon of the node is killed, so PBS takes the node for lost; the job lives on and finishes.
    await using backend = new TaskRunner(bench.make({}, { silence: 3000 }));
    const work = backend.submit(slowTask, { folder: bench.folder, ms: 30_000, value: 6 }, { progress: bench.progress });
    await until(() => bench.count('begin') === 1);
    const [, , node, pid] = bench.lines()[0]!;
    await pbsAdmin('kill-mom', node!);
    // Its ledger is silent as it would be if the network were cut; it goes on when PBS has given it up.
    process.kill(Number(pid), 'SIGSTOP');
    await until(() => bench.count('begin') === 2, 120);
    process.kill(Number(pid), 'SIGCONT');
    expect(await work).toBe(12);
    await until(() => bench.count('end') === 2, 120);
    expect(await backend.shutdown()).toMatchObject({ submitted: 1, ok: 1, failed: 0, cancelled: 0 });
    await pbsAdmin('start-mom', node!);
    await until(async () => (await stateOfNode(node!)) === 'free');
  });

  it.skipIf(noAdmin !== null)('outlives a frozen node that thaws', async () => {
    await using backend = new TaskRunner(bench.make({}, { silence: 3000 }));
    const work = backend.submit(slowTask, { folder: bench.folder, ms: 20_000, value: 7 }, { progress: bench.progress });
    await until(() => bench.count('begin') === 1);
    const [, , node] = bench.lines()[0]!;
    await pbsAdmin('freeze-mom', node!);
    setTimeout(() => void pbsAdmin('thaw-mom', node!), 25_000);
    expect(await work).toBe(14);
    expect(await backend.shutdown()).toMatchObject({ submitted: 1, ok: 1 });
    await until(async () => (await stateOfNode(node!)) === 'free');
  });

  it.skipIf(noAdmin !== null)('goes on when the server is killed and started again', async () => {
    await using backend = new TaskRunner(bench.make({ jobs: 2 }, { silence: 3000 }));
    const work = [1, 2, 3, 4].map((value) =>
      backend.submit(slowTask, { folder: bench.folder, ms: 8000, value }, { progress: bench.progress }),
    );
    await until(() => bench.count('begin') === 2);
    await pbsAdmin('kill-server');
    const started = new Promise((resolve) => setTimeout(resolve, 8000)).then(() => pbsAdmin('start-server'));
    expect(await Promise.all(work)).toEqual([2, 4, 6, 8]);
    await started;
    expect(await backend.shutdown()).toMatchObject({ submitted: 4, ok: 4, failed: 0 });
    await until(() =>
      pbsJobs().then(
        () => true,
        () => false,
      ),
    );
  });

  it('takes no answer of the scheduler, or a wrong one, for a verdict', async () => {
    let questions = 0;
    const run: RunCommand = async (name, args, input) => {
      if (name !== 'qstat' || args.includes('-B')) return runCommand(name, args, input);
      questions += 1;
      if (questions % 4 === 0) throw new CommandFailed('qstat', 'no answer within 60 s');
      if (questions % 4 === 1) throw new CommandFailed('qstat', 'cannot connect to server pbs1 (errno=15010)');
      return questions % 4 === 2 ? '\0garbage{{{\n' : '{"Jobs":{"nothing.of":{}}}';
    };
    await using backend = new TaskRunner(bench.make({}, { run, silence: 0, visible: 60_000 }));
    expect(
      await backend.submit(slowTask, { folder: bench.folder, ms: 8000, value: 3 }, { progress: bench.progress }),
    ).toBe(6);
    expect(questions).toBeGreaterThan(2);
    expect(await backend.shutdown()).toMatchObject({ ok: 1, retried: 0 });
  });

  describe('that keeps no history', () => {
    beforeAll(async () => await qmgr('set server job_history_enable = False'));
    afterAll(async () => await qmgr('set server job_history_enable = True'));

    it('takes a job that runs for what it is, however often PBS is asked', async () => {
      const engine = bench.make({ jobs: 2 }, { silence: 0, visible: 0 });
      await using backend = new TaskRunner(engine);
      const work = [2, 3].map((value) =>
        backend.submit(slowTask, { folder: bench.folder, ms: 8000, value }, { progress: bench.progress }),
      );
      expect(await Promise.all(work)).toEqual([4, 6]);
      expect(engine.counts.questions).toBeGreaterThan(2);
      expect(await backend.shutdown()).toMatchObject({ ok: 2, retried: 0 });
    });

    it('judges a job that PBS has forgotten by what it left', async () => {
      await using backend = new TaskRunner(bench.make());
      const work = backend.submit(slowTask, { folder: bench.folder, ms: 3000, value: 9 }, { progress: bench.progress });
      await until(() => bench.count('begin') === 1);
      process.kill(Number(bench.lines()[0]![3]), 'SIGKILL');
      expect(await work).toBe(18);
      expect(bench.told()).toMatch(/PBS does not know job \d+\.\S+ any more/);
      await backend.shutdown();
    });

    it('finds a job that was submitted but not noted', async () => {
      await findsWhatWasNotNoted();
    });
  });

  it('does a task again that an operator put back into the queue', async () => {
    await using backend = new TaskRunner(bench.make({ jobs: 2 }));
    const work = [4, 5].map((value) =>
      backend.submit(slowTask, { folder: bench.folder, ms: 6000, value }, { progress: bench.progress }),
    );
    await until(() => bench.count('begin') === 2);
    await command('qrerun', [bench.lines()[0]![1]!]);
    expect(await Promise.all(work)).toEqual([8, 10]);
    expect({ begun: bench.count('begin'), ended: bench.count('end') }).toEqual({ begun: 3, ended: 2 });
    expect(await backend.shutdown()).toMatchObject({ submitted: 2, ok: 2, retried: 1 });
  });

  it('waits for a job that was suspended and resumed', async () => {
    await using backend = new TaskRunner(bench.make({}, { silence: 0, visible: 0 }));
    const work = backend.submit(slowTask, { folder: bench.folder, ms: 5000, value: 8 }, { progress: bench.progress });
    await until(() => bench.count('begin') === 1);
    const [, job] = bench.lines()[0]!;
    await command('qsig', ['-s', 'suspend', job!]);
    setTimeout(() => void command('qsig', ['-s', 'resume', job!]), 15_000);
    expect(await work).toBe(16);
    expect(await backend.shutdown()).toMatchObject({ ok: 1, retried: 0 });
  });

  it('finds its jobs again after the driver was killed, and submits none twice', async () => {
    const work = join(bench.folder, 'work-driver');
    const script = join(import.meta.dirname, 'slurm-driver.ts');
    const driver = spawn(process.execPath, [script, work, bench.folder, 'pbs'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await until(() => bench.count('begin') === 2);
    driver.kill('SIGKILL');
    await once(driver, 'exit');
    const engine = bench.make({ jobs: 2 }, { folder: work });
    await using backend = new TaskRunner(engine);
    const results = [1, 2, 3].map((value) =>
      backend.submit(slowTask, { folder: bench.folder, ms: 6000, value }, { progress: bench.progress }),
    );
    expect(await Promise.all(results)).toEqual([2, 4, 6]);
    expect({ begun: bench.count('begin'), ended: bench.count('end') }).toEqual({ begun: 3, ended: 3 });
    expect(engine.counts.submissions).toBe(0);
    expect(bench.told()).toMatch(/of an earlier process are taken over/);
    await backend.shutdown();
  });

  it('finds a job that was submitted but not noted', async () => {
    await findsWhatWasNotNoted();
  });

  /** The answer of qsub is lost on its way. */
  async function findsWhatWasNotNoted(): Promise<void> {
    let submissions = 0;
    const run: RunCommand = async (name, args, input) => {
      const answer = await runCommand(name, args, input);
      if (name !== 'qsub') return answer;
      submissions += 1;
      throw new CommandFailed('qsub', 'no answer within 60 s');
    };
    await using backend = new TaskRunner(bench.make({}, { run }));
    expect(await backend.submit(doubleTask, 4, { progress: bench.progress })).toBe(8);
    expect(submissions).toBe(1);
    await backend.shutdown();
  }
});
