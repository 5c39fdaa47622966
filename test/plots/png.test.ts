import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { colourAt, divergingPalette, MISSING_COLOUR, sequentialPalette } from '../../src/plots/colour-map.ts';
import { encodeIndexedPng, encodeRgbaPng, rgbaScanlines, toIndices } from '../../src/plots/png.ts';
import type { PngCodec } from '../../src/plots/png.ts';
import { pixelAt, readPng } from '../support/read-png.ts';

const codec: PngCodec = { deflate: (bytes) => deflateSync(bytes), crc32 };

describe('an indexed PNG', () => {
  test('shows values as colours between the limits, end colours beyond, grey where there is none', () => {
    const palette = sequentialPalette('viridis');
    const indices = toIndices(Float32Array.of(-5, 0, 1, 9, Number.NaN, 0.5), [0, 1], palette);
    const image = readPng(encodeIndexedPng({ width: 3, height: 2, indices, content: 'noise' }, palette, codec));
    expect([image.width, image.height]).toEqual([3, 2]);
    expect(pixelAt(image, 0, 0)).toBe('#440154');
    expect(pixelAt(image, 1, 0)).toBe('#440154');
    expect(pixelAt(image, 2, 0)).toBe('#fde725');
    expect(pixelAt(image, 0, 1)).toBe('#fde725');
    expect(pixelAt(image, 1, 1)).toBe(MISSING_COLOUR);
    expect(pixelAt(image, 2, 1)).toBe(colourAt('viridis', 0.5));
  });

  test('has white in the middle of a diverging palette, blue below and red above', () => {
    const { colours, size } = divergingPalette();
    const at = (k: number): number[] => [...colours.subarray(3 * k, 3 * k + 3)];
    expect(at((size - 1) / 2)).toEqual([0xf7, 0xf6, 0xf6]);
    expect(at(0)[2]!).toBeGreaterThan(at(0)[0]!);
    expect(at(size - 1)[0]!).toBeGreaterThan(at(size - 1)[2]!);
  });

  test('offers the map APS figures use', () => {
    expect([0, 0.375, 0.625, 1].map((fraction) => colourAt('jet', fraction))).toEqual([
      '#000080',
      '#00feff',
      '#fffe00',
      '#800000',
    ]);
  });
});

test('a truecolour PNG keeps every pixel', () => {
  const rgba = Uint8Array.from({ length: 2 * 3 * 4 }, (_, k) => (k % 4 === 3 ? 255 : 10 * k));
  const image = readPng(encodeRgbaPng(2, 3, deflateSync(rgbaScanlines(2, 3, rgba)), codec));
  expect([...image.rgb]).toEqual([...rgba].filter((_, k) => k % 4 !== 3));
});
