/**
 * Photon counts: Poisson numbers from a counter-based stream of uniform numbers.
 *
 * Below a mean of 10 by inversion, from there on by transformed rejection (PTRS; W. Hörmann, Insurance: Mathematics and
 * Economics 12 (1993) 39). Both are exact up to rounding.
 */
import { exp, fillUniforms, log, type RandomKey } from '../math/index.ts';

const REJECTION_FROM = 10;
const HALF_LOG_TWO_PI = 0.9189385332046728;
/** ln k! for k = 0 … 9. */
const LOG_FACTORIALS = Float64Array.from({ length: 10 }, (_, k) => {
  let factorial = 1;
  for (let n = 2; n <= k; n++) factorial *= n;
  return log(factorial);
});

/** A stream of Poisson numbers; how many uniform numbers one takes depends on what was drawn. */
export class PhotonCounter {
  readonly #key: RandomKey;
  readonly #uniforms = new Float64Array(256);
  #next = 256;
  #drawn = 0;

  constructor(key: RandomKey) {
    this.#key = key;
  }

  /** A Poisson number of this mean ≥ 0. */
  count(mean: number): number {
    return mean < REJECTION_FROM ? this.#byInversion(mean) : this.#byRejection(mean);
  }

  #uniform(): number {
    if (this.#next === this.#uniforms.length) {
      fillUniforms(this.#key, this.#uniforms, this.#drawn);
      this.#drawn += this.#uniforms.length;
      this.#next = 0;
    }
    return this.#uniforms[this.#next++]!;
  }

  #byInversion(mean: number): number {
    let rest = this.#uniform();
    let probability = exp(-mean);
    let k = 0;
    // The probability vanishes only where rounding has left a rest above the whole sum.
    while (rest > probability && probability > 0) {
      rest -= probability;
      k += 1;
      probability *= mean / k;
    }
    return k;
  }

  #byRejection(mean: number): number {
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const quick = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const u = this.#uniform() - 0.5;
      const v = this.#uniform();
      const distance = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / distance + b) * u + mean + 0.43);
      if (distance >= 0.07 && v <= quick) return k;
      if (k < 0 || (distance < 0.013 && v > distance)) continue;
      const accept = log((v * (1.1239 + 1.1328 / (b - 3.4))) / (a / (distance * distance) + b));
      if (accept <= k * log(mean) - mean - logFactorial(k)) return k;
    }
  }
}

/** ln k!, by Stirling's series from 10 on (error below 1e-10). */
function logFactorial(k: number): number {
  if (k < LOG_FACTORIALS.length) return LOG_FACTORIALS[k]!;
  const z = 1 / (k * k);
  return (k + 0.5) * log(k) - k + HALF_LOG_TWO_PI + (1 / 12 - z * (1 / 360 - z / 1260)) / k;
}
