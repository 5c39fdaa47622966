/**
 * Regions of one kernel memory, for data sets that come and go beside each other.
 *
 * A process has one kernel memory, which grows and never shrinks. A region takes blocks of it as it needs them and gives
 * all of them back at once, so that a stream of data sets needs no more memory than those that are there together.
 */
import { Defect } from '../base/errors.ts';
import { KernelMemory } from './memory.ts';

/** Least bytes of a block: regions take many small pieces. */
const BLOCK_BYTES = 2 ** 20;
const ALIGNMENT = 64;

interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** Gives out blocks of a memory that nobody else allocates from. */
export class KernelRegions {
  readonly memory: KernelMemory;
  /** By address, no two adjacent. */
  #free: Block[] = [];

  constructor(memory: KernelMemory) {
    this.memory = memory;
  }

  /** A region that is empty; disposing it frees everything allocated in it. */
  open(): KernelRegion {
    return new KernelRegion(this);
  }

  /** At least so many bytes, whatever was in them. */
  take(bytes: number): Block {
    const fitting = this.#free.filter((block) => block.bytes >= bytes);
    if (fitting.length === 0) return this.#grow(bytes);
    const best = fitting.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    const rest = { address: best.address + bytes, bytes: best.bytes - bytes };
    this.#free = this.#free.flatMap((block) => (block !== best ? [block] : rest.bytes > 0 ? [rest] : []));
    return { address: best.address, bytes };
  }

  give(given: Block): void {
    const blocks = [...this.#free, given].toSorted((a, b) => a.address - b.address);
    const merged: Block[] = [];
    for (const block of blocks) {
      const last = merged.at(-1);
      if (last === undefined || last.address + last.bytes !== block.address) merged.push(block);
      else merged[merged.length - 1] = { address: last.address, bytes: last.bytes + block.bytes };
    }
    this.#free = merged;
  }

  /** New memory; a free block at the end of the old is part of it. */
  #grow(bytes: number): Block {
    const last = this.#free.at(-1);
    if (last === undefined || last.address + last.bytes !== this.memory.mark()) {
      return { address: this.memory.allocate(bytes), bytes };
    }
    this.memory.allocate(bytes - last.bytes);
    this.#free.pop();
    return { address: last.address, bytes };
  }
}

interface OwnBlock extends Block {
  /** Bytes of all blocks before it, by which marks count. */
  readonly start: number;
  used: number;
}

/** A kernel memory within another: the same bytes, an own stack of allocations. */
export class KernelRegion extends KernelMemory implements Disposable {
  readonly #regions: KernelRegions;
  readonly #blocks: OwnBlock[] = [];

  constructor(regions: KernelRegions) {
    super(regions.memory.memory);
    this.#regions = regions;
  }

  override allocate(bytes: number): number {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    let block = this.#blocks.at(-1);
    if (block === undefined || block.used + size > block.bytes) block = this.#extend(size);
    const address = block.address + block.used;
    block.used += size;
    new Uint8Array(this.memory.buffer, address, bytes).fill(0);
    return address;
  }

  override mark(): number {
    const block = this.#blocks.at(-1);
    return block === undefined ? 0 : block.start + block.used;
  }

  override release(mark: number): void {
    if (mark < 0 || mark > this.mark()) throw new Defect(`cannot release kernel memory to ${mark}`);
    for (let block = this.#blocks.at(-1); block !== undefined; block = this.#blocks.at(-1)) {
      if (block.start < mark) {
        block.used = Math.min(block.used, mark - block.start);
        return;
      }
      this.#blocks.pop();
      this.#regions.give({ address: block.address, bytes: block.bytes });
    }
  }

  [Symbol.dispose](): void {
    this.release(0);
  }

  #extend(size: number): OwnBlock {
    const last = this.#blocks.at(-1);
    const start = last === undefined ? 0 : last.start + last.bytes;
    const block = { ...this.#regions.take(Math.max(size, BLOCK_BYTES)), start, used: 0 };
    this.#blocks.push(block);
    return block;
  }
}
