/** HDF5 files under construction: written under a temporary name, failures in the words of the operating system. */
import { TwotimeError } from '../../base/errors.ts';
import { outputFailed, replaceFile } from '../atomic-file.ts';
import { loadHdf5, noteHdf5Error, type Hdf5Library } from '../hdf5-library.ts';

export type Hdf5Output = InstanceType<Hdf5Library['File']>;
export type Hdf5OutputGroup = InstanceType<Hdf5Library['Group']>;

/** Operating system errors as the HDF5 library words them. */
const CODES: Readonly<Record<string, string>> = {
  'No space left on device': 'ENOSPC',
  'Quota exceeded': 'EDQUOT',
  'File too large': 'EFBIG',
  'Permission denied': 'EACCES',
  'Read-only file system': 'EROFS',
};

/**
 * Let `write` make the file `path` under the temporary name it is told, and close it. Throws `OutputFailed` (nothing is
 * left); tagged errors of `write`, and its `TypeError`s, pass.
 */
export async function writeHdf5(
  path: string,
  write: (library: Hdf5Library, temporary: string) => void | Promise<void>,
): Promise<void> {
  const library = await loadHdf5();
  await replaceFile(path, async (temporary) => {
    try {
      await write(library, temporary);
    } catch (cause) {
      if (cause instanceof TwotimeError || cause instanceof TypeError) throw cause;
      noteHdf5Error(cause instanceof WebAssembly.RuntimeError);
      const reason = /error message = '([^']*)'/.exec(cause instanceof Error ? cause.message : '')?.[1] ?? '';
      throw outputFailed(path, CODES[reason] ?? (reason === '' ? undefined : reason), cause);
    }
  });
}

/** A group that did not exist. */
export function makeGroup(
  library: Hdf5Library,
  parent: Hdf5OutputGroup,
  name: string,
  ordered: boolean,
): Hdf5OutputGroup {
  const made = parent.create_group(name, ordered);
  if (!(made instanceof library.Group)) throw new TypeError(`no group ${name}`);
  return made;
}
