/**
 * Data that many tasks read: brought once to where every worker reaches them, and named in inputs by a plain handle.
 *
 * ```ts
 * await using shared = await backend.share({ c2: triangles.values, phi });
 * await backend.submit(task, { data: shared.ref, shard: 3 });
 * // in the task: const { c2, phi } = await context.data(input.data);
 * ```
 */
import { Defect } from '../base/errors.ts';

export type NumericArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** Arrays by name. */
export type SharedArrays = Readonly<Record<string, NumericArray>>;

/**
 * What an engine needs to find the data again: a number in this process, a path on a file system all nodes see, a key of
 * an object store. `kind` names the sort of place; an engine refuses one it does not make.
 */
export type DataPlace = { readonly kind: string } & Readonly<Record<string, string | number>>;

/** The handle of shared data: plain, small, and the same for the same data except for the place. */
export interface DataRef<Arrays extends SharedArrays = SharedArrays> {
  readonly kind: 'shared-data';
  /** What stands for the data in the identity of a task. Hex. */
  readonly digest: string;
  /** Type (`Float32Array`) and shape (length) of every array. */
  readonly arrays: Readonly<Record<keyof Arrays & string, { readonly type: string; readonly length: number }>>;
  readonly place: DataPlace;
  /** Never set; ties the types to the handle. */
  readonly types?: Arrays;
}

/** Shared data in the hands of whoever shared them; disposing takes them away from the workers. */
export interface SharedData<Arrays extends SharedArrays = SharedArrays> extends AsyncDisposable {
  readonly ref: DataRef<Arrays>;
}

export interface ShareOptions {
  /** A digest of the data that is already known. Default: computed from names, types and bytes. */
  readonly digest?: string | undefined;
}

/** What an engine did with data it was given. */
export interface PlacedData {
  readonly place: DataPlace;
  /** Tasks that opened the data before may go on reading them. */
  readonly release: () => Promise<void>;
}

export function isDataRef(value: object): value is DataRef {
  return 'kind' in value && value.kind === 'shared-data' && 'digest' in value && typeof value.digest === 'string';
}

export function dataRef<Arrays extends SharedArrays>(
  arrays: Arrays,
  digest: string,
  place: DataPlace,
): DataRef<Arrays> {
  const described = Object.entries(arrays).map(([name, { constructor, length }]) => [
    name,
    { type: constructor.name, length },
  ]);
  return { kind: 'shared-data', digest, arrays: Object.fromEntries(described) as DataRef<Arrays>['arrays'], place };
}

/** The arrays as every thread of the process can see them: as they are when in shared memory, else one copy that is. */
export function inSharedMemory<Arrays extends SharedArrays>(arrays: Arrays): Arrays {
  const shared = Object.entries(arrays).map(([name, array]) => [
    name,
    array.buffer instanceof SharedArrayBuffer ? array : copyToSharedMemory(array),
  ]);
  return Object.fromEntries(shared) as Arrays;
}

function copyToSharedMemory(array: NumericArray): NumericArray {
  const make = array.constructor as new (buffer: SharedArrayBuffer) => NumericArray;
  const copy = new make(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}

const PLACE = 'this-process';

/** The shared data of this process as one thread knows them, by the number of their place. */
export class DataTable {
  readonly #known = new Map<number, SharedArrays>();

  static place(number: number): DataPlace {
    return { kind: PLACE, number };
  }

  keep(number: number, arrays: SharedArrays): void {
    this.#known.set(number, arrays);
  }

  forget(number: number): void {
    this.#known.delete(number);
  }

  get all(): readonly (readonly [number: number, arrays: SharedArrays])[] {
    return [...this.#known];
  }

  /** Throws `Defect` when the data were released or lie somewhere else. */
  open<Arrays extends SharedArrays>(ref: DataRef<Arrays>): Arrays {
    const { kind, number } = ref.place;
    if (kind !== PLACE) throw new Defect(`shared data at ${kind} cannot be read by a task of this engine`);
    const arrays = this.#known.get(number as number);
    if (arrays === undefined) throw new Defect('the shared data of a task were released before it read them');
    return arrays as Arrays;
  }
}

/** Bytes hashed at a time: hashing needs a copy of what lies in shared memory. */
const BLOCK = 2 ** 22;

/** sha256 over names, types, lengths and the sha256 of every block of 4 MiB; hex. */
export async function digestOf(arrays: SharedArrays): Promise<string> {
  const parts: Uint8Array[] = [];
  for (const [name, array] of Object.entries(arrays).sort(([a], [b]) => (a < b ? -1 : 1))) {
    parts.push(new TextEncoder().encode(`${name} ${array.constructor.name} ${array.length}\n`));
    for (let at = 0; at < array.byteLength; at += BLOCK) {
      const bytes = new Uint8Array(array.buffer, array.byteOffset + at, Math.min(BLOCK, array.byteLength - at));
      parts.push(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice())));
    }
  }
  const digest = await crypto.subtle.digest('SHA-256', await new Blob(parts as BlobPart[]).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
