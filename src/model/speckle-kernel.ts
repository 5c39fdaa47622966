/** The arithmetic of one block of speckles: the contract, and its plain-TypeScript twin. The compiled one is in `kernels`. */
import { Defect } from '../base/errors.ts';
import { fillComplexNormals, type RandomKey } from '../math/index.ts';
import type { FactoredField, MarkovField, SpeckleField } from './speckle-field.ts';
import {
  framePanels,
  intensitiesLength,
  intensityPanels,
  PANEL,
  panelOfFactor,
  SPECKLE_BLOCK,
  sumsLength,
} from './speckle-layout.ts';

/** Scratch and arithmetic for N frames; both implementations return the same bits. */
export interface SpeckleKernel {
  readonly frames: number;
  /** Intensities of the block, see speckle-layout.ts. Anybody may change them between the calls. */
  readonly intensities: Float64Array;
  /** Σ I_i·I_j over the speckles of all blocks added, see speckle-layout.ts. */
  readonly sums: Float64Array;
  /** Draw the fields of one mode for all speckles of the block and add weight·|field|² to the intensities. */
  addMode(field: SpeckleField, weight: number, key: RandomKey): void;
  /** Add the products of the first `speckles` of the block to the sums. */
  addProducts(speckles: number): void;
}

/** The plain-TypeScript kernel: one operation after the other. */
export function referenceSpeckleKernel(frames: number): SpeckleKernel {
  if (!Number.isSafeInteger(frames) || frames < 2) throw new Defect(`speckle needs at least two frames, not ${frames}`);
  return new ReferenceSpeckleKernel(frames);
}

/** Numbers in one row of normals: real and imaginary part of every speckle of the block. */
const ROW = 2 * SPECKLE_BLOCK;
/** Two speckles share a Philox block. */
const DRAWS_PER_ROW = SPECKLE_BLOCK / 2;
const PANEL_LENGTH = SPECKLE_BLOCK * PANEL;
const TILE = PANEL * PANEL;

class ReferenceSpeckleKernel implements SpeckleKernel {
  readonly frames: number;
  readonly intensities: Float64Array;
  readonly sums: Float64Array;
  readonly #row = new Float64Array(ROW);
  readonly #words = new Uint32Array(ROW);
  readonly #tile = new Float64Array(TILE);
  #normals = new Float64Array(0);

  constructor(frames: number) {
    this.frames = frames;
    this.intensities = new Float64Array(intensitiesLength(frames));
    this.sums = new Float64Array(sumsLength(frames));
  }

  addMode(field: SpeckleField, weight: number, key: RandomKey): void {
    if (field.kind === 'markov') this.#addMarkov(field, weight, key);
    else this.#addFactored(field, weight, key);
  }

  addProducts(speckles: number): void {
    const panels = intensityPanels(this.frames);
    let at = 0;
    for (let p = 0; p < panels; p++) {
      for (let r = p; r < panels; r++, at += TILE) {
        multiplyPanels(this.intensities, p * PANEL_LENGTH, this.intensities, r * PANEL_LENGTH, speckles, this.#tile);
        for (let k = 0; k < TILE; k++) this.sums[at + k] = this.sums[at + k]! + this.#tile[k]!;
      }
    }
  }

  #addMarkov({ keep, renew }: MarkovField, weight: number, key: RandomKey): void {
    const { intensities } = this;
    const row = this.#row;
    const state = new Float64Array(ROW);
    for (let k = 0; k < this.frames; k++) {
      fillComplexNormals(key, row, this.#words, k * DRAWS_PER_ROW);
      for (let n = 0; n < ROW; n++) state[n] = keep[k]! * state[n]! + renew[k]! * row[n]!;
      const panel = Math.floor(k / PANEL) * PANEL_LENGTH + (k % PANEL);
      for (let m = 0; m < SPECKLE_BLOCK; m++) {
        const n = 2 * m - (m & 1);
        const re = state[n]!;
        const im = state[n + 2]!;
        const at = panel + m * PANEL;
        intensities[at] = intensities[at]! + weight * (re * re + im * im);
      }
    }
  }

  #addFactored({ factor }: FactoredField, weight: number, key: RandomKey): void {
    const { intensities } = this;
    const tile = this.#tile;
    const panels = framePanels(this.frames);
    const column = panels * TILE;
    if (this.#normals.length === 0) this.#normals = new Float64Array(DRAWS_PER_ROW * column);
    const normals = this.#normals;
    for (let k = 0; k < this.frames; k++) {
      fillComplexNormals(key, this.#row, this.#words, k * DRAWS_PER_ROW);
      for (let n = 0; n < ROW; n++) normals[(n >> 2) * column + k * PANEL + (n & 3)] = this.#row[n]!;
    }
    for (let p = 0; p < panels; p++) {
      for (let c = 0; c < DRAWS_PER_ROW; c++) {
        multiplyPanels(factor, panelOfFactor(p), normals, c * column, PANEL * (p + 1), tile);
        const at = p * PANEL_LENGTH + 2 * c * PANEL;
        for (let a = 0; a < PANEL; a++) {
          const t = a * PANEL;
          const even = tile[t]! * tile[t]! + tile[t + 2]! * tile[t + 2]!;
          const odd = tile[t + 1]! * tile[t + 1]! + tile[t + 3]! * tile[t + 3]!;
          intensities[at + a] = intensities[at + a]! + weight * even;
          intensities[at + PANEL + a] = intensities[at + PANEL + a]! + weight * odd;
        }
      }
    }
  }
}

/** out[4a + b] = Σ_k A[k][a]·B[k][b] over `depth` rows of two panels, row after row. */
function multiplyPanels(
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  depth: number,
  out: Float64Array,
): void {
  for (let half = 0; half < PANEL; half += 2) {
    let s00 = 0;
    let s01 = 0;
    let s02 = 0;
    let s03 = 0;
    let s10 = 0;
    let s11 = 0;
    let s12 = 0;
    let s13 = 0;
    for (let k = 0; k < depth; k++) {
      const row = aStart + k * PANEL + half;
      const column = bStart + k * PANEL;
      const a0 = a[row]!;
      const a1 = a[row + 1]!;
      const b0 = b[column]!;
      const b1 = b[column + 1]!;
      const b2 = b[column + 2]!;
      const b3 = b[column + 3]!;
      s00 += a0 * b0;
      s01 += a0 * b1;
      s02 += a0 * b2;
      s03 += a0 * b3;
      s10 += a1 * b0;
      s11 += a1 * b1;
      s12 += a1 * b2;
      s13 += a1 * b3;
    }
    const at = half * PANEL;
    out[at] = s00;
    out[at + 1] = s01;
    out[at + 2] = s02;
    out[at + 3] = s03;
    out[at + 4] = s10;
    out[at + 5] = s11;
    out[at + 6] = s12;
    out[at + 7] = s13;
  }
}
