/**
 * Whether shards are large enough that the product of their normal distributions comes near the posterior.
 *
 * The mean of a skewed shard lies away from its mode, by δ of its standard deviations, and all shards lean the same way: in
 * standard deviations of the posterior, smaller by √K, the combined mean is off by about √K·δ. Since δ falls as the root of
 * the points of a shard, and √K rises as the root of their inverse, the size at which the lean is bearable is known.
 */
import { InputRefused } from '../../base/errors.ts';
import { solveFactor } from '../nuts/index.ts';

/** What decides for one shard. */
export interface ShardSkew {
  readonly points: number;
  /** k̂ of importance weights around its mode; null where it has no mode. */
  readonly kHat: number | null;
  /** (mean − mode) in whitened coordinates; null where it has no mode. */
  readonly lean: Float64Array | null;
}

/** k̂ from which importance sampling of a shard does not work. */
export const LARGEST_SHARD_K = 0.7;
/** Lean δ of the combined mean from which its correction would leave too few draws: exp(−δ²) of them, here 0.6. */
export const LARGEST_LEAN = 0.7;
/** So many times the points were enough on simulated data wherever a shard had no usable mode or weights. */
const GROWTH = 3;

/** Mean minus mode, whitened with the factor at the mode. */
export function leanOf(mode: Float64Array, factor: readonly number[], mean: Float64Array): Float64Array {
  return solveFactor(
    factor,
    mean.map((value, i) => value - mode[i]!),
  );
}

/** √K·|mean over the shards of their leans|; NaN where none is known. */
export function combinedLean(shapes: readonly ShardSkew[]): number {
  const leans = shapes.flatMap(({ lean }) => (lean === null ? [] : [lean]));
  const size = leans[0]?.length ?? 0;
  if (size === 0) return NaN;
  let square = 0;
  for (let i = 0; i < size; i++) {
    const mean = leans.reduce((sum, lean) => sum + lean[i]!, 0) / leans.length;
    square += mean * mean;
  }
  return Math.sqrt(shapes.length * square);
}

/**
 * Throws `InputRefused`, with the size that would do, where a shard has no mode, has weights with k̂ ≥ 0.7, or all together
 * lean by more than 0.7 standard deviations of the posterior. Returns the lean.
 */
export function refuseSmallShards(shapes: readonly ShardSkew[]): number {
  const points = shapes.reduce((sum, shape) => sum + shape.points, 0);
  const size = points / shapes.length;
  const shapeless = shapes.filter(({ kHat }) => kHat === null).length;
  const heavy = shapes.filter(({ kHat }) => kHat !== null && !(kHat < LARGEST_SHARD_K)).length;
  const lean = combinedLean(shapes);
  const leans = shapes.length > 1 && lean > LARGEST_LEAN;
  if (shapeless + heavy === 0 && !leans) return lean;
  const needed = roundUp(size * Math.max(shapeless + heavy > 0 ? GROWTH : 1, leans ? lean / LARGEST_LEAN : 1));
  const fitting = Math.floor(points / needed);
  const reasons = [
    ...(shapeless > 0 ? [`${shapeless} have no mode of their own`] : []),
    ...(heavy > 0 ? [`${heavy} have importance weights with k ≥ ${LARGEST_SHARD_K} around their mode`] : []),
    ...(leans ? [`together they lean by ${lean.toFixed(1)} sd of the posterior`] : []),
  ];
  const help =
    fitting < 2
      ? 'sample all data at once, with method auto, nuts or psis'
      : `ask for ${fitting} shards or fewer, or sample all data at once with method auto, nuts or psis`;
  throw new InputRefused(
    `${shapes.length} shards of ${Math.round(size)} points are too small to be near normal: of them ${reasons.join('; ')}; ` +
      `about ${needed} points per shard would do`,
    { help },
  );
}

/** Two digits are all that is known. */
function roundUp(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit - 1e-9) * unit;
}
