/** The layers of src/: what a folder may import, and the house rules that a machine can check. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, sourceFiles, withoutComments } from './source-files.ts';

/** From bottom to top; `portable` layers run unchanged in Node, in a worker and in a browser. */
const LAYERS = [
  { name: 'base', portable: true },
  { name: 'math', portable: true },
  { name: 'model', portable: true },
  { name: 'kernels', portable: true },
  { name: 'data', portable: true },
  { name: 'config', portable: true },
  { name: 'parallel', portable: true },
  { name: 'nlsq', portable: true },
  { name: 'bayes', portable: true },
  { name: 'results', portable: false },
  { name: 'plots', portable: true },
  { name: 'report', portable: false },
  { name: 'pipeline', portable: false },
  { name: 'library', portable: false },
  { name: 'server', portable: false },
  { name: 'cli', portable: false },
];

/** The files of portable layers that may name Node, each with its reason; a folder ends in a slash. */
const MAY_USE_NODE: Readonly<Record<string, string>> = {
  'src/config/load.ts': 'reads configuration files',
  'src/kernels/kernel-bytes.ts': 'reads the compiled module from its file',
  'src/data/array-rows.ts': 'cuts the chunks of a file stream',
  'src/data/atomic-file.ts': 'writes data files',
  'src/data/content-hash.ts': 'sha256',
  'src/data/describe-file.ts': 'opens a data file and names it by its full path',
  'src/data/hdf5-library.ts': 'loads the HDF5 library for Node and its filters',
  'src/data/npz-reader.ts': 'reads data files',
  'src/data/zip-writer.ts': 'checksums of the members',
  'src/data/read-dataset.ts': 'opens a data file and names it by its full path',
  'src/data/readers/': 'one file per layout of data files',
  'src/data/file-state.ts': 'notices files that change',
  'src/data/stored-array.ts': 'reads data files',
  'src/data/make-folder.ts': 'makes folders',
  'src/data/triangle-file.ts': 'keeps triangles on disk',
  'src/parallel/host/': 'the program that serves tasks on other machines',
  'src/parallel/engines/': 'each engine is the one place that names what it runs on',
};

const MAXIMUM_LINES = 400;
const files = sourceFiles('src');
const layerOf = (file: string): string => file.split('/')[1] ?? '';
const rankOf = (layer: string): number => LAYERS.findIndex(({ name }) => name === layer);
const mayUseNode = (file: string): boolean =>
  Object.keys(MAY_USE_NODE).some((allowed) => (allowed.endsWith('/') ? file.startsWith(allowed) : file === allowed));

/** By import or by a global of Node. */
const usesNode = (text: string): boolean =>
  importsOf(text).some((specifier) => specifier.startsWith('node:') || specifier.endsWith('/node')) ||
  /\b(?:process\.(?!md)|Buffer\.|__dirname|require\()/.test(withoutComments(text));

/** `importer → imported` for every relative import for which `wrong` holds. */
function importsWhere(wrong: (importer: string, imported: string) => boolean): string[] {
  return files.flatMap(({ file, text }) =>
    importsOf(text)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => path.posix.join(path.posix.dirname(file), specifier))
      .filter((imported) => wrong(file, imported))
      .map((imported) => `${file} → ${imported}`),
  );
}

function filesWhere(wrong: (text: string) => boolean): string[] {
  return files.filter(({ text }) => wrong(text)).map(({ file }) => file);
}

describe('the layers of src/', () => {
  it('are the known ones, and no file stands outside them', () => {
    const unknown = files.filter(({ file }) => file.split('/').length < 3 || rankOf(layerOf(file)) < 0);
    expect(unknown.map(({ file }) => file)).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });

  it('import only from themselves and from layers below, types included', () => {
    const upward = importsWhere(
      (importer, imported) => !imported.startsWith('src/') || rankOf(layerOf(imported)) > rankOf(layerOf(importer)),
    );
    expect(upward).toEqual([]);
  });

  it('name Node in portable layers only where the list above says why', () => {
    const portable = new Set(LAYERS.filter((layer) => layer.portable).map(({ name }) => name));
    const offending = files.filter(
      ({ file, text }) => portable.has(layerOf(file)) && usesNode(text) && !mayUseNode(file),
    );
    expect(offending.map(({ file }) => file)).toEqual([]);
  });

  it('need every entry of that list', () => {
    const users = files.filter(({ text }) => usesNode(text)).map(({ file }) => file);
    const unused = Object.keys(MAY_USE_NODE).filter((allowed) => !users.some((file) => file.startsWith(allowed)));
    expect(unused).toEqual([]);
  });
});

describe('every source file', () => {
  it('opens with a comment that says what it is for', () => {
    expect(filesWhere((text) => !text.startsWith('/**'))).toEqual([]);
  });

  it(`has at most ${MAXIMUM_LINES} lines`, () => {
    expect(filesWhere((text) => text.trimEnd().split('\n').length > MAXIMUM_LINES)).toEqual([]);
  });

  it('knows its types: no any, no silenced compiler', () => {
    expect(
      filesWhere(
        (text) =>
          /(?::|\bas|<)\s*any\b/.test(withoutComments(text)) || /@ts-(?:ignore|expect-error|nocheck)/.test(text),
      ),
    ).toEqual([]);
  });

  it('imports files by their full name, and workers by a suffix that survives the build', () => {
    expect(importsWhere((_, imported) => !/\.(?:ts|json)$/.test(imported))).toEqual([]);
    expect(filesWhere((text) => /new URL\(\s*['"][^'"]*\.ts['"]/.test(withoutComments(text)))).toEqual([]);
  });
});

describe('the import reader', () => {
  it('finds every form of import and none in comments', () => {
    const text = [
      "import { a } from './a.ts';",
      "import type { B } from '../b/b.ts';",
      "import './side-effect.ts';",
      "export * from './c.ts';",
      "export type {\n  D,\n} from './d.ts';",
      "const e = await import('./e.ts');",
      "type F = import('./f.ts').F;",
      "// import { g } from './g.ts';",
      "/* export * from './h.ts'; */",
      "export const url = 'http://example.org/i.ts';",
    ].join('\n');
    expect(importsOf(text)).toEqual([
      './a.ts',
      '../b/b.ts',
      './side-effect.ts',
      './c.ts',
      './d.ts',
      './e.ts',
      './f.ts',
    ]);
  });
});
