/** Turn a figure into PNG with the font of this package, so that every machine draws the same pixels. */
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { encodeRgbPng, rgbScanlines } from '../plots/index.ts';

const FONT = fileURLToPath(new URL('../../assets/fonts/DejaVuSans.ttf', import.meta.url));
/** Pixels per user unit; large pages get fewer, they are mostly maps and would take megabytes. */
const SCALE = 2;
const LARGE_SCALE = 1.5;
const LARGE_PAGE = 600_000;
/** Maps are noise, which no level compresses. */
const DEFLATE_LEVEL = 3;

const deflateAsync = promisify<Uint8Array, { level: number }, Buffer>(deflate);

/** PNG bytes of an SVG page; drawn and compressed beside this thread. */
export async function svgToPng(svg: string, signal?: AbortSignal): Promise<Uint8Array> {
  const { renderAsync } = await import('@resvg/resvg-js');
  const [, width, height] = /<svg [^>]*?width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
  const scale = Number(width) * Number(height) > LARGE_PAGE ? LARGE_SCALE : SCALE;
  const image = await renderAsync(
    svg,
    {
      fitTo: { mode: 'zoom', value: scale },
      font: { loadSystemFonts: false, fontFiles: [FONT], defaultFontFamily: 'DejaVu Sans' },
      background: '#ffffff',
    },
    signal ?? null,
  );
  const scanlines = rgbScanlines(image.width, image.height, image.pixels);
  return encodeRgbPng(image.width, image.height, await deflateAsync(scanlines, { level: DEFLATE_LEVEL }));
}
