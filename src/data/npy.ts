/**
 * The NPY format of NumPy arrays: headers read and written, small arrays decoded, arrays encoded piece by piece.
 *
 * Written: version 1.0, C order, little-endian `f4 f8 i4 u4` and Unicode text. Read: versions 1 to 3, numbers of either
 * byte order, text. Reference: NumPy Enhancement Proposal 1.
 */
import { InputRefused } from '../base/errors.ts';
import type { ErrorLocation } from '../base/errors.ts';

export type NumberDtype = 'f4' | 'f8' | 'i4' | 'u4';

export interface NpyHeader {
  /** Kind and size, e.g. `f8`, `i4`, `b1`, `U12`; byte order apart. */
  readonly dtype: string;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  /** Empty for a single value. */
  readonly shape: readonly number[];
  readonly itemBytes: number;
  /** Where the data start. */
  readonly dataOffset: number;
}

export interface NpyArray {
  readonly header: NpyHeader;
  /** Numbers in C order, or texts. */
  readonly values: Float64Array | readonly string[];
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const KINDS: Readonly<Record<string, readonly number[]>> = {
  f: [2, 4, 8],
  i: [1, 2, 4, 8],
  u: [1, 2, 4, 8],
  b: [1],
};
/** Headers of numeric arrays have a few hundred bytes at most. */
export const NPY_HEADER_ROOM: number = 4096;

/** Number of elements. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Read a header from the first bytes of an array. Refuses what is not NPY, or holds objects or records. */
export function parseNpyHeader(bytes: Uint8Array, where: ErrorLocation): NpyHeader {
  const damaged = (text: string): never => {
    throw new InputRefused(`not a readable NumPy array: ${text}`, { where, help: 'write it again with numpy.save' });
  };
  if (bytes.length < 12 || MAGIC.some((byte, k) => bytes[k] !== byte)) return damaged('it does not start as one');
  const version = bytes[6]!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (version < 1 || version > 3) return damaged(`version ${version} of the format is unknown`);
  const start = version === 1 ? 10 : 12;
  const dataOffset = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (dataOffset > bytes.length) return damaged('its header is cut off');
  const text = new TextDecoder().decode(bytes.subarray(start, dataOffset));
  const descr = /'descr':\s*'([<>|=])([a-zA-Z])(\d+)'/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const dimensions = /'shape':\s*\(([\d,\s]*)\)/.exec(text);
  if (descr === null || order === null || dimensions === null) {
    return damaged(text.includes("'descr': [") ? 'it holds records, not numbers' : 'its header is not understood');
  }
  const [, byteOrder, kind = '', size = '0'] = descr;
  const itemBytes = kind === 'U' ? 4 * Number(size) : Number(size);
  if (kind !== 'U' && kind !== 'S' && KINDS[kind]?.includes(itemBytes) !== true && kind !== 'c') {
    return damaged(`elements of type ${kind}${size} are not numbers or text`);
  }
  const shape = (dimensions[1] ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  if (!Number.isSafeInteger(elementsOf(shape) * itemBytes)) return damaged(`shape ${shape.join('×')} is impossible`);
  return {
    dtype: `${kind}${size}`,
    bigEndian: byteOrder === '>',
    fortranOrder: order[1] === 'True' && shape.length > 1,
    shape,
    itemBytes,
    dataOffset,
  };
}

/** Decode a whole (small) array of numbers or text. */
export function decodeNpy(bytes: Uint8Array, where: ErrorLocation): NpyArray {
  const header = parseNpyHeader(bytes, where);
  const count = elementsOf(header.shape);
  const data = bytes.subarray(header.dataOffset);
  if (data.length !== count * header.itemBytes) {
    throw new InputRefused(`holds ${data.length} bytes where its shape needs ${count * header.itemBytes}`, {
      where,
      help: 'the array is cut off or damaged; write it again',
    });
  }
  if (header.fortranOrder) throw new InputRefused('stored in Fortran order', { where, help: FORTRAN_HELP });
  return {
    header,
    values: header.dtype.startsWith('U') ? decodeTexts(data, header) : decodeNumbers(data, header, where),
  };
}

export const FORTRAN_HELP: string = 'save it with numpy.ascontiguousarray(…)';

function decodeTexts(data: Uint8Array, header: NpyHeader): string[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: elementsOf(header.shape) }, (_, k) => {
    let text = '';
    for (let at = k * header.itemBytes; at < (k + 1) * header.itemBytes; at += 4) {
      const code = view.getUint32(at, !header.bigEndian);
      if (code !== 0 && code <= 0x10ffff) text += String.fromCodePoint(code);
    }
    return text;
  });
}

function decodeNumbers(data: Uint8Array, header: NpyHeader, where: ErrorLocation): Float64Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const little = !header.bigEndian;
  const readers: Readonly<Record<string, (at: number) => number>> = {
    f4: (at) => view.getFloat32(at, little),
    f8: (at) => view.getFloat64(at, little),
    i1: (at) => view.getInt8(at),
    i2: (at) => view.getInt16(at, little),
    i4: (at) => view.getInt32(at, little),
    i8: (at) => Number(view.getBigInt64(at, little)),
    u1: (at) => view.getUint8(at),
    u2: (at) => view.getUint16(at, little),
    u4: (at) => view.getUint32(at, little),
    u8: (at) => Number(view.getBigUint64(at, little)),
    b1: (at) => view.getUint8(at),
  };
  const read = readers[header.dtype];
  if (read === undefined) {
    throw new InputRefused(`elements of type ${header.dtype} where real numbers are expected`, { where });
  }
  return Float64Array.from({ length: elementsOf(header.shape) }, (_, k) => read(k * header.itemBytes));
}

/** The bytes before the data of an array, padded so that the data start at a multiple of 64. */
export function encodeNpyHeader(dtype: NumberDtype | `U${number}`, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '<${dtype}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(length);
  bytes.set([...MAGIC, 1, 0, (length - 10) & 0xff, (length - 10) >> 8]);
  bytes.set(new TextEncoder().encode(text.padEnd(length - 11, ' ') + '\n'), 10);
  return bytes;
}

/** Text as a NumPy Unicode array, header and data: 0-d for one text, 1-d for a list. */
export function encodeNpyText(text: string | readonly string[]): Uint8Array {
  const texts = typeof text === 'string' ? [text] : text;
  const codes = texts.map((one) => Array.from(one, (character) => character.codePointAt(0) ?? 0));
  const size = Math.max(1, ...codes.map((one) => one.length));
  const header = encodeNpyHeader(`U${size}`, typeof text === 'string' ? [] : [texts.length]);
  const bytes = new Uint8Array(header.length + 4 * size * texts.length);
  bytes.set(header);
  const view = new DataView(bytes.buffer, header.length);
  codes.forEach((one, n) => one.forEach((code, k) => view.setUint32(4 * (n * size + k), code, true)));
  return bytes;
}
