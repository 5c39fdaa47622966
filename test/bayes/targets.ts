/** Densities with known moments, as log densities with gradients. */
import type { LogDensity } from '../../src/bayes/log-density.ts';

export const standardNormal: LogDensity = async (x) => ({
  value: -0.5 * x.reduce((sum, value) => sum + value * value, 0),
  gradient: x.map((value) => -value),
});

/** Normal with unit variances and correlation ρ between neighbours, ρ^|i−j|: its precision is tridiagonal. */
export function autoregressiveNormal(rho: number): LogDensity {
  const scale = 1 / (1 - rho * rho);
  return async (x) => {
    const d = x.length;
    const gradient = x.map((value, i) => {
      const inner = i > 0 && i < d - 1 ? 1 + rho * rho : 1;
      return -scale * (inner * value - rho * ((x[i - 1] ?? 0) + (x[i + 1] ?? 0)));
    });
    return { value: 0.5 * gradient.reduce((sum, slope, i) => sum + slope * x[i]!, 0), gradient };
  };
}

/** Haario’s banana: x₀ ~ N(0, 10²), x₁ + 0.03(x₀² − 100) ~ N(0, 1). Means 0, sds 10 and √(1 + 0.03²·2·10⁴) = 4.3589. */
export const banana: LogDensity = async ([x = 0, y = 0]) => {
  const bent = y + 0.03 * (x * x - 100);
  return {
    value: (-0.5 * (x * x)) / 100 - 0.5 * bent * bent,
    gradient: Float64Array.of(-x / 100 - 0.06 * x * bent, -bent),
  };
};

/** Neal’s funnel: v ~ N(0, sd²), each of the others ~ N(0, e^v): of mean 0 and sd e^{sd²/4}. */
export function funnel(sd: number): LogDensity {
  return async (x) => {
    const v = x[0]!;
    const precision = Math.exp(-v);
    let squares = 0;
    for (let k = 1; k < x.length; k++) squares += x[k]! ** 2;
    const others = x.length - 1;
    const gradient = x.map((value) => -value * precision);
    gradient[0] = -v / sd ** 2 - others / 2 + 0.5 * precision * squares;
    return { value: -0.5 * (v / sd) ** 2 - 0.5 * precision * squares - 0.5 * others * v, gradient };
  };
}

const EFFECTS = [28, 8, -3, 7, -1, 1, 18, 12];
const ERRORS = [15, 10, 16, 11, 9, 11, 10, 18];

/**
 * Eight schools (Rubin 1981): μ ~ N(0, 5²), τ ~ half-Cauchy(5), θ_j ~ N(μ, τ²), y_j ~ N(θ_j, σ_j²). Coordinates μ, ln τ
 * and eight more: θ_j (centred) or (θ_j − μ)/τ (not centred).
 */
export function eightSchools(centred: boolean): LogDensity {
  return async (x) => {
    const [mu, logTau] = [x[0]!, x[1]!];
    const tau = Math.exp(logTau);
    const gradient = new Float64Array(10);
    const heavy = 1 + (tau / 5) ** 2;
    let value = -0.5 * (mu / 5) ** 2 - Math.log(heavy) + logTau;
    gradient[0] = -mu / 25;
    gradient[1] = 1 - (2 * (tau / 5) ** 2) / heavy;
    for (let j = 0; j < 8; j++) {
      const own = x[2 + j]!;
      const theta = centred ? own : mu + tau * own;
      const miss = (EFFECTS[j]! - theta) / ERRORS[j]! ** 2;
      value -= 0.5 * (EFFECTS[j]! - theta) * miss;
      if (centred) {
        const z = (theta - mu) / tau;
        value -= 0.5 * z * z + logTau;
        gradient[2 + j] = miss - z / tau;
        gradient[0] += z / tau;
        gradient[1] += z * z - 1;
      } else {
        value -= 0.5 * own * own;
        gradient[2 + j] = miss * tau - own;
        gradient[0] += miss;
        gradient[1] += miss * tau * own;
      }
    }
    return { value, gradient };
  };
}
