/** Read matrices of a float array that lies uncompressed in a file: any of them, in any order, block of rows by block. */
import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { InputRefused } from '../base/errors.ts';
import type { ErrorLocation } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import { letEventsRun } from './let-events-run.ts';
import type { NpyHeader } from './npy.ts';

/** Whole rows of about this many bytes are read at a time: large for the disk, small for the cache of the processor. */
const BLOCK_BYTES = 2 ** 20;

export class StoredArray {
  readonly #descriptor: number;
  readonly #start: number;
  readonly #header: NpyHeader;
  readonly #frames: number;
  readonly #where: ErrorLocation;
  readonly #blockRows: number;
  readonly #cells: Float32Array | Float64Array;
  readonly #buffer: Buffer;

  /** `start`: byte of the file where the array begins with its header. `header` is that of a stack of N×N matrices. */
  constructor(descriptor: number, start: number, header: NpyHeader, where: ErrorLocation) {
    const frames = header.shape.at(-1) ?? 1;
    this.#descriptor = descriptor;
    this.#start = start + header.dataOffset;
    this.#header = header;
    this.#frames = frames;
    this.#where = where;
    this.#blockRows = Math.min(frames, Math.max(1, Math.floor(BLOCK_BYTES / (frames * header.itemBytes))));
    const length = this.#blockRows * frames;
    this.#cells = header.itemBytes === 4 ? new Float32Array(length) : new Float64Array(length);
    this.#buffer = Buffer.from(this.#cells.buffer);
  }

  /** Bytes of one matrix. */
  get matrixBytes(): number {
    return this.#frames * this.#frames * this.#header.itemBytes;
  }

  /** Pass the rows `first` ≤ i < `first + count` of a matrix, numbered from `first`; cells are those of the whole row. */
  async rows(matrix: number, first: number, count: number, handle: RowsHandler, context: TaskContext): Promise<void> {
    for (const { bytes, row, rows } of this.#blocks(matrix, first, count)) {
      this.#hand(bytes, row, 0, rows, handle);
      await letEventsRun(context);
    }
  }

  /** The same, but read the whole matrix; returns its CRC-32. */
  async rowsAndCrc(
    matrix: number,
    first: number,
    count: number,
    handle: RowsHandler,
    context: TaskContext,
  ): Promise<number> {
    let crc = 0;
    for (const { bytes, row, rows } of this.#blocks(matrix, 0, this.#frames)) {
      crc = crc32(bytes, crc);
      const from = Math.max(row, first);
      const to = Math.min(row + rows, first + count);
      if (from < to) this.#hand(bytes, from - first, from - row, to - row, handle);
      await letEventsRun(context);
    }
    return crc;
  }

  /** Rows `from` to `to` of the block; the first of them has number `number`. */
  #hand(bytes: Buffer, number: number, from: number, to: number, handle: RowsHandler): void {
    if (this.#header.bigEndian) {
      if (this.#header.itemBytes === 4) bytes.swap32();
      else bytes.swap64();
    }
    for (let r = from; r < to; r++) handle(number + r - from, this.#cells, r * this.#frames);
  }

  /** `count` rows from row `first` of a matrix, block by block; a block says its first row, from `first`. */
  *#blocks(matrix: number, first: number, count: number): Generator<{ bytes: Buffer; row: number; rows: number }> {
    const rowBytes = this.#frames * this.#header.itemBytes;
    for (let row = 0; row < count; row += this.#blockRows) {
      const rows = Math.min(this.#blockRows, count - row);
      const bytes = this.#buffer.subarray(0, rows * rowBytes);
      this.#fill(bytes, this.#start + matrix * this.matrixBytes + (first + row) * rowBytes);
      yield { bytes, row, rows };
    }
  }

  #fill(bytes: Buffer, position: number): void {
    for (let at = 0; at < bytes.length;) {
      let count = 0;
      try {
        count = readSync(this.#descriptor, bytes, at, bytes.length - at, position + at);
      } catch (cause) {
        const code = (cause as NodeJS.ErrnoException).code ?? 'an unknown error';
        throw new InputRefused(`cannot be read: the system reports ${code}`, { where: this.#where, cause });
      }
      if (count === 0) throw new InputRefused('the file is truncated', { where: this.#where, help: COPY_AGAIN });
      at += count;
    }
  }
}

/** Receives one row: its number, and its cells from `cells[offset]` on, overwritten afterwards. */
export type RowsHandler = (row: number, cells: Float32Array | Float64Array, offset: number) => void;

const COPY_AGAIN = 'copy the file again, or write it again';
