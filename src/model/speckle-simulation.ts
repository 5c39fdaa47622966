/**
 * Two-time matrices with the noise of thermal speckle: M independent speckles of one angle, normalised as instruments do.
 *
 *   I_k = Σ_l w_l·|f_lk|²,  fields f_l circular Gaussian with ⟨f_i·f_j*⟩ = K_ij,  Σw = 1, Σw² = contrast
 *   n_k = I_k, or Poisson(photons·I_k)
 *   c2_ij = ⟨n_i·n_j⟩ / ⟨n_i⟩⟨n_j⟩ + offset − 1          ⟨ ⟩: mean over the M speckles
 *
 * Its mean is offset + contrast·K² up to the bias of the normaliser, of order contrast/M. Speckle has a baseline of 1 by
 * itself; what the offset has beyond that is added, so contrast and noise do not depend on it.
 *
 * Speckles come in blocks of 64 with random numbers of their own (seed, angle, block), blocks in groups of 512 speckles
 * whose sums are added in order. So the numbers depend on the request alone, whoever computes which group.
 */
import { Defect } from '../base/errors.ts';
import { fold, keyFromSeed } from '../math/index.ts';
import { speckleField, type SpeckleField } from './speckle-field.ts';
import { referenceSpeckleKernel, type SpeckleKernel } from './speckle-kernel.ts';
import { PANEL, SPECKLE_BLOCK, sumIndex } from './speckle-layout.ts';
import { modeWeights } from './speckle-modes.ts';
import { PhotonCounter } from './speckle-photons.ts';
import type { Physics } from './two-time-model.ts';

/** The speckles of one angle. */
export interface SpeckleAngle {
  /** N. */
  readonly frames: number;
  /** M ≥ 2. */
  readonly speckles: number;
  /** Above 0, at most 1. */
  readonly contrast: number;
  /** Mean counts per speckle and frame; null: intensities without counting. */
  readonly photons: number | null;
  readonly seed: number;
  readonly angle: number;
}

/** Speckles in a group, the piece of work one task does. */
export const SPECKLE_GROUP = 512;
/** The stream of a block that counts photons; the others are its modes. */
const PHOTON_STREAM = 0xffffffff;

/** Number of groups of M speckles. */
export function speckleGroups(speckles: number): number {
  return Math.ceil(speckles / SPECKLE_GROUP);
}

/**
 * Compute the sums of one group of speckles in `kernel.sums`, one block a step, so that whoever runs it can look for a stop
 * signal between them. `field` is that of the angle.
 */
export function* speckleBlocks(
  kernel: SpeckleKernel,
  field: SpeckleField,
  speckle: SpeckleAngle,
  group: number,
): Generator<void, void, undefined> {
  checkSpeckle(speckle);
  const { speckles, seed, angle, photons } = speckle;
  const weights = modeWeights(speckle.contrast);
  const angleKey = fold(keyFromSeed(seed), angle);
  kernel.sums.fill(0);
  const end = Math.min((group + 1) * SPECKLE_GROUP, speckles);
  for (let first = group * SPECKLE_GROUP; first < end; first += SPECKLE_BLOCK) {
    const blockKey = fold(angleKey, first / SPECKLE_BLOCK);
    const count = Math.min(SPECKLE_BLOCK, end - first);
    kernel.intensities.fill(0);
    weights.forEach((weight, mode) => kernel.addMode(field, weight, fold(blockKey, mode)));
    if (photons !== null) countPhotons(kernel, count, photons, new PhotonCounter(fold(blockKey, PHOTON_STREAM)));
    setFrameOfOnes(kernel);
    kernel.addProducts(count);
    yield;
  }
}

function countPhotons(
  { intensities, frames }: SpeckleKernel,
  speckles: number,
  photons: number,
  counter: PhotonCounter,
): void {
  for (let k = 0; k < frames; k++) {
    const panel = panelStart(k);
    for (let m = 0; m < speckles; m++) {
      const at = panel + m * PANEL;
      intensities[at] = counter.count(photons * intensities[at]!);
    }
  }
}

/** The frame behind the last has intensity 1, see speckle-layout.ts. */
function setFrameOfOnes({ intensities, frames }: SpeckleKernel): void {
  const panel = panelStart(frames);
  for (let m = 0; m < SPECKLE_BLOCK; m++) intensities[panel + m * PANEL] = 1;
}

/** Where the first speckle of a frame lies. */
function panelStart(frame: number): number {
  return Math.floor(frame / PANEL) * SPECKLE_BLOCK * PANEL + (frame % PANEL);
}

/** c2 of an angle from the sums over all its speckles. */
export class SpeckleCorrelation {
  readonly frames: number;
  /** Frames in which no speckle counted a photon: c2 is not a number there. */
  readonly darkFrames: number;
  readonly #sums: Float64Array;
  readonly #speckles: number;
  readonly #means: Float64Array;
  readonly #shift: number;

  constructor(sums: Float64Array, frames: number, offset: number) {
    this.frames = frames;
    this.#sums = sums;
    this.#shift = offset - 1;
    this.#speckles = sums[sumIndex(frames, frames, frames)]!;
    const mean = (k: number): number => sums[sumIndex(frames, k, frames)]! / this.#speckles;
    this.#means = Float64Array.from({ length: frames }, (_, k) => mean(k));
    this.darkFrames = this.#means.filter((one) => one === 0).length;
  }

  /** c2 of frames i ≤ j. On the diagonal ⟨n²⟩/⟨n⟩², shot noise included. */
  value(i: number, j: number): number {
    const product = this.#sums[sumIndex(this.frames, i, j)]! / this.#speckles;
    return product / (this.#means[i]! * this.#means[j]!) + this.#shift;
  }

  /** The whole symmetric matrix, row-major, shape (N, N). */
  matrix(): Float64Array {
    const { frames } = this;
    const matrix = new Float64Array(frames * frames);
    for (let i = 0; i < frames; i++) {
      for (let j = i; j < frames; j++) {
        const c2 = this.value(i, j);
        matrix[i * frames + j] = c2;
        matrix[j * frames + i] = c2;
      }
    }
    return matrix;
  }
}

/** Sums of groups, added one after the other in the order of the groups, whatever the order in which they come. */
export class GroupSum {
  readonly #waiting = new Map<number, Float64Array>();
  readonly #total: Float64Array;
  #next = 0;

  constructor(length: number) {
    this.#total = new Float64Array(length);
  }

  /** Add the sums of a group; they are copied where they have to wait. */
  add(group: number, sums: Float64Array): void {
    if (sums.length !== this.#total.length || group < this.#next || this.#waiting.has(group)) {
      throw new Defect(`the sums of group ${group} do not fit`);
    }
    if (group !== this.#next) {
      this.#waiting.set(group, sums.slice());
      return;
    }
    for (let next: Float64Array | undefined = sums; next !== undefined; next = this.#waiting.get(this.#next)) {
      for (let k = 0; k < next.length; k++) this.#total[k] = this.#total[k]! + next[k]!;
      this.#waiting.delete(this.#next);
      this.#next += 1;
    }
  }

  /** The sum of the groups 0 … groups − 1. */
  total(groups: number): Float64Array {
    if (this.#next !== groups) throw new Defect(`${this.#next} of ${groups} groups of speckles were added`);
    return this.#total;
  }
}

/**
 * One angle in this thread, with the plain kernel unless another is given.
 *
 * Throws `Defect` on wrong values, and where a frame has no photon at all.
 */
export function simulateSpeckleAngle(
  physics: Physics,
  speckle: SpeckleAngle,
  offset: number,
  kernel: SpeckleKernel = referenceSpeckleKernel(speckle.frames),
): SpeckleCorrelation {
  checkSpeckle(speckle);
  const field = speckleField(physics, speckle.angle);
  const groups = speckleGroups(speckle.speckles);
  const sum = new GroupSum(kernel.sums.length);
  for (let group = 0; group < groups; group++) {
    const blocks = speckleBlocks(kernel, field, speckle, group);
    while (blocks.next().done !== true);
    sum.add(group, kernel.sums);
  }
  const correlation = new SpeckleCorrelation(sum.total(groups), speckle.frames, offset);
  if (correlation.darkFrames > 0) throw new Defect(`${correlation.darkFrames} frames have no photon`);
  return correlation;
}

export interface SpeckleOptions {
  /** M, speckles per angle, at least 2. */
  readonly speckles: number;
  /** Of all angles, or one per angle, shape (P); above 0, at most 1. */
  readonly contrast: number | ArrayLike<number>;
  /** Likewise; 1 when absent. */
  readonly offset?: number | ArrayLike<number> | undefined;
  /** Mean counts per speckle and frame; absent or null: none are counted. */
  readonly photons?: number | null | undefined;
  /** Any integer from 0 to 2^53 − 1. */
  readonly seed: number;
}

/** Triangles as the kernels take them (`ResidentTriangles`): per angle the pairs i < j, row by row. */
export interface SpeckleTriangles {
  readonly frames: number;
  readonly angles: number;
  /** All zero: no pair is excluded. */
  readonly excluded: Uint32Array;
  /** Shape (P, N(N−1)/2). */
  readonly values: Float32Array;
}

/**
 * Simulate c2 of all angles in this thread: what `twotime simulate` writes for the same physics and seed.
 *
 * `makeKernel` may be the compiled kernel (`speckleKernels` in the layer `kernels`): the same numbers, sooner. Throws `Defect` on
 * wrong options, and where a frame has no photon at all.
 */
export function simulateSpeckle(
  physics: Physics,
  options: SpeckleOptions,
  makeKernel: (frames: number) => SpeckleKernel = referenceSpeckleKernel,
): SpeckleTriangles {
  const frames = physics.c.length;
  const angles = physics.h.length;
  const { speckles, contrast, offset = 1, photons = null, seed } = options;
  const kernel = makeKernel(frames);
  const values = new Float32Array((angles * frames * (frames - 1)) / 2);
  let at = 0;
  for (let angle = 0; angle < angles; angle++) {
    const speckle = { frames, speckles, contrast: valueAt(contrast, angle), photons, seed, angle };
    const correlation = simulateSpeckleAngle(physics, speckle, valueAt(offset, angle), kernel);
    for (let i = 0; i < frames; i++) for (let j = i + 1; j < frames; j++) values[at++] = correlation.value(i, j);
  }
  return { frames, angles, excluded: new Uint32Array(angles), values };
}

function valueAt(given: number | ArrayLike<number>, angle: number): number {
  const value = typeof given === 'number' ? given : given[angle];
  if (value === undefined) throw new Defect(`no value is given for angle ${angle}`);
  return value;
}

function checkSpeckle({ frames, speckles, contrast, photons }: SpeckleAngle): void {
  if (!Number.isSafeInteger(frames) || frames < 2) throw new Defect(`speckle needs at least two frames, not ${frames}`);
  if (!Number.isSafeInteger(speckles) || speckles < 2) {
    throw new Defect(`a mean over speckles needs at least two, not ${speckles}`);
  }
  if (!(contrast > 0) || !(contrast <= 1))
    throw new Defect(`speckle has a contrast above 0 and up to 1, not ${contrast}`);
  if (photons !== null && (!(photons > 0) || !Number.isFinite(photons))) {
    throw new Defect(`a mean number of photons is above 0, not ${photons}`);
  }
}
