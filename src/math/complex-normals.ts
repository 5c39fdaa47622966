/**
 * Circular complex normal numbers in bulk, for simulated fields: E|z|² = 1, E z² = 0.
 *
 * Box & Muller (1958) on 32-bit words w, w′:  z = √(−ln((w + ½)/2³²))·e^{iθ},  θ = 2π·w′/2³² with w′ signed. |z|² ends at
 * 22.9, which one number in 10¹⁰ would exceed. Logarithm, sine and cosine are series of their own, good to about 1e-14, so
 * that the compiled kernels can repeat them operation by operation (`src/kernels/assembly/speckle-normals.ts`).
 */
import { LN2_HIGH, LN2_LOW } from './exponential.ts';
import { fromWords, highWord, lowWord } from './float-bits.ts';
import { fillWords, type RandomKey } from './random.ts';

const LN2 = LN2_HIGH + LN2_LOW;
const TWO_TO_MINUS_32 = 2.3283064365386963e-10;
/** π·2⁻³¹. */
const RADIANS_PER_UNIT = 1.4629180792671596e-9;
const EIGHTH_TURN = 0x20000000;
/** Upper word of √½, where the binary exponent changes. */
const SQRT_HALF_WORD = 0x3fe6a09e;

/** √(−ln u), u = (word + ½)/2³². */
function radius(word: number): number {
  const u = (word + 0.5) * TWO_TO_MINUS_32;
  const shifted = highWord(u) - SQRT_HALF_WORD;
  const m = fromWords(SQRT_HALF_WORD + (shifted & 0xfffff), lowWord(u));
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let series = 1 / 17;
  series = 1 / 15 + z * series;
  series = 1 / 13 + z * series;
  series = 1 / 11 + z * series;
  series = 1 / 9 + z * series;
  series = 1 / 7 + z * series;
  series = 1 / 5 + z * series;
  series = 1 / 3 + z * series;
  return Math.sqrt(-((shifted >> 20) * LN2 + 2 * (s + s * (z * series))));
}

/**
 * Fill `out` four numbers a block of the key, from block `start` on: re z₀, re z₁, im z₀, im z₁. The length of `out` is a
 * multiple of four; `words` is scratch of the same length.
 */
export function fillComplexNormals(key: RandomKey, out: Float64Array, words: Uint32Array, start: number): void {
  fillWords(key, words, start);
  for (let n = 0; n < out.length; n += 2) {
    const r = radius(words[n]!);
    const turn = words[n + 1]! | 0;
    const quadrant = (turn + EIGHTH_TURN) >> 30;
    const x = ((turn - (quadrant << 30)) | 0) * RADIANS_PER_UNIT;
    const z = x * x;
    let s = 1 / 6227020800;
    s = -1 / 39916800 + z * s;
    s = 1 / 362880 + z * s;
    s = -1 / 5040 + z * s;
    s = 1 / 120 + z * s;
    s = -1 / 6 + z * s;
    s = x + x * (z * s);
    let c = -1 / 87178291200;
    c = 1 / 479001600 + z * c;
    c = -1 / 3628800 + z * c;
    c = 1 / 40320 + z * c;
    c = -1 / 720 + z * c;
    c = 1 / 24 + z * c;
    c = 1 + z * (-0.5 + z * c);
    const odd = (quadrant & 1) === 1;
    const cosine = odd ? s : c;
    const sine = odd ? c : s;
    // Numbers 0 and 2 of a block are the words of z₀ and of z₁.
    const at = (n & 2) === 0 ? n : n - 1;
    out[at] = r * (((quadrant + 1) & 2) === 0 ? cosine : -cosine);
    out[at + 2] = r * ((quadrant & 2) === 0 ? sine : -sine);
  }
}
