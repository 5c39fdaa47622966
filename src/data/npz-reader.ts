/** Read the directory of an NPZ archive (ZIP, ZIP64) and its members, whole or as a stream, checking every checksum. */
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { constants, crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { InputRefused, TwotimeError } from '../base/errors.ts';
import type { ErrorLocation } from '../base/errors.ts';
import { NPY_HEADER_ROOM } from './npy.ts';

export interface NpzEntry {
  /** Without `.npy`. */
  readonly name: string;
  readonly deflated: boolean;
  readonly crc: number;
  readonly storedBytes: number;
  readonly bytes: number;
  readonly headerOffset: number;
}

/** Deflate cannot shrink more than this. */
const MOST_INFLATION = 1032;
const MOST_WHOLE_BYTES = 100_000_000;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 0x0001;
const DIRECTORY_RECORD = 46;
const LOCAL_HEADER = 30;
const HELP = 'copy the file again, or write it again with numpy.savez';

export class NpzReader implements Disposable {
  readonly entries: ReadonlyMap<string, NpzEntry>;
  readonly #path: string;
  readonly #shown: string;
  readonly #descriptor: number;
  readonly #fileBytes: number;

  constructor(path: string, shown: string) {
    this.#path = path;
    this.#shown = shown;
    this.#descriptor = openSync(path, 'r');
    try {
      this.#fileBytes = fstatSync(this.#descriptor).size;
      this.entries = this.#readDirectory();
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  where(entry: NpzEntry): ErrorLocation {
    return { file: this.#shown, path: entry.name };
  }

  /** The first bytes of a member, enough for its NPY header; not checked against the checksum. */
  head(entry: NpzEntry): Uint8Array {
    const start = this.#dataStart(entry);
    const stored = this.#bytes(start, Math.min(entry.storedBytes, NPY_HEADER_ROOM), this.where(entry));
    if (!entry.deflated) return stored;
    try {
      return inflateRawSync(stored, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch (cause) {
      throw this.#damaged(entry, cause);
    }
  }

  /** Where the bytes of a stored member are: the open file, and its first byte there. */
  stored(entry: NpzEntry): { readonly descriptor: number; readonly start: number } {
    return { descriptor: this.#descriptor, start: this.#dataStart(entry) };
  }

  /** Throws `InputRefused` if `crc` is not what the archive says the bytes of a member give. */
  checkCrc(entry: NpzEntry, crc: number): void {
    if (crc !== entry.crc) throw this.#damaged(entry, 'checksum');
  }

  /** All bytes of a small member. */
  whole(entry: NpzEntry): Uint8Array {
    if (entry.bytes > MOST_WHOLE_BYTES) {
      throw new InputRefused(`${entry.bytes} bytes where a short list is expected`, { where: this.where(entry) });
    }
    const stored = this.#bytes(this.#dataStart(entry), entry.storedBytes, this.where(entry));
    let bytes: Uint8Array = stored;
    if (entry.deflated) {
      try {
        bytes = inflateRawSync(stored, { maxOutputLength: entry.bytes + 1 });
      } catch (cause) {
        throw this.#damaged(entry, cause);
      }
    }
    if (bytes.length !== entry.bytes || crc32(bytes) !== entry.crc) throw this.#damaged(entry, 'checksum');
    return bytes;
  }

  /** Pass all bytes of a member, in order, in chunks; then check length and checksum. */
  async stream(entry: NpzEntry, handle: (chunk: Uint8Array) => void): Promise<void> {
    const start = this.#dataStart(entry);
    const source = createReadStream(this.#path, {
      start,
      end: start + Math.max(0, entry.storedBytes - 1),
      highWaterMark: 1 << 20,
    });
    let crc = 0;
    let length = 0;
    const take = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
      for await (const chunk of chunks) {
        length += chunk.length;
        if (length > entry.bytes) throw this.#damaged(entry, 'too long');
        crc = crc32(chunk, crc);
        handle(chunk);
      }
    };
    try {
      if (entry.storedBytes === 0) source.destroy();
      else if (entry.deflated) await pipeline(source, createInflateRaw({ chunkSize: 1 << 18 }), take);
      else await pipeline(source, take);
    } catch (cause) {
      if (cause instanceof TwotimeError) throw cause;
      throw this.#damaged(entry, cause);
    }
    if (length !== entry.bytes || crc !== entry.crc) throw this.#damaged(entry, 'checksum');
  }

  #damaged(entry: NpzEntry, cause: unknown): InputRefused {
    return new InputRefused('this member of the archive is damaged (its checksum or length is wrong)', {
      where: this.where(entry),
      help: HELP,
      cause,
    });
  }

  #refuse(text: string): never {
    throw new InputRefused(text, { where: { file: this.#shown }, help: HELP });
  }

  #bytes(offset: number, length: number, where: ErrorLocation = { file: this.#shown }): Buffer {
    if (offset < 0 || offset + length > this.#fileBytes) {
      throw new InputRefused('the archive is truncated or damaged', { where, help: HELP });
    }
    const bytes = Buffer.alloc(length);
    let at = 0;
    while (at < length) {
      const count = readSync(this.#descriptor, bytes, at, length - at, offset + at);
      if (count === 0) throw new InputRefused('the archive is truncated', { where, help: HELP });
      at += count;
    }
    return bytes;
  }

  #dataStart(entry: NpzEntry): number {
    const header = this.#bytes(entry.headerOffset, LOCAL_HEADER, this.where(entry));
    if (header.readUInt32LE(0) !== 0x04034b50) throw this.#damaged(entry, 'no local header');
    const start = entry.headerOffset + LOCAL_HEADER + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (start + entry.storedBytes > this.#fileBytes) throw this.#damaged(entry, 'beyond the end of the file');
    return start;
  }

  #readDirectory(): Map<string, NpzEntry> {
    const tailLength = Math.min(this.#fileBytes, 22 + 65535);
    const tail = this.#bytes(this.#fileBytes - tailLength, tailLength);
    const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
    if (end < 0 || end + 22 > tail.length) {
      this.#refuse('the archive is truncated: its directory, at the end of the file, is missing');
    }
    let count = tail.readUInt16LE(end + 10);
    let size = tail.readUInt32LE(end + 12);
    let offset = tail.readUInt32LE(end + 16);
    if (count === 0xffff || size === 0xffffffff || offset === 0xffffffff) {
      const locator = end - 20;
      if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50)
        this.#refuse('the archive is damaged: no ZIP64 record');
      const record = this.#bytes(Number(tail.readBigUInt64LE(locator + 8)), 56);
      if (record.readUInt32LE(0) !== 0x06064b50) this.#refuse('the archive is damaged: its ZIP64 record is wrong');
      count = Number(record.readBigUInt64LE(32));
      size = Number(record.readBigUInt64LE(40));
      offset = Number(record.readBigUInt64LE(48));
    }
    const directory = this.#bytes(offset, size);
    const entries = new Map<string, NpzEntry>();
    let at = 0;
    for (let k = 0; k < count; k++) {
      if (at + DIRECTORY_RECORD > directory.length || directory.readUInt32LE(at) !== 0x02014b50) {
        this.#refuse('the archive is damaged: its directory is wrong');
      }
      const nameLength = directory.readUInt16LE(at + 28);
      const extraLength = directory.readUInt16LE(at + 30);
      const next = at + DIRECTORY_RECORD + nameLength + extraLength + directory.readUInt16LE(at + 32);
      if (next > directory.length) this.#refuse('the archive is damaged: its directory is cut off');
      const entry = this.#entry(directory.subarray(at, next), nameLength, extraLength);
      entries.set(entry.name, entry);
      at = next;
    }
    return entries;
  }

  #entry(record: Buffer, nameLength: number, extraLength: number): NpzEntry {
    const file = record.toString('utf8', DIRECTORY_RECORD, DIRECTORY_RECORD + nameLength);
    const method = record.readUInt16LE(10);
    if ((record.readUInt16LE(8) & ENCRYPTED) !== 0) this.#refuse(`member ${file} is encrypted`);
    if (method !== STORED && method !== DEFLATED) this.#refuse(`member ${file} has compression method ${method}`);
    const sizes = [record.readUInt32LE(24), record.readUInt32LE(20), record.readUInt32LE(42)];
    const extra = record.subarray(DIRECTORY_RECORD + nameLength, DIRECTORY_RECORD + nameLength + extraLength);
    for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
      if (extra.readUInt16LE(at) !== 1) continue;
      const fieldEnd = Math.min(extra.length, at + 4 + extra.readUInt16LE(at + 2));
      let field = at + 4;
      sizes.forEach((size, k) => {
        if (size !== 0xffffffff || field + 8 > fieldEnd) return;
        sizes[k] = Number(extra.readBigUInt64LE(field));
        field += 8;
      });
    }
    const [bytes = 0, storedBytes = 0, headerOffset = 0] = sizes;
    const possible = method === STORED ? bytes === storedBytes : bytes <= storedBytes * MOST_INFLATION;
    if (!possible) this.#refuse(`the archive is damaged: the sizes of member ${file} are impossible`);
    return {
      name: file.replace(/\.npy$/, ''),
      deflated: method === DEFLATED,
      crc: record.readUInt32LE(16),
      storedBytes,
      bytes,
      headerOffset,
    };
  }
}
