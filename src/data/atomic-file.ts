/**
 * Write a file so that its name never shows half of it: temporary file beside it, fsync, rename.
 *
 * When writing fails, on a full disk for instance, the temporary file is removed and `OutputFailed` names the file the
 * user was to get.
 */
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OutputFailed } from '../base/errors.ts';
import { makeFolder } from './make-folder.ts';

/** Text, bytes, or bytes as they are made. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Causes a user can do something about, by the code of the operating system. */
const CAUSES: Readonly<Record<string, readonly [what: string, help: string]>> = {
  ENOSPC: ['the disk is full', 'free some space or write to another disk with -o, then run again'],
  EDQUOT: ['your disk quota is used up', 'free some space or write to another disk with -o, then run again'],
  EFBIG: ['the file system does not take a file this large', 'write elsewhere with -o or set output.arrays: false'],
  EACCES: ['writing is not permitted', 'choose a folder you may write to with -o'],
  EPERM: ['writing is not permitted', 'choose a folder you may write to with -o'],
  EROFS: ['the file system is read-only', 'choose a folder you may write to with -o'],
  EISDIR: ['a folder is in its place', 'remove or rename that folder'],
  ENOTEMPTY: ['a folder is in its place', 'remove or rename that folder'],
  ENOTDIR: ['a file is where its folder should be', 'remove or rename that file'],
  ENOENT: ['its folder has disappeared', 'check that nothing removes the output folder during the run'],
};

/** Write `content` to `path` (its folder is made if missing). Throws `OutputFailed`; errors of a content iterator pass. */
export async function writeFileAtomically(path: string, content: FileContent): Promise<void> {
  await replaceFile(path, async (temporary) => {
    const handle = await guard(path, () => open(temporary, 'w'));
    try {
      await writeContent(path, handle, content);
    } finally {
      await guard(path, () => handle.close());
    }
  });
}

/**
 * Let `write` make the file under a temporary name, then give it its own (the folder is made if missing). Errors of
 * `write` pass unchanged.
 */
export async function replaceFile(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await guard(path, () => makeFolder(dirname(path)));
    await write(temporary);
    await guard(path, async () => {
      const handle = await open(temporary, 'r+');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    });
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
    throw outputFailed(path, (cause as NodeJS.ErrnoException).code, cause);
  }
}

/** The error for a failed write, with advice for the code of the operating system (`ENOSPC`, …). */
export function outputFailed(path: string, code: string | undefined, cause: unknown): OutputFailed {
  const [what, help] = CAUSES[code ?? ''] ?? [`the system reports ${code ?? 'an unknown error'}`, undefined];
  return new OutputFailed(`the file cannot be written: ${what}`, {
    where: { file: path },
    ...(help === undefined ? {} : { help }),
    cause,
  });
}
