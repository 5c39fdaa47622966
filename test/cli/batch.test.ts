/** `twotime batch` and `twotime status`: many files, each job as `fit` would do it, in a folder that can be continued. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { threadsForJobs } from '../../src/pipeline/batch/job-threads.ts';
import type { BatchRecord, FolderStatus, JobRecord } from '../../src/results/index.ts';
import { batchOf, digestsOf, jobOf, RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { sleep, startTwotime as start, until } from '../support/twotime-process.ts';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const config = writeText(folder, 'fit.yaml', RINGS_CONFIG);
const pattern = at('A_*.npz');
mkdirSync(at('data'));

beforeAll(async () => {
  await writeRings(at('A_9.npz'), { q: [0.01, 0.02], frames: 60, D: 5000, seed: 1 });
  await writeRings(at('A_10.npz'), { q: [0.01, 0.02], frames: 60, D: 7000, seed: 2 });
  await writeRings(at('B.npz'), { q: [0.015], frames: 60, D: 6000, seed: 3 });
  writeFileSync(at('bad.npz'), 'not an archive');
});

/** Every batch holds to this, whatever happened. */
function expectCountsToSum({ counts, jobs }: Pick<BatchRecord, 'counts' | 'jobs'>): void {
  const { submitted, ok, failed, skipped, pending, cancelled } = counts;
  expect(ok + failed + skipped + pending + cancelled).toBe(submitted);
  expect(jobs).toHaveLength(submitted);
}

describe('twotime batch', () => {
  const whole = at('whole');
  let first: { code: number; out: string; err: readonly string[] };

  beforeAll(async () => {
    const more = ['--workers', '2', '--timeline'];
    first = await twotime('batch', pattern, at('bad.npz'), at('B.npz'), '-c', config, '-o', whole, ...more);
  });

  it('makes a run of every q ring of every file, in natural order, named after both', () => {
    expect(batchOf(whole).jobs.map(({ name }) => name)).toEqual([
      'A_9_q0.01',
      'A_9_q0.02',
      'A_10_q0.01',
      'A_10_q0.02',
      'bad',
      'B_q0.015',
    ]);
    for (const name of ['A_9_q0.01', 'A_10_q0.02', 'B_q0.015']) {
      expect(readdirSync(join(whole, name))).toEqual(
        expect.arrayContaining(['config.yaml', 'events.ndjson', 'fit.npz', 'report.txt', 'result.json']),
      );
    }
  });

  it('lets a bad file fail alone, with its reason; counts add up', () => {
    expect(first.code).toBe(2);
    expect(first.out).toMatch(
      /^6 submitted = 5 ok \+ 1 failed \+ 0 skipped \+ 0 pending \+ 0 cancelled\n {2}failed bad: .*bad\.npz: /,
    );
    expect(first.err.join('\n')).toMatch(/failed bad: .*bad\.npz/);
    expectCountsToSum(batchOf(whole));
    expect(existsSync(join(whole, 'bad'))).toBe(false);
  });

  it('has the digests of single fits, with and without overlap, for any number of workers', async () => {
    const [one, three] = [at('one'), at('three')];
    await twotime('batch', pattern, '-c', config, '-o', one, '--no-overlap', '--workers', '1');
    await twotime('batch', pattern, '-c', config, '-o', three, '--workers', '3');
    const { bad: _bad, 'B_q0.015': _b, ...expected } = digestsOf(whole);
    expect(digestsOf(one)).toEqual(expected);
    expect(digestsOf(three)).toEqual(expected);
    const set = ['--set', 'data.q=0.02 1/Angstrom', '--json'];
    const { out } = await twotime('fit', at('A_9.npz'), '-c', config, '-o', at('single'), ...set);
    expect((JSON.parse(out) as { digest: string }).digest).toBe(expected['A_9_q0.02']);
  });

  it('writes a summary with one row per job: csv, html without a network, figures', () => {
    const [header, ...rows] = readFileSync(join(whole, 'summary.csv'), 'utf8').trimEnd().split('\r\n');
    expect(header).toMatch(
      /^file,q_inv_angstrom,run,config,status,fit_status,.*D0,D0_error_speckle,D0_error_independent,D0_unit/,
    );
    expect(rows).toHaveLength(6);
    expect(rows[0]).toMatch(/A_9\.npz,0\.01,A_9_q0\.01,,ok,converged,2,60,3422,/);
    expect(rows[4]).toMatch(/bad\.npz,,bad,,failed,.*bad\.npz: /);
    const html = readFileSync(join(whole, 'summary.html'), 'utf8');
    expect(html).toContain('<a href="A_9_q0.01/report.txt">');
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(html.match(/<tr>/g)).toHaveLength(7);
    expect(readdirSync(join(whole, 'plots')).toSorted()).toEqual([
      'parameters-by-file.png',
      'parameters-by-file.svg',
      'parameters-by-q.png',
      'parameters-by-q.svg',
      'timeline.png',
      'timeline.svg',
    ]);
  });

  it('says where the time went', () => {
    const { stages } = batchOf(whole);
    expect(stages!.load).toBeGreaterThan(0);
    expect(stages!.fit).toBeGreaterThan(0);
    expect(stages!.write).toBeGreaterThan(0);
    expect(stages!.outside).toBeLessThan(stages!.total);
  });

  it('repeats nothing that has a result; what is gone, new or mended is done', async () => {
    const run = at('again');
    await twotime('batch', at('A_9.npz'), at('mended.npz'), '-c', config, '-o', run);
    expect(jobOf(run, 'mended').reason).toContain('no such file');
    const kept = statSync(join(run, 'A_9_q0.01', 'result.json')).mtimeMs;
    rmSync(join(run, 'A_9_q0.02'), { recursive: true });
    await writeRings(at('mended.npz'), { q: [0.015], frames: 60, D: 6000, seed: 3 });
    const { code, err } = await twotime('batch', '-c', config, '-o', run);
    expect(code).toBe(0);
    expect(err[0]).toBe('2 of 3 jobs are to be done');
    expect(statSync(join(run, 'A_9_q0.01', 'result.json')).mtimeMs).toBe(kept);
    expect(digestsOf(run)).toEqual({
      'A_9_q0.01': digestsOf(whole)['A_9_q0.01'],
      'A_9_q0.02': digestsOf(whole)['A_9_q0.02'],
      'mended_q0.015': digestsOf(whole)['B_q0.015'],
    });
  });

  it('goes on only with the same configuration, and in a folder of its own', async () => {
    const other = await twotime('batch', '-c', config, '-o', whole, '--set', 'fit.starts=3');
    expect(other.code).toBe(3);
    expect(other.err.at(-1)).toMatch(/begun with another configuration: starts: 3; .*another -o/);
    const workers = await twotime('batch', at('B.npz'), '-c', config, '-o', whole, '--workers', '1');
    expect(workers.code).toBe(2);
    const foreign = await twotime('batch', pattern, '-c', config, '-o', folder);
    expect(foreign.err.at(-1)).toMatch(/not empty and no batch/);
    expect(foreign.code).toBe(3);
  });

  it('stops beginning jobs after failures, and takes up what it left out', async () => {
    const run = at('failing');
    const files = [at('bad.npz'), at('A_9.npz')];
    const { code } = await twotime('batch', ...files, '-c', config, '-o', run, '--fail-fast', '--no-overlap');
    expect(code).toBe(2);
    expect(batchOf(run).counts).toMatchObject({ failed: 1, skipped: 2, ok: 0 });
    expect(jobOf(run, 'A_9_q0.01').reason).toBe('not begun: the batch stopped after a failure');
    await twotime('batch', '-c', config, '-o', run, '--only', 'failed');
    expect(batchOf(run).counts).toMatchObject({ failed: 1, skipped: 2 });
    await twotime('batch', '-c', config, '-o', run, '--only', 'pending');
    expect(batchOf(run).counts).toMatchObject({ failed: 1, skipped: 0, ok: 2 });
    expectCountsToSum(batchOf(run));
  });

  it('takes one ring when told, and says in a dry run what it would do, writing nothing', async () => {
    const q = ['--q', '0.02 1/Angstrom'];
    const { code, out } = await twotime('batch', pattern, '-c', config, '-o', at('dry'), '--dry-run', ...q);
    expect(code).toBe(0);
    expect(out).toMatch(/2 jobs to do\n {2}run {4}A_9_q0\.02: 2 angles x 60 frames\n/);
    expect(out).toMatch(/memory for data about \d+ MB; time about .* s/);
    expect(existsSync(at('dry'))).toBe(false);
  });

  it('says in a dry run which files have not the ring', async () => {
    const argv = ['batch', at('A_9.npz'), '-c', config, '-o', at('dry'), '--dry-run', '--q', '0.5 1/Angstrom'];
    expect((await twotime(...argv)).out).toMatch(
      /A_9_q0\.5: will fail: .*no ring at q = 0\.5 1\/Angstrom .*; the file has q = 0\.01/,
    );
  });

  it.each([
    [[at('nothing-*.npz')], 'no file matches this pattern'],
    [[at('data')], 'this is a folder, not a file'],
  ])('refuses %s before any work', async (files, reason) => {
    const { code, err } = await twotime('batch', ...files, '-c', config, '-o', at('refused'));
    expect(code).toBe(3);
    expect(err.join('\n')).toContain(reason);
    expect(existsSync(at('refused'))).toBe(false);
  });
});

describe('a batch as a process', () => {
  /** Some tenths of a second each. */
  const slow = writeText(folder, 'slow.yaml', RINGS_CONFIG.replace('starts: 2', 'starts: 24'));
  const args = (run: string): string[] => ['batch', pattern, '-c', slow, '-o', run, '-q'];
  const uninterrupted = at('uninterrupted');

  beforeAll(() => twotime(...args(uninterrupted)));

  it('killed at one instant after the other is continued to the same results', async () => {
    const run = at('killed');
    let kills = 0;
    // Instants without a pattern, but the same in every test.
    for (const milliseconds of [0, 170, 60, 340]) {
      const work = start(...args(run));
      await until(work, () => existsSync(join(run, 'batch.json')));
      await sleep(milliseconds);
      work.child.kill('SIGKILL');
      if ((await work.ended).signal === 'SIGKILL') kills++;
      const { out } = await twotime('status', run, '--json');
      const { folders } = JSON.parse(out) as { folders: FolderStatus[] };
      const { submitted, ok, pending, cancelled } = folders[0]!.counts;
      expect(ok + pending + cancelled).toBe(submitted);
    }
    expect(kills).toBeGreaterThan(0);
    const { code } = await start(...args(run)).ended;
    expect(code).toBe(0);
    expect(digestsOf(run)).toEqual(digestsOf(uninterrupted));
    expect(readdirSync(run).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('stopped by Ctrl-C ends with 130, counts that add up, and keeps others out while it works', async () => {
    const run = at('stopped');
    const endless = RINGS_CONFIG.replace('starts: 2', 'starts: 4000');
    const work = start('batch', pattern, '-c', writeText(folder, 'endless.yaml', endless), '-o', run, '--json');
    const events = join(run, 'A_9_q0.01', 'events.ndjson');
    await until(work, () => existsSync(events));
    const others = [await twotime('status', run), await twotime('batch', '-c', at('endless.yaml'), '-o', run)];
    const sent = performance.now();
    work.child.kill('SIGINT');
    const { code, out } = await work.ended;
    expect(performance.now() - sent).toBeLessThan(10_000);
    expect(code).toBe(130);
    const record = JSON.parse(out) as BatchRecord;
    expectCountsToSum(record);
    expect(record.counts).toMatchObject({ submitted: 4, ok: 0, failed: 0 });
    expect(record.counts.pending).toBeGreaterThan(0);
    expect(others[0]!.out).toMatch(
      /4 pending[^]*process \d+ on this machine works on this run[^]*at work now: A_9_q0\.01/,
    );
    expect(others[1]!.code).toBe(3);
    expect(others[1]!.err.at(-1)).toMatch(/process \d+ on this machine works on this run/);
  });
});

describe('a batch that watches a folder', () => {
  it('fits files as they appear, each once it is whole, until it is stopped', async () => {
    const [inbox, run] = [at('inbox'), at('watched')];
    mkdirSync(inbox);
    const work = start('batch', '--watch', inbox, '--settle', '0.4', '-c', config, '-o', run, '-q');
    const summary = (): string =>
      existsSync(join(run, 'summary.csv')) ? readFileSync(join(run, 'summary.csv'), 'utf8') : '';
    await writeRings(join(inbox, 'first.npz'), { q: [0.02], frames: 60, D: 5000, seed: 1 });
    await until(work, () => summary().includes('first.npz'));
    // Written in pieces, with pauses shorter than what counts as quiet.
    const whole = readFileSync(at('B.npz'));
    for (let at = 0; at < 6; at++) {
      appendFileSync(join(inbox, 'second.npz'), whole.subarray((at * whole.length) / 6, ((at + 1) * whole.length) / 6));
      await sleep(150);
    }
    await until(work, () => summary().includes('second.npz'));
    work.child.kill('SIGINT');
    expect((await work.ended).code).toBe(130);
    expect(batchOf(run).counts).toMatchObject({ submitted: 2, ok: 2 });
    expect(digestsOf(run)['second_q0.015']).toBe(digestsOf(at('whole'))['B_q0.015']);
  });

  it('refuses a folder that is not there, and files beside it', async () => {
    const missing = await twotime('batch', '--watch', at('nowhere'), '-c', config, '-o', at('unwatched'));
    expect(missing.code).toBe(3);
    expect(missing.err.at(-1)).toMatch(/nowhere: the folder to watch cannot be read/);
    expect((await twotime('batch', pattern, '--watch', folder, '-c', config, '-o', at('unwatched'))).code).toBe(64);
    expect(existsSync(at('unwatched'))).toBe(false);
  });
});

describe('a batch of many jobs', () => {
  const many = at('many-jobs');
  const files = join(many, '*.npz');
  /** Enough for two threads to have jobs of their own. */
  const jobs = 24;

  beforeAll(async () => {
    mkdirSync(many);
    for (let k = 0; k < jobs; k++) {
      await writeRings(join(many, `M_${k}.npz`), { q: [0.01], frames: 40, D: 5000 + 100 * k, seed: k });
    }
    writeFileSync(join(many, 'bad.npz'), 'not an archive');
  });

  it('has a job in every thread, comes through kills and stops, and has the results of one after the other', async () => {
    const [run, single] = [at('wide'), at('narrow')];
    const args = ['batch', files, '-c', config, '-o', run, '--workers', '2'];
    const ended = (): number => readFileSync(join(run, 'batch.ndjson'), 'utf8').split('"name"').length - 1;
    const killed = start(...args, '-q');
    await until(killed, () => existsSync(join(run, 'batch.json')) && ended() > 1);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const stopped = start(...args, '--json');
    const isOurs = (name: string): boolean =>
      readFileSync(join(run, name), 'utf8').includes(`"pid":${stopped.child.pid},`);
    const locks = (): string[] => readdirSync(run).filter((name) => name.startsWith('run.lock'));
    await until(stopped, () => locks().some(isOurs) && ended() > 1);
    stopped.child.kill('SIGTERM');
    const { code, out } = await stopped.ended;
    expect([75, 2]).toContain(code);
    const record = JSON.parse(out) as BatchRecord;
    expectCountsToSum(record);
    expect(record.counts.submitted).toBe(jobs + 1);
    expect((await twotime(...args)).code).toBe(2);
    expect(batchOf(run).counts).toMatchObject({ ok: jobs, failed: 1 });
    expect(jobOf(run, 'bad').reason).toMatch(/bad\.npz: /);
    expect((await twotime('batch', files, '-c', config, '-o', single, '--no-overlap', '--workers', '1')).code).toBe(2);
    expect(digestsOf(run)).toEqual(digestsOf(single));
    expect(jobOf(run, 'M_7_q0.01').result!.parameters['D0']!.value).toBeCloseTo(5700, -3);
  });

  it('uses its threads so where jobs are many and memory allows, else all threads for one job', async () => {
    const { jobs: planned } = batchOf(at('wide'));
    const threads = async (count: number, ...set: string[]): Promise<number> =>
      threadsForJobs(
        planned.slice(0, count),
        (await loadConfig(config, { set: ['parallel.workers=2', ...set] })).parallel,
      );
    expect(await threads(24)).toBe(2);
    expect(await threads(8)).toBe(0);
    expect(await threads(24, 'parallel.memory=200 MB')).toBe(0);
    expect(await threads(24, 'parallel.workers=1')).toBe(0);
    expect(await threads(24, 'parallel.workers=8')).toBe(0);
  });
});

describe('a file of a batch that a killed process left half', () => {
  it('is removed when the batch goes on', async () => {
    const half = at('whole', '.batch.json.4711.tmp');
    writeFileSync(half, '{');
    await twotime('batch', '-c', config, '-o', at('whole'));
    expect(existsSync(half)).toBe(false);
  });
});

describe('twotime status', () => {
  it('reads runs, batches and folders of runs, and refuses what is none', async () => {
    const whole = at('whole');
    const { code, out, err } = await twotime('status', whole, join(whole, 'B_q0.015'), at('data'));
    expect(code).toBe(3);
    expect(out).toContain('whole (batch): 6 submitted = 5 ok + 1 failed');
    expect(out).toContain('B_q0.015 (run): converged');
    expect(err[0]).toMatch(/data: there is neither a run nor a batch/);
  });

  it('answers at once for ten thousand jobs', async () => {
    const run = at('many');
    mkdirSync(run);
    const { jobs, ...rest } = batchOf(at('whole'));
    const many = Array.from({ length: 10_000 }, (_, k): JobRecord => {
      const job = jobs[k % 2 === 0 ? 0 : 4]!;
      return { ...job, name: `${job.name}-${k}`, status: k % 2 === 0 ? 'pending' : 'failed' };
    });
    writeFileSync(join(run, 'batch.json'), JSON.stringify({ ...rest, jobs: many }));
    const began = performance.now();
    const { out } = await twotime('status', run);
    // A tenth of it where nothing else runs.
    expect(performance.now() - began).toBeLessThan(3000);
    expect(out).toMatch(/10000 submitted = 0 ok \+ 5000 failed .* \+ 5000 pending/);
    expect(out).toMatch(/failed 5000 jobs, bad-1 for instance: the file: /);
  });
});
