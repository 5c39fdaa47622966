/**
 * Colour maps as 256-entry palettes: viridis (default), jet (what APS figures use) and RdBu for signed values.
 *
 * viridis: anchors of the public-domain (CC0) matplotlib map; RdBu: ColorBrewer, reversed so that red is positive.
 */

export type SequentialMap = 'viridis' | 'jet';

const VIRIDIS =
  '440154470d6048186a482374472d7b4537814240863e49893b528b375b8d33638d2f6b8e2c728e297a8e26828e23898e21918c1f988b1fa088' +
  '22a78528ae8032b67a3fbc734ec36b5ec96270cf5784d44b98d83eaddc30c2df23d8e219ece51bfde725';
const RD_BU = '0530612065ab4393c390c4ddd1e5f0f7f6f6fddbc7f3a481d6604db1182b67001f';
const JET = '0000800000ff007fff00ffff7fff7fffff00ff7f00ff0000800000';

/** Colours of the lowest to the highest value: 3 bytes (red, green, blue) per entry. */
export interface Palette {
  readonly colours: Uint8Array;
  /** Entries that stand for values; the one after them is for missing values. */
  readonly size: number;
}

/** Shown where there is no value: excluded pairs, the diagonal, frames left out. */
export const MISSING_COLOUR = '#bdbdbd';

const ENTRIES = 255;

export function sequentialPalette(map: SequentialMap): Palette {
  return makePalette(map === 'jet' ? JET : VIRIDIS);
}

/** Blue for negative, near white at the middle, red for positive. */
export function divergingPalette(): Palette {
  return makePalette(RD_BU);
}

/** The colour at a fraction of a sequential map, `#rrggbb`. */
export function colourAt(map: SequentialMap, fraction: number): string {
  const { colours, size } = sequentialPalette(map);
  const k = Math.round(Math.min(1, Math.max(0, fraction)) * (size - 1));
  return `#${[...colours.subarray(3 * k, 3 * k + 3)].map(hex).join('')}`;
}

function makePalette(anchors: string): Palette {
  const count = anchors.length / 6;
  const channel = (k: number, c: number): number =>
    Number.parseInt(anchors.slice(6 * k + 2 * c, 6 * k + 2 * c + 2), 16);
  const colours = new Uint8Array(3 * (ENTRIES + 1));
  for (let e = 0; e < ENTRIES; e++) {
    const place = (e / (ENTRIES - 1)) * (count - 1);
    const k = Math.min(count - 2, Math.floor(place));
    for (let c = 0; c < 3; c++) {
      colours[3 * e + c] = Math.round(channel(k, c) + (place - k) * (channel(k + 1, c) - channel(k, c)));
    }
  }
  for (let c = 0; c < 3; c++)
    colours[3 * ENTRIES + c] = Number.parseInt(MISSING_COLOUR.slice(1 + 2 * c, 3 + 2 * c), 16);
  return { colours, size: ENTRIES };
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
