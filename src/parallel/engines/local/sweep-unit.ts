/** Compute one unit of a sweep: its tiles one after the other, added in the fixed tree. The same code in every thread. */
import type { KernelExports } from '../../../kernels/index.ts';
import { partition, TreeSum, type Tile } from '../../../kernels/index.ts';
import type { SweepBoard, SweepFacts } from './sweep-board.ts';

/** What one thread computes with: the kernels on the shared memory, and its own number. */
export interface SweepThread {
  readonly kernels: KernelExports;
  readonly memory: WebAssembly.Memory;
  readonly board: SweepBoard;
  readonly thread: number;
}

/** Claim and compute units until none is left. Returns false when the sweep was stopped. */
export function computeUnits(own: SweepThread, facts: SweepFacts, afterUnit?: () => void): void {
  const { board, thread } = own;
  for (let unit = board.claim(facts, thread); unit >= 0; unit = board.claim(facts, thread)) {
    computeUnit(own, facts, unit);
    board.finish(facts, thread, unit);
    afterUnit?.();
  }
}

/** Compute one unit into its place among the results. */
export function computeUnit(own: SweepThread, facts: SweepFacts, unit: number): void {
  const { kernels, memory, board, thread } = own;
  const { arena, scratch } = board.places(thread);
  const tiles = tilesOf(memory, facts.job);
  const first = unit << facts.level;
  const end = Math.min(first + (1 << facts.level), tiles.length);
  const target = facts.results + unit * facts.resultLength * 8;
  if (end - first === 1) {
    runTile(kernels, facts, tiles[first]!, arena, target);
    board.beat(thread);
    return;
  }
  const sum = new TreeSum(end - first, facts.resultLength);
  const partial = new Float64Array(memory.buffer, scratch, facts.resultLength);
  for (let k = first; k < end; k++) {
    runTile(kernels, facts, tiles[k]!, arena, scratch);
    sum.add(k - first, partial);
    board.beat(thread);
  }
  new Float64Array(memory.buffer, target, facts.resultLength).set(sum.total());
}

function runTile(kernels: KernelExports, facts: SweepFacts, tile: Tile, arena: number, target: number): void {
  kernels.runTile(facts.job, tile.rowStart, tile.rowEnd, tile.angleStart, tile.angleEnd, arena, target);
}

const partitions = new Map<string, readonly Tile[]>();

/** The tiles of the job at this address; N and P are the first two words of a job record. */
function tilesOf(memory: WebAssembly.Memory, job: number): readonly Tile[] {
  const [frames, angles] = new Int32Array(memory.buffer, job, 2);
  const key = `${frames}×${angles}`;
  let tiles = partitions.get(key);
  if (tiles === undefined) {
    tiles = partition(frames!, angles!);
    partitions.set(key, tiles);
  }
  return tiles;
}
