/** Manifests as YAML and CSV: what they say, and everything that is wrong with them at once. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatError, isTwotimeError } from '../../src/base/errors.ts';
import { readManifest } from '../../src/pipeline/batch/manifest.ts';
import type { BatchSet } from '../../src/pipeline/batch/batch-plan.ts';
import { RINGS_CONFIG } from '../support/batch-files.ts';

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'twotime-manifest-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  writeFileSync(at('fit.yaml'), RINGS_CONFIG);
  writeFileSync(at('wrong.yaml'), 'model: static\nfit: { strats: 2 }\n');
  for (const name of ['A_1.npz', 'A_2.npz', 'B.npz']) writeFileSync(at(name), '');
});

async function read(name: string, text: string, config: string | null = 'fit.yaml'): Promise<BatchSet[]> {
  writeFileSync(at(name), text);
  return await readManifest({ file: at(name), config: config === null ? null : at(config), set: [] });
}

async function problemsOf(name: string, text: string, config: string | null = 'fit.yaml'): Promise<string[]> {
  try {
    await read(name, text, config);
    return [];
  } catch (error) {
    if (!isTwotimeError(error, 'ConfigRefused')) throw error;
    return formatError(error)
      .split('\n')
      .map((line) => line.replaceAll(`${folder}/`, ''));
  }
}

const shown = (sets: readonly BatchSet[]): unknown[] =>
  sets.map(({ name, files, allRings, config }) => ({
    name,
    files: files.map((file) => file.slice(file.lastIndexOf('/') + 1)),
    rings: allRings ? 'all' : config.data.q,
    starts: config.fit.starts,
  }));

describe('a manifest', () => {
  it('says numbers of files, which have no influence on their fits', async () => {
    const yaml = `jobs:
  cold: { files: 'A_*.npz', meta: { T: 280.5, run: 3 } }
  hot: { files: B.npz, meta: { T: 340 } }
`;
    const csv = 'file,meta.T,fit.starts\nA_1.npz,280.5,\nB.npz,340,\nA_2.npz,,\n';
    const told = (sets: readonly BatchSet[]): unknown =>
      sets.flatMap(({ meta }) => [...(meta ?? [])].map(([file, numbers]) => [file.slice(folder.length + 1), numbers]));
    expect(told(await read('meta.yaml', yaml))).toEqual([
      ['A_1.npz', { T: 280.5, run: 3 }],
      ['A_2.npz', { T: 280.5, run: 3 }],
      ['B.npz', { T: 340 }],
    ]);
    const rows = await read('meta.csv', csv);
    expect(rows).toHaveLength(1);
    expect(told(rows)).toEqual([
      ['A_1.npz', { T: 280.5 }],
      ['B.npz', { T: 340 }],
      ['A_2.npz', {}],
    ]);
    expect(await problemsOf('bad-meta.csv', 'file,meta.T,meta.q\nA_1.npz,cold,1\n')).toEqual([
      "bad-meta.csv:2:1: meta.T: 'cold' is not a number; write a number without a unit",
      "bad-meta.csv:2:1: 'q' cannot be the name of a number; use letters, digits, _ and -; not q or file",
    ]);
  });

  it('as YAML names sets of files with their rings, configurations and overrides', async () => {
    const text = `config: fit.yaml
jobs:
  one: { files: 'A_*.npz', q: 0.02 1/Angstrom }
  two: { files: [B.npz, A_1.npz], set: { fit.starts: 7 } }
  three: { files: B.npz, q: all }
`;
    expect(shown(await read('good.yaml', text, null))).toEqual([
      { name: 'one', files: ['A_1.npz', 'A_2.npz'], rings: 0.02, starts: 2 },
      { name: 'two', files: ['B.npz', 'A_1.npz'], rings: 'all', starts: 7 },
      { name: 'three', files: ['B.npz'], rings: 'all', starts: 2 },
    ]);
  });

  it('as CSV has a file per row; rows with one configuration belong together', async () => {
    const text =
      '\uFEFFfile,q,fit.starts,name\r\nA_1.npz,,,\r\n"A_2.npz",,,\r\n# later\r\nB.npz,0.02 1/Angstrom,5,hot\r\nA_1.npz,,9,\r\n';
    expect(shown(await read('good.csv', text))).toEqual([
      { name: '', files: ['A_1.npz', 'A_2.npz'], rings: 'all', starts: 2 },
      { name: 'hot', files: ['B.npz'], rings: 0.02, starts: 5 },
      { name: 'config-2', files: ['A_1.npz'], rings: 'all', starts: 9 },
    ]);
  });

  it('as YAML is refused with everything that is wrong, by line', async () => {
    const text = `confg: fit.yaml
jobs:
  one: { files: 'X_*.npz' }
  two: { files: B.npz, sets: { fit.starts: 7 } }
  three: { q: all }
  four:
  five:
    files: A_1.npz
    set:
      fit.strats: 3
      parallel.workers: 2
      data.gap: 3
`;
    expect(await problemsOf('bad.yaml', text)).toEqual([
      expect.stringMatching(/^bad\.yaml:1:1: the key 'confg' is not known; did you mean config\?/),
      expect.stringMatching(/^bad\.yaml:3:3: X_\*\.npz: no file matches this pattern/),
      expect.stringMatching(/^bad\.yaml:4:24: the key 'sets' is not known; did you mean set\?/),
      expect.stringMatching(/^bad\.yaml:5:3: 'three' names no files/),
      expect.stringMatching(/^bad\.yaml:6:3: 'four' says nothing/),
      expect.stringMatching(/^bad\.yaml:10:7: .*strats.*starts/),
      expect.stringMatching(/^bad\.yaml:11:7: parallel\.workers is of the whole batch/),
      expect.stringMatching(/^bad\.yaml:12:7: data\.gap: .*unit/),
    ]);
  });

  it.each([
    ['none.csv', 'name,q\nA,1\n', [/none\.csv:1:1: there is no column 'file'/]],
    [
      'cells.csv',
      'file,q\nA_1.npz\n,all\n',
      [/cells\.csv:2:1: 1 cells under 2 columns/, /cells\.csv:3:1: the cell of the file/],
    ],
    [
      'columns.csv',
      'file,qq,file\n',
      [/columns\.csv:1:1: the column 'qq'/, /columns\.csv:1:1: the column 'file' stands twice/],
    ],
    ['empty.csv', 'file,q\n', [/empty\.csv: the manifest has no entry/]],
    ['list.yaml', '- A_1.npz\n', [/list\.yaml: this is no manifest/]],
    ['config.yaml', 'jobs: { a: { files: B.npz, config: wrong.yaml } }\n', [/^wrong\.yaml:2:.*strats/]],
  ])('%s is refused: what is wrong, and where', async (name, text, expected) => {
    const problems = await problemsOf(name, text);
    expect(problems).toEqual(expected.map((pattern) => expect.stringMatching(pattern) as unknown));
  });

  it('needs a configuration for every entry', async () => {
    expect(await problemsOf('without.yaml', 'jobs: { a: { files: B.npz } }\n', null)).toEqual([
      expect.stringMatching(
        /^without\.yaml:1:9: there is no configuration; name one with config:, or for all of them with -c/,
      ),
    ]);
  });
});
