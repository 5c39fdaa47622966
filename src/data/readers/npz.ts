/**
 * NPZ archives with the keys of homodyne's cache.
 *
 * | key | shape | meaning |
 * |---|---|---|
 * | `c2_exp` | (P, N, N) or (N, N), float32 or float64 | two-time matrices |
 * | `wavevector_q_list` | (P), or one value for all | 1/Å |
 * | `phi_angles_list` | (P) | degrees |
 * | `t1`, `t2` | (N), or mesh grids (N, N) | s, uniform |
 *
 * Matrices of several q may share an archive. A missing list is asked of the configuration. Matrices that are stored are
 * read one by one; deflated ones are a single stream, read once from front to back. Either way all bytes are read, since
 * they share one checksum.
 */
import { crc32 } from 'node:zlib';
import { InputRefused } from '../../base/errors.ts';
import type { ErrorLocation } from '../../base/errors.ts';
import { throwIfCancelled } from '../../base/task-context.ts';
import { ArrayRows, stackShape } from '../array-rows.ts';
import { combineCrc32 } from '../crc32-combine.ts';
import type { MatrixChecksum, MatrixSource } from '../matrix-source.ts';
import { decodeNpy, parseNpyHeader } from '../npy.ts';
import type { NpyHeader } from '../npy.ts';
import { NpzReader } from '../npz-reader.ts';
import type { NpzEntry } from '../npz-reader.ts';
import { StoredArray } from '../stored-array.ts';
import { uniformAxis } from '../time-axis.ts';
import type { TimeAxis } from '../time-axis.ts';

const MATRICES = 'c2_exp';
const Q_LIST = 'wavevector_q_list';
const PHI_LIST = 'phi_angles_list';

/** Open `path`; `shown` is how messages name it. */
export async function openNpz(path: string, shown: string): Promise<MatrixSource> {
  const archive = new NpzReader(path, shown);
  try {
    return await describeArchive(archive, shown);
  } catch (error) {
    archive.close();
    throw error;
  }
}

async function describeArchive(archive: NpzReader, shown: string): Promise<MatrixSource> {
  const entry = archive.entries.get(MATRICES);
  if (entry === undefined) {
    const keys = [...archive.entries.keys()];
    throw new InputRefused(`no array ${MATRICES} in this archive`, {
      where: { file: shown },
      help: `expected the keys ${MATRICES}, ${Q_LIST}, ${PHI_LIST}, t1, t2; it has ${keys.slice(0, 8).join(', ') || 'none'}`,
    });
  }
  const header = parseNpyHeader(archive.head(entry), archive.where(entry));
  const { angles, frames } = stackShape(header, entry.bytes, archive.where(entry));
  const q = readList(archive, Q_LIST, angles, true);
  const phi = readList(archive, PHI_LIST, angles, false);
  const axis = await readAxes(archive, frames, shown);
  const unusable = q?.findIndex((value) => !(value > 0) || !Number.isFinite(value)) ?? -1;
  if (q !== null && unusable >= 0) {
    throw new InputRefused(`entry ${unusable} is ${q[unusable]} 1/Angstrom`, {
      where: { file: shown, path: Q_LIST },
      help: 'wavevectors are positive; write the list again',
    });
  }
  return {
    file: shown,
    layout: 'npz',
    matrices: Array.from({ length: angles }, (_, k) => ({
      path: header.shape.length === 2 ? MATRICES : `${MATRICES}[${k}]`,
      bin: null,
      q: q?.[k] ?? null,
      phi: phi?.[k] ?? null,
    })),
    dt: axis === null ? null : { value: axis.dt, origin: 't1' },
    firstTime: axis?.first ?? null,
    warnings: [],
    describe: () => ({
      shape: [frames, frames],
      dtype: header.dtype === 'f4' ? 'float32' : 'float64',
      storage: entry.deflated ? 'deflate' : 'stored',
    }),
    frames: () => frames,
    ...(entry.deflated ? streamed(archive, entry, header, frames) : stored(archive, entry, header, angles)),
    intensity: () => null,
    close: () => archive.close(),
  };
}

/** Matrices in one deflated stream, whose checksum is checked at its end. */
function streamed(
  archive: NpzReader,
  entry: NpzEntry,
  header: NpyHeader,
  frames: number,
): Pick<MatrixSource, 'read' | 'independent' | 'checksum'> {
  return {
    independent: false,
    checksum: null,
    async read(selected, first, count, handle, context) {
      const wanted = new Set(selected);
      const rows = new ArrayRows(header, (row, cells) => {
        const matrix = Math.floor(row / frames);
        const inWindow = (row % frames) - first;
        if (wanted.has(matrix) && inWindow >= 0 && inWindow < count) handle(matrix, inWindow, cells, first);
      });
      await archive.stream(entry, (chunk) => {
        throwIfCancelled(context);
        rows.push(chunk);
      });
    },
  };
}

/** Matrices that lie in the archive as they are. */
function stored(
  archive: NpzReader,
  entry: NpzEntry,
  header: NpyHeader,
  angles: number,
): Pick<MatrixSource, 'read' | 'independent' | 'checksum'> {
  const { descriptor, start } = archive.stored(entry);
  const array = new StoredArray(descriptor, start, header, archive.where(entry));
  const parts = new Map<number, number>();
  const checksum: MatrixChecksum = {
    parts,
    note: async (matrix, context) => {
      parts.set(matrix, await array.rowsAndCrc(matrix, 0, 0, () => undefined, context));
    },
    check: () => {
      let crc = crc32(archive.head(entry).subarray(0, header.dataOffset));
      for (let k = 0; k < angles; k++) crc = combineCrc32(crc, parts.get(k) ?? 0, array.matrixBytes);
      archive.checkCrc(entry, crc);
    },
  };
  return {
    independent: true,
    checksum,
    async read(selected, first, count, handle, context) {
      for (const matrix of selected) {
        const take = (row: number, cells: Float32Array | Float64Array, offset: number): void =>
          handle(matrix, row, cells, offset + first);
        parts.set(matrix, await array.rowsAndCrc(matrix, first, count, take, context));
      }
    },
  };
}

/** A list with one number per matrix; null if the archive has none. */
function readList(archive: NpzReader, key: string, count: number, oneForAll: boolean): Float64Array | null {
  const entry = archive.entries.get(key);
  if (entry === undefined) return null;
  const { header, values } = decodeNpy(archive.whole(entry), archive.where(entry));
  if (values instanceof Float64Array) {
    if (values.length === count) return values;
    if (oneForAll && values.length === 1) return new Float64Array(count).fill(values[0]!);
  }
  throw new InputRefused(
    `${header.dtype} of shape (${header.shape.join(', ')}), but ${MATRICES} holds ${count} matrices`,
    {
      where: archive.where(entry),
      help: 'the list needs one number per matrix; write the archive again',
    },
  );
}

/** The common time axis of t1 and t2; null if the archive has neither. Refuses axes that contradict each other. */
async function readAxes(archive: NpzReader, frames: number, shown: string): Promise<TimeAxis | null> {
  const found: (readonly [key: string, times: Float64Array])[] = [];
  for (const key of ['t1', 't2']) {
    const entry = archive.entries.get(key);
    if (entry === undefined) continue;
    const times = await readAxis(archive, entry, frames);
    found.push([key, times]);
  }
  const [first, second] = found;
  if (first === undefined) return null;
  const where = { file: shown, path: first[0] };
  if (frames < 2) {
    throw new InputRefused('a time axis of one frame has no dt', {
      where,
      help: 'a fit needs at least 3 frames; use a file with more',
    });
  }
  const axis = uniformAxis(first[1], where);
  if (second === undefined) return axis;
  const differs = second[1].findIndex((t, k) => !(Math.abs(t - first[1][k]!) <= 1e-3 * axis.dt));
  if (differs >= 0) {
    throw new InputRefused(
      `t1 and t2 differ at frame ${differs + 1}: ${first[1][differs]} s and ${second[1][differs]} s`,
      {
        where: { file: shown, path: second[0] },
        help: 'both axes of a two-time matrix count the same frames; write the archive again',
      },
    );
  }
  return axis;
}

/** One axis (N), or the axis of a mesh grid (N, N), which must be constant along the other direction. */
async function readAxis(archive: NpzReader, entry: NpzEntry, frames: number): Promise<Float64Array> {
  const where = archive.where(entry);
  const header = parseNpyHeader(archive.head(entry), where);
  if (header.shape.length < 2) {
    const { values } = decodeNpy(archive.whole(entry), where);
    if (values instanceof Float64Array && values.length === frames) return values;
  }
  const square = header.shape.length === 2 && header.shape.every((n) => n === frames);
  if (!square || (header.dtype !== 'f8' && header.dtype !== 'f4')) {
    throw new InputRefused(
      `${header.dtype} of shape (${header.shape.join(', ')}), but ${MATRICES} has ${frames} frames`,
      {
        where,
        help: 'a time axis has shape (frames) or, as a mesh grid, (frames, frames)',
      },
    );
  }
  return readMeshGrid(archive, entry, frames, where);
}

async function readMeshGrid(
  archive: NpzReader,
  entry: NpzEntry,
  frames: number,
  where: ErrorLocation,
): Promise<Float64Array> {
  const header = parseNpyHeader(archive.head(entry), where);
  const alongRow = new Float64Array(frames);
  const alongColumn = new Float64Array(frames);
  let rowsEqual = true;
  let rowsConstant = true;
  const rows = new ArrayRows(header, (row, cells) => {
    alongColumn[row] = cells[0]!;
    if (row === 0) alongRow.set(cells);
    for (let k = 0; k < frames; k++) {
      rowsEqual &&= cells[k] === alongRow[k];
      rowsConstant &&= cells[k] === cells[0];
    }
  });
  await archive.stream(entry, (chunk) => rows.push(chunk));
  if (rowsEqual !== rowsConstant) return rowsEqual ? alongRow : alongColumn;
  throw new InputRefused('neither a time axis nor a mesh grid of one', {
    where,
    help: 'a time axis has shape (frames) or, as a mesh grid, (frames, frames)',
  });
}
