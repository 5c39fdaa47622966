/** Draw one square map as an embedded image, and the colour bar that explains it. */
import { INK, TICK_SIZE } from './axis.ts';
import type { Box } from './axis.ts';
import type { Palette } from './colour-map.ts';
import { dataUrl, encodeIndexedPng, toIndices } from './png.ts';
import type { PngCodec } from './png.ts';
import { withMinus } from './number-text.ts';
import { PNG_SCALE } from './page.ts';
import { linearScale } from './scale.ts';
import { element, line, text } from './svg.ts';

/** Colours of a kind of map: what the end colours stand for. */
export interface ColourScale {
  readonly palette: Palette;
  readonly limits: readonly [low: number, high: number];
}

/** Viewers smooth small images when they enlarge them; these many pixels keep single frame pairs sharp. */
const SHARP_PIXELS = 180;

/**
 * The side nearest to `wanted`, in user units, that gives every pixel of a map the same whole number of PNG pixels:
 * else some rows would be drawn wider than others, or all of them blurred.
 */
export function mapSide(size: number, wanted: number): number {
  return (Math.max(1, Math.round((wanted * PNG_SCALE) / size)) * size) / PNG_SCALE;
}

/** A square matrix as an image with row 0 at the bottom: t1 to the right, t2 upwards. */
export function mapImage(box: Box, values: Float32Array, size: number, colours: ColourScale, codec: PngCodec): string {
  const factor = Math.max(1, Math.ceil(SHARP_PIXELS / size));
  const side = size * factor;
  const source = toIndices(values, colours.limits, colours.palette);
  const indices = new Uint8Array(side * side);
  for (let k = 0; k < size; k++) {
    const top = (size - 1 - k) * factor * side;
    const row = source.subarray(k * size, (k + 1) * size);
    if (factor === 1) indices.set(row, top);
    else for (let x = 0; x < side; x++) indices[top + x] = row[Math.floor(x / factor)]!;
    for (let copy = 1; copy < factor; copy++) indices.copyWithin(top + copy * side, top, top + side);
  }
  const content = factor === 1 ? 'noise' : 'repetitive';
  const png = encodeIndexedPng({ width: side, height: side, indices, content }, colours.palette, codec);
  return image(box, png, 'optimizeSpeed');
}

/** A horizontal colour bar with ticks and a label above it; `values` are the ticks, chosen when absent. */
export function colourBar(
  box: Box,
  colours: ColourScale,
  label: string,
  codec: PngCodec,
  values?: readonly number[],
): string {
  const { palette, limits } = colours;
  const indices = Uint8Array.from({ length: palette.size }, (_, k) => k);
  const scale = linearScale(limits, [box.x, box.x + box.width]);
  const base = box.y + box.height;
  const { ticks: chosen, factor } = scale.ticks(Math.max(3, Math.round(box.width / 60)));
  const given = values?.map((value) => ({ value, label: withMinus(String(value)) }));
  const ticks = (given ?? chosen).map((tick) => {
    const x = scale(tick.value);
    const mark = line(x, base, x, base + 4, { stroke: INK, 'stroke-width': 0.8 });
    return mark + text(x, base + 15, tick.label, { anchor: 'middle', size: TICK_SIZE, fill: INK });
  });
  return [
    image(box, encodeIndexedPng({ width: palette.size, height: 1, indices, content: 'repetitive' }, palette, codec)),
    element('rect', { ...box, fill: 'none', stroke: INK, 'stroke-width': 0.6 }),
    ...ticks,
    text(box.x + box.width / 2, box.y - 6, given === undefined && factor !== '' ? `${label} (${factor})` : label, {
      anchor: 'middle',
      size: TICK_SIZE,
      fill: INK,
    }),
  ].join('');
}

function image(box: Box, png: Uint8Array, rendering?: 'optimizeSpeed'): string {
  return element('image', { ...box, preserveAspectRatio: 'none', 'image-rendering': rendering, href: dataUrl(png) });
}
