/**
 * The likelihood with contrast, offset and noise integrated out, from the sums of one sweep.
 *
 * Given the physics, c2 is linear in the coefficients x of contrast and offset with design F and weights W. With a flat
 * prior on x and Jeffreys' prior 1/σ on the noise of a block (n points, p coefficients), A = FᵀWF and S the weighted sum of
 * squares at the best x,
 *
 *   ∫∫ N(y; F·x, σ²W⁻¹) dx dσ/σ ∝ |A|^(−½) · S^(−(n − p)/2)                (O'Hagan & Forster 2004, section 9.4)
 *
 * A block is one angle with a σ of its own, or all angles with one common factor of their relative σ where they share
 * coefficients. Differences of ln S are taken from a reference, so that a billion points cost no digits.
 */
import { log, log1p } from '../../math/index.ts';
import type { AngleScaling, AngleSums, NormalSums } from '../../kernels/sweep.ts';
import { invert } from '../../nlsq/linear-algebra.ts';
import { eliminate, type Elimination, type GroupFactor, type ScalingGroup } from '../../nlsq/scaling.ts';

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
  /** ln likelihood up to a constant; −∞ where M is so flat that the data show no contrast. */
  readonly value: number;
  readonly best: Elimination;
}

/** The value from the sums of any sweep made with the model's guess. */
export function marginalValue(model: MarginalModel, sums: AngleSums): MarginalValue {
  const best = eliminate(model.groups, sums, model.guess);
  if (best.factors.some(({ factor }) => factor.rank < factor.size)) return { value: -Infinity, best };
  let value = 0;
  model.blocks.forEach((block, b) => {
    const reference = model.reference[b]!;
    const excess = (squaresOf(model, block, best) - reference) / reference;
    value -= 0.5 * freedomOf(model, block, sums) * log1p(excess);
  });
  for (const factor of best.factors) value -= 0.5 * logDeterminant(factor);
  return { value, best };
}

function logDeterminant({ factor }: GroupFactor): number {
  const { size, lower, scale } = factor;
  let sum = 0;
  for (let i = 0; i < size; i++) sum += 2 * (log(lower[i * (size + 1)]!) - log(scale[i]!));
  return sum;
}

/** The gradient of the value in the K columns of a `normal` sweep made with the model's guess. */
export function marginalGradient(model: MarginalModel, sums: NormalSums, best: Elimination): Float64Array {
  const { guess } = model;
  const columns = sums.parameters.length;
  const gradient = new Float64Array(columns);
  const add = (a: number, ofD: number, ofMd: number, ofRd: number): void => {
    for (let k = 0; k < columns; k++) {
      const at = a * columns + k;
      gradient[k] = gradient[k]! + ofD * sums.d[at]! + ofMd * sums.md[at]! + ofRd * sums.rd[at]!;
    }
  };
  for (const block of model.blocks) {
    const factor = freedomOf(model, block, sums) / squaresOf(model, block, best);
    for (const a of block.angles) {
      // r at the best scaling is r − δo − δc·M, and ∂r = −c·∂M; the scaling itself does not move the minimum.
      const pull = factor * guess.weight[a]! * best.contrast[a]!;
      add(a, -pull * best.offsetStep[a]!, -pull * best.contrastStep[a]!, pull);
    }
  }
  for (const { factor, group } of best.factors) {
    const inverse = invert(factor);
    const { terms, basis } = group;
    const size = 2 * terms;
    group.angles.forEach((a, row) => {
      let [cross, own] = [0, 0];
      for (let i = 0; i < terms; i++) {
        for (let j = 0; j < terms; j++) {
          const product = basis[row * terms + i]! * basis[row * terms + j]!;
          cross += product * inverse[i * size + terms + j]!;
          own += product * inverse[(terms + i) * size + terms + j]!;
        }
      }
      add(a, -guess.weight[a]! * cross, -guess.weight[a]! * own, 0);
    });
  }
  return gradient;
}
