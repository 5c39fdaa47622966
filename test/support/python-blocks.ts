/** The Python lines of docs/results.md, so that tests run what the manual says. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/results.md'), 'utf8');

/**
 * The block that reads `file`, and imports `library` if there are several, for the run `run` in `folder`. Throws unless there
 * is exactly one.
 */
export function pythonOf(file: string, folder: string, run: string, library = ''): string {
  const blocks = [...page.matchAll(/^```python\n([\s\S]*?)^```/gm)].map(([, body]) => body!);
  const found = blocks.filter((body) => body.includes(`RUN/${file}`) && body.includes(`import ${library}`));
  if (found.length !== 1) throw new Error(`${found.length} blocks of docs/results.md read ${file} with ${library}`);
  return found[0]!.replaceAll('RUN/', `${path.join(folder, run)}/`.replaceAll('\\', '/'));
}
