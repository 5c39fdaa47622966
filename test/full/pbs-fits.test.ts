/** Fits and batches on a real PBS: the bits of this machine, whatever happens to jobs and drivers on the way. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { pbsJobsLeft, processesIn, releasePbs, takePbs, WAIT_MILLISECONDS, whyNoPbs } from '../support/real-pbs.ts';

const missing = whyNoPbs();
if (missing !== null) console.warn(`\n*** the tests of fits on a real PBS are SKIPPED: ${missing}\n`);
const root = join(import.meta.dirname, '../..');
const example = join(root, 'examples/laminar-flow');
const SITE = ['memory=900 MB', 'cores=2', 'jobs=2', 'time=20 min'].flatMap((one) => [
  '--set',
  `parallel.cluster.${one}`,
]);
const PBS = ['--backend', 'pbs', ...SITE];

describe.skipIf(missing !== null)('on a real PBS', () => {
  let base = '';
  let folder = '';
  const at = (...names: string[]): string => join(folder, ...names);
  const start = (...args: string[]) =>
    spawn(process.execPath, [join(root, 'bin/twotime'), ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    const child = start(...args);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, out, err };
  };
  const fit = (output: string): string[] => [
    ...['fit', join(example, 'laminar-flow.h5'), '-c', join(example, 'fit.yaml'), '-o', output],
    ...['--set', 'output.figures=false'],
  ];
  const digestOf = (name: string): string =>
    (JSON.parse(readFileSync(at(name, 'result.json'), 'utf8')) as { digest: string }).digest;
  const digestsOf = (name: string): unknown =>
    (JSON.parse(readFileSync(at(name, 'batch.json'), 'utf8')) as { jobs: { result: { digest: string } }[] }).jobs.map(
      ({ result }) => result.digest,
    );
  const until = async (holds: () => boolean): Promise<void> => {
    for (let k = 0; k < 1200 && !holds(); k++) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const isUnderWay = (name: string): boolean => existsSync(at(name, 'checkpoint/fit.json'));
  const holderOf = (work: string): number =>
    Number(readdirSync(at(work, 'hosts')).toSorted().at(-1)!.split('.').at(-1));

  beforeAll(takePbs, WAIT_MILLISECONDS);
  afterAll(releasePbs);
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'twotime-pbs-fits-'));
    // Quotes, spaces and what a shell would take for a command.
    folder = join(base, `it's $(touch oops) "here"`);
    await mkdir(folder);
    await run(...fit('here'));
    for (const k of [1, 2, 3]) await writeRings(at(`f${k}.npz`), { q: [0.01, 0.02], frames: 60, D: 5000, seed: k });
    writeFileSync(at('fit.yaml'), RINGS_CONFIG);
    await run('batch', 'f*.npz', '-c', 'fit.yaml', '-o', 'near');
  });
  afterAll(async () => {
    const jobs = await pbsJobsLeft();
    const hidden = readdirSync(folder).filter((name) => name.startsWith('.') || name === 'oops');
    const processes = processesIn(folder);
    await rm(base, { recursive: true });
    const left = [...jobs, ...hidden, ...processes];
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
  });

  it('the doctor sees PBS', async () => {
    const { code, out } = await run('doctor');
    expect(code).toBe(0);
    expect(out).toMatch(/ok\s+pbs|pbs\s+ok/);
  });

  it('a fit has the digest it has here', async () => {
    const { code, err } = await run(...fit('far'), ...PBS);
    expect({ code, digest: digestOf('far') }).toEqual({ code: 0, digest: digestOf('here') });
    expect(err).toContain('submitted to PBS');
  });

  it('a fit goes on in another job when its job is killed', async () => {
    const work = run(...fit('lost'), ...PBS);
    await until(() => isUnderWay('lost'));
    process.kill(holderOf('.lost.cluster'), 'SIGKILL');
    const { code, err } = await work;
    expect({ code, digest: digestOf('lost') }).toEqual({ code: 0, digest: digestOf('here') });
    expect(err).toMatch(/attempt 1 was lost \(PBS job \d+\S* /);
    expect(readFileSync(at('lost/events.ndjson'), 'utf8')).toContain('resuming: ');
  });

  it('a fit that was stopped on the cluster is finished here', async () => {
    const child = start(...fit('half'), ...PBS);
    await until(() => isUnderWay('half'));
    child.kill('SIGTERM');
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(75);
    expect((await run('resume', 'half', '--backend', 'local')).code).toBe(0);
    expect(digestOf('half')).toBe(digestOf('here'));
  });

  it('a fit whose driver was killed is taken up by the same command, in the same job', async () => {
    const child = start(...fit('orphan'), ...PBS);
    await until(() => isUnderWay('orphan'));
    child.kill('SIGKILL');
    await once(child, 'close');
    const { code, err } = await run(...fit('orphan'), ...PBS);
    expect({ code, digest: digestOf('orphan') }).toEqual({ code: 0, digest: digestOf('here') });
    expect(err).toContain('1 jobs of an earlier process');
    expect(err).not.toContain('submitted to PBS');
  });

  it('a fit in rounds over two jobs goes on when one of them is killed', async () => {
    const site = SITE.filter((one) => one !== '--set');
    const set = ['output.figures=false', 'parallel.backend=pbs', ...site];
    const args = ['fit', join(example, 'laminar-flow.h5'), join(example, 'fit.yaml'), at('rounds'), ...set];
    const driver = spawn(process.execPath, [join(import.meta.dirname, 'rounds-driver.ts'), ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    driver.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    await until(() => isUnderWay('rounds'));
    process.kill(holderOf('.rounds.cluster'), 'SIGKILL');
    const [code] = (await once(driver, 'close')) as [number];
    expect({ code, digest: digestOf('rounds') }).toEqual({ code: 0, digest: digestOf('here') });
    expect(err).toContain('2 of 2 jobs are there');
  });

  it('a sample has the digest it has here', async () => {
    const sample = (output: string, ...more: string[]) =>
      run('sample', at('far'), '-o', output, '--set', 'output.figures=false', ...more);
    const near = await sample('near-sample');
    const far = await sample('far-sample', ...PBS);
    expect({ code: far.code, err: far.err }).toMatchObject({ code: near.code });
    expect(digestOf('far-sample')).toBe(digestOf('near-sample'));
    expect(far.err).toContain('submitted to PBS');
  });

  it('a batch has the digests it has here', async () => {
    const { code, err } = await run('batch', 'f*.npz', '-c', 'fit.yaml', '-o', 'wide', ...PBS);
    expect(code).toBe(0);
    expect(err).toContain('2 jobs submitted to PBS');
    expect(digestsOf('wide')).toEqual(digestsOf('near'));
    expect(existsSync(at('wide/.cluster'))).toBe(false);
  });

  it('a submitted batch needs nobody, can be watched, and is taken up by whoever collects it', async () => {
    const submitted = await run('submit', 'f*.npz', '-c', 'fit.yaml', '-o', 'alone', ...PBS, '--detach');
    expect(submitted.code).toBe(0);
    expect(submitted.err).toContain('2 jobs submitted to PBS');
    const watched = await run('watch', 'alone');
    expect(watched.code).toBe(0);
    const collected = await run('collect', 'alone');
    expect({ code: collected.code, digests: digestsOf('alone') }).toEqual({ code: 0, digests: digestsOf('near') });
    expect(existsSync(at('alone/.cluster'))).toBe(false);
  });
});
