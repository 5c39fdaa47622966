/**
 * The one memory that compiled kernels read: a growable shared WebAssembly.Memory with a bump allocator.
 *
 * Every WebAssembly.Memory reserves gigabytes of address space, so a process has one. Data are decoded straight into
 * it; worker threads later instantiate the same module on the same memory.
 */
import { Defect, InputRefused } from '../base/errors.ts';

const PAGE = 65536;
/** Room for the constants of the compiled module, below the first allocation. */
const STATIC_BYTES = 4 * PAGE;
const MAXIMUM_PAGES = 65536;
const ALIGNMENT = 64;

export class KernelMemory {
  readonly memory: WebAssembly.Memory;
  #top = STATIC_BYTES;

  constructor(memory: WebAssembly.Memory = newMemory()) {
    this.memory = memory;
  }

  /** Reserve zeroed bytes; returns the address. Addresses are 64-byte aligned. */
  allocate(bytes: number): number {
    const address = Math.ceil(this.#top / ALIGNMENT) * ALIGNMENT;
    const end = address + bytes;
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) {
      if (this.memory.buffer.byteLength / PAGE + missing > MAXIMUM_PAGES) {
        throw new InputRefused(`the data need ${(end / 2 ** 30).toFixed(1)} GiB; the kernels can address 4 GiB`, {
          help: 'choose fewer angles (data.phi) or frames (data.frames)',
        });
      }
      this.memory.grow(missing);
    }
    this.#top = end;
    new Uint8Array(this.memory.buffer, address, bytes).fill(0);
    return address;
  }

  float32(length: number): Float32Array {
    const address = this.allocate(length * 4);
    return new Float32Array(this.memory.buffer, address, length);
  }

  float64(length: number): Float64Array {
    const address = this.allocate(length * 8);
    return new Float64Array(this.memory.buffer, address, length);
  }

  /** The current top; pass it to `release` to free everything allocated since. */
  mark(): number {
    return this.#top;
  }

  release(mark: number): void {
    if (mark > this.#top || mark < STATIC_BYTES) throw new Defect(`cannot release kernel memory to ${mark}`);
    this.#top = mark;
  }
}

function newMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: STATIC_BYTES / PAGE, maximum: MAXIMUM_PAGES, shared: true });
}
