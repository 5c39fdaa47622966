/**
 * The contract between physics and numerics: what a model hands to the kernels for given parameter values.
 *
 *   c2(φ_a, t_i, t_j) = offset_a + contrast_a · M,   M = E(C_j − C_i) · S(h_a · (G_j − G_i)),   i < j
 *
 * | pair function | E | S |
 * |---|---|---|
 * | `published` | exp(−κΔC), κ = q² | (sin x / x)², x = h_a·ΔG, h_a = ½·q·gap·cos(φ0 − φ_a) |
 * | `homodyne2` | exp(−κ√(ΔC² + 1e-12)), κ = q²·dt | (sin x / x)⁴, x = h_a·√(ΔG² + 1e-12), h_a = q·gap·dt·cos(φ0 − φ_a)/2π; M ≥ 1e-20 |
 */
import type { ParameterValues } from './transport-law.ts';
import type { TimeGrid } from './time-grid.ts';

export type Mode = 'static' | 'laminar_flow';
export type Convention = 'published' | 'homodyne2';

/** Everything the kernels need to know of the physics at one point of parameter space. */
export interface Physics {
  readonly pairFunction: Convention;
  readonly kappa: number;
  /** Cumulative transport C, non-decreasing up to rounding, shape (N): Å² (`published`) or Å²/s summed over steps (`homodyne2`). */
  readonly c: Float64Array;
  /** Cumulative shear G, any sign, shape (N); null in static mode, where S = 1. */
  readonly g: Float64Array | null;
  /** Shear factor per angle, shape (P); all zero in static mode. */
  readonly h: Float64Array;
}

/** How the kernel's vectors move with each free physical parameter. */
export interface Sensitivities {
  /** ∂C/∂parameter, each of shape (N). */
  readonly c: readonly { readonly parameter: string; readonly vector: Float64Array }[];
  /** ∂G/∂parameter, each of shape (N). */
  readonly g: readonly { readonly parameter: string; readonly vector: Float64Array }[];
  /** ∂h/∂parameter, each of shape (P). */
  readonly h: readonly { readonly parameter: string; readonly vector: Float64Array }[];
}

/** A model bound to one experiment (q, gap, angles, times). */
export interface TwoTimeModel {
  readonly mode: Mode;
  readonly convention: Convention;
  /** Wavevector, 1/Å. */
  readonly q: number;
  /** Rotor–stator gap, Å; null in static mode. */
  readonly gap: number | null;
  /** Azimuthal angles, degrees, shape (P). */
  readonly phi: Float64Array;
  readonly grid: TimeGrid;
  /** Names of the physical parameters: D0, alpha, D_offset and, under shear, gamma_dot_t0, beta, gamma_dot_t_offset, phi0. */
  readonly parameters: readonly string[];
  physics(values: ParameterValues): Physics;
  /** Derivatives at `values` for the parameters named, in the order c, g, h of their kind. */
  sensitivities(values: ParameterValues, free: readonly string[]): Sensitivities;
  /** C and G of a frame at t = 0 on the scale of `physics`: −∞ or ±∞ where the integral to t = 0 diverges; G null in static mode. */
  frameAtZero(values: ParameterValues): { readonly c: number; readonly g: number | null };
  /** J(t) in Å²/s at one time (s). */
  transportRate(values: ParameterValues, t: number): number;
  /** γ̇(t) in 1/s at one time (s); 0 in static mode. */
  shearRate(values: ParameterValues, t: number): number;
  /** The same physics on another time grid. */
  on(grid: TimeGrid): TwoTimeModel;
}
