/** Which program a driver and its hosts are: anything that may decide a bit makes it another one. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { differenceOf, thisProgram } from '../../src/parallel/host/index.ts';
import { hashOfCode } from '../../src/parallel/host/program.ts';

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
