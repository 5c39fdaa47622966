/**
 * The normal distribution that shards agree on: the product of the normal ones with their means and full covariances.
 *
 *   W = Σ_k W_k,  W_k = V_k⁻¹,   μ = W⁻¹·Σ_k W_k·μ_k       (Scott et al., Int. J. Man. Sci. Eng. Manag. 11, 78, 2016)
 *
 * Each shard has integrated out a contrast and an offset of its own, although they are the same for all. So the product is
 * taken of the joint distributions of z and x = (offset, contrast), in which a shard adds (x − r − G·z)ᵀP(x − r − G·z) with
 * r = x̄ − G·μ_k, and x is integrated out of it:
 *
 *   W = Σ_k (W_k + GᵀPG) − Bᵀ·S⁻¹·B,   W·μ = Σ_k (W_k·μ_k − GᵀPr) + Bᵀ·S⁻¹·Σ_k Pr,   S = Σ_k P,  B = Σ_k PG
 */
import { congruence, factorise, invert, times, transposeTimes } from '../../nlsq/linear-algebra.ts';
import { cholesky } from '../nuts/index.ts';
import type { ScalingLink } from './scaling-links.ts';

/** Mean, shape (d), and covariance, shape (d, d) row-major, in the coordinates that are sampled. */
export interface Moments {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** Of draws of equal weight. */
export function momentsOf(draws: readonly ArrayLike<number>[]): Moments {
  const count = draws.length;
  const size = draws[0]?.length ?? 0;
  const mean = new Float64Array(size);
  for (const draw of draws) for (let i = 0; i < size; i++) mean[i] = mean[i]! + draw[i]! / count;
  const covariance = new Float64Array(size * size);
  for (const draw of draws) {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const at = i * size + j;
        covariance[at] = covariance[at]! + ((draw[i]! - mean[i]!) * (draw[j]! - mean[j]!)) / (count - 1);
      }
    }
  }
  return { mean, covariance };
}

export interface Combined extends Moments {
  /** Lower Cholesky factor of the covariance. */
  readonly factor: readonly number[];
}

/** A shard: its own distribution of z, and how its contrasts and offsets follow. */
export interface LinkedMoments extends Moments {
  readonly links?: readonly ScalingLink[] | undefined;
}

/** Only what all shards have a link of is shared. Null where a covariance is not positive definite. */
export function combineNormals(shards: readonly LinkedMoments[]): Combined | null {
  const size = shards[0]?.mean.length ?? 0;
  const precision = new Float64Array(size * size);
  const pull = new Float64Array(size);
  for (const { mean, covariance } of shards) {
    const own = inverse(covariance, size);
    if (own === null) return null;
    add(precision, own, 1);
    add(pull, times(own, mean), 1);
  }
  for (const group of shards[0]?.links?.map((link) => link.group) ?? []) {
    const links = shards.map(({ links: all }) => all?.find((link) => link.group === group));
    if (links.some((link) => link === undefined)) continue;
    if (!share(links as readonly ScalingLink[], shards, precision, pull)) return null;
  }
  const covariance = inverse(precision, size);
  const factor = covariance === null ? null : cholesky(covariance, size);
  if (covariance === null || factor === null) return null;
  return { mean: times(covariance, pull), covariance, factor };
}

/** Let the shards share offset and contrast of one group; false where these are not known. */
function share(
  links: readonly ScalingLink[],
  shards: readonly Moments[],
  precision: Float64Array,
  pull: Float64Array,
): boolean {
  const size = pull.length;
  const total = new Float64Array(4);
  const coupled = new Float64Array(2 * size);
  const pulled = new Float64Array(2);
  links.forEach((link, k) => {
    const own = Float64Array.from(link.precision);
    const gain = Float64Array.from(link.gain);
    const along = (row: number): number => shards[k]!.mean.reduce((sum, z, i) => sum + gain[row * size + i]! * z, 0);
    const intercept = times(
      own,
      Float64Array.from(link.mean, (x, row) => x - along(row)),
    );
    add(precision, congruence(own, 2, gain, size), 1);
    add(pull, transposeTimes(gain, 2, size, intercept), -1);
    add(total, own, 1);
    add(pulled, intercept, 1);
    for (let row = 0; row < 2; row++) {
      for (let i = 0; i < size; i++) {
        const at = row * size + i;
        coupled[at] = coupled[at]! + own[2 * row]! * gain[i]! + own[2 * row + 1]! * gain[size + i]!;
      }
    }
  });
  const spread = inverse(total, 2);
  if (spread === null) return false;
  add(precision, congruence(spread, 2, coupled, size), -1);
  add(pull, transposeTimes(coupled, 2, size, times(spread, pulled)), 1);
  return true;
}

function add(target: Float64Array, values: Float64Array, sign: 1 | -1): void {
  for (let at = 0; at < target.length; at++) target[at] = target[at]! + sign * values[at]!;
}

/** Of a positive definite matrix; null where it is none. */
export function inverse(matrix: Float64Array, size: number): Float64Array | null {
  const factor = factorise(matrix, size);
  return factor.rank < size ? null : invert(factor);
}

/** xᵀ·A·x. */
export function squareIn(matrix: Float64Array, x: Float64Array): number {
  return congruence(matrix, x.length, x, 1)[0]!;
}
