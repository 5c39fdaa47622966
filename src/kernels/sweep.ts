/**
 * The two-time sweep: one pass over all pairs of all angles, returning sums that do not grow with the data.
 *
 * `Sweeps` is the only way upper layers touch the data. Implementations differ in who computes a tile (this thread,
 * worker threads, another node); tiles, their inner order and the reduction tree are fixed by N and P alone, so every
 * implementation returns the same bits.
 */
import type { TaskContext } from '../base/task-context.ts';
import type { Physics, Sensitivities } from '../model/two-time-model.ts';
import type { TriangleStack } from './triangles.ts';

/** Linear scaling and weight of each angle, each of shape (P). */
export interface AngleScaling {
  readonly contrast: Float64Array;
  readonly offset: Float64Array;
  /** 1/σ_a², so that L = ½ Σ_a weight_a Σ r². */
  readonly weight: Float64Array;
}

/** Unweighted sums over the pairs of each angle, each of shape (P); r = c2 − offset − contrast·M. */
export interface AngleSums {
  readonly points: Float64Array;
  readonly m: Float64Array;
  readonly mm: Float64Array;
  readonly r: Float64Array;
  readonly rm: Float64Array;
  readonly rr: Float64Array;
}

/** Cost and its exact derivatives with respect to everything the pair function sees. */
export interface AdjointSums extends AngleSums {
  /** L = ½ Σ_a weight_a Σ r². */
  readonly cost: number;
  /** ∂L/∂C_k and ∂L/∂G_k, shape (N); G is null in static mode. */
  readonly c: Float64Array;
  readonly g: Float64Array | null;
  /** ∂L/∂h_a, shape (P). */
  readonly h: Float64Array;
}

/**
 * The derivatives ∂_kM of the K sensitivities, in the order c, g, h, against 1, M and r.
 *
 * The derivatives of ΣM, ΣM² and Σ r² of every angle, so of any function of them. Unweighted and without contrast, so that a
 * caller can eliminate, share, fix or integrate out the scaling afterwards.
 */
export interface SlopeSums extends AngleSums {
  readonly parameters: readonly string[];
  /** Σ ∂_kM, ΣM·∂_kM and Σ r·∂_kM, shape (P, K) row-major. */
  readonly d: Float64Array;
  readonly md: Float64Array;
  readonly rd: Float64Array;
}

/** Blocks of the Gauss–Newton matrix with columns ∂M/∂θ_k. */
export interface NormalSums extends SlopeSums {
  /** Σ_a weight_a·contrast_a² Σ ∂_kM·∂_lM, shape (K, K) row-major, symmetric. */
  readonly hessian: Float64Array;
}

/** All sweeps over one set of data. */
export interface Sweeps {
  readonly data: TriangleStack;
  /** Passes over all pairs so far, of any kind. */
  readonly count: number;
  /** Per-angle sums only (the value sweep): the cheapest pass, enough for a trial step. */
  sums(physics: Physics, scaling: AngleScaling, context: TaskContext): Promise<AngleSums>;
  adjoint(physics: Physics, scaling: AngleScaling, context: TaskContext): Promise<AdjointSums>;
  /** What a gradient needs, in about 0.6 of the time of `normal`. */
  slopes(
    physics: Physics,
    sensitivities: Sensitivities,
    scaling: AngleScaling,
    context: TaskContext,
  ): Promise<SlopeSums>;
  normal(
    physics: Physics,
    sensitivities: Sensitivities,
    scaling: AngleScaling,
    context: TaskContext,
  ): Promise<NormalSums>;
  /** M of one angle's pairs in triangle order, shape N(N−1)/2 (not a full pass). */
  shape(physics: Physics, angle: number): Float64Array;
}
