/**
 * The model of one pair of frames: M(ΔC, ΔG, h) and its derivatives, written for accuracy.
 *
 *   published   M = e^{−κΔC}·s(x)²,            x = h·ΔG,  s(x) = sin(x)/x
 *   homodyne2   g = e^{−κc/2}·s(x)²,  M = g²,  c = √(ΔC² + 1e-12), x = h·√(ΔG² + 1e-12),  g ≥ 1e-10
 *
 * M of the reference twin of the kernels, of simulation and of every test.
 */
import { cos, exp, sin } from '../math/index.ts';
import type { Convention } from './two-time-model.ts';

/** Below this |x| sin(x)/x and its slope come from their Taylor series: the closed forms lose digits there. */
const SERIES_LIMIT = 0.5;
/** Softening of |ΔC| and |ΔG| in the `homodyne2` convention. */
const SOFTENING = 1e-12;
/** Floor of g1 in the `homodyne2` convention. */
const FIELD_FLOOR = 1e-10;

/** sin(x)/x; 0 at infinity. */
export function sinc(x: number): number {
  if (Math.abs(x) === Infinity) return 0;
  if (Math.abs(x) >= SERIES_LIMIT) return sin(x) / x;
  const z = -x * x;
  return (
    1 +
    z *
      (1 / 6 +
        z *
          (1 / 120 + z * (1 / 5040 + z * (1 / 362880 + z * (1 / 39916800 + z * (1 / 6227020800 + z / 1307674368000))))))
  );
}

/** d/dx of sin(x)/x: (cos x − sin(x)/x)/x. */
export function sincSlope(x: number): number {
  if (Math.abs(x) === Infinity) return 0;
  if (Math.abs(x) >= SERIES_LIMIT) return (cos(x) - sin(x) / x) / x;
  const z = -x * x;
  return (
    -x *
    (1 / 3 + z * (1 / 30 + z * (1 / 840 + z * (1 / 45360 + z * (1 / 3991680 + z * (1 / 518918400 + z / 93405312000))))))
  );
}

/** M and its derivatives at one pair. */
export interface PairDerivatives {
  readonly m: number;
  /** ∂M/∂ΔC, ∂M/∂ΔG, ∂M/∂h. */
  readonly c: number;
  readonly g: number;
  readonly h: number;
}

/** M at ΔC = C_j − C_i ≥ 0, ΔG = G_j − G_i and the angle's shear factor h; ΔC or ΔG may be infinite. */
export function pairValue(convention: Convention, kappa: number, deltaC: number, deltaG: number, h: number): number {
  return convention === 'published'
    ? exp(-kappa * deltaC) * square(sinc(strainPhase(h, deltaG)))
    : square(Math.max(homodyne2Field(kappa, soften(deltaC), strainPhase(h, soften(deltaG))), FIELD_FLOOR));
}

/** M and its exact derivatives; infinite differences are not allowed here. */
export function pairDerivatives(
  convention: Convention,
  kappa: number,
  deltaC: number,
  deltaG: number,
  h: number,
): PairDerivatives {
  if (convention === 'published') {
    const x = h * deltaG;
    const s = sinc(x);
    const e = exp(-kappa * deltaC);
    const m = e * square(s);
    const dx = 2 * e * s * sincSlope(x);
    return { m, c: -kappa * m, g: dx * h, h: dx * deltaG };
  }
  const lengthC = soften(deltaC);
  const lengthG = soften(deltaG);
  const x = h * lengthG;
  const field = homodyne2Field(kappa, lengthC, x);
  if (!(field > FIELD_FLOOR)) return { m: square(FIELD_FLOOR), c: 0, g: 0, h: 0 };
  const m = square(field);
  const s = sinc(x);
  const dx = 4 * exp(-kappa * lengthC) * s * s * s * sincSlope(x);
  return { m, c: (-kappa * m * deltaC) / lengthC, g: (dx * h * deltaG) / lengthG, h: dx * lengthG };
}

function square(x: number): number {
  return x * x;
}

function soften(difference: number): number {
  return Math.sqrt(difference * difference + SOFTENING);
}

/** h·ΔG, with h = 0 (a direction without shear) winning over an infinite strain. */
function strainPhase(h: number, deltaG: number): number {
  return h === 0 ? 0 : h * deltaG;
}

function homodyne2Field(kappa: number, lengthC: number, x: number): number {
  return exp((-kappa * lengthC) / 2) * square(sinc(x));
}
