/** Find out what a data file is, by its first bytes and its paths, never by its extension; and open it. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { InputRefused } from '../../base/errors.ts';
import { Hdf5File } from '../hdf5-file.ts';
import type { MatrixSource } from '../matrix-source.ts';
import { isApsLegacy, openApsLegacy } from './aps-legacy.ts';
import { openNpy } from './npy.ts';
import { openNpz } from './npz.ts';

/** `HDF5` may follow a user block of 512, 1024, 2048, … bytes. */
const HDF5_SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);
const ZIP_SIGNATURE = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
const EMPTY_ZIP_SIGNATURE = Buffer.from([0x50, 0x4b, 0x05, 0x06]);
const NPY_SIGNATURE = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]);

/** Paths that tell layouts of other instruments, so that a refusal can name them. */
const OTHER_LAYOUTS: readonly (readonly [path: string, name: string])[] = [
  ['/xpcs/twotime/correlation_map', 'an APS-U (boost_corr) result'],
  ['/entry/data/two_time_corr_func', 'an NXxpcs file'],
  ['/entry/twotime/two_time_corr_func', 'an NXxpcs file'],
  ['/entry_0000/correlations', 'an ESRF result'],
  ['/entry_0000/dynamix', 'an ESRF (dynamix) result'],
];

/** Open a data file. `shown` is how messages name it. Throws `InputRefused`. */
export async function openSource(path: string, shown: string): Promise<MatrixSource> {
  switch (sniff(path, shown)) {
    case 'npy':
      return openNpy(path, shown);
    case 'npz':
      return openNpz(path, shown);
    case 'hdf5':
      return openHdf5(path, shown);
  }
}

async function openHdf5(path: string, shown: string): Promise<MatrixSource> {
  const file = await Hdf5File.open(path, shown);
  try {
    if (isApsLegacy(file)) return openApsLegacy(file);
    const other = OTHER_LAYOUTS.find(([where]) => file.kind(where) !== 'missing');
    const found = file.children('/').map((name) => `/${name}`);
    throw new InputRefused(
      other === undefined ? 'no two-time matrices in this HDF5 file' : `${other[1]}, a layout that is not read yet`,
      {
        where: { file: shown, path: other?.[0] ?? '/' },
        help:
          'an APS legacy file has /xpcs/dqlist, /xpcs/dphilist and /exchange/C2T_all; ' +
          `this one has ${found.length === 0 ? 'nothing' : found.slice(0, 8).join(', ')} at its top`,
      },
    );
  } catch (error) {
    file.close();
    throw error;
  }
}

function sniff(path: string, shown: string): 'hdf5' | 'npz' | 'npy' {
  const where = { file: shown };
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const text =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? 'no such file'
        : code === 'EACCES'
          ? 'reading is not permitted'
          : `cannot be opened (${code})`;
    throw new InputRefused(text, { where, help: 'check the path and its permissions', cause });
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) {
      throw new InputRefused(
        status.isDirectory() ? 'this is a folder, not a data file' : 'this is not a regular file',
        {
          where,
          help: 'give a data file: HDF5, NPZ or NPY',
        },
      );
    }
    if (status.size === 0) {
      throw new InputRefused('the file is empty', { where, help: 'check that writing it has finished' });
    }
    const head = Buffer.alloc(8);
    const startsWith = (signature: Buffer, offset: number): boolean =>
      readSync(descriptor, head, 0, 8, offset) >= signature.length &&
      head.subarray(0, signature.length).equals(signature);
    if (startsWith(NPY_SIGNATURE, 0)) return 'npy';
    if (startsWith(ZIP_SIGNATURE, 0) || startsWith(EMPTY_ZIP_SIGNATURE, 0)) return 'npz';
    if (startsWith(HDF5_SIGNATURE, 0)) return 'hdf5';
    for (let offset = 512; offset < status.size; offset *= 2) if (startsWith(HDF5_SIGNATURE, offset)) return 'hdf5';
  } catch (cause) {
    if (cause instanceof InputRefused) throw cause;
    throw new InputRefused(`cannot be read (${(cause as NodeJS.ErrnoException).code})`, { where, cause });
  } finally {
    closeSync(descriptor);
  }
  const expected = /\.(h5|hdf5?|nxs|he5)$/i.test(shown) ? 'not an HDF5 file in spite of its name' : 'not a data file';
  throw new InputRefused(`this is ${expected}`, { where, help: 'twotime reads HDF5 (APS legacy), NPZ and NPY' });
}
