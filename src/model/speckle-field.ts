/**
 * The field correlation K(t1, t2) of thermal speckle behind a model, and the two ways to draw fields that have it.
 *
 *   published   K = e^{−κΔC/2}·sin(x)/x           K² = M exactly; K has the sign of the sinc
 *   homodyne2   K = e^{−κΔC/2}·(sin(x)/x)²        without the softening (1e-12) and the floor of M, which no K has
 *
 * with x = h·ΔG. Both are positive semidefinite: e^{−κ|ΔC|/2} is the correlation of an Ornstein–Uhlenbeck process in C,
 * sinc is the mean of e^{i·2u·x} over −½ < u < ½ (positions across the gap), and products of such functions are again.
 *
 * **Markov.** Without shear the next field depends on the last alone: f_k = ρ_k·f_{k−1} + √(1 − ρ_k²)·z_k with
 * ρ_k = e^{−κ(C_k − C_{k−1})/2}: exact for any J(t), N steps per field.
 *
 * **Factored.** With shear f = L·z, L·Lᵀ = K + 1e-10·1 (Cholesky). Fields that move little make K singular to rounding; the
 * tiny white part keeps the factor well defined. It lies on the diagonal alone, so it changes no pair.
 */
import { Defect } from '../base/errors.ts';
import { exp, expm1 } from '../math/index.ts';
import { sinc } from './pair-function.ts';
import { factorLength, PANEL, panelOfFactor } from './speckle-layout.ts';
import type { Physics } from './two-time-model.ts';

export interface MarkovField {
  readonly kind: 'markov';
  /** ρ_k and √(1 − ρ_k²), shape (N); the first are 0 and 1. */
  readonly keep: Float64Array;
  readonly renew: Float64Array;
}

export interface FactoredField {
  readonly kind: 'factored';
  /** L in panels, see speckle-layout.ts. */
  readonly factor: Float64Array;
}

/** What a kernel needs to draw the fields of one angle. */
export type SpeckleField = MarkovField | FactoredField;

/** Variance of the white part that keeps the Cholesky factor well defined. */
const JITTER = 1e-10;

/** K of frames i ≤ j at one angle, infinite C or G of a first frame at t = 0 included. */
export function fieldCorrelation(physics: Physics, angle: number, i: number, j: number): number {
  if (i === j) return 1;
  const { kappa, c, g, h, pairFunction } = physics;
  const decay = exp(-0.5 * kappa * Math.max(c[j]! - c[i]!, 0));
  const factor = h[angle]!;
  if (g === null || factor === 0 || decay === 0) return decay;
  const s = sinc(factor * (g[j]! - g[i]!));
  return decay * (pairFunction === 'published' ? s : s * s);
}

/** How the fields of one angle are drawn. O(N) without shear, O(N³) with it. */
export function speckleField(physics: Physics, angle: number): SpeckleField {
  if (physics.g === null || physics.h[angle] === 0) return markovField(physics);
  return { kind: 'factored', factor: packFactor(choleskyFactor(physics, angle), physics.c.length) };
}

function markovField({ kappa, c }: Physics): MarkovField {
  const keep = new Float64Array(c.length);
  const renew = new Float64Array(c.length).fill(1);
  for (let k = 1; k < c.length; k++) {
    const step = Math.max(c[k]! - c[k - 1]!, 0);
    keep[k] = exp(-0.5 * kappa * step);
    renew[k] = Math.sqrt(-expm1(-kappa * step));
  }
  return { kind: 'markov', keep, renew };
}

/** L of K + jitter, row-major, shape (N, N); nothing above the diagonal. */
function choleskyFactor(physics: Physics, angle: number): Float64Array {
  const frames = physics.c.length;
  const lower = new Float64Array(frames * frames);
  for (let i = 0; i < frames; i++) {
    const row = i * frames;
    for (let j = 0; j < i; j++) {
      const rest = fieldCorrelation(physics, angle, j, i) - product(lower, row, j * frames, j);
      lower[row + j] = rest / lower[j * frames + j]!;
    }
    const pivot = 1 + JITTER - product(lower, row, row, i);
    if (!(pivot > 0)) throw new Defect(`the field correlation of angle ${angle} is not positive at frame ${i}`);
    lower[row + i] = Math.sqrt(pivot);
  }
  return lower;
}

/** Σ a_k·b_k of two rows, in four interleaved sums. */
function product(lower: Float64Array, a: number, b: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < count; k += 4) {
    s0 += lower[a + k]! * lower[b + k]!;
    s1 += lower[a + k + 1]! * lower[b + k + 1]!;
    s2 += lower[a + k + 2]! * lower[b + k + 2]!;
    s3 += lower[a + k + 3]! * lower[b + k + 3]!;
  }
  for (; k < count; k++) s0 += lower[a + k]! * lower[b + k]!;
  return s0 + s1 + (s2 + s3);
}

function packFactor(lower: Float64Array, frames: number): Float64Array {
  const factor = new Float64Array(factorLength(frames));
  for (let i = 0; i < frames; i++) {
    const panel = panelOfFactor(Math.floor(i / PANEL)) + (i % PANEL);
    for (let k = 0; k <= i; k++) factor[panel + k * PANEL] = lower[i * frames + k]!;
  }
  return factor;
}
