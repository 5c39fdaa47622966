/** Which program a driver and its hosts are: anything that may decide a bit makes it another one. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_CLUSTER } from '../../src/config/index.ts';
import { serveFolder } from '../../src/parallel/engines/batch/batch-host.ts';
import type { EngineFile } from '../../src/parallel/engines/batch/engine-file.ts';
import { closeDetached, lookDetached, slurm, submitDetached } from '../../src/parallel/engines/batch/index.ts';
import { differenceOf, thisProgram } from '../../src/parallel/host/index.ts';
import { hashOfCode } from '../../src/parallel/host/program.ts';
import { doubleTask } from './tasks.ts';

const folder = mkdtempSync(join(tmpdir(), 'twotime-program-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the code of a program', () => {
  it('is the same as long as no module is changed, renamed or added, whatever lies beside them', async () => {
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'deep/a.ts'), 'export const a = 1;\n');
    writeFileSync(join(folder, 'b.js'), 'export const b = 2;\n');
    const seen = [await hashOfCode(folder)];
    writeFileSync(join(folder, 'deep/notes.md'), 'nothing');
    writeFileSync(join(folder, 'a.d.ts'), 'export const a: number;\n');
    expect(await hashOfCode(folder)).toBe(seen[0]);
    const changes = [
      () => writeFileSync(join(folder, 'deep/a.ts'), 'export const a = 2;\n'),
      () => renameSync(join(folder, 'deep/a.ts'), join(folder, 'deep/c.ts')),
      () => writeFileSync(join(folder, 'd.ts'), ''),
    ];
    for (const change of changes) {
      change();
      seen.push(await hashOfCode(folder));
    }
    expect(new Set(seen).size).toBe(4);
    for (const hash of seen) expect(hash).toMatch(/^[\da-f]{16}$/);
  });
});

describe('a program', () => {
  it('is the same in one process, and says in what another one differs', async () => {
    const here = await thisProgram();
    expect(differenceOf(await thisProgram(), here)).toBeNull();
    expect(differenceOf({ ...here, twotime: '9.9.9' }, here)).toBe(`it is twotime 9.9.9, not ${here.twotime}`);
    expect(differenceOf({ ...here, code: 'c0de' }, here)).toBe(`its code is c0de, not ${here.code}`);
    expect(differenceOf({ ...here, kernels: 'feed' }, here)).toMatch(/^its kernels are feed, not [\da-f]{16}$/);
    expect(differenceOf({ ...here, nodeVersion: '1.0.0' }, here)).toBe(
      `it runs on Node 1.0.0, not ${here.nodeVersion}`,
    );
  });
});

describe('work that was submitted without a driver', () => {
  it('is told to have failed where a job found another program, and can be closed', async () => {
    const answers: Record<string, string> = { sbatch: '7\n', scontrol: 'MaxArraySize = 1001\n' };
    const run = (command: string): Promise<string> => Promise.resolve(answers[command] ?? '');
    const options = { dialect: slurm, site: { ...DEFAULT_CLUSTER, jobs: 1 }, folder: join(folder, 'work'), run };
    await submitDetached(options, [{ name: 'A', task: doubleTask, input: 1 }]);
    expect(await lookDetached(options.folder)).toMatchObject({ open: ['A'] });
    const file = join(options.folder, 'engine.json');
    const asked = JSON.parse(readFileSync(file, 'utf8')) as EngineFile;
    writeFileSync(file, JSON.stringify({ ...asked, program: { ...asked.program, twotime: '9.9.9' } }));
    const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await serveFolder(options.folder, '7_0', new AbortController().signal)).toBe(68);
    expect(told).toHaveBeenCalledOnce();
    const state = await lookDetached(options.folder);
    expect(state?.open).toEqual([]);
    expect(state?.failed.get('A')).toMatch(/^a job found another program .*: it is twotime .*, not 9\.9\.9 \(on /);
    await closeDetached(options);
    expect(existsSync(options.folder)).toBe(false);
  });
});
