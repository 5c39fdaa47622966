/** The compiled kernels as an engine of tiles over one set of data. */
import { Defect } from '../base/errors.ts';
import type { Physics, Sensitivities } from '../model/two-time-model.ts';
import type { SweepJob, TileEngine } from './executor.ts';
import { parametersOf, resultLength } from './executor.ts';
import { JobRecord } from './job-record.ts';
import type { KernelExports } from './load.ts';
import type { KernelMemory } from './memory.ts';
import { resultLayout } from './result-layout.ts';
import type { Tile } from './tiles.ts';
import { MAXIMUM_TILE_ANGLES, partition, pointsOf } from './tiles.ts';
import type { TriangleStack } from './triangles.ts';
import { isResident, pairsOf, rowStart } from './triangles.ts';
import {
  FileWindows,
  stretchWindow,
  TileMap,
  type TileStretch,
  type TileWindow,
  wholeWindow,
  type WindowSource,
} from './windows.ts';

/** Sensitivities of C and G together that a job may have unless the creator asks for more. */
const USUAL_SENSITIVITIES = 16;
/** Bytes the kernels need to tell how large an arena must be. */
const QUESTION_BYTES = 16384;
/** Jobs held at a time, and the bytes they may take together: several starts of a search share a pass. */
const MOST_JOBS = 32;
const JOBS_BYTES = 8 * 2 ** 20;
/** Bytes of one window over data in a file. */
const USUAL_WINDOW_BYTES = 64 * 2 ** 20;

export interface CompiledOptions {
  /** Most sensitivities of C and G together in a sweep. Default 16. */
  readonly sensitivities?: number | undefined;
  /** Bytes of each of the two windows over data in a file. Default 64 MiB. */
  readonly windowBytes?: number | undefined;
  /** The only tiles there are, numbered from 0, with their values packed in this order. Default: all, of whole triangles. */
  readonly packedTiles?: readonly Tile[] | undefined;
  /** The only tiles whose values there are, packed: results are the subtrees that these make up in the sum of all tiles. */
  readonly stretch?: TileStretch | undefined;
}

/** Takes all its memory when created, so that a caller can release it together with the data. */
export class CompiledEngine implements TileEngine {
  readonly data: TriangleStack;
  readonly map: TileMap;
  readonly windows: WindowSource;
  readonly jobsAtOnce: number;
  readonly isPart: boolean;
  /** Address of the addresses (int32) of the placed jobs. */
  readonly jobTable: number;
  /** Scratch bytes that any tile of any job of these data needs. */
  readonly arenaBytes: number;
  /** Numbers in the longest result of a tile. */
  readonly longestResult: number;
  readonly #kernels: KernelExports;
  readonly #memory: KernelMemory;
  readonly #records: readonly JobRecord[];
  readonly #shapeRecord: JobRecord;
  readonly #arena: number;
  readonly #result: Float64Array;
  /** One spare number, then M of one block of rows. */
  readonly #shape: Float64Array;
  #lengths: readonly number[] = [];

  constructor(kernels: KernelExports, memory: KernelMemory, data: TriangleStack, options: CompiledOptions = {}) {
    const capacity = options.sensitivities ?? USUAL_SENSITIVITIES;
    const { frames, angles } = data;
    const tiles = options.packedTiles ?? partition(frames, angles);
    this.data = data;
    this.isPart = options.stretch !== undefined;
    this.#kernels = kernels;
    this.#memory = memory;
    this.map = new TileMap(tiles, frames);
    this.windows = windowsOver(memory, data, this.map, options);
    const recordBytes = 8 * (frames * (capacity + 2) + angles * 6);
    this.jobsAtOnce = Math.min(MOST_JOBS, Math.max(1, Math.floor(JOBS_BYTES / recordBytes)));
    this.#records = Array.from({ length: this.jobsAtOnce }, () => new JobRecord(memory, data, capacity));
    this.jobTable = memory.allocate(this.jobsAtOnce * 4);
    new Int32Array(memory.memory.buffer, this.jobTable, this.jobsAtOnce).set(this.#records.map((one) => one.address));
    this.#shapeRecord = new JobRecord(memory, data, 0);
    const lengths = (['adjoint', 'normal'] as const).map(
      (kind) => resultLayout(kind, frames, angles, capacity + 1).length,
    );
    this.longestResult = Math.max(...lengths);
    this.#result = memory.float64(this.longestResult);
    const largest = Math.max(0, ...tiles.map((tile) => pointsOf({ ...tile, angleStart: 0, angleEnd: 1 }, frames)));
    this.#shape = memory.float64(largest + 1);
    this.arenaBytes = this.#measureArena(capacity);
    this.#arena = memory.allocate(this.arenaBytes);
  }

  get tiles(): readonly Tile[] {
    return this.map.tiles;
  }

  /** Write jobs where threads find them, at the addresses in `jobTable`. */
  place(jobs: readonly SweepJob[]): void {
    for (const [k, job] of jobs.entries()) {
      const record = this.#records[k];
      if (record === undefined || !record.holds(job.sensitivities)) {
        throw new Defect(`${parametersOf(job.sensitivities)} sensitivities are more than this engine was made for`);
      }
      record.write(job.kind, job);
    }
    this.#lengths = jobs.map((job) => resultLength(job, this.data));
  }

  runTile(job: number, tile: Tile, window: TileWindow): Float64Array {
    const { values, angleBytes } = this.map.place(tile, window);
    const { rowStart: first, rowEnd, angleStart, angleEnd } = tile;
    const { address } = this.#records[job]!;
    const result = this.#result.byteOffset;
    this.#kernels.runTile(address, first, rowEnd, angleStart, angleEnd, values, angleBytes, this.#arena, result);
    return this.#result.subarray(0, this.#lengths[job]);
  }

  shape(physics: Physics, angle: number): Float64Array {
    const { frames, angles } = this.data;
    const none = new Float64Array(angles);
    this.#shapeRecord.write('shape', {
      physics,
      scaling: { contrast: none, offset: none, weight: none },
      sensitivities: null,
    });
    const shape = new Float64Array(pairsOf(frames));
    for (const tile of this.tiles) {
      if (tile.angleStart !== 0) continue;
      const out = this.#shape.byteOffset + 8;
      this.#kernels.shapeTile(this.#shapeRecord.address, tile.rowStart, tile.rowEnd, angle, this.#arena, out);
      const points = pointsOf({ ...tile, angleEnd: 1 }, frames);
      shape.set(this.#shape.subarray(1, 1 + points), rowStart(frames, tile.rowStart));
    }
    return shape;
  }

  /** Ask the kernels with the most demanding job of every kind. */
  #measureArena(capacity: number): number {
    const { frames, angles } = this.data;
    const zero = new Float64Array(frames);
    const perAngle = new Float64Array(angles);
    const sensitivities: Sensitivities = {
      c: Array.from({ length: capacity }, () => ({ parameter: '', vector: zero })),
      g: [],
      h: [{ parameter: '', vector: perAngle }],
    };
    const physics: Physics = { pairFunction: 'published', kappa: 0, c: zero, g: zero, h: perAngle };
    const scaling = { contrast: perAngle, offset: perAngle, weight: perAngle };
    const rows = Math.max(0, ...this.tiles.map((tile) => tile.rowEnd - tile.rowStart));
    const mark = this.#memory.mark();
    const question = this.#memory.allocate(QUESTION_BYTES);
    const tileAngles = Math.min(angles, MAXIMUM_TILE_ANGLES);
    const record = this.#records[0]!;
    let bytes = QUESTION_BYTES;
    for (const kind of ['sums', 'adjoint', 'slopes', 'normal', 'shape'] as const) {
      record.write(kind, { physics, scaling, sensitivities });
      bytes = Math.max(bytes, this.#kernels.arenaBytes(record.address, question, rows, tileAngles));
    }
    this.#memory.release(mark);
    return bytes;
  }
}

function windowsOver(
  memory: KernelMemory,
  data: TriangleStack,
  map: TileMap,
  { windowBytes = USUAL_WINDOW_BYTES, packedTiles, stretch }: CompiledOptions,
): WindowSource {
  if (!isResident(data)) return new FileWindows(memory, data, map, windowBytes);
  if (!(data.values.buffer instanceof SharedArrayBuffer)) {
    throw new Defect('the compiled kernels read data of the kernel memory only');
  }
  if (stretch !== undefined) return stretchWindow(stretch, map.tiles.length, data.values.byteOffset);
  return wholeWindow(map.tiles.length, data.values.byteOffset, packedTiles !== undefined);
}
