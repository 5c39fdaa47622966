/** Correlations of the speckle field and the intensity between blocks of frames, as their block means have them. */
import { pairValue } from '../../model/pair-function.ts';
import type { Physics } from '../../model/two-time-model.ts';
import type { AgeBlocks } from './age-blocks.ts';
import { between, fieldCorrelation } from './score-columns.ts';

/** All of shape (B, B) row-major and symmetric. */
export interface BlockFields {
  readonly count: number;
  /** Frames of each block, shape (B). */
  readonly sizes: Float64Array;
  /** Middle of each block on the frame axis, shape (B). */
  readonly middles: Float64Array;
  /** g1 between blocks; on the diagonal its mean within the block, frames with themselves included. */
  readonly field: Float64Array;
  /** The same of M = g1². */
  readonly intensity: Float64Array;
  /** M of the pairs that are fitted: as `intensity`, but on the diagonal of two different frames of the block. */
  readonly shape: Float64Array;
}

/** Distance on the frame axis at which the pairs of different frames of a block of n are looked at: their mean. */
export function meanDistance(size: number): number {
  return (size + 1) / 3;
}

export function blockFields(physics: Physics, angle: number, { count, edges }: AgeBlocks): BlockFields {
  const sizes = Float64Array.from({ length: count }, (_, b) => edges[b + 1]! - edges[b]!);
  const middles = sizes.map((size, b) => edges[b]! + (size - 1) / 2);
  const field = new Float64Array(count * count);
  const intensity = new Float64Array(count * count);
  const shape = new Float64Array(count * count);
  const value = (from: number, to: number): number => {
    const { pairFunction, kappa, c, g, h } = physics;
    const deltaG = g === null ? 0 : between(g, to) - between(g, from);
    return pairValue(pairFunction, kappa, Math.max(0, between(c, to) - between(c, from)), deltaG, h[angle]!);
  };
  for (let b = 0; b < count; b++) {
    for (let d = b + 1; d < count; d++) {
      const m = value(middles[b]!, middles[d]!);
      const k = fieldCorrelation(physics, angle, m, middles[b]!, middles[d]!);
      field[b * count + d] = field[d * count + b] = k;
      intensity[b * count + d] = intensity[d * count + b] = shape[b * count + d] = shape[d * count + b] = m;
    }
    const size = sizes[b]!;
    const middle = middles[b]!;
    let sumField = 1;
    let sumIntensity = 1;
    for (let lag = 1; lag < size; lag++) {
      const m = value(middle - lag / 2, middle + lag / 2);
      const share = 2 * (1 - lag / size);
      sumIntensity += share * m;
      sumField += share * fieldCorrelation(physics, angle, m, middle - lag / 2, middle + lag / 2);
    }
    field[b * (count + 1)] = sumField / size;
    intensity[b * (count + 1)] = sumIntensity / size;
    const distance = meanDistance(size) / 2;
    shape[b * (count + 1)] = size > 1 ? value(middle - distance, middle + distance) : 1;
  }
  return { count, sizes, middles, field, intensity, shape };
}
