/** Turn a figure into PNG with the font of this package, so that every machine draws the same pixels. */
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { encodeRgbaPng, PNG_SCALE, rgbaScanlines } from '../plots/index.ts';

const FONT = fileURLToPath(new URL('../../assets/fonts/DejaVuSans.ttf', import.meta.url));
/** Maps are noise, which no level compresses. */
const DEFLATE_LEVEL = 1;

const deflateAsync = promisify<Uint8Array, { level: number }, Buffer>(deflate);

/** PNG bytes of an SVG page, drawn and compressed beside this thread. */
export async function svgToPng(svg: string, signal?: AbortSignal): Promise<Uint8Array> {
  const { renderAsync } = await import('@resvg/resvg-js');
  const image = await renderAsync(
    svg,
    {
      fitTo: { mode: 'zoom', value: PNG_SCALE },
      font: { loadSystemFonts: false, fontFiles: [FONT], defaultFontFamily: 'DejaVu Sans' },
      background: '#ffffff',
    },
    signal ?? null,
  );
  const scanlines = rgbaScanlines(image.width, image.height, image.pixels);
  return encodeRgbaPng(image.width, image.height, await deflateAsync(scanlines, { level: DEFLATE_LEVEL }));
}
