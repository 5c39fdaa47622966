/** Shared data cut into parts for the way to a host, and put together there in one piece of shared memory. */
import type { Frame } from '../../host/frame.ts';
import type { NumericArray, SharedArrays } from '../../shared-data.ts';

/** Bytes of a part: one object of the store, and what is in flight at a time. */
const PART = 2 ** 24;
/** Arrays begin at multiples of this. */
const ALIGNMENT = 64;

const TYPES = { Float32Array, Float64Array, Int32Array, Uint32Array, Uint16Array, Uint8Array } as const;
type ArrayType = new (buffer: SharedArrayBuffer, offset: number, length: number) => NumericArray;

/** Name, type and length of each array, and where it begins. */
interface Layout {
  readonly bytes: number;
  readonly arrays: readonly (readonly [name: string, type: string, length: number, offset: number])[];
}

function layoutOf(arrays: SharedArrays): Layout {
  let bytes = 0;
  const described = Object.entries(arrays).map(([name, array]) => {
    const offset = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    bytes = offset + array.byteLength;
    return [name, array.constructor.name, array.length, offset] as const;
  });
  return { bytes, arrays: described };
}

/** Headers and bodies of the parts; the bodies are those of the arrays, not copies. */
export function* partsOf(key: string, arrays: SharedArrays): Generator<Frame, void, undefined> {
  const layout = layoutOf(arrays);
  const pieces = layout.arrays.flatMap(([name, , , offset]) => {
    const { buffer, byteOffset, byteLength } = arrays[name]!;
    const count = Math.ceil(byteLength / PART);
    return Array.from({ length: count }, (_, k) => {
      const length = Math.min(PART, byteLength - k * PART);
      return { offset: offset + k * PART, body: new Uint8Array(buffer, byteOffset + k * PART, length) };
    });
  });
  if (pieces.length === 0) pieces.push({ offset: 0, body: new Uint8Array(0) });
  for (const [k, { offset, body }] of pieces.entries()) {
    yield { header: { kind: 'data', key, part: k + 1, parts: pieces.length, offset, layout }, body };
  }
}

/** Puts parts together, in whatever order they come. */
export class DataAssembly {
  readonly #missing = new Set<number>();
  readonly #buffer: SharedArrayBuffer;
  readonly #layout: Layout;

  constructor({ header }: Frame) {
    this.#layout = header['layout'] as Layout;
    this.#buffer = new SharedArrayBuffer(this.#layout.bytes);
    for (let part = 1; part <= Number(header['parts']); part++) this.#missing.add(part);
  }

  /** The arrays once no part is missing. */
  add({ header, body }: Frame): SharedArrays | null {
    new Uint8Array(this.#buffer).set(body, Number(header['offset']));
    this.#missing.delete(Number(header['part']));
    if (this.#missing.size > 0) return null;
    const arrays = this.#layout.arrays.map(([name, type, length, offset]): [string, NumericArray] => [
      name,
      new (TYPES[type as keyof typeof TYPES] as ArrayType)(this.#buffer, offset, length),
    ]);
    return Object.fromEntries(arrays);
  }
}
