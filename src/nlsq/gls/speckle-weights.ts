/** The weight of each angle from a fit and the speckle noise found in its residuals. */
import type { Physics } from '../../model/two-time-model.ts';
import { markovWeight, type MarkovWeight } from './markov-weight.ts';

/** The amplitudes of the noise of each angle, each of shape (P). */
export interface SpeckleNoise {
  /** 1/M, M the effective number of speckles. */
  readonly speckle: Float64Array;
  /** Speckle times photon noise: 1/(M·photons), photons per speckle and frame. */
  readonly crossed: Float64Array;
  /** σ_w², independent noise of a pair; 1/(M·photons²) if it is all of photons. */
  readonly white: Float64Array;
}

/**
 * Photon noise η over contrast is taken to be at least this, which costs under 2 % of the precision: without it the weight
 * would trust the model to the last digit between neighbouring frames.
 */
const SMALLEST_NOISE = 0.03;
/** Beyond this the weight is that of independent pairs. */
const LARGEST_NOISE = 1e3;

/** Area under (sin x/x)² and (sin x/x)⁴ from 0 to ∞, inverted: decay rates per radian of phase. */
const SHEAR_RATE = { published: 2 / Math.PI, homodyne2: 3 / Math.PI } as const;

export interface SpeckleWeights {
  /** One per angle. */
  readonly angles: readonly MarkovWeight[];
  /** M/contrast² of each angle, what multiplies its weighted products, shape (P). */
  readonly amplitude: Float64Array;
}

/** Weights at one point of parameter space. Contrasts must be positive. */
export function speckleWeights(physics: Physics, contrast: Float64Array, noise: SpeckleNoise): SpeckleWeights {
  const angles = Array.from(contrast, (value, a) => {
    const photons = Math.sqrt(noise.white[a]! / noise.speckle[a]!) / value;
    return markovWeight(markovTimes(physics, a), Math.min(Math.max(photons, SMALLEST_NOISE), LARGEST_NOISE));
  });
  return { angles, amplitude: contrast.map((value, a) => 1 / (noise.speckle[a]! * value * value)) };
}

/**
 * Correlation times passed up to each frame: V_ij = exp(−(x_j − x_i)). Exact without shear; with shear the correlation that
 * has the same area, which makes the weight close to the best one and leaves the estimate free of bias.
 */
export function markovTimes({ pairFunction, kappa, c, g, h }: Physics, angle: number): Float64Array {
  const passed = new Float64Array(c.length);
  for (let k = 1; k < c.length; k++) {
    const phase = g === null ? 0 : Math.abs(h[angle]! * (g[k]! - g[k - 1]!));
    const step = kappa * Math.max(0, c[k]! - c[k - 1]!) + SHEAR_RATE[pairFunction] * phase;
    passed[k] = passed[k - 1]! + step;
  }
  return passed;
}
