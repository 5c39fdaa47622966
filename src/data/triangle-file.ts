/**
 * Triangles larger than they may be in memory, in a file of the same layout: float32 in the byte order of the machine.
 *
 * The file belongs to this process alone. Where the system allows, its name is taken away as soon as it is open, so that
 * nothing stays behind however the process ends; elsewhere it goes with `close`.
 */
import { closeSync, fstatSync, openSync, read as readAsync, readSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Defect, InputRefused, OutputRefused } from '../base/errors.ts';
import { roundBytes } from './wording.ts';
import { outputFailed } from './atomic-file.ts';
import type { TriangleFile } from '../kernels/triangles.ts';

/** The system reads and writes less than 2 GiB at a time. */
const MOST_BYTES = 2 ** 30;

export class StoredTriangleFile implements TriangleFile, Disposable {
  /** Values the file has room for. */
  readonly length: number;
  readonly #shown: string;
  /** Where the file is still to be found, if its name could not be taken away. */
  readonly #left: string | null;
  #descriptor: number | null;
  #sealed = false;
  #reading = 0;
  #closing = false;

  private constructor(folder: string, length: number) {
    const path = join(folder, `.twotime-triangles.${process.pid}.${crypto.randomUUID().slice(0, 8)}.tmp`);
    this.length = length;
    this.#shown = path;
    try {
      this.#descriptor = openSync(path, 'wx+', 0o600);
    } catch (cause) {
      throw outputFailed(path, codeOf(cause), cause);
    }
    this.#left = removed(path) ? null : path;
  }

  /**
   * Make a file for `length` values in an existing folder. Throws `OutputRefused` when the disk has too little room, with
   * `help` as the advice, and `OutputFailed` when no file can be made there.
   */
  static create(folder: string, length: number, help?: string): StoredTriangleFile {
    const needed = length * Float32Array.BYTES_PER_ELEMENT;
    const free = freeBytes(folder);
    if (free < needed) {
      const text = `the data need ${roundBytes(needed)} on this disk, which has ${roundBytes(free)} left`;
      throw new OutputRefused(text, { where: { file: folder }, help: help ?? 'free some space' });
    }
    return new StoredTriangleFile(folder, length);
  }

  /** Put values from index `first` on. Throws `OutputFailed` when the disk is full. */
  write(first: number, values: Float32Array): void {
    if (this.#sealed) throw new Defect('triangles are written to a sealed file');
    this.#check(first, values);
    try {
      writeTriangles(this.#open(), this.#shown, first, values);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** What `writeTriangles` needs in another thread of this process; the file must stay open until it has written. */
  forOtherThreads(): { readonly descriptor: number; readonly shown: string } {
    return { descriptor: this.#open(), shown: this.#shown };
  }

  /** Nothing is written any more; every value is there. */
  seal(): void {
    const { size } = fstatSync(this.#open());
    const needed = this.length * Float32Array.BYTES_PER_ELEMENT;
    if (size !== needed) throw new Defect(`a file of triangles has ${size} bytes instead of ${needed}`);
    this.#sealed = true;
  }

  read(first: number, into: Float32Array): void {
    this.#check(first, into);
    const descriptor = this.#open();
    const bytes = bytesOf(into);
    const start = first * Float32Array.BYTES_PER_ELEMENT;
    for (let at = 0; at < bytes.length;) {
      let count = 0;
      try {
        count = readSync(descriptor, bytes, at, Math.min(bytes.length - at, MOST_BYTES), start + at);
      } catch (cause) {
        throw this.#unreadable(cause);
      }
      if (count === 0) throw this.#unreadable(undefined);
      at += count;
    }
  }

  async readAhead(first: number, into: Float32Array): Promise<void> {
    this.#check(first, into);
    const descriptor = this.#open();
    const bytes = bytesOf(into);
    const start = first * Float32Array.BYTES_PER_ELEMENT;
    this.#reading += 1;
    try {
      for (let at = 0; at < bytes.length;) {
        const count = await readSome(descriptor, bytes, at, start + at).catch((cause: unknown) => {
          throw this.#unreadable(cause);
        });
        if (count === 0) throw this.#unreadable(undefined);
        at += count;
      }
    } finally {
      this.#reading -= 1;
      if (this.#closing) this.close();
    }
  }

  /** The file goes; reads under way in the background end first. */
  close(): void {
    // A descriptor closed under a read might be given to another file before the read happens.
    this.#closing = true;
    if (this.#reading > 0 || this.#descriptor === null) return;
    closeSync(this.#descriptor);
    this.#descriptor = null;
    if (this.#left !== null) removed(this.#left);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): number {
    if (this.#descriptor === null || this.#closing) throw new Defect('a file of triangles is used after it was closed');
    return this.#descriptor;
  }

  #check(first: number, values: Float32Array): void {
    if (first >= 0 && first + values.length <= this.length) return;
    throw new Defect(`values ${first} to ${first + values.length} of a file of ${this.length}`);
  }

  #unreadable(cause: unknown): InputRefused {
    const what =
      cause === undefined ? 'it ends too early' : `the system reports ${codeOf(cause) ?? 'an unknown error'}`;
    return new InputRefused(`the data put aside on disk cannot be read again: ${what}`, {
      where: { file: this.#shown },
      help: 'check the disk, or write to another one with -o',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** Put values from index `first` on into the open file of triangles. Throws `OutputFailed` when the disk is full. */
export function writeTriangles(descriptor: number, shown: string, first: number, values: Float32Array): void {
  const bytes = bytesOf(values);
  const start = first * Float32Array.BYTES_PER_ELEMENT;
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at, Math.min(bytes.length - at, MOST_BYTES), start + at);
    } catch (cause) {
      throw outputFailed(shown, codeOf(cause), cause);
    }
  }
}

function readSome(descriptor: number, bytes: Uint8Array, at: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = Math.min(bytes.length - at, MOST_BYTES);
    readAsync(descriptor, bytes, at, length, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}

/** Bytes an ordinary user may still write; unlimited where the system does not say. */
function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}

/** Whether a name could be taken away. */
function removed(path: string): boolean {
  try {
    rmSync(path);
    return true;
  } catch {
    return false;
  }
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
