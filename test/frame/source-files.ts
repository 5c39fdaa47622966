/** Reads the TypeScript sources as text: which files there are, and what each imports. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root: string = path.resolve(import.meta.dirname, '../..');

export interface SourceFile {
  /** Path from the top of the repository, with forward slashes. */
  readonly file: string;
  readonly text: string;
}

/** Every `.ts` file below a folder; the AssemblyScript sources are another language and are left out. */
export function sourceFiles(folder: string): readonly SourceFile[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')))
    .filter((file) => !file.startsWith('src/kernels/assembly/'))
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));
}

/** The text without comments; strings are kept, and a `//` inside one does not start a comment. */
export function withoutComments(text: string): string {
  const token = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(token, (match) => (match.startsWith('//') || match.startsWith('/*') ? ' ' : match));
}

/** Specifiers of `import … from`, `export … from`, bare `import '…'`, `import('…')` and `import type`, in order. */
export function importsOf(text: string): readonly string[] {
  const pattern = /\b(?:import|export)\b(?:[^'"`;()]*?\bfrom)?\s*\(?\s*(['"])([^'"\n]+)\1/g;
  return [...withoutComments(text).matchAll(pattern)].map((match) => match[2] ?? '');
}
