/** Fits and batches killed at fifty random instants and gone on with: the digests of what was never killed. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fold, keyFromSeed, uniforms } from '../../src/math/index.ts';
import type { BatchRecord, FolderStatus } from '../../src/results/index.ts';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { sleep, startTwotime, until, type Started } from '../support/twotime-process.ts';
import { temporaryFolder, twotime, writeText } from '../cli/command.ts';

const KILLS = { batch: 30, fit: 20 } as const;

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
/** Some tenths of a second each. */
const config = writeText(folder, 'fit.yaml', RINGS_CONFIG.replace('starts: 2', 'starts: 24'));

beforeAll(async () => {
  for (const k of [1, 2])
    await writeRings(at(`A_${k}.npz`), { q: [0.01, 0.02], frames: 60, D: 4000 + 1000 * k, seed: k });
});

/** Kill a process `milliseconds` after something holds; whether it was still at work. */
async function killAfter(work: Started, holds: () => boolean, milliseconds: number): Promise<boolean> {
  await until(work, holds);
  await sleep(milliseconds);
  work.child.kill('SIGKILL');
  return (await work.ended).signal === 'SIGKILL';
}

/** A different instant each time, the same in every test. */
function instant(k: number, longest: number): number {
  return longest * uniforms(fold(keyFromSeed(50), k), 1)[0]!;
}

describe('what is killed at random instants', () => {
  it(`is, as a batch killed ${KILLS.batch} times, gone on with to the same digests, and nothing is left over`, async () => {
    const args = (run: string): string[] => ['batch', at('A_*.npz'), '-c', config, '-o', run, '-q'];
    const digests = (run: string): unknown =>
      (JSON.parse(readFileSync(join(run, 'batch.json'), 'utf8')) as BatchRecord).jobs.map(({ name, result }) => [
        name,
        result?.digest,
      ]);
    await twotime(...args(at('whole')));
    let kills = 0;
    let rounds = 0;
    for (let k = 0; kills < KILLS.batch; k++) {
      const run = at(`killed-${rounds}`);
      const wasAtWork = await killAfter(
        startTwotime(...args(run)),
        () => existsSync(join(run, 'batch.json')),
        instant(k, 400),
      );
      if (wasAtWork) kills += 1;
      const { out } = await twotime('status', run, '--json');
      const { submitted, ok, pending, cancelled } = (JSON.parse(out) as { folders: FolderStatus[] }).folders[0]!.counts;
      expect(ok + pending + cancelled).toBe(submitted);
      if (ok < submitted && kills < KILLS.batch) continue;
      // Through: on with a new one.
      expect((await twotime(...args(run))).code).toBe(0);
      expect(digests(run)).toEqual(digests(at('whole')));
      expect((await twotime('gc', run)).out).toBe('there is nothing left over\n');
      rounds += 1;
    }
    expect(rounds).toBeGreaterThan(0);
  });

  it(`is, as a fit killed ${KILLS.fit} times, resumed to the same digest`, async () => {
    const digestOf = (run: string): string =>
      (JSON.parse(readFileSync(join(run, 'result.json'), 'utf8')) as { digest: string }).digest;
    const fit = (run: string): string[] => [
      'fit',
      at('A_1.npz'),
      '-c',
      config,
      '-o',
      run,
      '-q',
      '--set',
      'data.q=0.02 1/Angstrom',
    ];
    await twotime(...fit(at('whole-fit')));
    let kills = 0;
    for (let k = 0; kills < KILLS.fit; k++) {
      const run = at('killed-fit');
      const isThere = existsSync(join(run, 'events.ndjson'));
      const work = startTwotime(...(isThere ? ['resume', run, '-q'] : fit(run)));
      const wasAtWork = await killAfter(work, () => existsSync(join(run, 'events.ndjson')), instant(1000 + k, 500));
      if (wasAtWork) kills += 1;
      if (!existsSync(join(run, 'result.json')) && kills < KILLS.fit) continue;
      await twotime('resume', run, '-q');
      expect(digestOf(run)).toBe(digestOf(at('whole-fit')));
      expect(readdirSync(folder).filter((name) => name.startsWith('.killed'))).toEqual([]);
      rmSync(run, { recursive: true });
    }
  });
});

describe('a batch that gets the signals of schedulers', () => {
  const endless = writeText(
    folder,
    'endless.yaml',
    'model: static\nfit: { starts: 4000 }\noutput: { figures: false }\n',
  );

  it.each([
    ['SIGTERM', 75],
    ['SIGUSR1', 75],
    ['SIGHUP', 75],
    ['SIGINT', 130],
  ] as const)('by %s ends with %i within ten seconds', async (signal, expected) => {
    const run = at(signal);
    const work = startTwotime('batch', at('A_*.npz'), '-c', endless, '-o', run, '-q');
    await until(work, () => existsSync(join(run, 'A_1_q0.01', 'events.ndjson')));
    const sent = performance.now();
    work.child.kill(signal);
    expect((await work.ended).code).toBe(expected);
    expect(performance.now() - sent).toBeLessThan(10_000);
    const { out } = await twotime('status', run);
    expect(out).toMatch(/4 submitted = 0 ok \+ 0 failed/);
  });

  it('ends at once by a second Ctrl-C, and goes on like one that was killed', async () => {
    const run = at('twice');
    const work = startTwotime('batch', at('A_*.npz'), '-c', config, '-o', run, '-q');
    await until(work, () => existsSync(join(run, 'A_1_q0.01', 'events.ndjson')));
    work.child.kill('SIGINT');
    await sleep(400);
    work.child.kill('SIGINT');
    const sent = performance.now();
    expect((await work.ended).code).toBe(130);
    expect(performance.now() - sent).toBeLessThan(3000);
    expect((await twotime('batch', '-c', config, '-o', run, '-q')).code).toBe(0);
  });
});
