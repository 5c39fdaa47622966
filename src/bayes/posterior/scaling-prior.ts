/**
 * What the priors of contrast and offset say, given how well the data know them.
 *
 * Given the physics, the data leave Student's t distribution of (offset, contrast) around (o, c) with covariance V = s²A⁻¹ and
 * ν = n − p degrees of freedom. The likelihood integrated with flat priors is corrected by the mean of the real ones over it:
 * with offset ~ N(μ, τ²) and contrast uniform between two limits,
 *
 *   Z = N(o; μ, τ² + V_oo) · [T((upper − m)/d) − T((lower − m)/d)]/(upper − lower)
 *   m = c + V_oc·(μ − o)/(τ² + V_oo),   d² = V_cc − V_oc²/(τ² + V_oo)
 *
 * with the distribution function T of Student's t taken as Φ(g), g(t) = ±(8ν + 1)/(8ν + 3)·√(ν·ln(1 + t²/ν)) (Wallace, Ann.
 * Math. Stat. 30, 1121, 1959). Where the data know contrast and offset well, Z is a constant. Where M is nearly flat it is
 * what keeps the posterior proper: without it any contrast, however large, would count.
 */
import { expm1, log, log1p } from '../../math/index.ts';
import { LOG_TWO_PI, normalInterval, truncatedNormalQuantile } from '../distributions/normal.ts';

export interface ScalingPrior {
  readonly contrast: { readonly lower: number; readonly upper: number };
  readonly offset: { readonly mean: number; readonly sd: number };
}

/** Offset, contrast and their covariance, given the physics. */
export interface ScalingKnown {
  readonly offset: number;
  readonly contrast: number;
  readonly offsetVariance: number;
  readonly covariance: number;
  readonly contrastVariance: number;
}

export interface ScalingCorrection {
  /** ln Z. */
  readonly value: number;
  /** ∂ ln Z with respect to each number of `ScalingKnown`. */
  readonly slope: ScalingKnown;
}

/** The contrast once the prior of the offset is known, and where its limits are. */
interface ContrastGiven {
  readonly total: number;
  readonly miss: number;
  readonly gain: number;
  readonly mean: number;
  readonly variance: number;
  readonly sd: number;
  readonly lower: Score;
  readonly upper: Score;
}

function contrastGiven({ contrast, offset }: ScalingPrior, known: ScalingKnown, freedom: number): ContrastGiven {
  const total = offset.sd * offset.sd + known.offsetVariance;
  const miss = offset.mean - known.offset;
  const gain = known.covariance / total;
  const mean = known.contrast + gain * miss;
  const variance = known.contrastVariance - gain * known.covariance;
  const sd = Math.sqrt(variance);
  const lower = normalScore((contrast.lower - mean) / sd, freedom);
  const upper = normalScore((contrast.upper - mean) / sd, freedom);
  return { total, miss, gain, mean, variance, sd, lower, upper };
}

export function scalingCorrection(prior: ScalingPrior, known: ScalingKnown, freedom: number): ScalingCorrection {
  const { total, miss, gain, variance, sd, lower, upper } = contrastGiven(prior, known, freedom);
  const { logMass, atLower, atUpper } = normalInterval(lower.z, upper.z);
  const width = prior.contrast.upper - prior.contrast.lower;
  const value = -0.5 * (LOG_TWO_PI + log(total) + (miss * miss) / total) + logMass - log(width);
  // A density of 0 stays 0, however far the limit.
  const lowerSlope = atLower === 0 ? 0 : atLower * lower.slope;
  const upperSlope = atUpper === 0 ? 0 : atUpper * upper.slope;
  const ofMean = (lowerSlope - upperSlope) / sd;
  const ofVariance =
    ((lowerSlope === 0 ? 0 : lowerSlope * lower.t) - (upperSlope === 0 ? 0 : upperSlope * upper.t)) / (2 * variance);
  return {
    value,
    slope: {
      offset: miss / total - gain * ofMean,
      contrast: ofMean,
      offsetVariance:
        (0.5 * (miss * miss)) / (total * total) -
        0.5 / total -
        (gain * miss * ofMean) / total +
        gain * gain * ofVariance,
      covariance: (miss / total) * ofMean - 2 * gain * ofVariance,
      contrastVariance: ofVariance,
    },
  };
}

/** A contrast between its limits, drawn at the share `probability` of what data and priors leave of it. */
export function contrastQuantile(
  prior: ScalingPrior,
  known: ScalingKnown,
  freedom: number,
  probability: number,
): number {
  const { mean, sd, lower, upper } = contrastGiven(prior, known, freedom);
  const z = truncatedNormalQuantile(probability, lower.z, upper.z) / wallace(freedom);
  const t = Math.sign(z) * Math.sqrt(freedom * expm1((z * z) / freedom));
  return Math.min(prior.contrast.upper, Math.max(prior.contrast.lower, mean + sd * t));
}

function wallace(freedom: number): number {
  return (8 * freedom + 1) / (8 * freedom + 3);
}

/** A Student number, the normal one of the same cumulative probability, and the slope of that. */
interface Score {
  readonly t: number;
  readonly z: number;
  readonly slope: number;
}

function normalScore(t: number, freedom: number): Score {
  const factor = wallace(freedom);
  const size = Math.sqrt(freedom * log1p((t * t) / freedom));
  const slope = size < 1e-8 ? factor : (factor * Math.abs(t)) / ((1 + (t * t) / freedom) * size);
  return { t, z: factor * Math.sign(t) * size, slope };
}

/**
 * What ln Z − ½·ln |A| tends to where the data say nothing of the contrast, whose prior then integrates to 1. `information`
 * is A_oo, the only entry left.
 */
export function flatCorrection({ offset }: ScalingPrior, best: number, information: number, variance: number): number {
  const total = offset.sd * offset.sd + variance / information;
  const miss = offset.mean - best;
  return -0.5 * (2 * LOG_TWO_PI + log(total) + (miss * miss) / total + log(information) + log(variance));
}
