/** `twotime watch`, `logs`, `bundle`, `gc`: looking after runs that are there, at work or left behind. */
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BundleManifest, FolderStatus, LeftoversRecord } from '../../src/results/index.ts';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { startTwotime, until } from '../support/twotime-process.ts';
import { readZip } from '../support/read-zip.ts';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const config = writeText(folder, 'fit.yaml', RINGS_CONFIG.replace('figures: false', 'figures: true'));
/** Many starts with all parameters free: seconds at least. */
const endless = writeText(folder, 'endless.yaml', 'model: static\nfit: { starts: 4000 }\n');
const run = at('run');

beforeAll(async () => {
  await writeRings(at('A.npz'), { q: [0.02], frames: 60, D: 5000, seed: 1 });
  await writeRings(at('large.npz'), { q: [0.02], frames: 300, D: 500, seed: 1 });
  await twotime('fit', at('A.npz'), '-c', config, '-o', run);
});

function eventsOf(place: string): string {
  const file = join(place, 'events.ndjson');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

describe('twotime logs', () => {
  it('tells stages, warnings and on request every step, with their times', async () => {
    appendFileSync(join(run, 'events.ndjson'), '{"kind":"log","level":"warning","text":"odd"');
    const { code, out, err } = await twotime('logs', run);
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}info {5}read begins$/);
    expect(out).toMatch(/info {5}fit ended after \d+\.\d\d s\n/);
    expect(out).not.toContain('iteration');
    expect(err.join('')).toContain('1 line was not written to the end');
    expect((await twotime('logs', run, '--level', 'debug')).out).toMatch(/debug {4}full start \d iteration \d+: cost /);
    expect((await twotime('logs', run, '--level', 'error')).out).toBe('');
  });

  it('gives the events as they stand in the file', async () => {
    const { out } = await twotime('logs', run, '--level', 'debug', '--json');
    const seqs = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(seqs).toEqual(seqs.map((_, k) => k));
  });

  it('refuses what is no run, and levels that are none', async () => {
    expect((await twotime('logs', folder)).err.at(-1)).toMatch(/this folder is not a run/);
    expect((await twotime('logs', at('nothing'))).code).toBe(3);
    expect((await twotime('logs', run, '--level', 'loud')).code).toBe(64);
  });
});

describe('a run at work', () => {
  it('is followed by watch and logs until it ends', async () => {
    const place = at('at-work');
    const work = startTwotime('fit', at('large.npz'), '-c', endless, '-o', place, '-q');
    // A fit that is stopped before its first step leaves nothing.
    await until(work, () => /"level":"(?:coarse|full)"/.test(eventsOf(place)));
    const watching = twotime('watch', place, '--json');
    const following = twotime('logs', place, '--follow');
    const other = twotime('gc', place, '--json');
    expect((JSON.parse((await other).out) as LeftoversRecord).inUse[0]!.worker).toMatch(/process \d+ on this machine/);
    work.child.kill('SIGINT');
    await work.ended;
    const watched = await watching;
    expect(watched.code).toBe(2);
    expect((JSON.parse(watched.out) as { folders: FolderStatus[] }).folders[0]!.counts).toMatchObject({ cancelled: 1 });
    const { code, out } = await following;
    expect(code).toBe(0);
    expect(out).toMatch(/read begins[^]*fit begins[^]*write ended/);
  });

  it('that has ended is told at once, batches too', async () => {
    const watched = await twotime('watch', run);
    expect(watched).toMatchObject({ code: 0, out: expect.stringContaining('(run): converged') as string });
    await twotime('batch', at('A.npz'), at('missing.npz'), '-c', config, '-o', at('batch'));
    const batch = await twotime('watch', at('batch'));
    expect(batch.code).toBe(2);
    expect(batch.err.join('\n')).toMatch(/failed missing: .*no such file/);
    expect(batch.out).toContain('2 submitted = 1 ok + 1 failed');
  });
});

describe('twotime bundle', () => {
  it('packs what a co-author needs, with checksums, the same bytes each time', async () => {
    const file = at('run.zip');
    const { code, out } = await twotime('bundle', run, '-o', file);
    expect(code).toBe(0);
    expect(out).toMatch(/run\.zip: \d+ files of run, .* digest [0-9a-f]{16}\n/);
    const members = readZip(readFileSync(file));
    const manifest = JSON.parse(members.get('run/manifest.json')!.toString()) as BundleManifest;
    expect([...members.keys()]).toEqual(['run/manifest.json', ...manifest.files.map(({ name }) => `run/${name}`)]);
    expect(manifest.files.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        ...[
          'config.yaml',
          'events.ndjson',
          'fit.npz',
          'parameters.csv',
          'provenance.json',
          'report.txt',
          'result.json',
        ],
      ]),
    );
    expect(manifest.files.some(({ name }) => name.startsWith('plots/'))).toBe(true);
    for (const { name, bytes, sha256 } of manifest.files) {
      const content = members.get(`run/${name}`)!;
      expect(content.length).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
      expect(content.equals(readFileSync(join(run, name)))).toBe(true);
    }
    await twotime('bundle', run, '-o', at('again.zip'));
    expect(readFileSync(at('again.zip')).equals(readFileSync(file))).toBe(true);
    const python = spawnSync('python3', ['-m', 'zipfile', '-t', file], { encoding: 'utf8' });
    if (python.error === undefined) expect(python.status, python.stderr).toBe(0);
  });

  it('leaves out arrays on request, and what is for the program alone', async () => {
    mkdirSync(join(run, 'checkpoint'), { recursive: true });
    writeFileSync(join(run, 'checkpoint', 'fit.json'), '{}');
    writeFileSync(join(run, 'chains.ndjson'), '{}\n');
    writeFileSync(join(run, '.fit.npz.12.tmp'), 'half');
    const { out } = await twotime('bundle', run, '-o', at('small.zip'), '--no-arrays', '--json');
    const names = (JSON.parse(out) as BundleManifest).files.map(({ name }) => name);
    expect(names.filter((name) => /checkpoint|chains|tmp|fit\.npz/.test(name))).toEqual([]);
  });

  it('refuses a run that has not ended, and an existing file', async () => {
    const { code, err } = await twotime('bundle', at('at-work'), '-o', at('never.zip'));
    expect(code).toBe(3);
    expect(err.at(-1)).toMatch(/stopped before it ended/);
    expect((await twotime('bundle', run, '-o', at('run.zip'))).code).toBe(3);
    expect(existsSync(at('never.zip'))).toBe(false);
  });
});

describe('twotime gc', () => {
  const scan = at('scan');
  const gone = (): string => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    return JSON.stringify({ pid, host: hostname(), process: null, since: '2026-01-02T03:04:05.000Z' });
  };
  const everything = (): string[] => (readdirSync(scan, { recursive: true }) as string[]).toSorted();
  let clean: string[] = [];

  beforeEach(() => {
    if (existsSync(scan)) return;
    for (const name of ['whole', 'stopped'])
      cpSync(name === 'whole' ? run : at('at-work'), join(scan, name), { recursive: true });
    for (const name of ['.fit.npz.12.tmp', 'checkpoint', 'chains.ndjson']) {
      // What the tests before left in the run.
      if (existsSync(join(scan, 'whole', name))) renameSync(join(scan, 'whole', name), at(`aside-${name}`));
    }
    clean = everything();
    writeFileSync(join(scan, 'whole', '.report.txt.77.tmp'), 'half');
    writeFileSync(join(scan, 'whole', 'plots', '.page.svg.77.tmp'), 'half a page');
    mkdirSync(join(scan, 'whole', 'checkpoint'));
    writeFileSync(join(scan, 'whole', 'checkpoint', 'fit.json'), '{}');
    writeFileSync(join(scan, 'stopped', 'run.lock'), gone());
    writeFileSync(join(scan, 'stopped', 'checkpoint', '.fit.json.77.tmp'), 'half');
    for (const name of ['.whole.replaced', '.stopped.replaced', '.other.new-77']) {
      mkdirSync(join(scan, name));
      writeFileSync(join(scan, name, 'events.ndjson'), '');
    }
    writeFileSync(join(scan, '.data.h5.77.tmp'), 'perhaps still written');
    writeFileSync(join(scan, '.twotime-triangles.77.0123abcd.tmp'), 'old');
    utimesSync(join(scan, '.twotime-triangles.77.0123abcd.tmp'), 1, 1);
    mkdirSync(join(scan, '.hidden'));
    writeFileSync(join(scan, '.hidden', 'thesis.tex'), '');
  });

  it('says in a dry run what is left over and how much, and removes nothing', async () => {
    const before = everything();
    const { code, out } = await twotime('gc', '--dry-run', scan, join(scan, 'whole'), '--json');
    expect(code).toBe(0);
    expect(everything()).toEqual(before);
    const { leftovers, bytes } = JSON.parse(out) as LeftoversRecord;
    const found = leftovers.map(({ path, kind }) => `${kind} ${path.slice(scan.length + 1)}`).toSorted();
    expect(found).toEqual([
      'checkpoint whole/checkpoint',
      'half-file .twotime-triangles.77.0123abcd.tmp',
      'half-file stopped/checkpoint/.fit.json.77.tmp',
      'half-file whole/.report.txt.77.tmp',
      'half-file whole/plots/.page.svg.77.tmp',
      'half-run .other.new-77',
      'lock stopped/run.lock',
      'replaced .whole.replaced',
    ]);
    expect(bytes).toBe(leftovers.reduce((sum, one) => sum + one.bytes, 0));
    expect((await twotime('gc', '--dry-run', scan)).out).toMatch(/8 leftovers of .* would be removed\n$/);
  });

  it('removes that and nothing else: no result, no checkpoint that is needed, nothing of others', async () => {
    const { out } = await twotime('gc', scan);
    expect(out).toMatch(/8 leftovers of .* were removed\n$/);
    const kept = [
      '.data.h5.77.tmp',
      '.hidden',
      '.hidden/thesis.tex',
      '.stopped.replaced',
      '.stopped.replaced/events.ndjson',
    ];
    expect(everything()).toEqual([...clean, ...kept].toSorted());
    expect((await twotime('gc', scan)).out).toBe('there is nothing left over\n');
    expect((await twotime('status', join(scan, 'stopped'))).out).toContain('stopped');
  });

  it('refuses folders that are not there', async () => {
    expect((await twotime('gc', at('nowhere'))).code).toBe(3);
  });
});
