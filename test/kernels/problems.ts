/** Random sweeps and ways to compare them: data, physics, scaling, sensitivities from a seed. */
import {
  createKernelSweeps,
  createReferenceSweeps,
  KernelMemory,
  loadKernels,
  pairsOf,
} from '../../src/kernels/index.ts';
import type { AngleScaling, CompiledKernels, Sweeps, TriangleStack } from '../../src/kernels/index.ts';
import type { Convention, Physics, Sensitivities } from '../../src/model/index.ts';

export const kernels: CompiledKernels = await loadKernels();
/** One memory for all tests of a process; every one reserves gigabytes of address space. */
export const memory: KernelMemory = new KernelMemory();

/** The two engines every sweep is tested on. */
export const ENGINES: readonly (readonly [name: string, create: (data: TriangleStack) => Sweeps])[] = [
  ['reference twin', (data) => createReferenceSweeps(data)],
  ['compiled kernels', (data) => createKernelSweeps(kernels, memory, data)],
];

/** Uniform numbers in [0, 1). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0) + 0.5) / 2 ** 32;
  };
}

export interface Problem {
  readonly data: TriangleStack;
  readonly physics: Physics;
  readonly scaling: AngleScaling;
  readonly sensitivities: Sensitivities;
}

export interface ProblemOptions {
  readonly frames: number;
  readonly angles: number;
  readonly convention?: Convention;
  readonly mode?: 'static' | 'laminar_flow';
  /** One pair in so many is NaN. */
  readonly maskEvery?: number;
  /** κ(C_N − C_1). */
  readonly decay?: number;
  /** Largest phase h·ΔG of a step from frame to frame. */
  readonly strainStep?: number;
  /** Whether G goes up and down. */
  readonly turning?: boolean;
  /** Numbers of sensitivities of C, G, h. */
  readonly parameters?: readonly [c: number, g: number, h: number];
  readonly seed?: number;
}

export function makeProblem(options: ProblemOptions): Problem {
  const { frames, angles, convention = 'published', mode = 'laminar_flow', decay = 3, strainStep = 0.3 } = options;
  const random = randomNumbers(options.seed ?? 1);
  const fill = (length: number, next: (k: number) => number): Float64Array =>
    Float64Array.from({ length }, (_, k) => next(k));
  const values = memory.float32(angles * pairsOf(frames));
  for (let k = 0; k < values.length; k++) values[k] = 1 + 0.3 * random();
  const excluded = new Uint32Array(angles);
  if (options.maskEvery !== undefined) {
    for (let k = 0; k < values.length; k += options.maskEvery) {
      values[k] = NaN;
      excluded[Math.floor(k / pairsOf(frames))]! += 1;
    }
  }
  const kappa = 2e-5;
  let transport = 100;
  const c = fill(frames, () => (transport += (2 * random() * decay) / (kappa * frames)));
  let strain = -3;
  const g = fill(frames, () => (strain += (options.turning === true ? 2 * random() - 1 : random()) * 0.01));
  const still = mode === 'static';
  const h = fill(angles, (a) => (still ? 0 : ((strainStep / 0.01) * (angles - 2 * a)) / angles));
  const [countC, countG, countH] = options.parameters ?? (still ? [3, 0, 0] : [3, 3, 1]);
  const named = (kind: string, count: number, make: () => Float64Array): Sensitivities['c'] =>
    Array.from({ length: count }, (_, k) => ({ parameter: `${kind}${k}`, vector: make() }));
  return {
    data: { frames, angles, values, excluded },
    physics: { pairFunction: convention, kappa, c, g: still ? null : g, h },
    scaling: {
      contrast: fill(angles, () => 0.05 + 0.4 * random()),
      offset: fill(angles, () => 1 + 0.1 * random()),
      weight: fill(angles, () => 0.5 + random()),
    },
    sensitivities: {
      c: named('c', countC, () => c.map((x) => x * (0.5 + random()))),
      g: named('g', countG, () => g.map((x) => x * (0.5 + random()))),
      h: named('h', countH, () => h.map((x) => x * (random() - 0.5) + random())),
    },
  };
}

/** The largest difference of two vectors, relative to the largest component of the second (or to `scale` if larger). */
export function difference(actual: Float64Array, expected: Float64Array, scale = 0): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = scale;
  let worst = 0;
  for (const [k, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs(value));
    const own = Math.abs(actual[k]! - value);
    // Not a number is the worst of all.
    worst = own <= worst ? worst : own;
  }
  return largest === 0 ? worst : worst / largest;
}
