/**
 * Write a ZIP archive, stored, piece by piece, so that large members never sit in memory whole.
 *
 * Sizes are known beforehand; checksums follow the data in descriptors. ZIP64 records appear where a size, an offset or the
 * number of members needs them. Time stamps are fixed, so the same members give the same bytes.
 */
import { crc32 } from 'node:zlib';
import { Defect } from '../base/errors.ts';

export interface ZipMember {
  /** With slashes between folders. */
  readonly name: string;
  /** Bytes of all pieces together. */
  readonly size: number;
  /** Each is used before the next is asked for, which may overwrite it. */
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

const NEEDS_ZIP64 = 0xffffffff;
/** 1980-01-01, the first day of the format. */
const DOS_DATE = 0x0021;
const DESCRIPTOR_FOLLOWS = 0x0008;
const UTF8_NAME = 0x0800;
const FLAGS = DESCRIPTOR_FOLLOWS | UTF8_NAME;

/** The bytes of an archive with these members, in order; each part is to be used before the next is asked for. */
export async function* encodeZip(
  members: Iterable<ZipMember> | AsyncIterable<ZipMember>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const directory: Uint8Array[] = [];
  let offset = 0;
  for await (const { name: text, size, pieces } of members) {
    const name = new TextEncoder().encode(text);
    const start = offset;
    const large = size >= NEEDS_ZIP64;
    const local = localHeader(name, size, large);
    yield local;
    let crc = 0;
    let written = 0;
    for await (const bytes of pieces) {
      crc = crc32(bytes, crc);
      written += bytes.length;
      yield bytes;
    }
    if (written !== size) throw new Defect(`${text} has ${written} bytes where ${size} were announced`);
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
