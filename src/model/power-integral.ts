/**
 * Integrals of a power law s^exponent between an anchor time and other times, with the derivative in the exponent.
 *
 * With p = exponent + 1, u = ln(t/anchor):
 *   A = ∫ s^exponent ds       = anchor^p · u·φ(pu),                         φ(x) = (e^x − 1)/x
 *   ∂A/∂exponent = ∫ s^exponent ln s ds = anchor^p · [ln(anchor)·u·φ(pu) + u²·ψ(pu)],   ψ(x) = (x·e^x − e^x + 1)/x²
 * φ and ψ are smooth through x = 0, so nothing special happens at exponent = −1.
 */
import { exp, expm1, log, log1p, pow } from '../math/index.ts';

export interface PowerIntegral {
  /** ∫_{anchor}^{t} s^exponent ds, one number per time. */
  readonly value: Float64Array;
  /** Its derivative in the exponent. */
  readonly slope: Float64Array;
}

/** (e^x − 1)/x, 1 at x = 0. */
export function phi(x: number): number {
  return x === 0 ? 1 : expm1(x) / x;
}

/** ∫_0^1 w·e^{xw} dw = (x·e^x − e^x + 1)/x², ½ at x = 0. The closed form loses digits below |x| = 1; the series does not. */
export function psi(x: number): number {
  if (Math.abs(x) >= 1) return (x * exp(x) - expm1(x)) / (x * x);
  let sum = 0;
  let factorial = 1;
  let power = 1;
  for (let n = 0; n < 19; n++) {
    sum += power / (factorial * (n + 2));
    power *= x;
    factorial *= n + 1;
  }
  return sum;
}

/** Integrals from `anchor` > 0 to each time > 0. */
export function powerIntegral(exponent: number, anchor: number, times: Float64Array): PowerIntegral {
  return integrate(exponent, anchor, logRatios(anchor, times));
}

/**
 * The same, keeping the last answer and its logarithms: value and derivatives at one point are asked for one after the other,
 * and times rarely change. Neither `times` nor an answer may be changed.
 */
export function keptPowerIntegral(): typeof powerIntegral {
  let kept: { anchor: number; times: Float64Array; logarithms: Float64Array } | null = null;
  let last: { exponent: number; integral: PowerIntegral } | null = null;
  return (exponent, anchor, times) => {
    if (kept === null || kept.times !== times || kept.anchor !== anchor) {
      kept = { anchor, times, logarithms: logRatios(anchor, times) };
      last = null;
    }
    if (last === null || last.exponent !== exponent) {
      last = { exponent, integral: integrate(exponent, anchor, kept.logarithms) };
    }
    return last.integral;
  };
}

/** ln(t/anchor). */
function logRatios(anchor: number, times: Float64Array): Float64Array {
  const logarithms = new Float64Array(times.length);
  // The difference of neighbouring times is exact where their ratio is not.
  for (let k = 0; k < times.length; k++) logarithms[k] = log1p((times[k]! - anchor) / anchor);
  return logarithms;
}

function integrate(exponent: number, anchor: number, logarithms: Float64Array): PowerIntegral {
  const p = exponent + 1;
  const scale = pow(anchor, p);
  const logAnchor = log(anchor);
  const value = new Float64Array(logarithms.length);
  const slope = new Float64Array(logarithms.length);
  for (let k = 0; k < logarithms.length; k++) {
    const u = logarithms[k]!;
    const first = u * phi(p * u);
    value[k] = scale * first;
    slope[k] = scale * (logAnchor * first + u * u * psi(p * u));
  }
  return { value, slope };
}

/** ∫_0^t s^exponent ds; Infinity where it diverges (exponent ≤ −1, t > 0). */
export function powerIntegralFromZero(exponent: number, t: number): number {
  const p = exponent + 1;
  if (t === 0) return 0;
  return p > 0 ? pow(t, p) / p : Infinity;
}
