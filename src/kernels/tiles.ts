/**
 * Cut a sweep into tiles: rectangles of (block of rows) × (group of angles) chosen from N and P alone.
 *
 * Who computes a tile, and when, never changes what it sums, so every scheduling returns the same bits.
 */
import { pairsOf } from './triangles.ts';

export interface Tile {
  /** Position in the fixed summation tree. */
  readonly index: number;
  /** Rows i of the pairs (i, j), `rowStart` ≤ i < `rowEnd`; `rowStart` is even. */
  readonly rowStart: number;
  readonly rowEnd: number;
  readonly angleStart: number;
  readonly angleEnd: number;
}

/** Angles of one tile share the work that does not depend on the angle. */
export const MAXIMUM_TILE_ANGLES = 8;
const MINIMUM_ROWS = 32;
const MAXIMUM_ROWS = 128;
/** Pairs per block of rows: large blocks waste least, but small data need enough tiles for several threads. */
const MOST_PAIRS_PER_BLOCK = 65536;
const FEWEST_PAIRS_PER_BLOCK = 8192;
const TILES_WANTED = 16;

/** Rows `first` ≤ i < `end` of every angle; `first` is even. */
export interface RowStrip {
  readonly first: number;
  readonly end: number;
}

/** The tiles of N frames and P angles, in the order of the summation tree. */
export function partition(frames: number, angles: number): Tile[] {
  const shared = (pairsOf(frames) * groupsOf(angles)) / TILES_WANTED;
  const pairsPerBlock = Math.min(Math.max(shared, FEWEST_PAIRS_PER_BLOCK), MOST_PAIRS_PER_BLOCK);
  return cutRows([{ first: 0, end: frames }], frames, angles, pairsPerBlock);
}

/** The tiles of some of the rows alone, as few as are fast, numbered from 0 in the order of the strips. */
export function tilesOfStrips(strips: readonly RowStrip[], frames: number, angles: number): Tile[] {
  return cutRows(strips, frames, angles, MOST_PAIRS_PER_BLOCK);
}

function groupsOf(angles: number): number {
  return Math.ceil(angles / MAXIMUM_TILE_ANGLES);
}

function cutRows(strips: readonly RowStrip[], frames: number, angles: number, pairsPerBlock: number): Tile[] {
  const groups = groupsOf(angles);
  const tiles: Tile[] = [];
  for (const { first, end } of strips) {
    for (let rowStart = first; rowStart < Math.min(end, frames - 1);) {
      // Rows shorten down the triangle, so later blocks take more of them.
      const wanted = 2 * Math.round(pairsPerBlock / (2 * (frames - rowStart)));
      const rowEnd = Math.min(rowStart + Math.min(Math.max(wanted, MINIMUM_ROWS), MAXIMUM_ROWS), end);
      for (let group = 0; group < groups; group++) {
        const angleStart = Math.floor((group * angles) / groups);
        const angleEnd = Math.floor(((group + 1) * angles) / groups);
        tiles.push({ index: tiles.length, rowStart, rowEnd, angleStart, angleEnd });
      }
      rowStart = rowEnd;
    }
  }
  return tiles;
}

/** Pairs times angles of one tile. */
export function pointsOf(tile: Tile, frames: number): number {
  const rows = pairsOf(frames - tile.rowStart) - pairsOf(frames - tile.rowEnd);
  return rows * (tile.angleEnd - tile.angleStart);
}
