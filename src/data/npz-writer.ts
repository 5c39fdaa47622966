/**
 * Write NumPy's NPZ: a ZIP of NPY arrays, stored, made piece by piece so that large arrays never sit in memory twice.
 *
 * Noisy float data shrink by a tenth under deflate at a twentieth of the speed, so nothing is compressed. Sizes are
 * known beforehand from shape and type; checksums follow the data in descriptors. ZIP64 records appear where a size, an
 * offset or the number of arrays needs them. Time stamps are fixed, so the same arrays give the same bytes.
 */
import { crc32 } from 'node:zlib';
import { Defect } from '../base/errors.ts';
import { elementsOf, encodeNpyHeader, encodeNpyText } from './npy.ts';
import type { NumberDtype } from './npy.ts';

export type NumberArray = Float32Array | Float64Array | Int32Array | Uint32Array;

export type NpzMember =
  /**
   * An array of numbers in C order. `pieces` are consecutive parts of `dtype`; together they fill `shape`. Each is used
   * before the next is asked for, which may overwrite it.
   */
  | {
      readonly name: string;
      readonly dtype: NumberDtype;
      readonly shape: readonly number[];
      readonly pieces: Iterable<NumberArray> | AsyncIterable<NumberArray>;
    }
  /** A text, read in Python by `str(archive[name])`, or a list of texts, read by `list(archive[name])`. */
  | { readonly name: string; readonly text: string | readonly string[] };

const BYTES: Readonly<Record<NumberDtype, number>> = { f4: 4, f8: 8, i4: 4, u4: 4 };
const NEEDS_ZIP64 = 0xffffffff;
/** 1980-01-01, the first day of the format. */
const DOS_DATE = 0x0021;
const DESCRIPTOR_FOLLOWS = 0x0008;
const UTF8_NAME = 0x0800;
const FLAGS = DESCRIPTOR_FOLLOWS | UTF8_NAME;

/** An array held in memory as a member; `shape` defaults to its length. */
export function npzArray(name: string, data: NumberArray, shape: readonly number[] = [data.length]): NpzMember {
  const dtype =
    data instanceof Float32Array
      ? 'f4'
      : data instanceof Float64Array
        ? 'f8'
        : data instanceof Int32Array
          ? 'i4'
          : 'u4';
  return { name, dtype, shape, pieces: [data] };
}

/** The bytes of an NPZ archive with these members, in order; each part is to be used before the next is asked for. */
export async function* encodeNpz(
  members: Iterable<NpzMember> | AsyncIterable<NpzMember>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const directory: Uint8Array[] = [];
  let offset = 0;
  for await (const member of members) {
    const name = new TextEncoder().encode(`${member.name}.npy`);
    const start = offset;
    const text = 'text' in member ? encodeNpyText(member.text) : undefined;
    const header = 'text' in member ? undefined : encodeNpyHeader(member.dtype, member.shape);
    const dataBytes = 'text' in member ? 0 : elementsOf(member.shape) * BYTES[member.dtype];
    const size = text?.length ?? (header?.length ?? 0) + dataBytes;
    const large = size >= NEEDS_ZIP64;

    const local = localHeader(name, size, large);
    yield local;
    let crc = 0;
    let written = 0;
    const pieces = 'text' in member ? [] : member.pieces;
    for (const first of [text, header]) {
      if (first === undefined) continue;
      crc = crc32(first, crc);
      written += first.length;
      yield first;
    }
    for await (const piece of pieces) {
      const bytes = new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
      crc = crc32(bytes, crc);
      written += bytes.length;
      yield bytes;
    }
    if (written !== size) throw new Defect(`array ${member.name} has ${written} bytes where its shape needs ${size}`);
    const descriptor = dataDescriptor(crc, size, large);
    yield descriptor;
    offset += local.length + size + descriptor.length;
    directory.push(directoryEntry(name, crc, size, start));
  }
  const directoryBytes = directory.reduce((sum, entry) => sum + entry.length, 0);
  yield* directory;
  yield endRecords(directory.length, directoryBytes, offset);
}

function localHeader(name: Uint8Array, size: number, large: boolean): Uint8Array {
  const bytes = new Uint8Array(30 + name.length + (large ? 20 : 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x04034b50, true);
  view.setUint16(4, large ? 45 : 20, true);
  view.setUint16(6, FLAGS, true);
  view.setUint16(12, DOS_DATE, true);
  view.setUint32(18, large ? NEEDS_ZIP64 : size, true);
  view.setUint32(22, large ? NEEDS_ZIP64 : size, true);
  view.setUint16(26, name.length, true);
  view.setUint16(28, large ? 20 : 0, true);
  bytes.set(name, 30);
  if (large) zip64Extra(view, 30 + name.length, [size, size]);
  return bytes;
}

function dataDescriptor(crc: number, size: number, large: boolean): Uint8Array {
  const bytes = new Uint8Array(large ? 24 : 16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x08074b50, true);
  view.setUint32(4, crc, true);
  if (large) {
    view.setBigUint64(8, BigInt(size), true);
    view.setBigUint64(16, BigInt(size), true);
  } else {
    view.setUint32(8, size, true);
    view.setUint32(12, size, true);
  }
  return bytes;
}

function directoryEntry(name: Uint8Array, crc: number, size: number, start: number): Uint8Array {
  const wide = [...(size >= NEEDS_ZIP64 ? [size, size] : []), ...(start >= NEEDS_ZIP64 ? [start] : [])];
  const extra = wide.length === 0 ? 0 : 4 + 8 * wide.length;
  const bytes = new Uint8Array(46 + name.length + extra);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x02014b50, true);
  view.setUint16(4, wide.length > 0 ? 45 : 20, true);
  view.setUint16(6, wide.length > 0 ? 45 : 20, true);
  view.setUint16(8, FLAGS, true);
  view.setUint16(14, DOS_DATE, true);
  view.setUint32(16, crc, true);
  view.setUint32(20, Math.min(size, NEEDS_ZIP64), true);
  view.setUint32(24, Math.min(size, NEEDS_ZIP64), true);
  view.setUint16(28, name.length, true);
  view.setUint16(30, extra, true);
  view.setUint32(42, Math.min(start, NEEDS_ZIP64), true);
  bytes.set(name, 46);
  if (extra > 0) zip64Extra(view, 46 + name.length, wide);
  return bytes;
}

function zip64Extra(view: DataView, at: number, values: readonly number[]): void {
  view.setUint16(at, 1, true);
  view.setUint16(at + 2, 8 * values.length, true);
  values.forEach((value, k) => view.setBigUint64(at + 4 + 8 * k, BigInt(value), true));
}

function endRecords(count: number, directoryBytes: number, directoryOffset: number): Uint8Array {
  const large = count >= 0xffff || directoryOffset >= NEEDS_ZIP64 || directoryBytes >= NEEDS_ZIP64;
  const bytes = new Uint8Array((large ? 76 : 0) + 22);
  const view = new DataView(bytes.buffer);
  if (large) {
    view.setUint32(0, 0x06064b50, true);
    view.setBigUint64(4, 44n, true);
    view.setUint16(12, 45, true);
    view.setUint16(14, 45, true);
    view.setBigUint64(24, BigInt(count), true);
    view.setBigUint64(32, BigInt(count), true);
    view.setBigUint64(40, BigInt(directoryBytes), true);
    view.setBigUint64(48, BigInt(directoryOffset), true);
    view.setUint32(56, 0x07064b50, true);
    view.setBigUint64(64, BigInt(directoryOffset + directoryBytes), true);
    view.setUint32(72, 1, true);
  }
  const end = large ? 76 : 0;
  view.setUint32(end, 0x06054b50, true);
  view.setUint16(end + 8, Math.min(count, 0xffff), true);
  view.setUint16(end + 10, Math.min(count, 0xffff), true);
  view.setUint32(end + 12, Math.min(directoryBytes, NEEDS_ZIP64), true);
  view.setUint32(end + 16, Math.min(directoryOffset, NEEDS_ZIP64), true);
  return bytes;
}
