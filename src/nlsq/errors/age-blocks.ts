/**
 * Blocks of consecutive frames within which the speckle pattern, and the model with it, hardly changes.
 *
 * Sums over all pairs of pairs of frames are too many. They vary smoothly once frames are grouped so that a block is a
 * small part of a correlation time; a block of one frame is exact.
 */
import type { Physics } from '../../model/two-time-model.ts';
import { log } from '../../math/index.ts';

/** Frames k with edges[b] ≤ k < edges[b + 1] belong to block b. */
export interface AgeBlocks {
  readonly count: number;
  /** Shape (count + 1). */
  readonly edges: Int32Array;
}

/** Largest decay of the exponent κΔC, and largest change of the shear phase h·ΔG (rad), within a block. */
const DECAY_PER_BLOCK = 0.3;
const PHASE_PER_BLOCK = 0.6;
/** Blocks there should be at least, evenly in frame number and in ln t, for the shapes of the derivatives. */
const EVEN_BLOCKS = 24;
const LOGARITHMIC_BLOCKS = 12;
/** Mean of (sin x/x)² over a correlation time: ∫ sinc² = π/2. */
const SHEAR_WIDTH = 2 / Math.PI;

/** Correlation times passed up to each frame, shape (N): ∫ dt/τ with τ the area under the decay of M at that age. */
export function correlationTimes(physics: Physics, angle: number): Float64Array {
  const { kappa, c, g, h } = physics;
  const passed = new Float64Array(c.length);
  for (let k = 1; k < c.length; k++) {
    const phase = g === null ? 0 : Math.abs(h[angle]! * (g[k]! - g[k - 1]!));
    passed[k] = passed[k - 1]! + kappa * Math.abs(c[k]! - c[k - 1]!) + SHEAR_WIDTH * phase;
  }
  return passed;
}

/** Consecutive blocks that stand for `weight` times as much of the window. */
export interface AgePiece {
  readonly blocks: AgeBlocks;
  readonly weight: number;
}

/** Blocks of one piece where the window has more correlation times than can be looked at in one. */
const PIECE_BLOCKS = 48;
/** Pieces after the first, spread evenly over the correlation times of the window, at most. */
const MOST_STRATA = 5;
/** A window that needs this many times the blocks allowed is looked at in pieces. */
const STRETCH = 1.5;

/**
 * Blocks fine enough for the speckle covariance of one angle: the whole window in about `most` blocks or, where it has too
 * many correlation times for that, its beginning and pieces of the rest at ages spread evenly.
 */
export function speckleBlocks(physics: Physics, angle: number, times: Float64Array, most: number): AgePiece[] {
  const { kappa, c, g, h } = physics;
  const frames = c.length;
  const span = log(times[frames - 1]! / times[0]!);
  const place = new Float64Array(frames);
  for (let k = 1; k < frames; k++) {
    const phase = g === null ? 0 : Math.abs(h[angle]! * (g[k]! - g[k - 1]!));
    const density =
      (kappa * Math.abs(c[k]! - c[k - 1]!)) / DECAY_PER_BLOCK +
      phase / PHASE_PER_BLOCK +
      EVEN_BLOCKS / frames +
      (LOGARITHMIC_BLOCKS * log(times[k]! / times[k - 1]!)) / span;
    place[k] = place[k - 1]! + Math.min(1, density);
  }
  const needed = Math.ceil(place[frames - 1]!) + 1;
  if (needed <= STRETCH * most) return [{ blocks: evenBlocks(place, Math.min(most, needed)), weight: 1 }];
  // The beginning is looked at whole: there the rates change fastest, and some parameters show nowhere else.
  const rest = needed - 1 - PIECE_BLOCKS;
  const strata = Math.min(MOST_STRATA, Math.max(1, Math.round(rest / PIECE_BLOCKS)));
  const width = rest / strata;
  const middles = Array.from({ length: strata }, (_, s) => PIECE_BLOCKS + (s + 0.5) * width);
  return [PIECE_BLOCKS / 2, ...middles].map((middle, piece) => {
    const first = place.findIndex((at) => at >= middle - PIECE_BLOCKS / 2);
    let end = first + 1;
    while (end < frames && place[end]! <= middle + PIECE_BLOCKS / 2) end++;
    const inside = place.slice(first, end);
    const { count, edges } = evenBlocks(inside, Math.ceil(inside.at(-1)! - inside[0]!) + 1);
    const weight = piece === 0 ? 1 : width / PIECE_BLOCKS;
    return { blocks: { count, edges: edges.map((edge) => edge + first) }, weight };
  });
}

/** Neighbouring blocks taken together, `number` at a time. */
export function mergeBlocks({ count, edges }: AgeBlocks, number: number): AgeBlocks {
  const kept = [...edges.subarray(0, count)].filter((_, b) => b % number === 0);
  return { count: kept.length, edges: Int32Array.from([...kept, edges[count]!]) };
}

/** About `count` blocks of equal increase of `place` (ascending, shape (N)). */
export function evenBlocks(place: Float64Array, count: number): AgeBlocks {
  const frames = place.length;
  const whole = Array.from({ length: frames + 1 }, (_, k) => k);
  if (count >= frames) return { count: frames, edges: Int32Array.from(whole) };
  const total = place[frames - 1]! - place[0]!;
  const edges = [0];
  let block = 0;
  for (let k = 1; k < frames; k++) {
    const now = total > 0 ? Math.floor(((place[k]! - place[0]!) / total) * count * (1 - 1e-12)) : 0;
    if (now > block) edges.push(k);
    block = now;
  }
  edges.push(frames);
  return { count: edges.length - 1, edges: Int32Array.from(edges) };
}
