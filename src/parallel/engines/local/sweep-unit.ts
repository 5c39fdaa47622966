/** Compute one unit of a sweep: its tiles one after the other, added in the fixed tree. The same code in every thread. */
import type { KernelExports, Tile } from '../../../kernels/index.ts';
// By file, not through the face of the folder: every module more makes threads start later.
import { readJob } from '../../../kernels/job-record.ts';
import { TreeSum } from '../../../kernels/reduce.ts';
import { partition } from '../../../kernels/tiles.ts';
import { TileMap } from '../../../kernels/windows.ts';
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
  const { memory, board, thread } = own;
  const job = new Int32Array(memory.buffer, facts.jobs, facts.jobCount)[unit % facts.jobCount]!;
  const { frames, angles, length } = readJob(memory, job);
  const map = mapOf(frames, angles);
  const { arena, scratch } = board.places(thread);
  const first = facts.window.first + (Math.floor(unit / facts.jobCount) << facts.level);
  const end = Math.min(first + (1 << facts.level), facts.window.end);
  const target = facts.results + unit * facts.stride * 8;
  const run = (tile: Tile, result: number): void => {
    const { values, angleBytes } = map.place(tile, facts.window);
    const { rowStart, rowEnd, angleStart, angleEnd } = tile;
    own.kernels.runTile(job, rowStart, rowEnd, angleStart, angleEnd, values, angleBytes, arena, result);
    board.beat(thread);
  };
  if (end - first === 1) {
    run(map.tiles[first]!, target);
    return;
  }
  const sum = new TreeSum(end - first, length);
  const partial = new Float64Array(memory.buffer, scratch, length);
  for (let k = first; k < end; k++) {
    run(map.tiles[k]!, scratch);
    sum.add(k - first, partial);
  }
  new Float64Array(memory.buffer, target, length).set(sum.total());
}

const maps = new Map<string, TileMap>();

function mapOf(frames: number, angles: number): TileMap {
  const key = `${frames}×${angles}`;
  let map = maps.get(key);
  if (map === undefined) {
    map = new TileMap(partition(frames, angles), frames);
    maps.set(key, map);
  }
  return map;
}
