/** Names for the variants of the sweep loop; constants, so that every variant is compiled on its own. */

/** What a sweep sums. */
export const SUMS: i32 = 0;
export const ADJOINT: i32 = 1;
export const NORMAL: i32 = 2;
/** M itself, for figures and files. */
export const SHAPE: i32 = 3;
/** The sums of NORMAL without the Gauss–Newton matrix. */
export const SLOPES: i32 = 4;

/** How S is computed in a run of columns. */
/** S = 1. */
export const STATIC: i32 = 0;
/** |x| ≥ FAR_FROM everywhere: sines and cosines by angle addition. */
export const FAR: i32 = 1;
/** |x| < SERIES_BELOW everywhere: series. */
export const NEAR: i32 = 2;
/** Both, selected per pair. */
export const MIXED: i32 = 3;
/** homodyne2 where its smoothing is not small against 1/h: sine and cosine per pair. */
export const DIRECT: i32 = 4;

/** Below this |x| the series may be used, as in series.ts. */
export const SERIES_BELOW: f64 = 0.05;
/**
 * From here on angle addition may be used: rounding in cos x − sin x / x is then 10⁻¹² of it at worst, and such pairs have small
 * derivatives. In between both are good, so that few runs must be MIXED.
 */
export const FAR_FROM: f64 = 0.02;

/** Smoothing of |ΔC| and |ΔG| (squared) and floor of M in the homodyne2 convention. */
export const SMOOTHING: f64 = 1e-12;
export const FLOOR: f64 = 1e-20;
