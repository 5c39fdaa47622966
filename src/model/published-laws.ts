/**
 * The transport laws of the published formula, integrated in closed form.
 *
 *   J(t) = max(D0·t^alpha + D_offset, 0)  Å²/s            γ̇(t) = gamma_dot_t0·t^beta + gamma_dot_t_offset  1/s
 *
 * Power law plus constant is monotonic, so the clamp of J starts or ends at one time
 * t* = (−D_offset/D0)^{1/alpha}. C is constant on the clamped side: C(t) = C_raw(τ) where τ is t moved to t* there. Since
 * J(t*) = 0, moving t* does not change C to first order, and the derivatives are those of C_raw at τ.
 */
import { pow } from '../math/index.ts';
import { valueOf } from './parameters.ts';
import { keptPowerIntegral, powerIntegral, powerIntegralFromZero } from './power-integral.ts';
import type { ParameterValues, TransportLaw } from './transport-law.ts';
import type { TimeGrid } from './time-grid.ts';

interface PowerPlusConstant {
  readonly amplitude: number;
  readonly exponent: number;
  readonly constant: number;
}

/** The times at which amplitude·t^exponent + constant is positive: the open interval (from, to). */
function positiveInterval(law: PowerPlusConstant): readonly [from: number, to: number] {
  const { amplitude, exponent, constant } = law;
  if (amplitude === 0 || exponent === 0) {
    const rate = exponent === 0 ? amplitude + constant : constant;
    return rate > 0 ? [0, Infinity] : [Infinity, Infinity];
  }
  if (amplitude > 0 && constant >= 0) return [0, Infinity];
  if (amplitude < 0 && constant <= 0) return [Infinity, Infinity];
  const crossing = pow(-constant / amplitude, 1 / exponent);
  return amplitude * exponent > 0 ? [crossing, Infinity] : [0, crossing];
}

/** The anchor of all integrals: the first time of the grid, so that nothing large cancels in differences. */
function anchorOf(grid: TimeGrid): number {
  return grid.times[0] ?? grid.dt;
}

/** ∫ of the rate over the part of (from, until) that exists, from ≥ 0; infinite where t^exponent cannot be integrated to 0. */
function integralFromZero(rate: PowerPlusConstant, from: number, until: number): number {
  const { amplitude, exponent, constant } = rate;
  if (from >= until) return 0;
  if (amplitude === 0) return constant * (until - from);
  const power =
    from > 0 ? powerIntegral(exponent, from, Float64Array.of(until)).value[0]! : powerIntegralFromZero(exponent, until);
  return amplitude * power + constant * (until - from);
}

/** A law amplitude·t^exponent + constant over the names given, optionally clamped at zero. */
function powerPlusConstantLaw(
  amplitudeName: string,
  exponentName: string,
  constantName: string,
  clamped: boolean,
): TransportLaw {
  const integral = keptPowerIntegral();
  const read = (values: ParameterValues): PowerPlusConstant => ({
    amplitude: valueOf(values, amplitudeName),
    exponent: valueOf(values, exponentName),
    constant: valueOf(values, constantName),
  });
  /** Grid times moved into the interval where the rate is positive; null where it is nowhere positive in the window. */
  const effectiveTimes = (rate: PowerPlusConstant, times: Float64Array): Float64Array | null => {
    if (!clamped) return times;
    const [from, to] = positiveInterval(rate);
    const first = times[0] ?? 0;
    const last = times.at(-1) ?? 0;
    if (from >= last || to <= first) return null;
    return from <= first && to >= last ? times : times.map((t) => Math.min(Math.max(t, from), to));
  };
  const cumulative = (values: ParameterValues, grid: TimeGrid): Float64Array => {
    const rate = read(values);
    const times = effectiveTimes(rate, grid.times);
    if (times === null) return new Float64Array(grid.times.length);
    const anchor = anchorOf(grid);
    const power = integral(rate.exponent, anchor, times);
    return times.map((t, k) => rate.amplitude * power.value[k]! + rate.constant * (t - anchor));
  };
  return {
    parameters: [amplitudeName, exponentName, constantName],
    rate(values, t) {
      const { amplitude, exponent, constant } = read(values);
      const raw = amplitude * pow(t, exponent) + constant;
      return clamped ? Math.max(raw, 0) : raw;
    },
    cumulative,
    sensitivities(values, grid) {
      const rate = read(values);
      const times = effectiveTimes(rate, grid.times);
      if (times === null) return [0, 1, 2].map(() => new Float64Array(grid.times.length));
      const anchor = anchorOf(grid);
      const power = integral(rate.exponent, anchor, times);
      return [power.value.slice(), power.slope.map((slope) => rate.amplitude * slope), times.map((t) => t - anchor)];
    },
    cumulativeAtZero(values, grid) {
      const rate = read(values);
      const [from, to] = clamped ? positiveInterval(rate) : [0, Infinity];
      return cumulative(values, grid)[0]! - integralFromZero(rate, from, Math.min(anchorOf(grid), to));
    },
  };
}

/** J(t) = max(D0·t^alpha + D_offset, 0), Å²/s; cumulative integral in Å². */
export const publishedTransportLaw: TransportLaw = powerPlusConstantLaw('D0', 'alpha', 'D_offset', true);

/** γ̇(t) = gamma_dot_t0·t^beta + gamma_dot_t_offset, 1/s, of either sign; cumulative integral is the strain. */
export const publishedShearLaw: TransportLaw = powerPlusConstantLaw(
  'gamma_dot_t0',
  'beta',
  'gamma_dot_t_offset',
  false,
);
