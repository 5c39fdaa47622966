/** Run directories: made whole, replaced and brought back, taken up again. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkRunDirectory } from '../../src/pipeline/output-folder.ts';
import { RunDirectory } from '../../src/pipeline/run-directory.ts';

let folder: string;
let run: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-run-'));
  run = join(folder, 'run');
});
afterEach(() => rmSync(folder, { recursive: true }));

const contents = { 'events.ndjson': '', 'config.yaml': 'model: static\n', 'checkpoint/request.json': '{}' };
const create = (force = false): Promise<RunDirectory> => RunDirectory.create(run, force, contents);
const entries = (path = folder): string[] => readdirSync(path).sort();

/** A whole run with a result of its own. */
async function makeWhole(result: string): Promise<void> {
  const directory = await create();
  writeFileSync(directory.file('result.json'), JSON.stringify({ status: 'converged', result }));
  await directory.keep(true);
}

const resultOf = (path: string): string =>
  (JSON.parse(readFileSync(join(path, 'result.json'), 'utf8')) as { result: string }).result;

/** What a process leaves that was killed while it replaced a run. */
async function beKilled(directory: RunDirectory): Promise<void> {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  await directory.leave();
  const holder = { pid, host: hostname(), process: null, since: '2026-01-02T03:04:05.000Z' };
  writeFileSync(join(run, 'run.lock'), JSON.stringify(holder));
}

describe('a new run directory', () => {
  it('appears with its contents and locked; a whole run has neither lock nor checkpoint', async () => {
    const directory = await create();
    expect(entries()).toEqual(['run']);
    expect(entries(run)).toEqual(['checkpoint', 'config.yaml', 'events.ndjson', 'run.lock']);
    await directory.keep(true);
    expect(entries(run)).toEqual(['config.yaml', 'events.ndjson']);
  });

  it('keeps the checkpoint of a run that was stopped', async () => {
    await (await create()).keep(false);
    expect(entries(run)).toEqual(['checkpoint', 'config.yaml', 'events.ndjson']);
  });

  it('is made in an empty folder that is there, by way of a link too', async () => {
    mkdirSync(join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), run);
    const directory = await create();
    expect(entries(join(folder, 'elsewhere'))).toContain('run.lock');
    await expect(RunDirectory.create(run, false, contents)).rejects.toMatchObject({ tag: 'OutputRefused' });
    await directory.keep(true);
    expect(entries(join(folder, 'elsewhere'))).toEqual(['config.yaml', 'events.ndjson']);
  });

  it('that cannot be put together leaves what was there', async () => {
    mkdirSync(run);
    const impossible = { ...contents, 'config.yaml/below-a-file': '' };
    await expect(RunDirectory.create(run, false, impossible)).rejects.toMatchObject({
      tag: 'OutputFailed',
      where: { file: run },
    });
    expect(entries(run)).toEqual([]);
    rmSync(run, { recursive: true });
    await expect(RunDirectory.create(run, false, impossible)).rejects.toMatchObject({ tag: 'OutputFailed' });
    expect(entries()).toEqual([]);
    await makeWhole('old');
    await expect(RunDirectory.create(run, true, impossible)).rejects.toMatchObject({ tag: 'OutputFailed' });
    expect(entries()).toEqual(['run']);
    expect(entries(run)).toEqual(['config.yaml', 'events.ndjson', 'result.json']);
  });
});

describe('a run that replaces another', () => {
  it('sets it aside, and brings it back when it is discarded', async () => {
    await makeWhole('old');
    const directory = await create(true);
    expect(entries()).toEqual(['.run.replaced', 'run']);
    await directory.discard();
    expect(entries()).toEqual(['run']);
    expect(resultOf(run)).toBe('old');
    expect(entries(run)).toEqual(['config.yaml', 'events.ndjson', 'result.json']);
    await (await create(true)).keep(true);
    expect(entries()).toEqual(['run']);
    expect(entries(run)).toEqual(['config.yaml', 'events.ndjson']);
  });

  it('does not touch one that a process works on', async () => {
    const directory = await create();
    await expect(checkRunDirectory(run, true)).rejects.toMatchObject({ tag: 'OutputRefused' });
    await expect(create(true)).rejects.toMatchObject({ tag: 'OutputRefused' });
    expect(entries()).toEqual(['run']);
    await directory.keep(true);
  });

  it('still has the last whole one to bring back when a run in between was killed', async () => {
    await makeWhole('old');
    await beKilled(await create(true));
    const next = await create(true);
    expect(entries()).toEqual(['.run.replaced', 'run']);
    await next.discard();
    expect(entries()).toEqual(['run']);
    expect(resultOf(run)).toBe('old');
  });

  it('loses what it replaces once a resume has finished it', async () => {
    await makeWhole('old');
    await beKilled(await create(true));
    const directory = await RunDirectory.reopen(run);
    expect(directory.takenOver).toMatch(/which is gone, was taken over/);
    await directory.keep(true);
    expect(entries()).toEqual(['run']);
    expect(entries(run)).toEqual(['config.yaml', 'events.ndjson']);
  });
});

it('a resumed run directory is freed of half files, and of nothing else', async () => {
  await (await create()).leave();
  mkdirSync(join(run, 'plots'));
  for (const name of ['.fit.npz.12.tmp', 'plots/.rates.svg.12.tmp', 'checkpoint/.fit.json.12.tmp', 'notes.tmp']) {
    writeFileSync(join(run, name), 'half');
  }
  const directory = await RunDirectory.reopen(run);
  await directory.removeHalfFiles();
  await directory.leave();
  expect(entries(run)).toEqual(['checkpoint', 'config.yaml', 'events.ndjson', 'notes.tmp', 'plots']);
  expect(entries(join(run, 'plots'))).toEqual([]);
  expect(entries(join(run, 'checkpoint'))).toEqual(['request.json']);
});
