/** Decode the PNG files this package writes: eight bits, opaque, no interlace, no row filters; as red, green and blue. */
import { crc32, inflateSync } from 'node:zlib';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue per pixel. */
  readonly rgb: Uint8Array;
}

export function readPng(bytes: Uint8Array): Pixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== 0x89504e47 || view.getUint32(4) !== 0x0d0a1a0a) throw new Error('not a PNG');
  const chunks = new Map<string, Uint8Array>();
  for (let at = 8; at < bytes.length;) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length))
      throw new Error(`${name}: wrong checksum`);
    chunks.set(name, bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const header = chunks.get('IHDR')!;
  const facts = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [facts.getUint32(0), facts.getUint32(4)];
  const palette = chunks.get('PLTE');
  const channels = palette === undefined ? 4 : 1;
  const raw = inflateSync(chunks.get('IDAT')!);
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const row = y * (1 + channels * width);
    if (raw[row] !== 0) throw new Error('unexpected row filter');
    for (let x = 0; x < width; x++) {
      if (palette === undefined && raw[row + channels * (x + 1)] !== 255) throw new Error('not opaque');
      for (let c = 0; c < 3; c++) {
        const value = raw[row + 1 + channels * x + (palette === undefined ? c : 0)]!;
        rgb[3 * (y * width + x) + c] = palette === undefined ? value : palette[3 * value + c]!;
      }
    }
  }
  return { width, height, rgb };
}

/** `#rrggbb` of one pixel. */
export function pixelAt({ rgb, width }: Pixels, x: number, y: number): string {
  const at = 3 * (y * width + x);
  return `#${Array.from(rgb.subarray(at, at + 3), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
