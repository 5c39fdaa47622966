/** Where the triangles of a data set go while they are read: the kernel memory, or a file when they are larger than allowed. */
import type { KernelMemory } from '../kernels/memory.ts';
import { pairsOf } from '../kernels/triangles.ts';
import type { TriangleStack } from '../kernels/triangles.ts';
import { StoredTriangleFile, writeTriangles } from './triangle-file.ts';
import { roundBytes } from './wording.ts';

/** How much of a data set may be in memory, and where the rest goes. */
export interface TrianglePlacement {
  /** Bytes the triangles may take in memory; larger ones go to a file. */
  readonly limit: number;
  /** An existing folder for that file, which is gone with the data set. */
  readonly folder: string;
}

/** What another thread needs to put triangles of `pairs` values there; addresses are those of the kernel memory. */
export type TriangleTarget = { readonly pairs: number } & (
  | { readonly kind: 'memory'; readonly address: number }
  | { readonly kind: 'file'; readonly descriptor: number; readonly shown: string; readonly rooms: readonly number[] }
);

/** The kernels address 4 GiB, of which sweeps and coarse levels need some. */
const MOST_IN_MEMORY = 3 * 2 ** 30;
/** Share of the limit that triangles under way to the file may take together; one is always allowed. */
const SHARE_UNDER_WAY = 1 / 2;

export interface TriangleStore extends Disposable {
  /** Readers at most, the calling thread included. */
  readonly mostReaders: number;
  /** Where the triangle of matrix `at` is to be put together; overwritten by the next one. */
  room(at: number): Float32Array;
  /** The triangle of matrix `at` is whole. */
  keep(at: number): void;
  /** The triangle of matrix `at`, which is whole, whoever put it there; may be overwritten by the next `room`. */
  triangle(at: number): Float32Array;
  /** For `helpers` other threads. */
  target(helpers: number): TriangleTarget;
  /** All are whole; `excluded` counts the NaN of each. */
  finish(excluded: Uint32Array): TriangleStack;
}

/** Room for the triangles of `angles` matrices of `frames` frames. Throws `OutputRefused` when the disk has too little. */
export function makeTriangleStore(
  frames: number,
  angles: number,
  memory: KernelMemory,
  placement: TrianglePlacement | undefined,
): TriangleStore {
  const bytes = pairsOf(frames) * angles * Float32Array.BYTES_PER_ELEMENT;
  if (placement === undefined || bytes <= Math.min(placement.limit, MOST_IN_MEMORY)) {
    return storeInMemory(frames, angles, memory);
  }
  const advice = `free some space, write to another disk with -o, or set parallel.memory above ${roundBytes(bytes)}`;
  const file = StoredTriangleFile.create(placement.folder, pairsOf(frames) * angles, advice);
  try {
    return storeInFile(file, frames, angles, memory, placement.limit);
  } catch (error) {
    file.close();
    throw error;
  }
}

function storeInMemory(frames: number, angles: number, memory: KernelMemory): TriangleStore {
  const pairs = pairsOf(frames);
  const values = memory.float32(pairs * angles);
  const triangle = (at: number): Float32Array => values.subarray(at * pairs, (at + 1) * pairs);
  return {
    mostReaders: Infinity,
    room: triangle,
    keep: () => undefined,
    triangle,
    target: () => ({ kind: 'memory', pairs, address: values.byteOffset }),
    finish: (excluded) => ({ frames, angles, excluded, values }),
    [Symbol.dispose]: () => undefined,
  };
}

function storeInFile(
  file: StoredTriangleFile,
  frames: number,
  angles: number,
  memory: KernelMemory,
  limit: number,
): TriangleStore {
  const pairs = pairsOf(frames);
  const mark = memory.mark();
  const room = memory.float32(pairs);
  let held = -1;
  return {
    mostReaders: Math.floor((limit * SHARE_UNDER_WAY) / room.byteLength),
    room: () => {
      held = -1;
      return room;
    },
    keep: (at) => {
      file.write(at * pairs, room);
      held = at;
    },
    triangle: (at) => {
      if (held !== at) file.read(at * pairs, room);
      held = at;
      return room;
    },
    target: (helpers) => ({
      kind: 'file',
      pairs,
      ...file.forOtherThreads(),
      rooms: Array.from({ length: helpers }, () => memory.float32(pairs).byteOffset),
    }),
    finish: (excluded) => {
      file.seal();
      memory.release(mark);
      return { frames, angles, excluded, file };
    },
    [Symbol.dispose]: () => file.close(),
  };
}

/** What a helping thread does with a triangle; `reader` counts the helpers from 0. */
export function openTarget(
  target: TriangleTarget,
  memory: WebAssembly.Memory,
  reader: number,
): Pick<TriangleStore, 'room' | 'keep'> {
  const { pairs } = target;
  if (target.kind === 'memory') {
    return {
      room: (at) =>
        new Float32Array(memory.buffer, target.address + at * pairs * Float32Array.BYTES_PER_ELEMENT, pairs),
      keep: () => undefined,
    };
  }
  const room = new Float32Array(memory.buffer, target.rooms[reader], pairs);
  return { room: () => room, keep: (at) => writeTriangles(target.descriptor, target.shown, at * pairs, room) };
}
