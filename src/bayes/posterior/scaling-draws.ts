/**
 * Contrast, offset and noise of each angle drawn given the physics of a draw.
 *
 * With priors: the contrast first, from the Student distribution the data leave of it, cut to its limits; then σ, with S + (c −
 * ĉ)²/(A⁻¹)_cc over σ² a χ² of n − 1 degrees of freedom; then the offset, normal given both (`scaling-prior.ts`). A Fourier
 * series has flat priors: S/σ² is a χ² of n − p degrees of freedom, and the coefficients are normal with covariance σ²A⁻¹.
 * All follow from the sums that the posterior kept aside.
 */
import { Defect } from '../../base/errors.ts';
import type { AngleSums } from '../../kernels/sweep.ts';
import { fillNormals, fold, normalAt, uniformAt, type RandomKey } from '../../math/index.ts';
import { eliminate, type Elimination, type GroupFactor } from '../../nlsq/scaling.ts';
import { gammaDraw } from '../distributions/gamma.ts';
import { cholesky } from '../nuts/metric.ts';
import { freedomOf, isFlat, knownOf, squaresOf, type MarginalModel, type NoiseBlock } from './marginal-likelihood.ts';
import { contrastQuantile, type ScalingPrior } from './scaling-prior.ts';

export interface ScalingDraw {
  /** Each of shape (P); σ of one point of the angle. */
  readonly contrast: Float64Array;
  readonly offset: Float64Array;
  readonly sigma: Float64Array;
}

/** Streams of random numbers of one block. */
const STREAMS = { noise: 0, contrast: 1, coefficients: 2 } as const;

/** One joint draw; a pure function of the key. `points` are those of each angle, shape (P). */
export function drawScaling(
  model: MarginalModel,
  points: Float64Array,
  aside: readonly number[],
  key: RandomKey,
): ScalingDraw {
  const sums = sumsOf(points, aside);
  const best = eliminate(model.groups, sums, model.guess);
  const draw: ScalingDraw = {
    contrast: Float64Array.from(best.contrast),
    offset: Float64Array.from(best.offset),
    sigma: new Float64Array(points.length),
  };
  model.blocks.forEach((block, b) => {
    const own = fold(key, b);
    const freedom = freedomOf(model, block, sums);
    const squares = squaresOf(model, block, best);
    const [g] = block.groups;
    const prior = g === undefined ? null : model.priors[g]!;
    const noise =
      g !== undefined && prior !== null
        ? drawWithPrior(draw, best.factors[g]!, prior, { best, squares, freedom, key: own })
        : drawFlat(draw, block, { best, squares, freedom, key: own });
    for (const a of block.angles) draw.sigma[a] = noise / Math.sqrt(model.guess.weight[a]!);
  });
  return draw;
}

interface BlockDraw {
  readonly best: Elimination;
  readonly squares: number;
  readonly freedom: number;
  readonly key: RandomKey;
}

/** σ of unit weight, from a sum of squares and its degrees of freedom. */
function drawNoise(squares: number, freedom: number, key: RandomKey): number {
  return Math.sqrt((0.5 * squares) / gammaDraw(fold(key, STREAMS.noise), 0.5 * freedom));
}

/** Sets contrast and offset of a group of one term; returns σ of unit weight. */
function drawWithPrior(
  draw: ScalingDraw,
  found: GroupFactor,
  prior: ScalingPrior,
  { best, squares, freedom, key }: BlockDraw,
): number {
  const { group, matrix } = found;
  const [a] = group.angles as readonly [number, ...number[]];
  const probability = uniformAt(fold(key, STREAMS.contrast), 0);
  const [information, coupling] = [matrix[0]!, matrix[1]!];
  let contrast = prior.contrast.lower + probability * (prior.contrast.upper - prior.contrast.lower);
  let total = squares;
  if (!isFlat(found)) {
    const known = knownOf(found, best, squares / freedom);
    contrast = contrastQuantile(prior, known, freedom, probability);
    const away = contrast - known.contrast;
    total += (away * away * squares) / (freedom * known.contrastVariance);
  }
  const noise = drawNoise(total, freedom + 1, key);
  const precision = information / (noise * noise);
  const wanted = 1 / (prior.offset.sd * prior.offset.sd);
  const best0 = best.offset[a]! + (coupling / information) * (best.contrast[a]! - contrast);
  const mean = (precision * best0 + wanted * prior.offset.mean) / (precision + wanted);
  const offset = mean + normalAt(fold(key, STREAMS.coefficients), 0) / Math.sqrt(precision + wanted);
  for (const member of group.angles) {
    draw.contrast[member] = contrast;
    draw.offset[member] = offset;
  }
  return noise;
}

/** Adds to contrast and offset of the groups of a block what is drawn with flat priors; returns σ of unit weight. */
function drawFlat(draw: ScalingDraw, block: NoiseBlock, { best, squares, freedom, key }: BlockDraw): number {
  const noise = drawNoise(squares, freedom, key);
  for (const g of block.groups) {
    const { group, matrix } = best.factors[g]!;
    const { terms, basis, angles } = group;
    const size = 2 * terms;
    const lower = cholesky(matrix, size);
    if (lower === null) throw new Defect('a draw of the posterior has no contrast');
    const change = new Float64Array(size);
    fillNormals(fold(fold(key, STREAMS.coefficients), g), change);
    // x = x̂ + σ·L⁻ᵀε has the covariance σ²(L·Lᵀ)⁻¹.
    for (let i = size - 1; i >= 0; i--) {
      for (let k = i + 1; k < size; k++) change[i] = change[i]! - lower[k * size + i]! * change[k]!;
      change[i] = change[i]! / lower[i * (size + 1)]!;
    }
    angles.forEach((a, row) => {
      for (let t = 0; t < terms; t++) {
        const share = noise * basis[row * terms + t]!;
        draw.offset[a] = draw.offset[a]! + share * change[t]!;
        draw.contrast[a] = draw.contrast[a]! + share * change[terms + t]!;
      }
    });
  }
  return noise;
}

/** The sums that `two-time-posterior.ts` kept aside: M, M², r, rM and r² of each angle. */
export function sumsOf(points: Float64Array, aside: readonly number[]): AngleSums {
  const angles = points.length;
  if (aside.length !== 5 * angles) throw new Defect(`${aside.length} sums aside for ${angles} angles`);
  const column = (k: number): Float64Array => Float64Array.from(aside.slice(k * angles, (k + 1) * angles));
  return { points, m: column(0), mm: column(1), r: column(2), rm: column(3), rr: column(4) };
}
