/**
 * Write NumPy's NPZ: a ZIP of NPY arrays, stored, made piece by piece so that large arrays never sit in memory twice.
 *
 * Noisy float data shrink by a tenth under deflate at a twentieth of the speed, so nothing is compressed. Sizes are known
 * beforehand from shape and type. The same arrays give the same bytes.
 */
import { elementsOf, encodeNpyHeader, encodeNpyText } from './npy.ts';
import type { NumberDtype } from './npy.ts';
import { encodeZip, type ZipMember } from './zip-writer.ts';

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
  yield* encodeZip(zipMembers(members));
}

async function* zipMembers(
  members: Iterable<NpzMember> | AsyncIterable<NpzMember>,
): AsyncGenerator<ZipMember, void, undefined> {
  for await (const member of members) {
    const name = `${member.name}.npy`;
    if ('text' in member) {
      const text = encodeNpyText(member.text);
      yield { name, size: text.length, pieces: [text] };
    } else {
      const header = encodeNpyHeader(member.dtype, member.shape);
      const size = header.length + elementsOf(member.shape) * BYTES[member.dtype];
      yield { name, size, pieces: bytesOf(header, member.pieces) };
    }
  }
}

async function* bytesOf(
  header: Uint8Array,
  pieces: Iterable<NumberArray> | AsyncIterable<NumberArray>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield header;
  for await (const { buffer, byteOffset, byteLength } of pieces) yield new Uint8Array(buffer, byteOffset, byteLength);
}
