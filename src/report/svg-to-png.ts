/** Turn a figure into PNG with the font of this package, so that every machine draws the same pixels. */
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { crc32, deflate, type ZlibOptions } from 'node:zlib';
import { encodeRgbaPng, PNG_SCALE, rgbaScanlines } from '../plots/index.ts';
import { noteDrawn } from './collect-drawings.ts';

const FONT = fileURLToPath(new URL('../../assets/fonts/DejaVuSans.ttf', import.meta.url));
/** Compression comes back to this thread, to ask for more room, each time it has written this much. */
const CHUNK_BYTES = 2 ** 20;

/** Pixels are held as drawn, as copied and as scanlines, at four bytes each, beside the page's own images and shapes. */
const BYTES_OF_A_PIXEL = 20;
/** Of a pixel as drawn and as copied. */
const BYTES_OUTSIDE = 8;

/** Memory that turning a page into PNG takes, about. */
export function bytesOfPixels(svg: string): number {
  const size = /<svg[^>]*? width="([\d.]+)" height="([\d.]+)"/.exec(svg);
  return Number(size?.[1] ?? 0) * Number(size?.[2] ?? 0) * PNG_SCALE ** 2 * BYTES_OF_A_PIXEL;
}

const deflateAsync = promisify<Uint8Array, ZlibOptions, Buffer>(deflate);

/** PNG bytes of an SVG page, drawn and compressed beside this thread. */
export async function svgToPng(svg: string, signal?: AbortSignal): Promise<Uint8Array> {
  const { width, height, scanlines } = await draw(svg, signal);
  noteDrawn(BYTES_OUTSIDE * width * height);
  const deflated = await deflateAsync(scanlines, { level: 1, chunkSize: CHUNK_BYTES });
  // Megabytes that garbage collection would leave for later.
  scanlines.buffer.transfer(0);
  return encodeRgbaPng(width, height, deflated, { crc32 });
}

interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly scanlines: Uint8Array<ArrayBuffer>;
}

/** A function of its own, so that nothing holds the renderer's image any more when it resolves. */
async function draw(svg: string, signal: AbortSignal | undefined): Promise<Drawing> {
  const { renderAsync } = await import('@resvg/resvg-js');
  const { width, height, pixels } = await renderAsync(
    svg,
    {
      fitTo: { mode: 'zoom', value: PNG_SCALE },
      font: { loadSystemFonts: false, fontFiles: [FONT], defaultFontFamily: 'DejaVu Sans' },
      background: '#ffffff',
    },
    // The renderer ties its work to the signal object, which it can do once per object.
    signal === undefined ? null : AbortSignal.any([signal]),
  );
  return { width, height, scanlines: rgbaScanlines(width, height, pixels) };
}
