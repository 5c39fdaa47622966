/**
 * M of one pair and its derivatives, written for reading: the formulas the compiled kernels are checked against.
 *
 *   published   M = e^{−κΔC}·s²,  x = hΔG           ∂M/∂C_j = −κM   ∂M/∂G_j = 2Es(cos x − s)/ΔG   ∂M/∂h = 2Es(cos x − s)/h
 *   homodyne2   M = e^{−κR_C}·s⁴, x = hR_G, R = √(Δ² + 1e-12), M ≥ 1e-20 with zero gradient at the floor
 *
 * with s = sin x / x. Derivatives with respect to C_i and G_i have the opposite sign.
 */
import { cos, exp, sin } from '../math/index.ts';
import type { Convention } from '../model/two-time-model.ts';

export interface PairPoint {
  m: number;
  /** ∂M/∂C_j, ∂M/∂G_j, ∂M/∂h. */
  c: number;
  g: number;
  h: number;
}

/** Below this |x| sin x / x and (cos x − sin x / x)/x² come from their Taylor series. */
const SERIES_BELOW = 0.1;
const HOMODYNE2_SMOOTHING = 1e-12;
const HOMODYNE2_FLOOR = 1e-20;

/** Evaluate the pair function at ΔC ≥ 0, ΔG and h, writing into `out`. */
export function evaluatePair(
  convention: Convention,
  kappa: number,
  dc: number,
  dg: number,
  h: number,
  out: PairPoint,
): void {
  if (convention === 'published') {
    const e = exp(-kappa * dc);
    const x = h * dg;
    const s = sinc(x);
    // (cos x − s)/x², so that nothing is divided by ΔG or h where they vanish.
    const slope = 2 * e * s * sincSlope(x, s);
    out.m = e * s * s;
    out.c = -kappa * out.m;
    out.g = slope * h * h * dg;
    out.h = slope * h * dg * dg;
    return;
  }
  const rc = Math.sqrt(dc * dc + HOMODYNE2_SMOOTHING);
  const rg = Math.sqrt(dg * dg + HOMODYNE2_SMOOTHING);
  const e = exp(-kappa * rc);
  const x = h * rg;
  const s = sinc(x);
  out.m = e * s * s * s * s;
  if (!(out.m >= HOMODYNE2_FLOOR)) {
    out.m = HOMODYNE2_FLOOR;
    out.c = out.g = out.h = 0;
    return;
  }
  const slope = 4 * e * s * s * s * sincSlope(x, s);
  out.c = (-kappa * out.m * dc) / rc;
  out.g = slope * h * h * dg;
  out.h = slope * h * rg * rg;
}

/** sin x / x. */
function sinc(x: number): number {
  if (Math.abs(x) >= SERIES_BELOW) return sin(x) / x;
  const z = x * x;
  return 1 - (z / 6) * (1 - (z / 20) * (1 - (z / 42) * (1 - z / 72)));
}

/** (cos x − sin x / x)/x², where s = sin x / x. */
function sincSlope(x: number, s: number): number {
  const z = x * x;
  if (Math.abs(x) >= SERIES_BELOW) return (cos(x) - s) / z;
  return -1 / 3 + z * (1 / 30 - z * (1 / 840 - z * (1 / 45360 - z / 3991680)));
}
