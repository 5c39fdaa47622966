/**
 * Make a folder and those above it.
 *
 * Node's own recursive mkdir never returns where the system answers "no such entry" below an existing folder, as
 * read-only pseudo file systems do; one step at a time, the system's answer reaches the caller.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Throws the system's error (`EACCES`, `EROFS`, `ENOTDIR`, …); a folder that exists is fine. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await isFolder(path))) return;
    const above = dirname(path);
    if (code !== 'ENOENT' || above === path || (await isFolder(above))) throw cause;
    await makeFolder(above);
    await mkdir(path);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
