/** The compiled kernels as an engine of tiles over one set of data. */
import { Defect } from '../base/errors.ts';
import type { Physics, Sensitivities } from '../model/two-time-model.ts';
import type { SweepJob, TileEngine } from './executor.ts';
import { parametersOf } from './executor.ts';
import { JobRecord } from './job-record.ts';
import type { KernelExports } from './load.ts';
import type { KernelMemory } from './memory.ts';
import { mergeAngleParameters, splitAngleParameters } from './angle-parameters.ts';
import { resultLayout } from './result-layout.ts';
import type { Tile } from './tiles.ts';
import { MAXIMUM_TILE_ANGLES, partition, pointsOf } from './tiles.ts';
import type { TriangleStack } from './triangles.ts';
import { pairsOf, rowStart, valuesOf } from './triangles.ts';

/** Sensitivities of C and G together that a job may have unless the creator asks for more. */
const USUAL_SENSITIVITIES = 16;
/** Bytes the kernels need to tell how large an arena must be. */
const QUESTION_BYTES = 16384;

export interface CompiledOptions {
  /** Most sensitivities of C and G together in a `normal` sweep. Default 16. */
  readonly sensitivities?: number | undefined;
}

/** Takes all its memory when created, so that a caller can release it together with the data. */
export class CompiledEngine implements TileEngine {
  readonly data: TriangleStack;
  readonly tiles: readonly Tile[];
  /** Scratch bytes that any tile of any job of these data needs. */
  readonly arenaBytes: number;
  /** Numbers in the longest result of a tile. */
  readonly longestResult: number;
  readonly #kernels: KernelExports;
  readonly #memory: KernelMemory;
  readonly #record: JobRecord;
  readonly #arena: number;
  readonly #result: Float64Array;
  /** One spare number, then M of one block of rows. */
  readonly #shape: Float64Array;
  #job: SweepJob | null = null;
  #length = 0;

  constructor(kernels: KernelExports, memory: KernelMemory, data: TriangleStack, options: CompiledOptions = {}) {
    if (!(valuesOf(data).buffer instanceof SharedArrayBuffer)) {
      throw new Defect('the compiled kernels read data of the kernel memory only');
    }
    const capacity = options.sensitivities ?? USUAL_SENSITIVITIES;
    const { frames, angles } = data;
    this.data = data;
    this.#kernels = kernels;
    this.#memory = memory;
    this.tiles = partition(frames, angles);
    this.#record = new JobRecord(memory, data, capacity);
    const lengths = (['adjoint', 'normal'] as const).map(
      (kind) => resultLayout(kind, frames, angles, capacity + 1).length,
    );
    this.longestResult = Math.max(...lengths);
    this.#result = memory.float64(this.longestResult);
    const largest = Math.max(0, ...this.tiles.map((tile) => pointsOf({ ...tile, angleStart: 0, angleEnd: 1 }, frames)));
    this.#shape = memory.float64(largest + 1);
    this.arenaBytes = this.#measureArena(capacity);
    this.#arena = memory.allocate(this.arenaBytes);
  }

  runTile(job: SweepJob, tile: Tile): Float64Array {
    if (job.sensitivities !== null && job.sensitivities.h.length > 1) {
      const parts = splitAngleParameters(job.sensitivities);
      const results = parts.map((sensitivities) => this.#run({ ...job, sensitivities }, tile).slice());
      return mergeAngleParameters(results, this.data, job.sensitivities);
    }
    return this.#run(job, tile);
  }

  shape(physics: Physics, angle: number): Float64Array {
    const { frames, angles } = this.data;
    const none = new Float64Array(angles);
    this.#job = null;
    this.#record.write('shape', {
      physics,
      scaling: { contrast: none, offset: none, weight: none },
      sensitivities: null,
    });
    const shape = new Float64Array(pairsOf(frames));
    for (const tile of this.tiles) {
      if (tile.angleStart !== 0) continue;
      const out = this.#shape.byteOffset + 8;
      this.#kernels.shapeTile(this.#record.address, tile.rowStart, tile.rowEnd, angle, this.#arena, out);
      const points = pointsOf({ ...tile, angleEnd: 1 }, frames);
      shape.set(this.#shape.subarray(1, 1 + points), rowStart(frames, tile.rowStart));
    }
    return shape;
  }

  /**
   * Write a job with at most one sensitivity of h where threads find it: its address, and the length of a tile's result.
   * It stays there until the next job.
   */
  place(job: SweepJob): { readonly address: number; readonly length: number } {
    if (job !== this.#job) {
      if (!this.#record.holds(job.sensitivities)) {
        throw new Defect(`${parametersOf(job.sensitivities)} sensitivities are more than this engine was made for`);
      }
      this.#length = this.#record.write(job.kind, job);
      this.#job = job;
    }
    return { address: this.#record.address, length: this.#length };
  }

  #run(job: SweepJob, tile: Tile): Float64Array {
    const { address, length } = this.place(job);
    const { rowStart: first, rowEnd, angleStart, angleEnd } = tile;
    this.#kernels.runTile(address, first, rowEnd, angleStart, angleEnd, this.#arena, this.#result.byteOffset);
    return this.#result.subarray(0, length);
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
    let bytes = QUESTION_BYTES;
    for (const kind of ['sums', 'adjoint', 'normal', 'shape'] as const) {
      this.#record.write(kind, { physics, scaling, sensitivities });
      bytes = Math.max(bytes, this.#kernels.arenaBytes(this.#record.address, question, rows, tileAngles));
    }
    this.#memory.release(mark);
    return bytes;
  }
}
