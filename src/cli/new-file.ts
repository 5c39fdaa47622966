/** Refuses an output file that exists already or cannot be written, before any work is done. */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OutputRefused } from '../base/errors.ts';
import { checkWritable } from '../pipeline/output-folder.ts';

/** Throws `OutputRefused` if something is there already; with `force` only if it is not a plain file. */
export async function refuseExisting(file: string, force = false): Promise<void> {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null;
    throw new OutputRefused(`the output cannot be written (${cause.code})`, {
      where: { file },
      help: 'choose another place with -o',
      cause,
    });
  });
  if (found === null || (force && found.isFile())) {
    await checkWritable(dirname(resolve(file)));
    return;
  }
  throw new OutputRefused(found.isFile() ? 'the output file exists already' : 'the output is not a file', {
    where: { file },
    help: found.isFile() ? 'choose another name with -o' : 'name a file with -o',
  });
}
