/**
 * Write a file so that its name never shows half of it: temporary file beside it, fsync, rename.
 *
 * When writing fails, on a full disk for instance, the temporary file is removed and `OutputFailed` names the file the
 * user was to get.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OutputFailed } from '../base/errors.ts';

/** Text, bytes, or bytes as they are made. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Causes a user can do something about, by the code of the operating system. */
const CAUSES: Readonly<Record<string, readonly [what: string, help: string]>> = {
  ENOSPC: ['the disk is full', 'free some space or write to another disk with -o, then run again'],
  EDQUOT: ['your disk quota is used up', 'free some space or write to another disk with -o, then run again'],
  EFBIG: ['the file system does not take a file this large', 'write elsewhere with -o or set output.arrays: none'],
  EACCES: ['writing is not permitted', 'choose a folder you may write to with -o'],
  EPERM: ['writing is not permitted', 'choose a folder you may write to with -o'],
  EROFS: ['the file system is read-only', 'choose a folder you may write to with -o'],
  ENOENT: ['its folder has disappeared', 'check that nothing removes the output folder during the run'],
};

/** Write `content` to `path` (its folder is made if missing). Throws `OutputFailed`; errors of a content iterator pass. */
export async function writeFileAtomically(path: string, content: FileContent): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await guard(path, () => mkdir(dirname(path), { recursive: true }));
    const handle = await guard(path, () => open(temporary, 'w'));
    try {
      await writeContent(path, handle, content);
      await guard(path, () => handle.sync());
    } finally {
      await guard(path, () => handle.close());
    }
    await guard(path, () => rename(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeContent(path: string, handle: FileHandle, content: FileContent): Promise<void> {
  if (typeof content === 'string' || content instanceof Uint8Array) {
    await guard(path, () => handle.writeFile(content));
    return;
  }
  for await (const chunk of content) await guard(path, () => handle.writeFile(chunk));
}

async function guard<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    const [what, help] = CAUSES[code] ?? [`the system reports ${code}`, undefined];
    throw new OutputFailed(`the file cannot be written: ${what}`, {
      where: { file: path },
      ...(help === undefined ? {} : { help }),
      cause,
    });
  }
}
