/**
 * The weight of one angle: the inverse of W = V + η·1 on both frames of a pair, V the correlation of a Markov process.
 *
 * Errors of c2 under thermal speckle have the covariance (W_ik·W_jl + W_il·W_jk)·contrast²/M to leading order, with the
 * intensity correlation V = M(t1,t2) and the photon noise η on its diagonal. Without shear V_ij = ρ_i·…·ρ_{j−1} exactly, so
 * x = s + photon noise is a Markov signal in white noise. A Kalman filter gives its innovations, W = L·F·Lᵀ:
 *
 *   e_i = x_i − p_i,   p_{i+1} = a_i·p_i + b_i·x_i          L⁻¹_ij = −b_j·a_{j+1}·…·a_{i−1} for i > j
 *
 * and everything that follows costs O(N) per vector and no matrix is stored. The diagonal of c2 is not measured: it is
 * eliminated exactly, as N unknowns with the normal matrix Q = W⁻¹∘W⁻¹. That has the same one-term structure
 * (Q_ij = h_i·a²…a²·g_j), hence a filter of its own.
 */
import { exp, expm1 } from '../../math/index.ts';

/** Filters of W and of Q; all of shape (N). */
export interface MarkovWeight {
  readonly frames: number;
  /** a_i and b_i of the filter of W. */
  readonly keep: Float64Array;
  readonly gain: Float64Array;
  /** F_i, variances of the innovations. */
  readonly variance: Float64Array;
  /** t_i and the diagonal of W⁻¹; W⁻¹_ij = −b_j·a_{j+1}·…·a_{i−1}·t_i for i > j. */
  readonly reach: Float64Array;
  readonly inverseDiagonal: Float64Array;
  /** Filter of Q: ε_i = d_i − t_i²·x_i with variance `diagonalVariance`, x_{i+1} = a_i²·x_i + `diagonalGain`_i·ε_i. */
  readonly diagonalGain: Float64Array;
  readonly diagonalVariance: Float64Array;
}

/**
 * The weight for correlation times passed up to each frame (ascending, shape (N)) and photon noise η > 0, in units of the
 * variance of V.
 */
export function markovWeight(passed: Float64Array, photonNoise: number): MarkovWeight {
  const frames = passed.length;
  const keep = new Float64Array(frames);
  const gain = new Float64Array(frames);
  const variance = new Float64Array(frames);
  let predicted = 1;
  for (let i = 0; i < frames; i++) {
    const step = i + 1 < frames ? Math.max(0, passed[i + 1]! - passed[i]!) : 0;
    const rho = exp(-step);
    variance[i] = predicted + photonNoise;
    const share = predicted / variance[i]!;
    gain[i] = rho * share;
    keep[i] = rho * (photonNoise / variance[i]!);
    // ρ²·P·η/F + (1 − ρ²), without the cancellation of 1 − ρ² at small steps.
    predicted = rho * rho * share * photonNoise - expm1(-2 * step);
  }
  const reach = new Float64Array(frames);
  const inverseDiagonal = new Float64Array(frames);
  let ahead = 0;
  for (let i = frames - 1; i >= 0; i--) {
    const next = i + 1;
    ahead = next < frames ? 1 / variance[next]! + keep[next]! ** 2 * ahead : 0;
    reach[i] = 1 / variance[i]! - gain[i]! * keep[i]! * ahead;
    inverseDiagonal[i] = 1 / variance[i]! + gain[i]! ** 2 * ahead;
  }
  return {
    frames,
    keep,
    gain,
    variance,
    reach,
    inverseDiagonal,
    ...filterOfSquares(keep, gain, reach, inverseDiagonal),
  };
}

/** The innovations filter of Q = W⁻¹∘W⁻¹. */
function filterOfSquares(
  keep: Float64Array,
  gain: Float64Array,
  reach: Float64Array,
  inverseDiagonal: Float64Array,
): Pick<MarkovWeight, 'diagonalGain' | 'diagonalVariance'> {
  const frames = keep.length;
  const diagonalGain = new Float64Array(frames);
  const diagonalVariance = new Float64Array(frames);
  let state = 0;
  for (let i = 0; i < frames; i++) {
    const h = reach[i]! ** 2;
    const a = keep[i]! ** 2;
    const remaining = inverseDiagonal[i]! ** 2 - h * h * state;
    diagonalVariance[i] = remaining;
    diagonalGain[i] = (gain[i]! ** 2 - a * state * h) / remaining;
    state = a * a * state + diagonalGain[i]! ** 2 * remaining;
  }
  return { diagonalGain, diagonalVariance };
}

/** Innovations of Q in place: d ← ε, so that dᵀQ⁻¹d' = Σ ε·ε'/`diagonalVariance`. */
export function diagonalInnovations({ keep, reach, diagonalGain }: MarkovWeight, d: Float64Array): void {
  let state = 0;
  for (let i = 0; i < d.length; i++) {
    const innovation = d[i]! - reach[i]! ** 2 * state;
    d[i] = innovation;
    state = keep[i]! ** 2 * state + diagonalGain[i]! * innovation;
  }
}

/** Q⁻¹·d from the innovations of d, in place. */
export function solveFromInnovations(weight: MarkovWeight, innovations: Float64Array): void {
  const { keep, reach, diagonalGain, diagonalVariance } = weight;
  let state = 0;
  for (let i = innovations.length - 1; i >= 0; i--) {
    const solution = innovations[i]! / diagonalVariance[i]! - diagonalGain[i]! * state;
    innovations[i] = solution;
    state = reach[i]! ** 2 * solution + keep[i]! ** 2 * state;
  }
}
