/** Two float64 numbers side by side: short names for the strict SIMD instructions the kernels use. */

// @ts-ignore: decorator
@inline
export function plus(a: v128, b: v128): v128 {
  return f64x2.add(a, b);
}

// @ts-ignore: decorator
@inline
export function minus(a: v128, b: v128): v128 {
  return f64x2.sub(a, b);
}

// @ts-ignore: decorator
@inline
export function times(a: v128, b: v128): v128 {
  return f64x2.mul(a, b);
}

/** a·b + c, rounded twice: relaxed fused operations would differ between machines. */
// @ts-ignore: decorator
@inline
export function timesPlus(a: v128, b: v128, c: v128): v128 {
  return f64x2.add(f64x2.mul(a, b), c);
}

/** The same number in both lanes. */
// @ts-ignore: decorator
@inline
export function both(x: f64): v128 {
  return f64x2.splat(x);
}

/** A constant of a table in both lanes: a load is cheaper than a vector literal, which engines rebuild in loops. */
// @ts-ignore: decorator
@inline
export function constant(table: usize, index: usize): v128 {
  return v128.load64_splat(table + (index << 3));
}

/** Two float32 numbers of memory as float64. */
// @ts-ignore: decorator
@inline
export function loadFloats(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}

/** Add to a vector in memory. */
// @ts-ignore: decorator
@inline
export function accumulate(address: usize, value: v128): void {
  v128.store(address, f64x2.add(v128.load(address), value));
}

/** Sum of both lanes. */
// @ts-ignore: decorator
@inline
export function laneSum(a: v128): f64 {
  return f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
}

/** `a` where the mask is set, else `b`. */
// @ts-ignore: decorator
@inline
export function select(a: v128, b: v128, mask: v128): v128 {
  return v128.bitselect(a, b, mask);
}

/** Both lanes between two limits; a lane that is not a number stays so. pmin and pmax cost one instruction, min and max many. */
// @ts-ignore: decorator
@inline
export function clamp(x: v128, lower: v128, upper: v128): v128 {
  return f64x2.pmin(f64x2.pmax(x, lower), upper);
}
