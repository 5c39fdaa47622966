/** From the arguments of a command to files: names as they are, patterns as the files they match. */
import { glob, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputRefused } from '../../base/errors.ts';

export interface NamedFile {
  /** As the user named it, or as the pattern found it. */
  readonly file: string;
  /** In full. */
  readonly path: string;
  /** What a manifest says of it. */
  readonly meta?: Readonly<Record<string, number>> | undefined;
}

const naturally = new Intl.Collator('en', { numeric: true });

/**
 * Every file once, in the order of the arguments; those of a pattern in natural order (`A_9` before `A_10`). A name that
 * does not exist stays, to fail alone; a folder, and a pattern that matches nothing, are refused.
 */
export async function expandFiles(names: readonly string[]): Promise<NamedFile[]> {
  const files = new Map<string, NamedFile>();
  for (const name of names) {
    for (const file of await filesOf(name)) {
      const path = resolve(file);
      if (!files.has(path)) files.set(path, { file, path });
    }
  }
  return [...files.values()];
}

async function filesOf(name: string): Promise<readonly string[]> {
  const found = await stat(name).catch(() => null);
  if (found?.isDirectory() === true) {
    throw new InputRefused('this is a folder, not a file', {
      where: { file: name },
      help: `name its files, for instance '${name.replace(/[/\\]+$/, '')}/*.h5'`,
    });
  }
  if (found !== null || !/[*?[{]/.test(name)) return [name];
  const matches: string[] = [];
  for await (const entry of glob(name, { withFileTypes: true })) {
    if (!entry.isDirectory()) matches.push(shownAs(name, `${entry.parentPath}/${entry.name}`));
  }
  if (matches.length === 0) {
    throw new InputRefused('no file matches this pattern', {
      where: { file: name },
      help: 'check the folder and the ending; relative patterns start where the command is run',
    });
  }
  return matches.toSorted(naturally.compare);
}

/** Files of a relative pattern are named relative to where the user stands. */
function shownAs(pattern: string, path: string): string {
  const here = `${process.cwd()}/`;
  const isRelative = resolve(pattern) !== pattern && !pattern.startsWith('..');
  return isRelative && path.startsWith(here) ? path.slice(here.length) : path;
}
