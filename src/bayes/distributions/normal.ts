/** The standard normal distribution: density, cumulative probability and its inverse, to about 1e-15. */
import { exp, log } from '../../math/index.ts';

export const LOG_TWO_PI = 1.8378770664093453;

/** ln φ(x). */
export function normalLogDensity(x: number): number {
  return -0.5 * (x * x + LOG_TWO_PI);
}

/** Between the two: the series near 0, the continued fraction of the tail beyond. */
const SERIES_LIMIT = 3;

/** Φ(x); relative accuracy also in the lower tail (Marsaglia, J. Stat. Softw. 11(4), 2004; Abramowitz & Stegun 26.2.14). */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > SERIES_LIMIT) return 1 - upperTail(x);
  if (x < -SERIES_LIMIT) return upperTail(-x);
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + exp(normalLogDensity(x)) * sum;
}

/** 1 − Φ(x) for x ≥ 3. */
function upperTail(x: number): number {
  return x > 40 ? 0 : exp(normalLogDensity(x)) * millsRatio(x);
}

/** (1 − Φ(x))/φ(x); for x ≥ 3 by the continued fraction 1/(x + 1/(x + 2/(x + 3/(x + …)))), from the far end. */
function millsRatio(x: number): number {
  if (x < SERIES_LIMIT) return (1 - normalCdf(x)) / exp(normalLogDensity(x));
  let fraction = x;
  for (let k = 90; k > 0; k--) fraction = x + k / fraction;
  return 1 / fraction;
}

/** ln(Φ(b) − Φ(a)) for a < b, and φ(a), φ(b) over that difference: all digits also where both are far on one side. */
export function normalInterval(
  a: number,
  b: number,
): { readonly logMass: number; readonly atLower: number; readonly atUpper: number } {
  if (b < 0) {
    const { logMass, atLower, atUpper } = normalInterval(-b, -a);
    return { logMass, atLower: atUpper, atUpper: atLower };
  }
  const ratio = exp((a - b) * 0.5 * (a + b));
  if (a > 0) {
    const scaled = millsRatio(a) - (ratio > 0 ? millsRatio(b) * ratio : 0);
    return { logMass: normalLogDensity(a) + log(scaled), atLower: 1 / scaled, atUpper: ratio / scaled };
  }
  const mass = normalCdf(b) - normalCdf(a);
  return { logMass: log(mass), atLower: exp(normalLogDensity(a)) / mass, atUpper: exp(normalLogDensity(b)) / mass };
}

/** The standard normal number between a and b at the share `probability` of the interval's mass; a < b. */
export function truncatedNormalQuantile(probability: number, a: number, b: number): number {
  if (a > 0) return -truncatedNormalQuantile(1 - probability, -b, -a);
  const [low, high] = [normalCdf(a), normalCdf(b)];
  if (!(high > 0)) return b;
  return Math.min(b, Math.max(a, normalQuantile(low + probability * (high - low))));
}

const CENTRE = {
  above: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  below: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
};
const MIDDLE = {
  above: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  below: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
};
const TAIL = {
  above: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  below: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * x + coefficients[k]!;
  return sum;
}

/** Φ⁻¹(p) (Wichura, algorithm AS 241, Appl. Stat. 37, 477, 1988); ±∞ at 1 and 0. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  const centred = p - 0.5;
  if (Math.abs(centred) <= 0.425) {
    const r = 0.180625 - centred * centred;
    return (centred * polynomial(CENTRE.above, r)) / polynomial(CENTRE.below, r);
  }
  const r = Math.sqrt(-log(centred < 0 ? p : 1 - p));
  const { above, below } = r <= 5 ? MIDDLE : TAIL;
  const x = r <= 5 ? r - 1.6 : r - 5;
  const size = polynomial(above, x) / polynomial(below, x);
  return centred < 0 ? -size : size;
}
