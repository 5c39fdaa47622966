/** The small files of test/fixtures/data, written by test/fixtures/make_fixtures.py, and the formula they hold. */
import { fileURLToPath } from 'node:url';
import { InputRefused } from '../../src/base/errors.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { readDataset } from '../../src/data/read-dataset.ts';
import type { DataRequest } from '../../src/data/request.ts';
import { KernelMemory } from '../../src/kernels/memory.ts';

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/data/${name}`, import.meta.url));
}

/** c2 of a bin at the 0-based frames i ≠ j. */
export function value(bin: number, i: number, j: number): number {
  return 1 + ((31 * Math.min(i, j) + 17 * Math.max(i, j) + 101 * bin) % 257) / 1024;
}

/** The triangle of a bin for 0-based frames. */
export function triangle(bin: number, frames: readonly number[]): Float32Array {
  const pairs = frames.flatMap((i, a) => frames.slice(a + 1).map((j) => value(bin, i, j)));
  return Float32Array.from(pairs);
}

/** first, first + 1, … last. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, k) => first + k);
}

/** Everything the file has, frame 1 at t = 0. */
export function request(changes: Partial<DataRequest> = {}): DataRequest {
  return {
    q: null,
    dt: 'from-file',
    t0: 0,
    phi: 'all',
    excludePhi: [],
    frames: null,
    excludeFrames: [],
    allowNan: false,
    ...changes,
  };
}

const memory = new KernelMemory();
const start = memory.mark();

/** Read a fixture (or a path); the memory is used again by the next call. */
export async function read(name: string, changes: Partial<DataRequest> = {}): Promise<Dataset> {
  memory.release(start);
  return readDataset(name.includes('/') ? name : fixture(name), request(changes), memory);
}

/** The refusal a promise ends in; anything else fails the test. */
export async function refusal(promise: Promise<unknown>): Promise<InputRefused> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof InputRefused) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
