/**
 * The values of some tiles alone: as arrays that can be brought elsewhere, and packed in the order the kernels read there.
 *
 * An array holds the rows of one tile of one angle; where the data are in memory it is a view, so that nothing is copied.
 */
import { Defect } from '../base/errors.ts';
import { pointsOf, type Tile } from './tiles.ts';
import { readRows, type ResidentTriangles, type TriangleStack } from './triangles.ts';

/** Arrays by `tile:angle`, tiles counted from 0 in the order given. */
export type TileArrays = Readonly<Record<string, Float32Array>>;

export function tileArrays(data: TriangleStack, tiles: readonly Tile[]): TileArrays {
  const named: [string, Float32Array][] = [];
  for (const [k, { rowStart, rowEnd, angleStart, angleEnd }] of tiles.entries()) {
    for (let a = angleStart; a < angleEnd; a++) named.push([`${k}:${a}`, readRows(data, a, rowStart, rowEnd)]);
  }
  return Object.fromEntries(named);
}

/** The tiles of one place as data of the kernels there; `values` are packed, and not those of a whole stack. */
export function packTiles(
  arrays: TileArrays,
  tiles: readonly Tile[],
  { frames, angles, excluded }: Pick<TriangleStack, 'frames' | 'angles' | 'excluded'>,
  allocate: (length: number) => Float32Array,
): ResidentTriangles {
  const values = allocate(tiles.reduce((sum, tile) => sum + pointsOf(tile, frames), 0));
  let at = 0;
  for (const [k, { angleStart, angleEnd }] of tiles.entries()) {
    for (let a = angleStart; a < angleEnd; a++) {
      const rows = arrays[`${k}:${a}`];
      if (rows === undefined) throw new Defect(`the values of angle ${a} in tile ${k} are missing`);
      values.set(rows, at);
      at += rows.length;
    }
  }
  if (at !== values.length) throw new Defect(`${at} values for tiles of ${values.length}`);
  return { frames, angles, excluded, values };
}
