/**
 * Read one HDF5 file through a narrow door: every failure leaves as `InputRefused` with file and dataset path.
 *
 * Small metadata come as plain values; matrices come row block by row block in one reused buffer, so a file of any
 * size needs the memory of one block.
 */
import { InputRefused, TwotimeError } from '../base/errors.ts';
import { loadHdf5, noteHdf5Error } from './hdf5-library.ts';
import type { Hdf5Library } from './hdf5-library.ts';

/** HDF5 type classes by number, as users call them. */
const TYPE_NAMES = [
  'integer',
  'float',
  'time',
  'string',
  'bit field',
  'opaque',
  'compound',
  'reference',
  'enumeration',
  'variable-length',
  'array',
];
const INTEGER = 0;
const FLOAT = 1;
const STRING = 3;
/** Rows are read in blocks of about this many bytes, of whole chunks where possible; more is not faster. */
const MOST_BYTES_PER_READ = 4 * 2 ** 20;
/** Rows of one chunk are read together up to this many bytes, because a part of a chunk costs as much as the whole. */
const MOST_BYTES_OF_A_CHUNK = 1536 * 2 ** 20;
/** Lists (q, φ, bins) longer than this are not what they claim to be. */
const MOST_LIST_ENTRIES = 10_000_000;

export interface Hdf5DatasetInfo {
  readonly path: string;
  /** Empty for a scalar. */
  readonly shape: readonly number[];
  /** `float32`, `float64 big-endian`, `string`, `compound`, … */
  readonly dtype: string;
  readonly itemBytes: number;
  /** `contiguous`, or chunk shape and filters, e.g. `chunks 100×100, shuffle, deflate`. */
  readonly storage: string;
  readonly chunkRows: number;
}

export type Hdf5Kind = 'dataset' | 'group' | 'missing' | 'broken link' | 'other';

/** Consecutive rows of a matrix: `cells` holds `rows` × `width` numbers and is overwritten by the next block. */
export interface RowBlock {
  readonly row: number;
  readonly rows: number;
  readonly cells: Float32Array | Float64Array;
}

export class Hdf5File implements Disposable {
  readonly file: string;
  readonly #library: Hdf5Library;
  readonly #handle: InstanceType<Hdf5Library['File']>;
  #open = true;

  private constructor(file: string, library: Hdf5Library, handle: InstanceType<Hdf5Library['File']>) {
    this.file = file;
    this.#library = library;
    this.#handle = handle;
  }

  /** Open for reading a regular file whose first bytes say HDF5. `shown` is how messages name it. */
  static async open(path: string, shown: string): Promise<Hdf5File> {
    const library = await loadHdf5();
    try {
      return new Hdf5File(shown, library, new library.File(path, 'r'));
    } catch (cause) {
      throw refusal(shown, undefined, cause);
    }
  }

  kind(path: string): Hdf5Kind {
    return this.#guard(path, () => {
      const entity = this.#handle.get(path);
      if (entity === null) return 'missing';
      if (entity instanceof this.#library.Dataset) return 'dataset';
      if (entity instanceof this.#library.Group) return 'group';
      if (entity instanceof this.#library.BrokenSoftLink) return 'broken link';
      if (entity instanceof this.#library.ExternalLink) return this.#kindBehindExternalLink(path);
      return 'other';
    });
  }

  /** Names in a group, in the library's order; empty if there is no such group. */
  children(path: string): string[] {
    return this.#guard(path, () => {
      if (this.kind(path) !== 'group') return [];
      return [...this.#library.module.get_names(this.#handle.file_id, path, false)];
    });
  }

  /** Shape, type and storage of a dataset. */
  describe(path: string): Hdf5DatasetInfo {
    return this.#guard(path, () => {
      const { module } = this.#library;
      const metadata = module.get_dataset_metadata(this.#handle.file_id, path);
      const filters = module.get_dataset_filters(this.#handle.file_id, path).map((f) => FILTERS[f.id] ?? f.name);
      const bits = metadata.type === INTEGER || metadata.type === FLOAT ? String(8 * metadata.size) : '';
      const sign = metadata.type === INTEGER && !metadata.signed ? 'unsigned ' : '';
      const order = bits === '' || metadata.size === 1 || metadata.littleEndian ? '' : ' big-endian';
      const chunks = metadata.chunks === null ? 'contiguous' : `chunks ${metadata.chunks.join('×')}`;
      return {
        path,
        shape: metadata.shape ?? [],
        dtype: `${sign}${TYPE_NAMES[metadata.type] ?? 'unknown'}${bits}${order}`,
        itemBytes: metadata.size,
        storage: [chunks, ...filters].join(', '),
        chunkRows: metadata.chunks?.[0] ?? 1,
      };
    });
  }

  /** All numbers of a small numeric dataset, or null if there is no dataset at `path` or it holds no numbers. */
  numbers(path: string): { readonly shape: readonly number[]; readonly values: Float64Array } | null {
    return this.#guard(path, () => {
      if (this.kind(path) !== 'dataset') return null;
      const { module } = this.#library;
      const metadata = module.get_dataset_metadata(this.#handle.file_id, path);
      if ((metadata.type !== INTEGER && metadata.type !== FLOAT) || metadata.shape === null) return null;
      if (metadata.total_size > MOST_LIST_ENTRIES) {
        throw new InputRefused(`${metadata.total_size} numbers where a short list is expected`, {
          where: { file: this.file, path },
        });
      }
      if (metadata.type === FLOAT && metadata.size !== 4 && metadata.size !== 8) return null;
      const value = new this.#library.Dataset(this.#handle.file_id, path).value;
      const list = typeof value === 'object' ? [...(value as Iterable<number | bigint>)] : [value];
      return { shape: metadata.shape, values: Float64Array.from(list, Number) };
    });
  }

  /** The first string of a string dataset, or null if there is something else (a group, say) or nothing. */
  text(path: string): string | null {
    return this.#guard(path, () => {
      if (this.kind(path) !== 'dataset') return null;
      const { module } = this.#library;
      const metadata = module.get_dataset_metadata(this.#handle.file_id, path);
      if (metadata.type !== STRING || metadata.shape === null || metadata.total_size > 1000) return null;
      const value = new this.#library.Dataset(this.#handle.file_id, path).value;
      const first: unknown = Array.isArray(value) ? value[0] : value;
      return typeof first === 'string' ? first : null;
    });
  }

  /**
   * Read the square window `[first, first + count)` of a float matrix in both directions, in blocks of whole rows, of
   * whole chunks where they fit into `blockBytes`. Rows are numbered from the start of the window.
   */
  *readWindow(
    info: Hdf5DatasetInfo,
    first: number,
    count: number,
    blockBytes: number = MOST_BYTES_PER_READ,
  ): Generator<RowBlock, void, undefined> {
    const { module } = this.#library;
    const { path, itemBytes, chunkRows } = info;
    const rowBytes = count * itemBytes;
    const fitting = Math.max(1, Math.floor(blockBytes / rowBytes));
    const chunked = Math.max(1, Math.floor(fitting / chunkRows)) * chunkRows;
    const blockRows = Math.min(count, chunked * rowBytes <= MOST_BYTES_OF_A_CHUNK ? chunked : fitting);
    const pointer = this.#guard(path, () => module._malloc(blockRows * rowBytes));
    if (pointer === 0) {
      throw new InputRefused(`no memory for a block of ${blockRows}×${count} values`, {
        where: { file: this.file, path },
      });
    }
    try {
      for (let row = 0; row < count; row += blockRows) {
        const rows = Math.min(blockRows, count - row);
        const size = [BigInt(rows), BigInt(count)];
        const start = [BigInt(first + row), BigInt(first)];
        this.#guard(path, () =>
          module.get_dataset_data(this.#handle.file_id, path, size, start, [1n, 1n], BigInt(pointer)),
        );
        const heap = module.HEAPU8.buffer;
        const length = rows * count;
        const cells =
          itemBytes === 4 ? new Float32Array(heap, pointer, length) : new Float64Array(heap, pointer, length);
        yield { row, rows, cells };
      }
    } finally {
      this.#guard(path, () => module._free(pointer));
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      this.#handle.close();
    } catch {
      // The file was only read; what closing reports about a damaged file has been reported by the reads.
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #kindBehindExternalLink(path: string): Hdf5Kind {
    const { module } = this.#library;
    try {
      module.get_dataset_metadata(this.#handle.file_id, path);
      return 'dataset';
    } catch (error) {
      if (isTrap(error)) throw error;
    }
    try {
      module.get_names(this.#handle.file_id, path, false);
      return 'group';
    } catch (error) {
      if (isTrap(error)) throw error;
      return 'broken link';
    }
  }

  #guard<T>(path: string, action: () => T): T {
    try {
      return action();
    } catch (cause) {
      if (isTrap(cause)) this.#open = false;
      throw refusal(this.file, path, cause);
    }
  }
}

const FILTERS: Readonly<Record<number, string>> = { 1: 'deflate', 2: 'shuffle', 3: 'fletcher32', 32000: 'LZF' };

/** The instance is unusable afterwards. */
function isTrap(error: unknown): boolean {
  const overflow = error instanceof RangeError && error.message.includes('call stack');
  return error instanceof WebAssembly.RuntimeError || overflow;
}

/** Turn whatever the library threw into one clear line. Errors that are already ours, and programming errors, pass. */
function refusal(file: string, path: string | undefined, cause: unknown): unknown {
  if (cause instanceof TwotimeError || cause instanceof TypeError || cause instanceof ReferenceError) return cause;
  const where = path === undefined ? { file } : { file, path };
  noteHdf5Error(isTrap(cause));
  if (isTrap(cause)) {
    return new InputRefused('the HDF5 library gave up on it; the file is damaged', { where, help: COPY_AGAIN, cause });
  }
  const stack = cause instanceof Error ? cause.message : String(cause);
  const last = lastOfStack(stack);
  const sizes = /truncated file: eof = (\d+).*stored_eof = (\d+)/.exec(stack);
  if (sizes !== null) {
    const text = `the file is truncated: it has ${sizes[1]} bytes and says it had ${sizes[2]}`;
    return new InputRefused(text, { where, help: COPY_AGAIN, cause });
  }
  if (/required filter|filter.*not registered|filter plugin/i.test(stack)) {
    return new InputRefused(`stored with a filter that cannot be read (HDF5: ${last})`, {
      where,
      help: 'rewrite the file with a common filter, for instance: h5repack -f GZIP=1 IN OUT',
      cause,
    });
  }
  const what = path === undefined ? 'cannot be opened' : 'cannot be read';
  return new InputRefused(`${what}; the file is damaged (HDF5: ${last})`, { where, help: COPY_AGAIN, cause });
}

const COPY_AGAIN = 'copy the file again from where it was written, or ask for it to be written again';

/** The innermost message of an HDF5 error stack: `function(): message`. */
function lastOfStack(stack: string): string {
  const frames = [...stack.matchAll(/#\d+: .* in (\w+\(\)): ([^\n]*)/g)];
  const last = frames.at(-1);
  return last === undefined ? (stack.split('\n')[0] ?? '').slice(0, 200) : `${last[1]}: ${last[2]}`;
}
