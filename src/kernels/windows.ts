/**
 * Where the values of tiles lie while a pass over the data goes on: all of them in memory, or a window that moves through
 * a file.
 *
 * A window holds the values of consecutive tiles, packed in the order of the tiles; two windows take turns, one being read
 * in the background while the other is computed.
 */
import { settleAll } from '../base/settle.ts';
import type { KernelMemory } from './memory.ts';
import type { Tile } from './tiles.ts';
import { pointsOf } from './tiles.ts';
import type { StoredTriangles } from './triangles.ts';
import { pairsOf, rowStart } from './triangles.ts';

/** Tiles `first` ≤ index < `end`, whose values lie at `address`. */
export interface TileWindow {
  readonly first: number;
  readonly end: number;
  /** Bytes in the kernel memory: of the whole stack, or of the first value of tile `first` if `packed`. */
  readonly address: number;
  readonly packed: boolean;
}

/** What a kernel is told: the address the triangle of the tile's first angle would have, and bytes from angle to angle. */
export interface TilePlace {
  readonly values: number;
  readonly angleBytes: number;
}

/** Tiles with the positions of their values in a packed window. */
export class TileMap {
  readonly tiles: readonly Tile[];
  readonly #frames: number;
  /** Values of all tiles before each one. */
  readonly #before: Float64Array;

  constructor(tiles: readonly Tile[], frames: number) {
    this.tiles = tiles;
    this.#frames = frames;
    this.#before = new Float64Array(tiles.length + 1);
    for (const [k, tile] of tiles.entries()) this.#before[k + 1] = this.#before[k]! + pointsOf(tile, frames);
  }

  /** Values of tiles `first` ≤ index < `end`. */
  points(first: number, end: number): number {
    return this.#before[end]! - this.#before[first]!;
  }

  /** Addresses may be "negative": they wrap around and are never used as they are. */
  place(tile: Tile, window: TileWindow): TilePlace {
    if (!window.packed) {
      const angleBytes = pairsOf(this.#frames) * 4;
      return { values: window.address + tile.angleStart * angleBytes, angleBytes };
    }
    const start = window.address + this.points(window.first, tile.index) * 4;
    const angleBytes = pointsOf({ ...tile, angleStart: 0, angleEnd: 1 }, this.#frames) * 4;
    return { values: start - rowStart(this.#frames, tile.rowStart) * 4, angleBytes };
  }
}

/** Moves over all data once, in the order of the tiles. One pass at a time. */
export interface WindowSource {
  /** Tiles of the largest window. */
  readonly tilesAtOnce: number;
  /** Windows begin at multiples of so many tiles, a power of two. */
  readonly align: number;
  pass(): AsyncIterable<TileWindow>;
}

/** All `tiles` at once, the values of the whole stack at `address`, or `packed` those of the tiles alone. */
export function wholeWindow(tiles: number, address: number, packed: boolean = false): WindowSource {
  const whole: TileWindow = { first: 0, end: tiles, address, packed };
  return {
    tilesAtOnce: tiles,
    align: WHOLE,
    async *pass() {
      yield whole;
    },
  };
}

/** Tiles `first` ≤ index < `end` of all. */
export interface TileStretch {
  readonly first: number;
  readonly end: number;
}

/** The tiles of a stretch at once, of `tiles` that there are, with their values packed at `address`. */
export function stretchWindow({ first, end }: TileStretch, tiles: number, address: number): WindowSource {
  // The end of all tiles is aligned to anything.
  const align = Math.min(alignmentOf(first), end === tiles ? WHOLE : alignmentOf(end));
  return {
    tilesAtOnce: end - first,
    align,
    async *pass() {
      yield { first, end, address, packed: true };
    },
  };
}

const WHOLE = 2 ** 30;

/** The largest power of two that divides it. */
function alignmentOf(position: number): number {
  return position === 0 ? WHOLE : position & -position;
}

/** Kernels read the value before the first pair of a row together with it. */
const LEAD = 2;
/** Windows of so many tiles begin at even positions, of twice as many at multiples of four, and so on. */
const TILES_PER_ALIGNMENT = 8;
const MOST_TILES_PER_WINDOW = 512;

export class FileWindows implements WindowSource {
  readonly tilesAtOnce: number;
  readonly align: number;
  readonly #data: StoredTriangles;
  readonly #map: TileMap;
  readonly #buffers: readonly Float32Array[];
  readonly #room: number;
  readonly #stretches: readonly (readonly [first: number, end: number])[];

  /** Takes two windows of `bytes` each from `memory`, more if one tile needs it. */
  constructor(memory: KernelMemory, data: StoredTriangles, map: TileMap, bytes: number) {
    const largest = Math.max(0, ...map.tiles.map((tile) => pointsOf(tile, data.frames)));
    this.#data = data;
    this.#map = map;
    this.#room = Math.max(largest, Math.min(Math.floor(bytes / 4), map.points(0, map.tiles.length)));
    this.align = 1;
    this.#stretches = cutStretches(map, this.#room, 1);
    const fewest = Math.min(...this.#stretches.slice(0, -1).map(([first, end]) => end - first));
    while (Number.isFinite(fewest) && 2 * this.align * TILES_PER_ALIGNMENT <= fewest) this.align *= 2;
    if (this.align > 1) this.#stretches = cutStretches(map, this.#room, this.align);
    this.tilesAtOnce = Math.max(0, ...this.#stretches.map(([first, end]) => end - first));
    const addresses = [0, 1].map(() => memory.allocate((LEAD + this.#room) * 4) + LEAD * 4);
    this.#buffers = addresses.map((address) => new Float32Array(memory.memory.buffer, address, this.#room));
  }

  async *pass(): AsyncGenerator<TileWindow> {
    const stretches = this.#stretches;
    let reading = this.#read(stretches[0], 0);
    try {
      for (const [k, [first, end]] of stretches.entries()) {
        await reading;
        reading = this.#read(stretches[k + 1], (k + 1) % 2);
        // Awaited in the next round, when computing gives way; a failure must not count as unhandled until then.
        reading.catch(() => undefined);
        yield { first, end, address: this.#buffers[k % 2]!.byteOffset, packed: true };
      }
    } finally {
      // A pass that is given up must not have its window overwritten by what is still being read for it.
      await reading.catch(() => undefined);
    }
  }

  async #read(stretch: readonly [first: number, end: number] | undefined, buffer: number): Promise<void> {
    if (stretch === undefined) return;
    const { frames, file } = this.#data;
    const reads: Promise<void>[] = [];
    let at = 0;
    for (let k = stretch[0]; k < stretch[1]; k++) {
      const tile = this.#map.tiles[k]!;
      const length = pointsOf({ ...tile, angleStart: 0, angleEnd: 1 }, frames);
      for (let angle = tile.angleStart; angle < tile.angleEnd; angle++, at += length) {
        const first = angle * pairsOf(frames) + rowStart(frames, tile.rowStart);
        reads.push(file.readAhead(first, this.#buffers[buffer]!.subarray(at, at + length)));
      }
    }
    await settleAll(reads);
  }
}

/** Ranges of tiles, as many as fit into `room` values, beginning at multiples of `align` where that is possible. */
function cutStretches(map: TileMap, room: number, align: number): [first: number, end: number][] {
  const count = map.tiles.length;
  const stretches: [number, number][] = [];
  for (let first = 0; first < count;) {
    let end = first + 1;
    while (end < count && end - first < MOST_TILES_PER_WINDOW && map.points(first, end + 1) <= room) end++;
    if (end < count && end - first > align) end -= end % align;
    stretches.push([first, end]);
    first = end;
  }
  return stretches;
}
