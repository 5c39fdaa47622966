/** `twotime rerun`: a result made again, and how near it comes. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RerunRecord, ResultRecord } from '../../src/results/index.ts';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const config = writeText(folder, 'fit.yaml', RINGS_CONFIG);
const data = at('data.npz');
const run = at('run');

beforeAll(async () => {
  await writeRings(data, { q: [0.01], frames: 60, D: 5000, seed: 1 });
  await writeRings(at('other.npz'), { q: [0.01], frames: 60, D: 5000, seed: 2 });
  await twotime('fit', data, '-c', config, '-o', run);
});

/** The answer for a run whose result is edited, which is put back. */
async function rerunEdited(edit: (record: ResultRecord) => object): Promise<{ code: number; out: string }> {
  const file = join(run, 'result.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, JSON.stringify(edit(JSON.parse(text) as ResultRecord)));
  try {
    return await twotime('rerun', run);
  } finally {
    writeFileSync(file, text);
  }
}

/** D0 moved by so many of its standard errors, and another digest. */
const moved =
  (errors: number) =>
  (record: ResultRecord): object => {
    const D0 = record.parameters['D0']!;
    const value = D0.value! + errors * (D0.uncertainty.speckle ?? D0.uncertainty.independent!);
    const digest = record.digest.replace(/^./, (first) => (first === '0' ? '1' : '0'));
    return { ...record, digest, parameters: { ...record.parameters, D0: { ...D0, value } } };
  };

describe('twotime rerun', () => {
  it('says that the bits are the same, and leaves nothing behind', async () => {
    const before = readdirSync(folder);
    const { code, out } = await twotime('rerun', run);
    expect(code).toBe(0);
    expect(out).toMatch(/^the same bits: digest [0-9a-f]{12}\n$/);
    expect(readdirSync(folder)).toEqual(before);
    const { verdict, digest } = JSON.parse((await twotime('rerun', run, '--json')).out) as RerunRecord;
    expect(verdict).toBe('bitwise');
    expect(digest.after).toBe(digest.before);
  });

  it('finds the input where it was, seen from the run, although both were moved', async () => {
    mkdirSync(at('tree'));
    copyFileSync(data, at('tree', 'own.npz'));
    await twotime('fit', at('tree', 'own.npz'), '-c', config, '-o', at('tree', 'runs', 'one'));
    renameSync(at('tree'), at('moved'));
    const { code, out } = await twotime('rerun', at('moved', 'runs', 'one'));
    expect(code).toBe(0);
    expect(out).toMatch(/^the same bits/);
  });

  it('says how far apart results are in standard errors, and where', async () => {
    const near = await rerunEdited(moved(0.002));
    expect(near.code).toBe(0);
    expect(near.out).toMatch(
      /^the same within 0\.002 standard errors .*\n {2}D0: .* became .* \(0\.002 standard errors\)/,
    );
    const far = await rerunEdited(moved(-3));
    expect(far.code).toBe(2);
    expect(far.out).toMatch(/^different\n {2}D0: .* became .* \(3 standard errors\)/);
    const older = await rerunEdited((record) => ({ ...record, versions: { ...record.versions, twotime: '0.0.1' } }));
    expect(older.out).toMatch(/twotime: 0\.0\.1 then, .* now/);
  });

  it('refuses other data and an input that is gone, and finds one that was moved', async () => {
    const other = await twotime('rerun', run, '--input', at('other.npz'));
    expect(other.code).toBe(3);
    expect(other.err.at(-1)).toMatch(/other\.npz: the data are not those of the run/);
    renameSync(data, at('moved.npz'));
    try {
      expect((await twotime('rerun', run)).err.at(-1)).toMatch(
        /data\.npz: the input of the run is not where it was; .*--input/,
      );
      expect((await twotime('rerun', run, '--input', at('moved.npz'))).code).toBe(0);
    } finally {
      renameSync(at('moved.npz'), data);
    }
    expect((await twotime('rerun', folder)).code).toBe(3);
    expect((await twotime('rerun', run, '--tolerance', 'little')).code).toBe(64);
  });
});
