/** Draws of equal weight from weighted ones, and distinct starting points for chains. */
import { exp, fillUniforms, log, uniformAt, type RandomKey } from '../../math/index.ts';

/**
 * Indices of `count` draws of equal weight by systematic resampling (Carpenter, Clifford & Fearnhead, IEE Proc. 146, 2,
 * 1999), ascending. Log weights are normalised.
 */
export function resample(logWeights: Float64Array, count: number, key: RandomKey): Uint32Array {
  const picked = new Uint32Array(count);
  const shift = uniformAt(key, 0);
  let index = 0;
  let below = exp(logWeights[0]!);
  for (let k = 0; k < count; k++) {
    const level = (k + shift) / count;
    while (below < level && index < logWeights.length - 1) {
      index += 1;
      below += exp(logWeights[index]!);
    }
    picked[k] = index;
  }
  return picked;
}

/** Draws this much less likely than the best one, in ln weight, are no place to start from. */
const TOO_UNLIKELY = 15;

/**
 * Indices of `count` different draws, each drawn with its weight among those that are left (the Gumbel trick); draws
 * repeat only when there are fewer than `count` with a weight worth mentioning.
 */
export function startingDraws(logWeights: Float64Array, count: number, key: RandomKey): number[] {
  const highest = logWeights.reduce((most, value) => Math.max(most, value), -Infinity);
  const uniforms = new Float64Array(logWeights.length);
  fillUniforms(key, uniforms);
  const ranked = Array.from(logWeights, (_, k) => k)
    .filter((k) => logWeights[k]! >= highest - TOO_UNLIKELY)
    .map((k) => ({ k, score: logWeights[k]! - log(-log(uniforms[k]!)) }))
    .sort((a, b) => b.score - a.score || a.k - b.k);
  return Array.from({ length: count }, (_, n) => ranked[n % ranked.length]!.k);
}
