/**
 * Contrast and offset are linear in the model, so they are never searched for: they are eliminated.
 *
 * One sweep with any guess (c, o) of contrast and offset gives, per angle, the sums of M and of r = c2 − o − c·M. The
 * residual at other values is r − δo − δc·M, so the best ones, the cost there, its gradient and the Gauss–Newton matrix
 * with the scaling projected out follow from those sums alone (variable projection: Golub & Pereyra 1973, in Kaufman's
 * form; the Schur complement of the arrowhead normal equations).
 *
 * Every choice of scaling is the same thing: groups of angles that share coefficients, with contrast_a = Σ_k f_k(a)·x_k
 * and offset_a = Σ_k f_k(a)·y_k. `per-angle` is one group per angle with f = 1, `shared` one group with f = 1,
 * `fourier` one group with f = 1, cos φ, sin φ, …, and `fixed` no group at all.
 */
import { cos, sin } from '../math/index.ts';
import type { AngleScaling, AngleSums, NormalSums } from '../kernels/sweep.ts';
import { factorise, solve, type Factor } from './linear-algebra.ts';
import type { ScalingChoice } from './problem.ts';

/** Angles that share their scaling coefficients. */
export interface ScalingGroup {
  readonly angles: readonly number[];
  /** Number of basis functions f_k; the group has 2·terms coefficients: offset terms first, then contrast terms. */
  readonly terms: number;
  /** f_k of each angle of the group, shape (angles, terms) row-major. */
  readonly basis: Float64Array;
}

/** The groups of a choice for angles φ in degrees. */
export function scalingGroups(choice: ScalingChoice, phi: Float64Array): ScalingGroup[] {
  const angles = Array.from(phi, (_, a) => a);
  switch (choice.mode) {
    case 'fixed':
      return [];
    case 'shared':
      return [{ angles, terms: 1, basis: new Float64Array(angles.length).fill(1) }];
    case 'per-angle':
      return angles.map((a) => ({ angles: [a], terms: 1, basis: Float64Array.of(1) }));
    case 'fourier': {
      const terms = 2 * choice.order + 1;
      const basis = new Float64Array(angles.length * terms);
      for (const a of angles) {
        basis[a * terms] = 1;
        for (let k = 1; k <= choice.order; k++) {
          const argument = (k * phi[a]! * Math.PI) / 180;
          basis[a * terms + 2 * k - 1] = cos(argument);
          basis[a * terms + 2 * k] = sin(argument);
        }
      }
      return [{ angles, terms, basis }];
    }
  }
}

/**
 * M between 0 and 1 that varies by less than 1e-6 (root mean square, or relative to its mean) cannot show a contrast in
 * float32 data: the contrast counts as not determined.
 */
const FLAT = 1e-12;

/** Normal matrix of a group's coefficients, and its factor. */
export interface GroupFactor {
  readonly group: ScalingGroup;
  readonly matrix: Float64Array;
  readonly factor: Factor;
}

/** Factor the normal matrices of the scaling coefficients, Σ_a w_a (f, f·M)ᵀ(f, f·M), one per group. */
function factorGroups(groups: readonly ScalingGroup[], sums: AngleSums, weight: Float64Array): GroupFactor[] {
  return groups.map((group) => {
    const { terms, basis } = group;
    const size = 2 * terms;
    const matrix = new Float64Array(size * size);
    group.angles.forEach((a, row) => {
      const blocks = [sums.points[a]!, sums.m[a]!, sums.m[a]!, sums.mm[a]!];
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          const block = blocks[(i < terms ? 0 : 2) + (j < terms ? 0 : 1)]!;
          const product = basis[row * terms + (i % terms)]! * basis[row * terms + (j % terms)]!;
          matrix[i * size + j] = matrix[i * size + j]! + weight[a]! * product * block;
        }
      }
    });
    for (let t = 0; t < terms; t++) {
      const contrast = (terms + t) * (size + 1);
      if (matrix[contrast]! < FLAT * matrix[t * (size + 1)]!) matrix[contrast] = 0;
    }
    return { group, matrix, factor: factorise(matrix, size, FLAT) };
  });
}

/** The best scaling at one point of parameter space, and the cost there. */
export interface Elimination {
  readonly contrast: Float64Array;
  readonly offset: Float64Array;
  /** Differences from the guess the sums were made with. */
  readonly contrastStep: Float64Array;
  readonly offsetStep: Float64Array;
  /** Σ r² per angle at the best scaling, unweighted. */
  readonly squares: Float64Array;
  /** ½ Σ_a w_a Σ r². */
  readonly cost: number;
  readonly factors: readonly GroupFactor[];
}

/** Eliminate contrast and offset from the sums of one sweep made with `guess`. */
export function eliminate(groups: readonly ScalingGroup[], sums: AngleSums, guess: AngleScaling): Elimination {
  const angles = guess.contrast.length;
  const contrastStep = new Float64Array(angles);
  const offsetStep = new Float64Array(angles);
  const factors = factorGroups(groups, sums, guess.weight);
  for (const { group, factor } of factors) {
    const { terms, basis } = group;
    const right = new Float64Array(2 * terms);
    group.angles.forEach((a, row) => {
      for (let k = 0; k < terms; k++) {
        const weighted = guess.weight[a]! * basis[row * terms + k]!;
        right[k] = right[k]! + weighted * sums.r[a]!;
        right[terms + k] = right[terms + k]! + weighted * sums.rm[a]!;
      }
    });
    const step = solve(factor, right);
    if (terms === 1 && factor.order.indexOf(1) >= factor.rank) {
      leaveOut(group, sums, guess, offsetStep, contrastStep);
      continue;
    }
    group.angles.forEach((a, row) => {
      for (let k = 0; k < terms; k++) {
        offsetStep[a] = offsetStep[a]! + basis[row * terms + k]! * step[k]!;
        contrastStep[a] = contrastStep[a]! + basis[row * terms + k]! * step[terms + k]!;
      }
    });
  }
  const squares = new Float64Array(angles);
  let cost = 0;
  for (let a = 0; a < angles; a++) {
    const dc = contrastStep[a]!;
    const dO = offsetStep[a]!;
    const change =
      dO * (dO * sums.points[a]! - 2 * sums.r[a]!) + dc * (dc * sums.mm[a]! - 2 * sums.rm[a]! + 2 * dO * sums.m[a]!);
    squares[a] = Math.max(0, sums.rr[a]! + change);
    cost += 0.5 * guess.weight[a]! * squares[a]!;
  }
  return {
    contrast: guess.contrast.map((value, a) => value + contrastStep[a]!),
    offset: guess.offset.map((value, a) => value + offsetStep[a]!),
    contrastStep,
    offsetStep,
    squares,
    cost,
    factors,
  };
}

/** A contrast the data cannot show is left out: contrast 0, and the offset that fits best then. */
function leaveOut(
  { angles }: ScalingGroup,
  sums: AngleSums,
  { contrast, offset, weight }: AngleScaling,
  offsetStep: Float64Array,
  contrastStep: Float64Array,
): void {
  let level = 0;
  let points = 0;
  for (const a of angles) {
    level += weight[a]! * (sums.r[a]! + offset[a]! * sums.points[a]! + contrast[a]! * sums.m[a]!);
    points += weight[a]! * sums.points[a]!;
  }
  for (const a of angles) {
    contrastStep[a] = -contrast[a]!;
    offsetStep[a] = (points > 0 ? level / points : 0) - offset[a]!;
  }
}

/** Gradient of the projected cost in the K columns of the sweep: −Σ_a w_a c_a Σ r·∂_kM at the best scaling. */
export function projectedGradient(sums: NormalSums, guess: AngleScaling, best: Elimination): Float64Array {
  const columns = sums.parameters.length;
  const gradient = new Float64Array(columns);
  for (let a = 0; a < guess.weight.length; a++) {
    const factor = guess.weight[a]! * best.contrast[a]!;
    for (let k = 0; k < columns; k++) {
      const at = a * columns + k;
      const rd = sums.rd[at]! - best.offsetStep[a]! * sums.d[at]! - best.contrastStep[a]! * sums.md[at]!;
      gradient[k] = gradient[k]! - factor * rd;
    }
  }
  return gradient;
}

/** Coupling of the K columns to a group's coefficients, Σ_a w_a c_a (f·Σ∂_kM, f·ΣM∂_kM), shape (K, 2·terms) row-major. */
export function coupling(group: ScalingGroup, sums: NormalSums, guess: AngleScaling): Float64Array {
  const columns = sums.parameters.length;
  const { terms, basis } = group;
  const result = new Float64Array(columns * 2 * terms);
  group.angles.forEach((a, row) => {
    const factor = guess.weight[a]! * guess.contrast[a]!;
    for (let k = 0; k < columns; k++) {
      const at = a * columns + k;
      for (let t = 0; t < terms; t++) {
        const offset = k * 2 * terms + t;
        const weighted = factor * basis[row * terms + t]!;
        result[offset] = result[offset]! + weighted * sums.d[at]!;
        result[offset + terms] = result[offset + terms]! + weighted * sums.md[at]!;
      }
    }
  });
  return result;
}

/**
 * Gauss–Newton matrix of the projected cost in the K columns of the sweep, shape (K, K).
 *
 * The sweep weighted it with the guessed contrast; it is exact when guess and best agree, as they do at a minimum, and
 * is rescaled by the mean change of contrast² otherwise.
 */
export function projectedInformation(sums: NormalSums, guess: AngleScaling, best: Elimination): Float64Array {
  const columns = sums.parameters.length;
  const information = Float64Array.from(sums.hessian);
  for (const { group, factor } of best.factors) {
    const size = 2 * group.terms;
    const border = coupling(group, sums, guess);
    for (let k = 0; k < columns; k++) {
      const solved = solve(factor, border.subarray(k * size, (k + 1) * size));
      for (let l = 0; l < columns; l++) {
        let sum = 0;
        for (let t = 0; t < size; t++) sum += solved[t]! * border[l * size + t]!;
        information[k * columns + l] = information[k * columns + l]! - sum;
      }
    }
  }
  const ratio = contrastPower(sums, guess.weight, best.contrast) / contrastPower(sums, guess.weight, guess.contrast);
  if (!Number.isFinite(ratio)) return information;
  return information.map((value) => value * ratio);
}

/** Σ_a w_a c_a² Σ(M − mean)²: how strongly the model varies in units of the noise. */
export function contrastPower(sums: AngleSums, weight: Float64Array, contrast: Float64Array): number {
  let power = 0;
  for (let a = 0; a < weight.length; a++) {
    if (!(sums.points[a]! > 0)) continue;
    const variation = Math.max(0, sums.mm[a]! - (sums.m[a]! * sums.m[a]!) / sums.points[a]!);
    power += weight[a]! * contrast[a]! * contrast[a]! * variation;
  }
  return power;
}
