/**
 * How much of the noise is on which scale: residuals of one angle averaged over blocks of frames of growing size.
 *
 * Photon noise falls with the number of pairs in a mean, its product with speckle with the number of frames, speckle itself
 * hardly at all within a correlation time. So the sums Σ_blocks (Σ r)²/pairs on nested blocks tell the three amplitudes
 *
 *   Cov(r) = m·(speckle) + x·(crossed) + s·1,    m = 1/M,  s = σ_w²
 *
 * apart. Differences between neighbouring levels are nearly independent of each other and, but for the coarsest, of the
 * parameters the fit has taken out.
 */
import type { Physics } from '../../model/two-time-model.ts';
import { mergeBlocks } from './age-blocks.ts';
import { blockFields, type BlockFields } from './block-fields.ts';
import type { ResidualSums } from './residual-pass.ts';

/** One level: what was found, and what is expected per unit of each amplitude. */
export interface NoiseLevel {
  readonly found: number;
  readonly speckle: number;
  readonly crossed: number;
  readonly white: number;
  /** Coefficients of the variance of `found` in m², mx, x², ms, xs, s². */
  readonly spread: readonly [number, number, number, number, number, number];
}

/** Coarsest level, blocks. */
const FEWEST_BLOCKS = 8;

/** What a fit takes out of the expected Σ r² per unit of m, x, s. */
export interface TakenOut {
  readonly speckle: number;
  readonly crossed: number;
  readonly white: number;
}

export interface AngleLevels {
  /** Finest first; the last is the coarsest itself, the others are differences to the next coarser. */
  readonly levels: readonly NoiseLevel[];
  /** All pairs one by one. */
  readonly whole: NoiseLevel;
}

/** Variance of the number found on a level, for amplitudes m, x, s. */
export function varianceOf(
  { spread }: NoiseLevel,
  { speckle: m, crossed: x, white: s }: { readonly speckle: number; readonly crossed: number; readonly white: number },
): number {
  const [mm, mx, xx, ms, xs, ss] = spread;
  return m * m * mm + m * x * mx + x * x * xx + m * s * ms + x * s * xs + s * s * ss;
}

export function noiseLevels(
  physics: Physics,
  angle: number,
  contrast: number,
  sums: ResidualSums,
  takenOut: TakenOut,
): AngleLevels {
  const { blocks } = sums;
  const frames = physics.c.length;
  const energies: NoiseLevel[] = [];
  for (let merged = 1; merged === 1 || blocks.count / merged >= FEWEST_BLOCKS; merged *= 2) {
    const fields = blockFields(physics, angle, mergeBlocks(blocks, merged));
    const { pairs, totals } = mergedSums(sums, merged);
    // Before any averaging: the finest blocks only say how large M is where.
    if (merged === 1) energies.push(singlePairs(fields, contrast, pairs, sums.squares, frames));
    if (merged > 1 || blocks.count < frames) energies.push(blockMeans(fields, contrast, pairs, totals));
  }
  const levels = energies.map((level, k) => {
    const coarser = energies[k + 1];
    return coarser === undefined ? less(level, takenOut) : difference(level, coarser);
  });
  return { levels, whole: energies[0]! };
}

function less(level: NoiseLevel, takenOut: TakenOut): NoiseLevel {
  return {
    ...level,
    speckle: level.speckle - takenOut.speckle,
    crossed: level.crossed - takenOut.crossed,
    white: level.white - takenOut.white,
  };
}

function difference(fine: NoiseLevel, coarse: NoiseLevel): NoiseLevel {
  const rest = (k: 0 | 1 | 2 | 3 | 4 | 5): number => Math.max(fine.spread[k] - coarse.spread[k], 1e-3 * fine.spread[k]);
  return {
    found: fine.found - coarse.found,
    speckle: fine.speckle - coarse.speckle,
    crossed: fine.crossed - coarse.crossed,
    white: fine.white - coarse.white,
    spread: [rest(0), rest(1), rest(2), rest(3), rest(4), rest(5)],
  };
}

/** Pairs and Σ r between blocks of `merged` neighbours, shape (B', B'), b ≤ d. */
function mergedSums(
  { blocks, pairs, scores }: ResidualSums,
  merged: number,
): { pairs: Float64Array; totals: Float64Array } {
  const n = blocks.count;
  const columns = scores.length / (n * n);
  const size = Math.ceil(n / merged);
  const counts = new Float64Array(size * size);
  const totals = new Float64Array(size * size);
  for (let b = 0; b < n; b++) {
    for (let d = b; d < n; d++) {
      const at = Math.floor(b / merged) * size + Math.floor(d / merged);
      counts[at] = counts[at]! + pairs[b * n + d]!;
      totals[at] = totals[at]! + scores[(b * n + d) * columns + columns - 2]!;
    }
  }
  return { pairs: counts, totals };
}

/** Σ r² and its expectation: the variance of e_ij from the cumulants of a thermal field, which M_ij alone decides. */
function singlePairs(
  { count: n, sizes, shape, intensity }: BlockFields,
  contrast: number,
  pairs: Float64Array,
  squares: number,
  frames: number,
): NoiseLevel {
  let speckle = 0;
  let crossed = 0;
  let white = 0;
  let vv = 0;
  for (let b = 0; b < n; b++) {
    for (let d = 0; d < n; d++) vv += sizes[b]! * sizes[d]! * square(contrast * intensity[b * n + d]!);
    for (let d = b; d < n; d++) {
      const count = pairs[b * n + d]!;
      const m = shape[b * n + d]!;
      speckle += count * square(contrast) * (1 + m * m + contrast * m * (4 - 4 * m + 2 * m * m));
      crossed += count * 2 * contrast * (1 + contrast * m * (2 - m));
      white += count;
    }
  }
  return { found: squares, speckle, crossed, white, spread: spreadOf(vv, frames * contrast, frames) };
}

function square(x: number): number {
  return x * x;
}

function blockMeans(
  { count: n, sizes, field, intensity }: BlockFields,
  contrast: number,
  pairs: Float64Array,
  totals: Float64Array,
): NoiseLevel {
  let found = 0;
  let speckle = 0;
  let crossed = 0;
  let white = 0;
  let vv = 0;
  let vi = 0;
  for (let b = 0; b < n; b++) {
    const kbb = field[b * (n + 1)]!;
    const vbb = contrast * intensity[b * (n + 1)]!;
    vi += sizes[b]! * vbb;
    for (let d = 0; d < n; d++) vv += sizes[b]! * sizes[d]! * square(contrast * intensity[b * n + d]!);
    for (let d = b; d < n; d++) {
      const count = pairs[b * n + d]!;
      if (count === 0) continue;
      const kdd = field[d * (n + 1)]!;
      const vdd = contrast * intensity[d * (n + 1)]!;
      const kk = square(field[b * n + d]!);
      const v = contrast * intensity[b * n + d]!;
      const fourth = 2 * contrast * square(contrast) * (kk * kk + 2 * kbb * kdd * kk);
      const thirdB = 2 * square(contrast) * kbb * kk;
      const thirdD = 2 * square(contrast) * kdd * kk;
      speckle += count * (fourth + vbb * vdd + v * v - 2 * v * (thirdB + thirdD) + v * v * (vbb + vdd + 2 * v));
      const shots = (vdd + thirdD - v * v) / sizes[b]! + (vbb + thirdB - v * v) / sizes[d]!;
      crossed += count * (b === d ? 2 : 1) * shots;
      white += 1;
      found += square(totals[b * n + d]!) / count;
    }
  }
  return { found, speckle, crossed, white, spread: spreadOf(vv, vi, n) };
}

/**
 * Variance of Σ r² on a level, residuals taken as normal with covariance m·V⊗V + x·(V⊗1 + 1⊗V) + s·1⊗1 on pairs i < j:
 * traces of products of V and 1 over the blocks.
 */
function spreadOf(vv: number, vi: number, ii: number): NoiseLevel['spread'] {
  return [vv * vv, 4 * vv * vi, 2 * (vv * ii + vi * vi), 2 * vi * vi, 4 * vi * ii, ii * ii];
}
