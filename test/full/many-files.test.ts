/** Batches of many files: memory that stays flat, and a start that does not wait for ten thousand entries. */
import { existsSync, linkSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { runBatch } from '../../src/pipeline/batch/run-batch.ts';
import type { BatchRecord } from '../../src/results/index.ts';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { sleep, startTwotime } from '../support/twotime-process.ts';
import { temporaryFolder, writeText } from '../cli/command.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const config = writeText(folder, 'fit.yaml', RINGS_CONFIG);

/** So many names of one file, as good as so many files. */
function manyFiles(name: string, count: number): string {
  mkdirSync(at(name));
  for (let k = 0; k < count; k++) linkSync(at('one.npz'), at(name, `M_${k}.npz`));
  return at(name, '*.npz');
}

beforeAll(() => writeRings(at('one.npz'), { q: [0.01], frames: 60, D: 5000, seed: 1 }));

/** Resident memory, MB: the most during the first half of the jobs, and the mean during the last quarter. */
async function memoryOf(
  jobs: number,
  run: string,
  ...args: readonly string[]
): Promise<{ readonly early: number; readonly late: number }> {
  const work = startTwotime(...args, '-o', run, '-q');
  const quarters: number[][] = [[], [], [], []];
  while (work.child.exitCode === null) {
    await sleep(50);
    const journal = join(run, 'batch.ndjson');
    const done = existsSync(journal) ? readFileSync(journal, 'utf8').split('"name"').length - 1 : 0;
    const status = join('/proc', String(work.child.pid), 'status');
    const resident = existsSync(status) ? /VmRSS:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1] : undefined;
    if (resident !== undefined && done < jobs) quarters[Math.floor((4 * done) / jobs)]!.push(Number(resident) / 1000);
  }
  expect((await work.ended).code).toBe(0);
  const [first = [], second = [], , last = []] = quarters;
  return { early: Math.max(...first, ...second), late: last.reduce((sum, one) => sum + one, 0) / last.length };
}

describe.runIf(existsSync('/proc/self/status'))('the memory of a batch of many files', () => {
  // The launcher sets this for the Node that comes with the package; here the tests run on that one already.
  process.env['MALLOC_ARENA_MAX'] = '2';

  it.each([
    ['with whole jobs in every thread and figures', 160, ['--workers', '2', '--set', 'output.figures=true']],
    ['with one job after the other', 200, ['--workers', '1', '--no-overlap']],
  ] as const)('%s needs at the end no more than before, within 5 %%', async (name, jobs, more) => {
    const files = manyFiles(name.replaceAll(' ', '-'), jobs);
    const { early, late } = await memoryOf(jobs, at(`run-${jobs}`), 'batch', files, '-c', config, ...more);
    expect(early).toBeGreaterThan(100);
    expect(late / early).toBeLessThan(1.05);
  });
});

describe('a batch of ten thousand entries', () => {
  it('begins its first job after less than two seconds of work, and says so of all of them', async () => {
    const files = manyFiles('ten-thousand', 10_000);
    const set = { name: '', files: [files], config: await loadConfig(config), allRings: true };
    const request = { sets: [set] as const, output: at('run'), only: null, maxFailures: 1, overlap: false, argv: [] };
    const stop = new AbortController();
    const before = process.cpuUsage();
    let worked = Infinity;
    // Seconds of processor time do not depend on what else the machine does.
    await runBatch(
      request,
      (event) => {
        if (event.kind !== 'planned') return;
        const { user, system } = process.cpuUsage(before);
        worked = (user + system) / 1e6;
        stop.abort();
      },
      { signal: stop.signal },
    );
    expect(worked).toBeLessThan(2);
    const { counts } = JSON.parse(readFileSync(at('run', 'batch.json'), 'utf8')) as BatchRecord;
    expect(counts).toMatchObject({ submitted: 10_000, pending: 10_000 });
  });
});
