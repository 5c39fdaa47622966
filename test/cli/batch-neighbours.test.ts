/** `fit.start: previous`: a batch whose jobs start from the values of a neighbour, to the results they have without. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BatchRecord, JobRecord, ProvenanceRecord } from '../../src/results/index.ts';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { startTwotime, until } from '../support/twotime-process.ts';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const pattern = at('A_*.npz');
const base = RINGS_CONFIG.replace('alpha: fixed 0, ', '').replace('starts: 2', 'starts: 6');
const cold = writeText(folder, 'cold.yaml', base);
const warm = writeText(folder, 'warm.yaml', base.replace('fit: {', 'fit: { start: previous,'));

beforeAll(async () => {
  for (const [k, D] of [5000, 5600, 6300].entries()) {
    await writeRings(at(`A_${k}.npz`), { q: [0.01, 0.02], frames: 60, D, seed: k });
  }
  await twotime('batch', pattern, '-c', cold, '-o', at('cold'));
  await twotime('batch', pattern, '-c', warm, '-o', at('warm'));
});

function jobsOf(run: string): readonly JobRecord[] {
  return (JSON.parse(readFileSync(at(run, 'batch.json'), 'utf8')) as BatchRecord).jobs;
}

const digestsOf = (run: string): (string | undefined)[] => jobsOf(run).map(({ result }) => result?.digest);

function provenanceOf(run: string, job: string): ProvenanceRecord {
  return JSON.parse(readFileSync(at(run, job, 'provenance.json'), 'utf8')) as ProvenanceRecord;
}

describe('a batch whose jobs start from a neighbour', () => {
  it('has the results of one whose jobs do not, within a hundredth of their errors', () => {
    const others = new Map(jobsOf('cold').map((job) => [job.name, job]));
    for (const { name, result } of jobsOf('warm')) {
      expect(result!.fit).toBe('converged');
      for (const [parameter, { value, speckle }] of Object.entries(result!.parameters)) {
        const other = others.get(name)!.result!.parameters[parameter]!;
        expect(Math.abs(value! - other.value!)).toBeLessThanOrEqual(0.01 * (speckle ?? 0));
      }
    }
  });

  it('says in provenance and configuration which job each started from', () => {
    const neighbours = jobsOf('warm').map(({ name }) => [name, provenanceOf('warm', name).neighbour]);
    expect(neighbours).toEqual([
      ['A_0_q0.01', null],
      ['A_0_q0.02', 'A_0_q0.01'],
      ['A_1_q0.01', 'A_0_q0.01'],
      ['A_1_q0.02', 'A_0_q0.02'],
      ['A_2_q0.01', 'A_1_q0.01'],
      ['A_2_q0.02', 'A_1_q0.02'],
    ]);
    const text = readFileSync(at('warm', 'A_2_q0.02', 'config.yaml'), 'utf8');
    expect(text).toMatch(/D0:\n +value: .* # job A_1_q0\.02\n/);
    expect(text).toContain('starts: 2 # job A_1_q0.02');
    expect(provenanceOf('cold', 'A_2_q0.02').neighbour).toBeNull();
  });

  it('has the same digests for any number of workers, without overlap, and after a kill', async () => {
    const expected = digestsOf('warm');
    await twotime('batch', pattern, '-c', warm, '-o', at('alone'), '--no-overlap', '--workers', '1');
    expect(digestsOf('alone')).toEqual(expected);
    const args = ['batch', pattern, '-c', warm, '-o', at('killed'), '--workers', '3', '-q'];
    const work = startTwotime(...args);
    await until(work, () => existsSync(at('killed', 'A_1_q0.01', 'config.yaml')));
    work.child.kill('SIGKILL');
    await work.ended;
    await twotime(...args);
    expect(digestsOf('killed')).toEqual(expected);
  });

  it('makes runs that come out the same when made again alone', async () => {
    const { code, out } = await twotime('rerun', at('warm', 'A_2_q0.01'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ verdict: 'bitwise' });
  });

  it('is refused where jobs do not wait for each other', async () => {
    const { code, err } = await twotime('batch', pattern, '-c', warm, '-o', at('cluster'), '--backend', 'slurm');
    expect(code).toBe(3);
    expect(err.at(-1)).toMatch(/fit\.start: previous needs the jobs one after the other, which slurm does not do/);
    expect(existsSync(at('cluster'))).toBe(false);
  });

  it('has no meaning for a single fit, which says so', async () => {
    const set = ['--set', 'data.q=0.02 1/Angstrom'];
    const { code, err } = await twotime('fit', at('A_0.npz'), '-c', warm, '-o', at('single'), ...set);
    expect(code).toBe(0);
    expect(err.join('\n')).toContain('fit.start: previous has an effect in a batch only');
  });
});
