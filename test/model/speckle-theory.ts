/**
 * Errors of c2 from M speckles as theory has them, for tests: circular Gaussian fields, linearised normaliser.
 *
 *   e_ij = n_i·n_j/μ² − g_ij·(n_i + n_j)/μ + g_ij per speckle,   g = 1 + V,   V = β·K²
 *
 * with the cumulants of thermal light in modes of weights w: κ3 = 2·Σw³·K_ab·K_bc·K_ca, κ4 = 2·Σw⁴·Σ over the three cycles.
 */
import { fieldCorrelation, modeWeights, type Physics } from '../../src/model/index.ts';

export interface SpeckleTheory {
  /** 1 + β·K². */
  readonly mean: (i: number, j: number) => number;
  /** M times the covariance of c2_ij and c2_kl, i < j, k < l. */
  readonly covariance: (i: number, j: number, k: number, l: number) => number;
}

/** `photons`: mean counts, or Infinity for intensities. */
export function speckleTheory(
  physics: Physics,
  angle: number,
  contrast: number,
  photons: number = Infinity,
): SpeckleTheory {
  const frames = physics.c.length;
  const weights = modeWeights(contrast);
  const power = (p: number): number => weights.reduce((sum, w) => sum + w ** p, 0);
  const s3 = power(3);
  const s4 = power(4);
  const table = Float64Array.from({ length: frames * frames }, (_, n) => {
    const i = Math.floor(n / frames);
    const j = n % frames;
    return fieldCorrelation(physics, angle, Math.min(i, j), Math.max(i, j));
  });
  const K = (a: number, b: number): number => table[a * frames + b]!;
  const V = (a: number, b: number): number => contrast * K(a, b) ** 2;
  const k3 = (a: number, b: number, c: number): number => 2 * s3 * K(a, b) * K(b, c) * K(c, a);
  const k4 = (a: number, b: number, c: number, d: number): number =>
    2 *
    s4 *
    (K(a, b) * K(b, c) * K(c, d) * K(d, a) +
      K(a, b) * K(b, d) * K(d, c) * K(c, a) +
      K(a, c) * K(c, b) * K(b, d) * K(d, a));
  const mean = (i: number, j: number): number => 1 + V(i, j);

  /** Counting adds E[I_s·(I_a − g_sa)·(I_b − g_sb)]/μ for a shared frame s, and g/μ² for a pair with itself. */
  const counting = (i: number, j: number, k: number, l: number): number => {
    let sum = 0;
    for (const [s, a] of [
      [i, j],
      [j, i],
    ] as const) {
      for (const [t, b] of [
        [k, l],
        [l, k],
      ] as const) {
        if (s === t) sum += (1 + V(s, a) + V(s, b) + V(a, b) + k3(s, a, b) - mean(s, a) * mean(s, b)) / photons;
      }
    }
    return i === k && j === l ? sum + mean(i, j) / photons ** 2 : sum;
  };

  return {
    mean,
    covariance(i, j, k, l) {
      const a = V(i, j);
      const b = V(k, l);
      return (
        k4(i, j, k, l) +
        V(i, k) * V(j, l) +
        V(i, l) * V(j, k) -
        b * (k3(i, j, k) + k3(i, j, l)) -
        a * (k3(k, l, i) + k3(k, l, j)) +
        a * b * (V(i, k) + V(i, l) + V(j, k) + V(j, l)) +
        counting(i, j, k, l)
      );
    },
  };
}
