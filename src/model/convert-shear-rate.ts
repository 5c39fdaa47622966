/**
 * Convert a shear rate between the two conventions at small strain.
 *
 * To second order in the strain Γ the shear factor of c2 is 1 − x²/3 with x = ½qh·cosφ·Γ (`published`, sinc²) and
 * 1 − ⅔X² with X = qh·cosφ·Γ/2π (`homodyne2`, sinc⁴). Both describe the same data when ¼Γ_p²/3 = ⅔Γ_h²/4π², that is
 * Γ_p = (√2/π)·Γ_h ≈ 0.450·Γ_h. Beyond small strain the two functions differ in shape, and only a new fit converts.
 */

/** √2/π. */
const PUBLISHED_PER_HOMODYNE2 = Math.SQRT2 / Math.PI;

/** gamma_dot_t0 or gamma_dot_t_offset of a `homodyne2` fit (1/s) as the `published` convention would report it. */
export function publishedShearRate(homodyne2Rate: number): number {
  return homodyne2Rate * PUBLISHED_PER_HOMODYNE2;
}

/** The inverse: a `published` shear rate (1/s) as `homodyne2` would report it. */
export function homodyne2ShearRate(publishedRate: number): number {
  return publishedRate / PUBLISHED_PER_HOMODYNE2;
}
