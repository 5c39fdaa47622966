/**
 * Compile the kernels once per process and instantiate them on a kernel memory.
 *
 * The module writes its constants, always the same ones, at the bottom of the memory, so threads can share one.
 */
import { Defect } from '../base/errors.ts';
import type { BandedExports } from './banded-products.ts';
import { readKernelBytes } from './kernel-bytes.ts';
import type { KernelMemory } from './memory.ts';
import type { SpeckleExports } from './speckle.ts';

/** What the compiled module exports; all addresses are bytes in the kernel memory. */
export interface KernelExports extends SpeckleExports, BandedExports {
  /** Scratch for any tile of at most these rows and angles; `arena` needs 16 KiB for the question itself. */
  arenaBytes(job: number, arena: number, rows: number, angles: number): number;
  runTile(
    job: number,
    rowStart: number,
    rowEnd: number,
    angleStart: number,
    angleEnd: number,
    /** Where the first angle's triangle begins or would begin, and bytes from angle to angle (`TilePlace`). */
    values: number,
    angleBytes: number,
    arena: number,
    result: number,
  ): void;
  /** M of the rows of one angle; one more float64 before `out` must be writable. */
  shapeTile(job: number, rowStart: number, rowEnd: number, angle: number, arena: number, out: number): void;
  /** Elementary functions of an even count of numbers, for tests. */
  exponentials(x: number, count: number, out: number): void;
  sinesAndCosines(x: number, count: number, sines: number, cosines: number): void;
  /** Sum of float32 values, for the bench. */
  plainSum(values: number, count: number): number;
}

/** The compiled module; it can be posted to workers. */
export interface CompiledKernels {
  readonly module: WebAssembly.Module;
  /** sha256 of the module's bytes, hex: with the same data and options it decides every bit of a result. */
  readonly hash: string;
}

let loading: Promise<CompiledKernels> | null = null;
const instances = new WeakMap<WebAssembly.Memory, KernelExports>();

/** Read and compile the kernels, once per process. */
export function loadKernels(): Promise<CompiledKernels> {
  loading ??= compile().catch((cause: unknown) => {
    loading = null;
    throw new Defect('the compiled kernels cannot be loaded', { cause, help: 'run `npm run build:kernels`' });
  });
  return loading;
}

async function compile(): Promise<CompiledKernels> {
  const bytes = await readKernelBytes();
  const [module, digest] = await Promise.all([WebAssembly.compile(bytes), crypto.subtle.digest('SHA-256', bytes)]);
  return { module, hash: Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('') };
}

/** The kernels on this memory; the same instance every time. */
export function instantiateKernels(kernels: CompiledKernels, memory: KernelMemory): KernelExports {
  const known = instances.get(memory.memory);
  if (known !== undefined) return known;
  const exports = instantiateOn(kernels.module, memory.memory);
  instances.set(memory.memory, exports);
  return exports;
}

/** A new instance, for a thread of its own on a memory it shares. */
export function instantiateOn(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  const abort = (): never => {
    throw new Defect('a compiled kernel stopped');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as KernelExports;
}
