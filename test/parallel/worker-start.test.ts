/** A thread of the pool starts quickly: it loads what it needs and no more. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { importsOf, sourceFiles } from '../frame/source-files.ts';

/** Every file that a file loads when it starts; imports of types alone are erased. */
function loadedBy(start: string): Set<string> {
  const files = new Map(sourceFiles('src').map(({ file, text }) => [file, text]));
  const loaded = new Set<string>();
  const visit = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const text = (files.get(file) ?? '').replaceAll(/^(?:import|export) type [^;]*;/gm, '');
    for (const specifier of importsOf(text)) {
      if (specifier.startsWith('.')) visit(path.posix.join(path.posix.dirname(file), specifier));
    }
  };
  visit(start);
  return loaded;
}

it('a worker thread loads the kernels it runs, not the layers around them', () => {
  const loaded = loadedBy('src/parallel/engines/local/worker.ts');
  expect(loaded).toContain('src/kernels/load.ts');
  expect([...loaded].filter((file) => file.endsWith('/index.ts'))).toEqual([]);
  expect([...loaded].filter((file) => /^src\/(?:math|model|data|config)\//.test(file))).toEqual([]);
});
