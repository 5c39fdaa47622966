/** The compiled kernel for blocks of speckles: the contract and the bits of `referenceSpeckleKernel`. */
import { Defect } from '../base/errors.ts';
import type { RandomKey } from '../math/index.ts';
import {
  factorLength,
  framePanels,
  intensitiesLength,
  intensityPanels,
  PANEL,
  SPECKLE_BLOCK,
  sumsLength,
  type SpeckleField,
  type SpeckleKernel,
} from '../model/index.ts';
import { instantiateKernels, type CompiledKernels } from './load.ts';
import type { KernelMemory } from './memory.ts';

/** The part of the compiled module that simulates speckle; addresses are bytes in the kernel memory. */
export interface SpeckleExports {
  speckleMarkov(
    keyLow: number,
    keyHigh: number,
    frames: number,
    keep: number,
    renew: number,
    weight: number,
    intensities: number,
    scratch: number,
  ): void;
  speckleFactored(
    keyLow: number,
    keyHigh: number,
    frames: number,
    factor: number,
    weight: number,
    intensities: number,
    normals: number,
    scratch: number,
  ): void;
  speckleProducts(intensities: number, panels: number, speckles: number, sums: number, scratch: number): void;
}

const SCRATCH_BYTES = 2176;
const NUMBER = Float64Array.BYTES_PER_ELEMENT;

/** Bytes of kernel memory a kernel needs; more with fields that are drawn by a Cholesky factor. */
export function speckleBytes(frames: number, kind: SpeckleField['kind']): number {
  const normals = framePanels(frames) * PANEL * 2 * SPECKLE_BLOCK;
  const field = kind === 'markov' ? 2 * frames : factorLength(frames) + normals;
  return SCRATCH_BYTES + NUMBER * (intensitiesLength(frames) + sumsLength(frames) + field);
}

/** The sums a kernel at `address` has left. */
export function speckleSums(memory: WebAssembly.Memory, address: number, frames: number): Float64Array {
  const start = address + SCRATCH_BYTES + NUMBER * intensitiesLength(frames);
  return new Float64Array(memory.buffer, start, sumsLength(frames));
}

/**
 * Kernels in this thread for `simulateSpeckle`: one per number of frames, kept for the next simulation of that size. They
 * stay in `memory` until it is released to a mark taken before.
 */
export function speckleKernels(kernels: CompiledKernels, memory: KernelMemory): (frames: number) => SpeckleKernel {
  const exports = instantiateKernels(kernels, memory);
  const made = new Map<number, SpeckleKernel>();
  return (frames) => {
    const kernel =
      made.get(frames) ??
      compiledSpeckleKernel(
        exports,
        memory.memory,
        memory.allocate(speckleBytes(frames, 'factored')),
        frames,
        'factored',
      );
    made.set(frames, kernel);
    return kernel;
  };
}

/**
 * A kernel at `address` of `memory`, where `speckleBytes` are its own (16-byte aligned). `kind` is the kind of all fields
 * it will draw, or `factored` for both.
 */
export function compiledSpeckleKernel(
  kernels: SpeckleExports,
  memory: WebAssembly.Memory,
  address: number,
  frames: number,
  kind: SpeckleField['kind'],
): SpeckleKernel {
  return new CompiledSpeckleKernel(kernels, memory, address, frames, kind);
}

class CompiledSpeckleKernel implements SpeckleKernel {
  readonly frames: number;
  readonly intensities: Float64Array;
  readonly sums: Float64Array;
  readonly #kernels: SpeckleExports;
  readonly #scratch: number;
  readonly #fieldMemory: Float64Array;
  readonly #normals: number;
  #field: SpeckleField | null = null;

  constructor(
    kernels: SpeckleExports,
    memory: WebAssembly.Memory,
    address: number,
    frames: number,
    kind: SpeckleField['kind'],
  ) {
    this.frames = frames;
    this.#kernels = kernels;
    this.#scratch = address;
    let top = address + SCRATCH_BYTES;
    const take = (length: number): Float64Array => {
      const view = new Float64Array(memory.buffer, top, length);
      top += NUMBER * length;
      return view;
    };
    this.intensities = take(intensitiesLength(frames));
    this.sums = take(sumsLength(frames));
    this.#fieldMemory = take(kind === 'markov' ? 2 * frames : factorLength(frames));
    this.#normals = top;
    if (kind === 'factored') take(framePanels(frames) * PANEL * 2 * SPECKLE_BLOCK).fill(0);
  }

  addMode(field: SpeckleField, weight: number, key: RandomKey): void {
    this.#place(field);
    const { byteOffset } = this.#fieldMemory;
    const { low, high } = key;
    const intensities = this.intensities.byteOffset;
    const scratch = this.#scratch;
    if (field.kind === 'markov') {
      const renew = byteOffset + NUMBER * this.frames;
      this.#kernels.speckleMarkov(low, high, this.frames, byteOffset, renew, weight, intensities, scratch);
    } else {
      const normals = this.#normals;
      this.#kernels.speckleFactored(low, high, this.frames, byteOffset, weight, intensities, normals, scratch);
    }
  }

  addProducts(speckles: number): void {
    const panels = intensityPanels(this.frames);
    this.#kernels.speckleProducts(this.intensities.byteOffset, panels, speckles, this.sums.byteOffset, this.#scratch);
  }

  /** Copy a field into the kernel memory, unless it is the one that lies there. */
  #place(field: SpeckleField): void {
    if (field === this.#field) return;
    const parts = field.kind === 'markov' ? [field.keep, field.renew] : [field.factor];
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length > this.#fieldMemory.length) throw new Defect(`the kernel has no room for a ${field.kind} field`);
    let at = 0;
    for (const part of parts) {
      this.#fieldMemory.set(part, at);
      at += part.length;
    }
    this.#field = field;
  }
}
