/** Refuses to write over a file that exists, unless the user asked for it. */
import { stat } from 'node:fs/promises';
import { OutputRefused } from '../base/errors.ts';

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
  if (found === null || (force && found.isFile())) return;
  throw new OutputRefused(found.isFile() ? 'the output file exists already' : 'the output is not a file', {
    where: { file },
    help: found.isFile() ? 'choose another name with -o' : 'name a file with -o',
  });
}
