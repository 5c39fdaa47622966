/**
 * The noise level σ of each angle, estimated from second differences of c2 along lag.
 *
 * For white noise the second difference d = c(i,j−1) − 2c(i,j) + c(i,j+1) has variance 6σ², whatever straight line the
 * signal follows. Two things would spoil it and are kept out:
 *
 * - curvature of the signal. Only lags of at least a quarter of the window are used. A decay of contrast β has there a
 *   second difference of at most 4β·e⁻²/L² (L the smallest lag used, worst case over all correlation times), for 400
 *   frames and β = 0.3 below 2e-5;
 * - outliers. A first σ comes from the median of |d|, then the mean square is taken over |d| ≤ 3σ and divided by what
 *   that cut leaves of a normal distribution's variance. This is bounded like the median and nearly as efficient as
 *   the mean square.
 *
 * Differences of white noise alternate in sign: neighbours in a row have correlation −2/3, differences of a Markov
 * process −1/2, those of a smooth curve +1. Where the correlation is positive, or the level is that of float32
 * rounding, what was measured is not noise, and the estimate says so instead of returning an absurd weight.
 */
import type { Warning } from '../base/events.ts';
import { readRows } from '../kernels/triangles.ts';
import type { TriangleStack } from '../kernels/triangles.ts';

export interface NoiseEstimate {
  /** σ per angle, shape (P). */
  readonly sigma: Float64Array;
  /** How σ was obtained, in words; printed beside every reduced χ². */
  readonly source: string;
  /** Whether σ is an absolute noise level (given by the user) or only a relative weight between angles. */
  readonly absolute: boolean;
}

export interface NoiseFinding {
  readonly noise: NoiseEstimate;
  readonly warnings: readonly Warning[];
}

/** Differences looked at per angle; more would not change a weight visibly. */
const MOST_DIFFERENCES = 32768;
const FEWEST_DIFFERENCES = 30;
/** Median of |z| for a standard normal z. */
const MEDIAN_OF_ABSOLUTE = 0.6744897501960817;
/** Variance of a standard normal cut at |z| ≤ 3: 1 − 6φ(3)/(2Φ(3) − 1). */
const VARIANCE_WITHIN_THREE = 0.9733369246625415;
/** Below this share of the typical |c2| a difference is rounding of the float32 storage. */
const ROUNDING_FLOOR = 1e-6;

/** σ as the user gave it, in units of c2, for every angle. */
export function givenNoise(sigma: number, angles: number): NoiseEstimate {
  return { sigma: new Float64Array(angles).fill(sigma), source: 'given by the user', absolute: true };
}

/** Equal weights for every angle; the residuals then say how large the noise is. */
export function equalWeights(angles: number, reason: string): NoiseEstimate {
  return { sigma: new Float64Array(angles).fill(1), source: `equal weights (${reason})`, absolute: false };
}

/**
 * σ per angle from the data; a relative weight between angles, because noise that is smooth along lag (speckle) does
 * not show in second differences. If one angle's noise cannot be measured, all angles get equal weights and the
 * warning `noise-not-measurable` names the angles.
 */
export function estimateNoise(triangles: TriangleStack): NoiseFinding {
  const { angles } = triangles;
  const sigma = new Float64Array(angles);
  const failures: string[] = [];
  for (let a = 0; a < angles; a++) {
    const result = noiseOfAngle(triangles, a);
    if (typeof result === 'number') sigma[a] = result;
    else failures.push(`angle ${a + 1} of ${angles}: ${result.reason}`);
  }
  if (failures.length === 0) {
    return { noise: { sigma, source: 'second differences along lag, per angle', absolute: false }, warnings: [] };
  }
  const shown = failures.slice(0, 3).join('; ') + (failures.length > 3 ? `; and ${failures.length - 3} more` : '');
  return {
    noise: equalWeights(angles, 'the noise cannot be measured'),
    warnings: [
      { code: 'noise-not-measurable', text: `the noise cannot be measured, all angles weigh the same (${shown})` },
    ],
  };
}

function noiseOfAngle(triangles: TriangleStack, angle: number): number | { reason: string } {
  const { frames } = triangles;
  const shortest = Math.max(1, Math.floor(frames / 4));
  const inRow = (i: number): number => Math.max(0, frames - 2 - i - shortest);
  let total = 0;
  for (let i = 0; i < frames; i++) total += inRow(i);
  const stride = Math.max(1, Math.ceil(total / MOST_DIFFERENCES));

  const differences = new Float64Array(Math.ceil(total / stride) + frames);
  const endsRow = new Uint8Array(differences.length);
  let count = 0;
  let scale = 0;
  for (let i = 0; i < frames; i += stride) {
    if (inRow(i) === 0) break;
    const row = readRows(triangles, angle, i, i + 1).subarray(shortest - 1);
    for (let k = 0; k < inRow(i); k++) {
      const middle = row[k + 1]!;
      const d = row[k]! - 2 * middle + row[k + 2]!;
      if (Number.isNaN(d)) {
        if (count > 0) endsRow[count - 1] = 1;
        continue;
      }
      scale += Math.abs(middle);
      differences[count++] = d;
    }
    if (count > 0) endsRow[count - 1] = 1;
  }
  if (count < FEWEST_DIFFERENCES) return { reason: `only ${count} differences at large lags` };
  scale /= count;

  const rough = medianOfAbsolute(differences.subarray(0, count)) / MEDIAN_OF_ABSOLUTE;
  const cut = 3 * rough;
  let squares = 0;
  let kept = 0;
  let products = 0;
  let neighbours = 0;
  for (let k = 0; k < count; k++) {
    const d = differences[k]!;
    if (Math.abs(d) > cut) continue;
    squares += d * d;
    kept++;
    if (endsRow[k] === 0 && Math.abs(differences[k + 1]!) <= cut) {
      products += d * differences[k + 1]!;
      neighbours++;
    }
  }
  const variance = squares / kept;
  const sigma = Math.sqrt(variance / VARIANCE_WITHIN_THREE / 6);
  if (!(sigma > ROUNDING_FLOOR * scale)) return { reason: 'the values are smooth to rounding' };
  if (neighbours > 0 && products / neighbours > 0) return { reason: 'differences along lag are smooth, not noise' };
  return sigma;
}

/** Median of |x| by selection (Hoare), deterministic; the upper of the two middle values for an even count. */
function medianOfAbsolute(x: Float64Array): number {
  const work = new Float64Array(x.length);
  for (let k = 0; k < x.length; k++) work[k] = Math.abs(x[k]!);
  const target = work.length >> 1;
  let low = 0;
  let high = work.length - 1;
  while (low < high) {
    const pivot = work[(low + high) >> 1]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (work[i]! < pivot) i++;
      while (work[j]! > pivot) j--;
      if (i <= j) {
        const swap = work[i]!;
        work[i] = work[j]!;
        work[j] = swap;
        i++;
        j--;
      }
    }
    if (target <= j) high = j;
    else if (target >= i) low = i;
    else break;
  }
  return work[target]!;
}
