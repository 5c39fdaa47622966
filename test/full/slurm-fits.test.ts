/** Fits and batches on a real Slurm: the bits of this machine, whatever happens to jobs and drivers on the way. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { SlurmCluster, whyNoSlurm } from '../support/slurm.ts';

const missing = whyNoSlurm();
if (missing !== null) console.warn(`\n*** the tests of fits on Slurm are SKIPPED: ${missing}\n`);
const root = join(import.meta.dirname, '../..');
const example = join(root, 'examples/laminar-flow');
const SITE = ['memory=900 MB', 'cores=2', 'jobs=2', 'time=20 min'].flatMap((one) => [
  '--set',
  `parallel.cluster.${one}`,
]);

describe.skipIf(missing !== null)('on a real Slurm', () => {
  let cluster: SlurmCluster;
  let folder = '';
  const at = (...names: string[]): string => join(folder, ...names);
  const start = (...args: string[]) =>
    spawn(process.execPath, [join(root, 'bin/twotime'), ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const run = async (...args: string[]): Promise<{ code: number; err: string }> => {
    const child = start(...args);
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, err };
  };
  const fit = (output: string): string[] => [
    ...['fit', join(example, 'laminar-flow.h5'), '-c', join(example, 'fit.yaml'), '-o', output],
    ...['--set', 'output.figures=false'],
  ];
  const digestOf = (name: string): string =>
    (JSON.parse(readFileSync(at(name, 'result.json'), 'utf8')) as { digest: string }).digest;
  const until = async (holds: () => boolean): Promise<void> => {
    for (let k = 0; k < 1200 && !holds(); k++) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const isUnderWay = (name: string): boolean => existsSync(at(name, 'checkpoint/fit.json'));
  /** Something is finished that another process can go on from, and much is left. */
  const hasPieces = (name: string): boolean =>
    isUnderWay(name) && readFileSync(at(name, 'checkpoint/fit.json'), 'utf8').includes('"points"');
  const long = ['--set', 'fit.starts=200'];
  const holderOf = (work: string): number =>
    Number(readdirSync(at(work, 'hosts')).toSorted().at(-1)!.split('.').at(-1));

  beforeAll(async () => {
    cluster = await SlurmCluster.start({ nodes: 2 });
    folder = await mkdtemp(join(tmpdir(), 'twotime-slurm-fits-'));
    await run(...fit('here'));
    await run(...fit('long'), ...long);
  });
  afterAll(async () => {
    const jobs = await cluster.jobsLeft();
    const hidden = readdirSync(folder).filter((name) => name.startsWith('.'));
    await cluster[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
    if (jobs.length + hidden.length > 0) throw new Error(`left behind: ${[...jobs, ...hidden].join(', ')}`);
  });

  it('a fit has the digest it has here', async () => {
    const { code, err } = await run(...fit('far'), '--backend', 'slurm', ...SITE);
    expect({ code, digest: digestOf('far') }).toEqual({ code: 0, digest: digestOf('here') });
    expect(err).toContain('1 job submitted to Slurm');
  });

  it('a fit goes on in another job when its job is killed', async () => {
    const work = run(...fit('lost'), '--backend', 'slurm', ...SITE);
    await until(() => isUnderWay('lost'));
    process.kill(holderOf('.lost.cluster'), 'SIGKILL');
    const { code, err } = await work;
    expect({ code, digest: digestOf('lost') }).toEqual({ code: 0, digest: digestOf('here') });
    expect(err).toMatch(/attempt 1 was lost \(Slurm job \d+_0 /);
    expect(readFileSync(at('lost/events.ndjson'), 'utf8')).toContain('resuming: ');
  });

  it('a fit that was stopped on the cluster is finished here', async () => {
    const child = start(...fit('half'), ...long, '--backend', 'slurm', ...SITE);
    await until(() => hasPieces('half'));
    child.kill('SIGTERM');
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(75);
    expect((await run('resume', 'half', '--backend', 'local')).code).toBe(0);
    expect(digestOf('half')).toBe(digestOf('long'));
  });

  it('a fit that was stopped here is finished on the cluster', async () => {
    const child = start(...fit('begun'), ...long, '--backend', 'local', ...SITE);
    await until(() => hasPieces('begun'));
    child.kill('SIGTERM');
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(75);
    const resumed = await run('resume', 'begun', '--backend', 'slurm');
    expect(resumed.code, resumed.err).toBe(0);
    expect(digestOf('begun')).toBe(digestOf('long'));
    expect(resumed.err).toContain('1 job submitted to Slurm');
    expect(readFileSync(at('begun/events.ndjson'), 'utf8')).toMatch(/resuming: .* taken from the checkpoint/);
  });

  it('a fit whose driver was killed is taken up by the same command, in the same job', async () => {
    const child = start(...fit('orphan'), '--backend', 'slurm', ...SITE);
    await until(() => isUnderWay('orphan'));
    child.kill('SIGKILL');
    await once(child, 'close');
    const holder = holderOf('.orphan.cluster');
    const work = run(...fit('orphan'), '--backend', 'slurm', ...SITE);
    const { code, err } = await work;
    expect({ code, digest: digestOf('orphan') }).toEqual({ code: 0, digest: digestOf('here') });
    expect(err).toContain('1 jobs of an earlier process');
    expect(err).not.toContain('submitted to Slurm');
    expect(holder).toBeGreaterThan(0);
  });

  /** A fit that is made in rounds although its data are small. */
  const startRounds = (output: string, work = 'fit') => {
    const site = SITE.filter((one) => one !== '--set');
    const set = ['output.figures=false', 'sample.method=psis', 'parallel.backend=slurm', ...site];
    const args = [work, join(example, 'laminar-flow.h5'), join(example, 'fit.yaml'), at(output), ...set];
    const driver = spawn(process.execPath, [join(import.meta.dirname, 'rounds-driver.ts'), ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    driver.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const ended = once(driver, 'close').then(([code]) => ({ code: code as number | null, err }));
    return { driver, ended };
  };

  it('a fit in rounds over two jobs goes on when one of them is killed', async () => {
    const { ended } = startRounds('rounds');
    await until(() => isUnderWay('rounds'));
    // Stopped where it has a task, and killed then.
    const holder = holderOf('.rounds.cluster');
    const isAtWork = (): boolean => {
      const ledger = readdirSync(at('.rounds.cluster/hosts')).toSorted().at(-1)!;
      const text = readFileSync(at('.rounds.cluster/hosts', ledger), 'utf8');
      return text.trimEnd().split('\n').at(-1)!.includes('"claimed"');
    };
    for (let k = 0; k < 1000; k++) {
      process.kill(holder, 'SIGSTOP');
      if (isAtWork()) break;
      process.kill(holder, 'SIGCONT');
      await new Promise((resolve) => setTimeout(resolve, k % 20));
    }
    process.kill(holder, 'SIGKILL');
    const { code, err } = await ended;
    expect({ code, digest: digestOf('rounds') }).toEqual({ code: 0, digest: digestOf('here') });
    expect(err).toContain('2 of 2 jobs are there');
    expect(err).toMatch(/sweep\.group: attempt 1 was lost \(Slurm job \d+_\d /);
    const events = readFileSync(at('rounds/events.ndjson'), 'utf8');
    expect(events).toMatch(
      /the fit goes in rounds: a pass takes [\d.]+ ms in 2 jobs of 2 cores, and their parts one after/,
    );
  });

  it('a posterior is sampled in rounds as it is here', async () => {
    const [, ...args] = fit('sampled');
    await run('sample', ...args, '--method', 'psis');
    expect(await startRounds('drawn', 'sample').ended).toMatchObject({ code: 0 });
    const posteriorOf = (name: string): unknown => ({
      ...(JSON.parse(readFileSync(at(name, 'result.json'), 'utf8')) as { posterior: object }).posterior,
      seconds: null,
    });
    expect(posteriorOf('drawn')).toEqual(posteriorOf('sampled'));
  });

  it('a fit in rounds that is stopped is finished here, and one whose driver was killed by a job', async () => {
    const stopped = startRounds('stopped');
    await until(() => hasPieces('stopped'));
    stopped.driver.kill('SIGTERM');
    expect(await stopped.ended).toMatchObject({ code: 75 });
    expect((await run('resume', 'stopped', '--backend', 'local')).code).toBe(0);
    // Killed at work: a fit that has ended before is made again.
    do {
      rmSync(at('killed'), { recursive: true, force: true });
      const killed = startRounds('killed');
      await until(() => hasPieces('killed'));
      killed.driver.kill('SIGKILL');
      await killed.ended;
    } while (existsSync(at('killed/result.json')));
    const { code, err } = await startRounds('killed').ended;
    expect({ code, digests: [digestOf('stopped'), digestOf('killed')] }, err).toEqual({
      code: 0,
      digests: [digestOf('here'), digestOf('here')],
    });
    expect(readFileSync(at('killed/events.ndjson'), 'utf8')).toContain('resuming: ');
  });

  it('a fit is refused in one line when the code changes while its job waits', async () => {
    for (const name of ['bin', 'src', 'assets', 'package.json'])
      cpSync(join(root, name), at('copy', name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), at('copy/node_modules'));
    const nodes = (state: string): Promise<string> =>
      cluster.scontrol('update', 'nodename=ALL', `state=${state}`, 'reason=test');
    await nodes('drain');
    const args = [...fit('changed'), '--backend', 'slurm', ...SITE];
    const child = spawn(process.execPath, [at('copy/bin/twotime'), ...args], {
      ...{ cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    });
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    await until(() => err.includes('1 job submitted to Slurm'));
    appendFileSync(at('copy/src/nlsq/fit.ts'), '\n// Another program.\n');
    await nodes('resume');
    const [code] = (await once(child, 'close')) as [number];
    expect(code, err).toBe(3);
    expect(err).toMatch(
      /error: .*a job found another program than the one that submitted it: its code is [\da-f]{16}, not [\da-f]{16} \(on .+\)/,
    );
    expect(existsSync(at('changed'))).toBe(false);
  });

  it('a batch has the digests it has here', async () => {
    for (const k of [1, 2, 3]) await writeRings(at(`f${k}.npz`), { q: [0.01, 0.02], frames: 60, D: 5000, seed: k });
    writeFileSync(at('fit.yaml'), RINGS_CONFIG);
    const batch = (output: string, ...more: string[]) =>
      run('batch', 'f*.npz', '-c', 'fit.yaml', '-o', output, ...more);
    await batch('near');
    await batch('wide', '--backend', 'slurm', ...SITE);
    const digests = (name: string): unknown =>
      (JSON.parse(readFileSync(at(name, 'batch.json'), 'utf8')) as { jobs: { result: { digest: string } }[] }).jobs.map(
        ({ result }) => result.digest,
      );
    expect(digests('wide')).toEqual(digests('near'));
    expect(existsSync(at('wide/.cluster'))).toBe(false);
  });
});
