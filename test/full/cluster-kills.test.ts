/**
 * Drivers of clusters that are killed at random instants, and two that want the same run: the digests of what was never
 * killed, and nothing left of processes, jobs and files.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fold, keyFromSeed, uniforms } from '../../src/math/index.ts';
import type { BatchRecord } from '../../src/results/index.ts';
import { temporaryFolder, twotime, writeText } from '../cli/command.ts';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { FakePbs } from '../support/fake-pbs-commands.ts';
import { descendants, holds, processes } from '../support/processes.ts';
import { pbsJobsLeft, releasePbs, takePbs, WAIT_MILLISECONDS, whyNoPbs } from '../support/real-pbs.ts';
import { findRealRay } from '../support/real-ray.ts';
import { SlurmCluster, whyNoSlurm } from '../support/slurm.ts';
import { sleep, startTwotime, until } from '../support/twotime-process.ts';

const KILLS = 5;
/** After the work has begun, ms. */
const LATEST = 2000;

const noSlurm = whyNoSlurm();
if (noSlurm !== null) console.warn(`\n*** the tests of killed drivers on Slurm are SKIPPED: ${noSlurm}\n`);
const noPbs = whyNoPbs();
if (noPbs !== null) console.warn(`\n*** the tests of killed drivers on a real PBS are SKIPPED: ${noPbs}\n`);
const ray = process.platform === 'linux' ? await findRealRay('drivers of batches that are killed') : null;

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
/** About a second each. */
const config = writeText(folder, 'fit.yaml', RINGS_CONFIG.replace('starts: 2', 'starts: 500'));
const batch = (run: string, ...more: string[]): string[] => [
  ...['batch', at('A_*.npz'), '-c', config, '-o', run, '-q'],
  ...more,
];
const digestsOf = (run: string): unknown =>
  (JSON.parse(readFileSync(join(run, 'batch.json'), 'utf8')) as BatchRecord).jobs.map(({ name, result }) => [
    name,
    result?.digest,
  ]);

beforeAll(async () => {
  for (const k of [1, 2, 3, 4, 5, 6])
    await writeRings(at(`A_${k}.npz`), { q: [0.01, 0.02], frames: 100, D: 4000 + 1000 * k, seed: k });
  await twotime(...batch(at('whole'), '--backend', 'local'));
});

/** A different instant each time, the same in every test. */
const instant = (k: number): number => LATEST * uniforms(fold(keyFromSeed(51), k), 1)[0]!;

/** Kill the command again and again, each time after `begun` was in the run, then let it go through. */
async function survives(run: string, argv: readonly string[], seed: number, begun: string): Promise<void> {
  const started = new Set<number>();
  let kills = 0;
  for (let k = 0; k < KILLS; k++) {
    const work = startTwotime(...argv);
    await until(work, () => existsSync(join(run, begun)));
    const ended = work.ended.then(() => true);
    if (await Promise.race([ended, sleep(instant(seed + k)).then(() => false)])) break;
    for (const { pid } of descendants(work.child.pid!)) started.add(pid);
    work.child.kill('SIGKILL');
    await work.ended;
    kills += 1;
  }
  expect(kills).toBeGreaterThan(0);
  const last = await startTwotime(...argv).ended;
  expect(last.code, last.out).toBe(0);
  expect(digestsOf(run)).toEqual(digestsOf(at('whole')));
  const hidden = readdirSync(run, { recursive: true, encoding: 'utf8' }).filter((name) => /(?:^|\/)\.|lock/.test(name));
  expect(hidden).toEqual([]);
  expect((await twotime('gc', run)).out).toBe('there is nothing left over\n');
  // What they started, and jobs, which name the run.
  const left = (): string[] =>
    processes().flatMap(({ pid, command }) => (started.has(pid) || command.includes(run) ? [command] : []));
  expect(await holds(() => left().length === 0, 20_000), left().join('\n')).toBe(true);
}

describe('on a fake PBS', () => {
  let fake: FakePbs;
  beforeAll(async () => {
    fake = await FakePbs.open();
  });
  afterAll(async () => {
    const left = await fake.left();
    await fake[Symbol.asyncDispose]();
    if (left.length > 0) throw new Error(`jobs left behind: ${left.join(', ')}`);
  });
  const site = ['--backend', 'pbs', '--set', 'parallel.cluster.jobs=2'];

  it('a batch whose driver is killed again and again has its digests, and no job is left', async () => {
    await survives(at('pbs'), batch(at('pbs'), ...site), 0, '.cluster');
  });

  it('of two drivers that want the same run one is refused, and the other goes on', async () => {
    const fit = [
      'fit',
      at('A_1.npz'),
      '-c',
      config,
      '-o',
      at('twice'),
      '-q',
      '--set',
      'data.q=0.01 1/Angstrom',
      ...site,
    ];
    const first = startTwotime(...fit);
    await until(first, () => existsSync(at('.twice.cluster/engine.json')));
    const second = await twotime(...fit);
    expect(second.code).toBe(3);
    expect(second.err.join('\n')).toMatch(/process \d+ on this machine works on this run since/);
    expect((await first.ended).code).toBe(0);
    expect(existsSync(at('.twice.cluster'))).toBe(false);
  });
});

describe.skipIf(noSlurm !== null)('on a real Slurm', () => {
  let cluster: SlurmCluster;
  beforeAll(async () => {
    cluster = await SlurmCluster.start({ nodes: 2 });
  });
  afterAll(async () => {
    const left = await cluster.jobsLeft();
    await cluster[Symbol.asyncDispose]();
    if (left.length > 0) throw new Error(`jobs left behind: ${left.join(', ')}`);
  });

  it('a batch whose driver is killed again and again has its digests, and no job is left', async () => {
    const site = ['--backend', 'slurm', '--set', 'parallel.cluster.jobs=2', '--set', 'parallel.cluster.memory=450 MB'];
    await survives(at('slurm'), batch(at('slurm'), ...site), 100, '.cluster');
  });
});

describe.skipIf(noPbs !== null)('on a real PBS', () => {
  beforeAll(takePbs, WAIT_MILLISECONDS);
  afterAll(releasePbs);
  afterAll(async () => {
    const left = await pbsJobsLeft();
    if (left.length > 0) throw new Error(`jobs left behind: ${left.join(', ')}`);
  });

  it('a batch whose driver is killed again and again has its digests, and no job is left', async () => {
    const site = ['--backend', 'pbs', '--set', 'parallel.cluster.jobs=2'];
    await survives(at('real-pbs'), batch(at('real-pbs'), ...site), 300, '.cluster');
  });
});

describe.skipIf(ray === null)('on a real Ray', () => {
  it('a batch whose driver is killed again and again has its digests, and no process is left', async () => {
    const python = ['--backend', 'ray', '--set', `parallel.ray.python=${ray!.python}`];
    await survives(at('ray'), batch(at('ray'), ...python), 200, 'batch.json');
  });
});
