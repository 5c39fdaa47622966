/**
 * The likelihood with contrast, offset and noise integrated out, from the sums of one sweep.
 *
 * Given the physics, c2 is linear in the coefficients x of contrast and offset with design F and weights W. With a flat
 * prior on x and Jeffreys' prior 1/σ on the noise of a block (n points, p coefficients), A = FᵀWF and S the weighted sum of
 * squares at the best x,
 *
 *   ∫∫ N(y; F·x, σ²W⁻¹) dx dσ/σ ∝ |A|^(−½) · S^(−(n − p)/2)                (O'Hagan & Forster 2004, section 9.4)
 *
 * and the priors of contrast and offset correct it (`scaling-prior.ts`) with V = s²A⁻¹, s² = S/(n − p). A block is one angle
 * with a σ of its own, or all angles with one common factor of their relative σ where they share coefficients. Differences
 * of ln S are taken from a reference, so that a billion points cost no digits.
 */
import { log, log1p } from '../../math/index.ts';
import type { AngleScaling, AngleSums, SlopeSums } from '../../kernels/sweep.ts';
import { invert } from '../../nlsq/linear-algebra.ts';
import { eliminate, type Elimination, type GroupFactor, type ScalingGroup } from '../../nlsq/scaling.ts';
import {
  flatCorrection,
  scalingCorrection,
  type ScalingCorrection,
  type ScalingKnown,
  type ScalingPrior,
} from './scaling-prior.ts';

/** Angles with one unknown noise level. */
export interface NoiseBlock {
  readonly angles: readonly number[];
  /** Indices of the scaling groups inside. */
  readonly groups: readonly number[];
}

/** One block per angle where no coefficient is shared, else one for all angles. */
export function noiseBlocks(groups: readonly ScalingGroup[], angles: number): NoiseBlock[] {
  if (groups.every((group) => group.angles.length === 1)) {
    return Array.from({ length: angles }, (_, a) => ({
      angles: [a],
      groups: groups.flatMap((group, g) => (group.angles[0] === a ? [g] : [])),
    }));
  }
  return [{ angles: Array.from({ length: angles }, (_, a) => a), groups: groups.map((_, g) => g) }];
}

export interface MarginalModel {
  readonly groups: readonly ScalingGroup[];
  readonly blocks: readonly NoiseBlock[];
  /** Of contrast and offset of each group; null for a Fourier series, whose coefficients have flat priors. */
  readonly priors: readonly (ScalingPrior | null)[];
  /** Scaling the sweeps are made with, near the best one, and relative weights. */
  readonly guess: AngleScaling;
  /** Weighted sum of squares per block that ln S is counted from, shape (blocks). */
  readonly reference: Float64Array;
}

/** n − p of a block. */
export function freedomOf({ groups }: MarginalModel, block: NoiseBlock, sums: AngleSums): number {
  const points = block.angles.reduce((sum, a) => sum + sums.points[a]!, 0);
  return points - block.groups.reduce((sum, g) => sum + 2 * groups[g]!.terms, 0);
}

/** Weighted sum of squares of a block at the best scaling. */
export function squaresOf({ guess }: MarginalModel, block: NoiseBlock, { squares }: Elimination): number {
  return block.angles.reduce((sum, a) => sum + guess.weight[a]! * squares[a]!, 0);
}

export interface MarginalValue {
  /** ln likelihood up to a constant; −∞ where a Fourier series is not determined. */
  readonly value: number;
  readonly best: Elimination;
  /** Of each group; null where the model is flat. */
  readonly terms: readonly (GroupTerm | null)[];
}

interface GroupTerm {
  /** A⁻¹. */
  readonly inverse: Float64Array;
  /** What the priors say; null for flat ones. */
  readonly correction: ScalingCorrection | null;
}

/** The value from the sums of any sweep made with the model's guess. */
export function marginalValue(model: MarginalModel, sums: AngleSums): MarginalValue {
  const best = eliminate(model.groups, sums, model.guess);
  const terms = new Array<GroupTerm | null>(model.groups.length).fill(null);
  let value = 0;
  model.blocks.forEach((block, b) => {
    const reference = model.reference[b]!;
    const squares = squaresOf(model, block, best);
    const freedom = freedomOf(model, block, sums);
    value -= 0.5 * freedom * log1p((squares - reference) / reference);
    for (const g of block.groups) {
      const [found, prior, variance] = [best.factors[g]!, model.priors[g]!, squares / freedom];
      if (isFlat(found)) {
        value += prior === null ? -Infinity : flatValue(found, prior, best, variance);
      } else {
        const inverse = invert(found.factor);
        const correction =
          prior === null ? null : scalingCorrection(prior, knownOf(found, best, variance, inverse), freedom);
        terms[g] = { inverse, correction };
        value += -0.5 * logDeterminant(found) + (correction?.value ?? 0);
      }
    }
  });
  return { value, best, terms };
}

/** Whether the model is so flat that the data show no contrast. */
export function isFlat({ factor }: GroupFactor): boolean {
  return factor.rank < factor.size;
}

function flatValue({ group, matrix }: GroupFactor, prior: ScalingPrior, best: Elimination, variance: number): number {
  return flatCorrection(prior, best.offset[group.angles[0]!]!, matrix[0]!, variance);
}

function logDeterminant({ factor }: GroupFactor): number {
  const { size, lower, scale } = factor;
  let sum = 0;
  for (let i = 0; i < size; i++) sum += 2 * (log(lower[i * (size + 1)]!) - log(scale[i]!));
  return sum;
}

/** What the data say of contrast and offset of a group of one term. */
export function knownOf(
  { group, factor }: GroupFactor,
  best: Elimination,
  variance: number,
  inverse: Float64Array = invert(factor),
): ScalingKnown {
  const a = group.angles[0]!;
  return {
    offset: best.offset[a]!,
    contrast: best.contrast[a]!,
    offsetVariance: variance * inverse[0]!,
    covariance: variance * inverse[1]!,
    contrastVariance: variance * inverse[3]!,
  };
}

/**
 * The gradient of the value in the K columns of a `slopes` sweep made with the model's guess.
 *
 * Every term depends on θ through ΣM, ΣM² and Σ y·M of each angle alone; their derivatives are the sums d, 2·md and those
 * of rd. Where the model is flat its own derivatives vanish as well, and the gradient counts as 0.
 */
export function marginalGradient(model: MarginalModel, sums: SlopeSums, { best, terms }: MarginalValue): Float64Array {
  const columns = sums.parameters.length;
  const gradient = new Float64Array(columns);
  /** Add multiples of d, md and of rd at the best scaling, where r is r − δo − δc·M. */
  const add = (a: number, ofD: number, ofMd: number, ofRd: number): void => {
    const d = ofD - ofRd * best.offsetStep[a]!;
    const md = ofMd - ofRd * best.contrastStep[a]!;
    for (let k = 0; k < columns; k++) {
      const at = a * columns + k;
      gradient[k] = gradient[k]! + d * sums.d[at]! + md * sums.md[at]! + ofRd * sums.rd[at]!;
    }
  };
  for (const block of model.blocks) {
    const squares = squaresOf(model, block, best);
    const freedom = freedomOf(model, block, sums);
    // ∂S = −2·Σ w·c·rd: the best scaling does not move to first order in S.
    let ofSquares = (-0.5 * freedom) / squares;
    for (const g of block.groups) {
      const found = best.factors[g]!;
      const term = terms[g]!;
      if (term !== null) ofSquares += addGroup(found, term, best, model.guess, squares / freedom, add) / freedom;
    }
    for (const a of block.angles) add(a, 0, 0, -2 * ofSquares * model.guess.weight[a]! * best.contrast[a]!);
  }
  return gradient;
}

type Add = (a: number, ofD: number, ofMd: number, ofRd: number) => void;

/** Add what comes through A and the best scaling of a group; the derivative with respect to s² is returned. */
function addGroup(
  { group }: GroupFactor,
  { inverse, correction }: GroupTerm,
  best: Elimination,
  guess: AngleScaling,
  variance: number,
  add: Add,
): number {
  const { terms, basis } = group;
  const size = 2 * terms;
  const slope = correction === null ? null : correction.slope;
  /** What ∂A is multiplied with: −½·A⁻¹ of the determinant, and −A⁻¹·G·A⁻¹ of a derivative G in V = s²·A⁻¹. */
  const ofMatrix = inverse.map((value) => -0.5 * value);
  /** A⁻¹ times the derivative in the best coefficients. */
  let [pullOffset, pullContrast, ofVariance] = [0, 0, 0];
  if (slope !== null) {
    const [w, x, y] = [inverse[0]!, inverse[1]!, inverse[3]!];
    const [p, q, r] = [slope.offsetVariance, slope.covariance / 2, slope.contrastVariance];
    ofVariance = p * w + 2 * q * x + r * y;
    ofMatrix[0] = ofMatrix[0]! - variance * (w * (p * w + q * x) + x * (q * w + r * x));
    const cross = variance * (w * (p * x + q * y) + x * (q * x + r * y));
    ofMatrix[1] = ofMatrix[1]! - cross;
    ofMatrix[2] = ofMatrix[2]! - cross;
    ofMatrix[3] = ofMatrix[3]! - variance * (x * (p * x + q * y) + y * (q * x + r * y));
    pullOffset = w * slope.offset + x * slope.contrast;
    pullContrast = x * slope.offset + y * slope.contrast;
  }
  group.angles.forEach((a, row) => {
    let [cross, own] = [0, 0];
    for (let i = 0; i < terms; i++) {
      for (let j = 0; j < terms; j++) {
        const product = basis[row * terms + i]! * basis[row * terms + j]!;
        cross += product * ofMatrix[i * size + terms + j]!;
        own += product * ofMatrix[(terms + i) * size + terms + j]!;
      }
    }
    const weight = guess.weight[a]!;
    const contrast = best.contrast[a]!;
    add(
      a,
      weight * (2 * cross - contrast * pullOffset),
      weight * (2 * own - contrast * pullContrast),
      weight * pullContrast,
    );
  });
  return ofVariance;
}
