/**
 * How contrast and offset of a shard depend on its parameters: what shards need to share them.
 *
 * Given z, offset and contrast x of a group of angles are near normal around x̂(z) with covariance s²A⁻¹, both known from the
 * sums of the draw. Over the draws of a shard x̂ is nearly linear, x̂ ≈ x̄ + G·(z − z̄); what is left of it widens the covariance.
 */
import { eliminate } from '../../nlsq/scaling.ts';
import { freedomOf, isFlat, knownOf, squaresOf, type MarginalModel } from '../posterior/marginal-likelihood.ts';
import { sumsOf } from '../posterior/scaling-draws.ts';
import { inverse, type Moments } from './combine.ts';

/** Offset and contrast of one group, in this order; numbers only. */
export interface ScalingLink {
  readonly group: number;
  readonly mean: readonly number[];
  /** G, shape (2, d) row-major. */
  readonly gain: readonly number[];
  /** Inverse of the covariance given z, shape (2, 2). */
  readonly precision: readonly number[];
}

export interface LinkedDraw {
  readonly position: readonly number[];
  /** The sums that the posterior kept aside. */
  readonly aside: readonly number[] | null;
}

/**
 * Links of the groups of one term. A group whose contrast the data do not show at some draw has none, nor has a Fourier
 * series: they stay the shard's own.
 */
export function scalingLinks(
  model: MarginalModel,
  points: Float64Array,
  draws: readonly LinkedDraw[],
  { mean, covariance }: Moments,
): ScalingLink[] {
  const size = mean.length;
  const whiten = inverse(covariance, size);
  if (whiten === null) return [];
  const known = draws.map(({ aside }) => {
    const sums = sumsOf(points, aside ?? []);
    const best = eliminate(model.groups, sums, model.guess);
    const variances = model.blocks.map((block) => squaresOf(model, block, best) / freedomOf(model, block, sums));
    return { best, variances };
  });
  return model.groups.flatMap((group, g): ScalingLink[] => {
    if (group.terms > 1 || known.some(({ best }) => isFlat(best.factors[g]!))) return [];
    const block = model.blocks.findIndex(({ groups }) => groups.includes(g));
    const given = known.map(({ best, variances }) => knownOf(best.factors[g]!, best, variances[block]!));
    const x = given.map(({ offset, contrast }) => [offset, contrast]);
    const centre = [0, 1].map((k) => x.reduce((sum, at) => sum + at[k]!, 0) / x.length);
    const gain = centre.flatMap((own, k) => {
      const shared = new Float64Array(size);
      draws.forEach(({ position }, n) => {
        const away = (x[n]![k]! - own) / (draws.length - 1);
        for (let i = 0; i < size; i++) shared[i] = shared[i]! + away * (position[i]! - mean[i]!);
      });
      return Array.from({ length: size }, (_, i) => {
        let slope = 0;
        for (let j = 0; j < size; j++) slope += whiten[i * size + j]! * shared[j]!;
        return slope;
      });
    });
    const spread = new Float64Array(4);
    draws.forEach(({ position }, n) => {
      const left = centre.map((own, k) => {
        const along = position.reduce((sum, value, i) => sum + gain[k * size + i]! * (value - mean[i]!), 0);
        return x[n]![k]! - own - along;
      });
      const { offsetVariance, covariance: cross, contrastVariance } = given[n]!;
      const own = [offsetVariance, cross, cross, contrastVariance];
      own.forEach((value, at) => {
        const residual = left[Math.floor(at / 2)]! * left[at % 2]!;
        spread[at] = spread[at]! + (value + residual) / draws.length;
      });
    });
    const precision = inverse(spread, 2);
    return precision === null ? [] : [{ group: g, mean: centre, gain, precision: Array.from(precision) }];
  });
}
