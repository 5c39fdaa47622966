/** Encode images as PNG (PNG specification, third edition): palette indices, or red, green, blue and alpha. */
import type { Palette } from './colour-map.ts';

/** What the platform lends, because a browser and Node have different ones. */
export interface PngCodec {
  /** zlib-format compression. Looking for repetitions in noise only takes time. */
  readonly deflate: (bytes: Uint8Array, content: 'noise' | 'repetitive') => Uint8Array;
  /** CRC-32 of ISO 3309. */
  readonly crc32: (bytes: Uint8Array) => number;
}

export interface IndexedImage {
  readonly width: number;
  readonly height: number;
  /** Palette indices, rows from top to bottom, shape (height, width). */
  readonly indices: Uint8Array;
  readonly content: 'noise' | 'repetitive';
}

/** Palette index of every value: linear between the limits, end colours beyond them, the last entry for NaN. */
export function toIndices(values: Float32Array, limits: readonly [number, number], palette: Palette): Uint8Array {
  const indices = new Uint8Array(values.length);
  const factor = palette.size / (limits[1] - limits[0]);
  const last = palette.size - 1;
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!;
    if (Number.isNaN(value)) indices[k] = palette.size;
    else indices[k] = Math.min(last, Math.max(0, Math.floor((value - limits[0]) * factor)));
  }
  return indices;
}

/** An image with eight-bit indexed colour. */
export function encodeIndexedPng(image: IndexedImage, palette: Palette, codec: PngCodec): Uint8Array {
  const { width, height, indices, content } = image;
  const deflated = codec.deflate(withFilterBytes(indices, width, height), content);
  return assemblePng(width, height, INDEXED, [['PLTE', palette.colours]], deflated, codec);
}

/** The scanlines of an image from its pixels of red, green, blue and alpha, to be deflated for `encodeRgbaPng`. */
export function rgbaScanlines(width: number, height: number, pixels: Uint8Array): Uint8Array<ArrayBuffer> {
  return withFilterBytes(pixels, 4 * width, height);
}

/** An image with eight bits of red, green, blue and alpha, from deflated scanlines. */
export function encodeRgbaPng(
  width: number,
  height: number,
  deflated: Uint8Array,
  codec: Pick<PngCodec, 'crc32'>,
): Uint8Array {
  return assemblePng(width, height, TRUECOLOUR_WITH_ALPHA, [], deflated, codec);
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const INDEXED = 3;
const TRUECOLOUR_WITH_ALPHA = 6;

/** Each row preceded by the number of its filter, 0: none. */
function withFilterBytes(bytes: Uint8Array, rowBytes: number, rows: number): Uint8Array<ArrayBuffer> {
  const scanlines = new Uint8Array(rows * (rowBytes + 1));
  for (let y = 0; y < rows; y++) {
    scanlines.set(bytes.subarray(y * rowBytes, (y + 1) * rowBytes), y * (rowBytes + 1) + 1);
  }
  return scanlines;
}

function assemblePng(
  width: number,
  height: number,
  colourType: number,
  extra: readonly (readonly [name: string, body: Uint8Array])[],
  deflated: Uint8Array,
  { crc32 }: Pick<PngCodec, 'crc32'>,
): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, colourType, 0, 0, 0], 8);
  const chunks = [['IHDR', header], ...extra, ['IDAT', deflated], ['IEND', new Uint8Array(0)]] as const;
  const file = new Uint8Array(chunks.reduce((sum, [, body]) => sum + body.length + 12, SIGNATURE.length));
  file.set(SIGNATURE);
  let place = SIGNATURE.length;
  for (const [name, body] of chunks) {
    const bytes = file.subarray(place, place + body.length + 12);
    writeChunk(bytes, name, body, crc32);
    place += bytes.length;
  }
  return file;
}

/** Length, name, body, and the checksum of name and body. */
function writeChunk(to: Uint8Array, name: string, body: Uint8Array, crc32: PngCodec['crc32']): void {
  const view = new DataView(to.buffer, to.byteOffset, to.byteLength);
  view.setUint32(0, body.length);
  for (let k = 0; k < 4; k++) to[4 + k] = name.charCodeAt(k);
  to.set(body, 8);
  view.setUint32(body.length + 8, crc32(to.subarray(4, body.length + 8)));
}

/** `data:image/png;base64,…`. */
export function dataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${toBase64(png)}`;
}

/** Engines differ in whether typed arrays can do this themselves; the result is the same. */
function toBase64(bytes: Uint8Array & { toBase64?: () => string }): string {
  if (bytes.toBase64 !== undefined) return bytes.toBase64();
  let binary = '';
  for (let k = 0; k < bytes.length; k += 0x8000) binary += String.fromCharCode(...bytes.subarray(k, k + 0x8000));
  return btoa(binary);
}
