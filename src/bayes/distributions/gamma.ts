/** Gamma and beta functions, the quantile of a beta distribution and exact draws of a gamma one. */
import { exp, fillNormals, log, log1p, pow, uniformAt, fold, type RandomKey } from '../../math/index.ts';

const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0, to about 1e-14 (Lanczos 1964, seven terms). */
export function logGamma(x: number): number {
  if (x < 0.5) return logGamma(x + 1) - log(x);
  const z = x - 1;
  let sum = LANCZOS[0]!;
  for (let k = 1; k < LANCZOS.length; k++) sum += LANCZOS[k]! / (z + k);
  const t = z + 7.5;
  return 0.9189385332046727 + (z + 0.5) * log(t) - t + log(sum);
}

/**
 * Probability beyond x of the gamma distribution with shape a and unit scale, Γ(a, x)/Γ(a): by the series of the other end
 * below x = a + 1, by its continued fraction above (Lentz; Numerical Recipes 6.2).
 */
export function gammaTail(x: number, shape: number): number {
  if (!(x > 0)) return 1;
  if (x === Infinity) return 0;
  const front = exp(shape * log(x) - x - logGamma(shape));
  if (x < shape + 1) {
    let term = 1 / shape;
    let sum = term;
    for (let n = 1; n < 100_000 && term > 1e-17 * sum; n++) {
      term *= x / (shape + n);
      sum += term;
    }
    return Math.max(0, 1 - front * sum);
  }
  let b = x + 1 - shape;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 100_000; n++) {
    const a = n * (shape - n);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** The regularised incomplete beta function I_x(a, b) by its continued fraction (Lentz; Numerical Recipes 6.4). */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  const TINY = 1e-300;
  const away = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return fraction;
}

/** The p-quantile of a beta(a, b) distribution, by bisection to the last bits. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1 && a > 0 && b > 0)) return NaN;
  let lower = 0;
  let upper = 1;
  for (;;) {
    const middle = (lower + upper) / 2;
    if (middle <= lower || middle >= upper) return middle;
    if (betaCdf(middle, a, b) < p) lower = middle;
    else upper = middle;
  }
}

/**
 * A draw of the gamma distribution with shape a > 0 and unit scale (Marsaglia & Tsang, ACM TOMS 26, 363, 2000): a
 * pure function of the key.
 */
export function gammaDraw(key: RandomKey, shape: number): number {
  if (shape < 1) return gammaDraw(fold(key, 1), shape + 1) * pow(uniformAt(key, 0), 1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  const normal = new Float64Array(1);
  for (let attempt = 0; ; attempt++) {
    fillNormals(fold(key, 2), normal, attempt);
    const x = normal[0]!;
    const root = 1 + c * x;
    const v = root * root * root;
    if (v > 0 && log(uniformAt(fold(key, 3), attempt)) < 0.5 * x * x + d * (1 - v + log(v))) return d * v;
  }
}
