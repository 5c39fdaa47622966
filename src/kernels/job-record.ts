/** Write a sweep job into the kernel memory, in the layout of assembly/job.ts, so that any thread can compute its tiles. */
import type { Sensitivities } from '../model/two-time-model.ts';
import type { SweepJob } from './executor.ts';
import { parametersOf } from './executor.ts';
import type { KernelMemory } from './memory.ts';
import type { SweepKind } from './result-layout.ts';
import { resultLayout } from './result-layout.ts';
import type { TriangleStack } from './triangles.ts';

/** `shape` is no sweep: M of one angle, for figures and files. */
export type JobKind = SweepKind | 'shape';

const KINDS: Readonly<Record<JobKind, number>> = { sums: 0, adjoint: 1, normal: 2, shape: 3, slopes: 4 };
const CONVENTIONS = { published: 0, homodyne2: 1 } as const;
const RECORD_WORDS = 26;
const RECORD_BYTES = RECORD_WORDS * 4 + 8;
/** Which word of a record is N, P, and the length of a tile's result. */
const FRAMES_WORD = 0;
const ANGLES_WORD = 1;
const LENGTH_WORD = 17;

/** What the thread that computes tiles needs to know of the job at an address. */
export function readJob(
  memory: WebAssembly.Memory,
  address: number,
): { readonly frames: number; readonly angles: number; readonly length: number } {
  const words = new Int32Array(memory.buffer, address, RECORD_WORDS);
  return { frames: words[FRAMES_WORD]!, angles: words[ANGLES_WORD]!, length: words[LENGTH_WORD]! };
}

/** A place for one job of K sensitivities of C and G together and any number of h, to be written again and again. */
export class JobRecord {
  /** Address to hand to the compiled kernels. */
  readonly address: number;
  readonly #data: TriangleStack;
  readonly #words: Int32Array;
  readonly #kappa: Float64Array;
  readonly #excluded: Uint32Array;
  readonly #c: Float64Array;
  readonly #g: Float64Array;
  readonly #h: Float64Array;
  readonly #contrast: Float64Array;
  readonly #offset: Float64Array;
  readonly #weight: Float64Array;
  readonly #vectors: Float64Array;
  readonly #angleVector: Float64Array;
  readonly #capacity: number;

  /** Room for sensitivities of C and G together: `capacity` vectors. */
  constructor(memory: KernelMemory, data: TriangleStack, capacity: number) {
    this.#data = data;
    this.#capacity = capacity;
    this.address = memory.allocate(RECORD_BYTES);
    this.#words = new Int32Array(memory.memory.buffer, this.address, RECORD_WORDS);
    this.#kappa = new Float64Array(memory.memory.buffer, this.address + RECORD_WORDS * 4, 1);
    // Allocating may grow the memory, which gives it a new buffer: the address comes first.
    const excluded = memory.allocate(data.angles * 4);
    this.#excluded = new Uint32Array(memory.memory.buffer, excluded, data.angles);
    this.#c = memory.float64(data.frames);
    this.#g = memory.float64(data.frames);
    this.#h = memory.float64(data.angles);
    this.#contrast = memory.float64(data.angles);
    this.#offset = memory.float64(data.angles);
    this.#weight = memory.float64(data.angles);
    this.#vectors = memory.float64(Math.max(1, capacity * data.frames));
    this.#angleVector = memory.float64(data.angles);
  }

  /** Whether the sensitivities of a job fit. */
  holds(sensitivities: Sensitivities | null): boolean {
    return sensitivities === null || sensitivities.c.length + sensitivities.g.length <= this.#capacity;
  }

  /** Write the job; `sensitivities` has at most one vector of h. */
  write(kind: JobKind, job: Omit<SweepJob, 'kind'>): void {
    const { frames, angles, excluded } = this.#data;
    const { physics, scaling, sensitivities } = job;
    const layout = resultLayout(kind === 'shape' ? 'sums' : kind, frames, angles, parametersOf(sensitivities));
    this.#excluded.set(excluded);
    this.#c.set(physics.c);
    if (physics.g !== null) this.#g.set(physics.g);
    this.#h.set(physics.h);
    this.#contrast.set(scaling.contrast);
    this.#offset.set(scaling.offset);
    this.#weight.set(scaling.weight);
    const vectors = sensitivities === null ? [] : [...sensitivities.c, ...sensitivities.g];
    for (const [k, { vector }] of vectors.entries()) this.#vectors.set(vector, k * frames);
    const angleVector = sensitivities?.h[0];
    if (angleVector !== undefined) this.#angleVector.set(angleVector.vector);
    this.#words.set([
      frames,
      angles,
      KINDS[kind],
      CONVENTIONS[physics.pairFunction],
      physics.g === null ? 0 : 1,
      sensitivities?.c.length ?? 0,
      sensitivities?.g.length ?? 0,
      sensitivities?.h.length ?? 0,
      this.#excluded.byteOffset,
      this.#c.byteOffset,
      this.#g.byteOffset,
      this.#h.byteOffset,
      this.#contrast.byteOffset,
      this.#offset.byteOffset,
      this.#weight.byteOffset,
      this.#vectors.byteOffset,
      this.#angleVector.byteOffset,
      layout.length,
      layout.sums,
      layout.c,
      layout.g,
      layout.h,
      layout.d,
      layout.md,
      layout.rd,
      layout.hessian,
    ]);
    this.#kappa[0] = physics.kappa;
  }
}
