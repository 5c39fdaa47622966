/** What Slurm and PBS say, read from recordings of real ones, and what the engine makes of it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pbs, slurm, type RunCommand } from '../../src/parallel/engines/batch/index.ts';
import { CommandFailed } from '../../src/parallel/engines/batch/command.ts';
import { parseQstat } from '../../src/parallel/engines/batch/pbs.ts';
import { parseSacct, parseSqueue } from '../../src/parallel/engines/batch/slurm.ts';
import { judged, verdictOf } from '../../src/parallel/engines/batch/verdict.ts';

const fixtures = join(import.meta.dirname, '../../../shared/fixtures');
const areThere = existsSync(fixtures);
if (!areThere) console.warn(`\n*** tests on recordings of schedulers are SKIPPED: ${fixtures} is not there\n`);
const read = (name: string): string => readFileSync(join(fixtures, name), 'utf8');
const kinds = (states: ReadonlyMap<string, { readonly kind: string }>): Record<string, string> =>
  Object.fromEntries(Array.from(states, ([element, { kind }]) => [element, kind]));

describe.skipIf(!areThere)('recordings of Slurm', () => {
  it.each(['slurm-22.05', 'slurm-24.11'])('%s: the states of all elements', (version) => {
    // Recorded with more columns; the engine asks for element, state, reason, node.
    const lines = read(`${version}/squeue-r-all.psv`)
      .split('\n')
      .map((line) => line.split('|'))
      .map(([element, , , , state, reason, node]) => [element, state, reason, node].join('|'));
    const states = parseSqueue(lines.join('\n'));
    expect(kinds(states)).toMatchObject({
      '1_0': 'done',
      '1_1': 'failed',
      '1_2': 'failed',
      '1_3': 'cancelled',
      7: 'place',
      '6_0': 'waiting',
      '2_9': 'waiting',
    });
    expect(states.get('7')).toMatchObject({ node: 'n4', text: 'NODE_FAIL, NodeDown' });
    expect(states.size).toBe(13);
  });

  it('accounting says who cancelled a job, and which was killed', () => {
    const lines = read('slurm-22.05/sacct-X.psv')
      .split('\n')
      .slice(1)
      .map((line) => line.split('|'))
      .map(([element, , state, exit, , node]) => [element, state, exit, node].join('|'));
    const states = parseSacct(lines.join('\n'));
    expect(states.get('1_3')).toMatchObject({ kind: 'cancelled', text: 'CANCELLED by 0' });
    expect(states.get('1_1')).toMatchObject({ kind: 'failed', text: 'FAILED, 3:0' });
    expect(states.get('1_2')).toMatchObject({ kind: 'memory' });
    expect(states.get('6_0')).toMatchObject({ kind: 'waiting' });
  });

  it('the largest array', async () => {
    const run: RunCommand = async () => read('slurm-22.05/scontrol-show-config.txt');
    expect(await slurm.mostElements(run)).toBe(1000);
  });

  it('refusals are no limits that time would lift', () => {
    for (const line of read('slurm-22.05/errors.txt').split('\n')) expect(slurm.isLimit(line)).toBe(false);
    expect(slurm.isLimit('sbatch: error: QOSMaxSubmitJobPerUserLimit')).toBe(true);
    expect(slurm.isLimit('Batch job submission failed: Job violates accounting/QOS policy (job submit limit)')).toBe(
      true,
    );
  });

  it('identifiers', () => {
    expect(slurm.jobOf('12\n')).toBe('12');
    expect(slurm.jobOf('12;mini\n')).toBe('12');
    expect(slurm.jobOf('sbatch: error: nope')).toBeNull();
  });
});

describe('answers of Slurm that are none', () => {
  const submissions = [{ name: 'tw1-1', job: '3', elements: 2 }];
  it.each(['', 'garbage\n\0\x01|||', 'slurm_load_jobs error: Invalid job id specified'])(
    '%j says nothing',
    async (answer) => {
      const run: RunCommand = async (command) => {
        if (command === 'sacct') throw new CommandFailed('sacct', 'Slurm accounting storage is disabled');
        return answer;
      };
      expect(await slurm.states(run, submissions)).toEqual(new Map());
    },
  );

  it('an error is passed on, since it is no verdict', async () => {
    const run: RunCommand = async (command) => {
      throw new CommandFailed(command, 'Unable to contact slurm controller');
    };
    await expect(slurm.states(run, submissions)).rejects.toThrow(/Unable to contact/);
  });

  it('accounting is asked only for what is unknown or was cancelled', async () => {
    const asked: string[] = [];
    const run: RunCommand = async (command) => {
      asked.push(command);
      return command === 'squeue' ? '3_0|RUNNING|None|n1\n3_1|PENDING|Resources|\n' : '';
    };
    expect(kinds(await slurm.states(run, submissions))).toEqual({ '3_0': 'running', '3_1': 'waiting' });
    expect(asked).toEqual(['squeue']);
  });
});

describe.skipIf(!areThere)('recordings of OpenPBS', () => {
  it('elements while the array runs', () => {
    const states = parseQstat(read('openpbs-23.06/qstat-t-f-json-running.json'));
    expect(kinds(states)).toMatchObject({ '0[0].pbs1': 'done', '0[3].pbs1': 'running', '0[8].pbs1': 'running' });
    expect(states.get('0[0].pbs1')?.node).toBe('v1');
    // The whole array says nothing of its elements.
    expect(states.has('0[].pbs1')).toBe(false);
  });

  it('every way to end, and jobs that wait or never start', () => {
    const states = parseQstat(read('openpbs-23.06/qstat-x-t-f.json'));
    expect(states.get('0[4].pbs1')).toEqual({
      kind: 'cancelled',
      text: 'F, Exit_status 271, terminated by tester@pbs1',
      node: 'v3',
    });
    const found = new Set(Object.values(kinds(states)));
    expect([...found]).toEqual(expect.arrayContaining(['done', 'failed', 'waiting']));
    const json = JSON.parse(read('openpbs-23.06/qstat-x-t-f.json')) as {
      Jobs: Record<string, { Exit_status?: number }>;
    };
    const ends: Readonly<Record<number, string>> = {
      0: 'done',
      137: 'memory',
      271: 'cancelled',
      [-29]: 'time',
      3: 'failed',
    };
    for (const [name, { kind }] of states) {
      const exit = json.Jobs[name]!.Exit_status;
      if (exit !== undefined && kind !== 'waiting') expect(`${name} ${kind}`).toBe(`${name} ${ends[exit] ?? 'place'}`);
    }
  });

  it('identifiers and the largest array', async () => {
    expect(pbs.jobOf(read('openpbs-23.06/qsub-array.stdout.txt'))).toBe('0[].pbs1');
    expect(pbs.jobOf('17.pbs1\n')).toBe('17.pbs1');
    expect(pbs.jobOf('qsub: illegal -J value')).toBeNull();
    expect(await pbs.mostElements(async () => read('openpbs-23.06/qstat-Bf.txt'))).toBe(10_000);
  });
});

describe('OpenPBS as it was seen to answer', () => {
  const submission = { name: 'tw1-1', job: '3[].pbs1', elements: 2 };
  const json = (jobs: unknown): string => JSON.stringify({ pbs_server: 'pbs1', Jobs: jobs });
  const refuse = (said: string) => {
    throw new CommandFailed('qstat', said);
  };

  it('a job that is over is looked for in the history', async () => {
    const run: RunCommand = async (_, args) =>
      args.includes('-x')
        ? json({ '3[0].pbs1': { job_state: 'F', substate: 93, Exit_status: 3, exec_vnode: '(n1:ncpus=1)' } })
        : refuse('qstat: 3[].pbs1 Job has finished, use -x or -H to obtain historical job information');
    expect(kinds(await pbs.states(run, [submission]))).toEqual({ '3[0].pbs1': 'failed' });
  });

  it('without a history, jobs that run are known, and those that are over are not', async () => {
    // With -x there is no failure then, and no answer either.
    const none = json(undefined);
    const running: RunCommand = async (_, args) =>
      args.includes('-x') ? none : json({ '3[0].pbs1': { job_state: 'R', exec_vnode: '(n1:ncpus=1)' } });
    expect(kinds(await pbs.states(running, [submission]))).toEqual({ '3[0].pbs1': 'running' });
    const over: RunCommand = async (_, args) => (args.includes('-x') ? none : refuse('qstat: Unknown Job Id 3[].pbs1'));
    expect(await pbs.states(over, [submission])).toEqual(new Map());
    const find: RunCommand = async (_, args) => (args.includes('-x') ? '' : '3[].pbs1\n');
    expect(await pbs.find(find, 'tw1-1')).toBe('3[].pbs1');
  });

  it('jobs are asked for one by one, since the JSON of newer versions holds the first of several only', async () => {
    const run: RunCommand = async (_, args) => json({ [args.at(-1)!]: { job_state: 'Q' } });
    const states = await pbs.states(run, [
      { name: 'a', job: '1.pbs1', elements: 1 },
      { name: 'b', job: '2.pbs1', elements: 1 },
    ]);
    expect(kinds(states)).toEqual({ '1.pbs1': 'waiting', '2.pbs1': 'waiting' });
  });

  it('a server that does not answer says nothing', async () => {
    const run: RunCommand = async () => refuse('Connection refused; qstat: cannot connect to server pbs1 (errno=111)');
    await expect(pbs.states(run, [submission])).rejects.toThrow(/cannot connect/);
  });

  it('an element deleted before it ran is cancelled, whatever exit status it took from its array', () => {
    const states = parseQstat(
      json({
        '3[].pbs1': { job_state: 'B', array: 'True', Exit_status: 1 },
        '3[0].pbs1': { job_state: 'X', substate: 70, Exit_status: 1, comment: 'Subjob finished' },
        '3[1].pbs1': { job_state: 'Q', substate: 10, Exit_status: 1, comment: 'Not Running: no free nodes' },
      }),
    );
    expect([...states]).toEqual([
      ['3[0].pbs1', { kind: 'cancelled', text: 'X, Subjob finished', node: null }],
      ['3[1].pbs1', { kind: 'waiting', text: 'Q, Not Running: no free nodes', node: null }],
    ]);
  });

  it('refusals that pass, now or with smaller arrays, and those that do not', () => {
    expect(pbs.isLimit("qsub: would exceed complex's per-user limit")).toBe(true);
    expect(pbs.isLimit('qsub: Array job exceeds server or queue size limit')).toBe(true);
    for (const said of ['Unknown queue', 'Job violates queue and/or server resource limits', 'Queue is not enabled'])
      expect(pbs.isLimit(`qsub: ${said}`)).toBe(false);
  });
});

describe('what the end of a job means for what it had taken', () => {
  it.each([
    ['failed', { kind: 'lost', cause: 'worker' }],
    ['memory', { kind: 'lost', cause: 'memory' }],
    ['time', { kind: 'lost', cause: 'time' }],
    ['place', { kind: 'lost', cause: 'place' }],
    ['done', { kind: 'lost', cause: 'place' }],
    ['waiting', { kind: 'lost', cause: 'place' }],
    ['cancelled', { kind: 'failed', error: { tag: 'Cancelled' } }],
    ['hopeless', { kind: 'failed', error: { tag: 'ConfigRefused' } }],
  ] as const)('%s', (kind, outcome) => {
    expect(verdictOf(slurm, '3_1', { kind, text: 'TEXT, WHY' })).toMatchObject(outcome);
  });

  it('names the job, the state and who did it', () => {
    const outcome = verdictOf(slurm, '1_3', { kind: 'cancelled', text: 'CANCELLED by 0' });
    expect(outcome).toMatchObject({
      error: { message: 'Slurm job 1_3 was cancelled by somebody else (CANCELLED by 0)' },
    });
    expect(verdictOf(pbs, '1[3].pbs1', null)).toMatchObject({ kind: 'lost', cause: 'place' });
  });

  it('a host that was told to end does not know that its wall time was over; the scheduler does', () => {
    const verdict = verdictOf(pbs, '3.pbs1', { kind: 'time', text: 'F, Exit_status -29' });
    const told = {
      kind: 'lost',
      cause: 'place',
      reason: 'job 3.pbs1 was ended, with a checkpoint',
      advanced: true,
    } as const;
    expect(judged(told, verdict)).toMatchObject({ kind: 'lost', cause: 'time', advanced: true });
    expect(judged(null, verdict)).toBe(verdict);
    expect(judged({ kind: 'ok', output: 1 }, verdict)).toEqual({ kind: 'ok', output: 1 });
    expect(judged(told, verdictOf(pbs, '3.pbs1', { kind: 'waiting', text: 'Q' }))).toBe(told);
    expect(judged(told, verdictOf(pbs, '3.pbs1', { kind: 'cancelled', text: 'F' }))).toMatchObject({ kind: 'failed' });
  });
});
