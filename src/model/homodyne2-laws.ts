/**
 * The transport laws as homodyne 2.x computes them: a trapezoid sum over the frames, with floors.
 *
 *   f_m = max(amplitude·τ_m^exponent + constant, 1e-10),   τ_m = max(t_m, dt/2, 1e-8 s),   t_m = t0 + m·dt
 *   C_0 = 0,  C_k = Σ_{m<k} (f_m + f_{m+1})/2
 *
 * The sum runs over every frame of the window, from frame 0 on, whether or not the frame takes part in the fit; dt is
 * left to the factor in front. Derivatives are zero where the floor holds. The reference knows no t0 ≠ 0; here the power is then taken at the shifted time.
 */
import { Defect } from '../base/errors.ts';
import { log, pow } from '../math/index.ts';
import { valueOf } from './parameters.ts';
import type { TimeGrid } from './time-grid.ts';
import type { ParameterValues, TransportLaw } from './transport-law.ts';

/** Smallest rate, in the unit of the rate. */
const RATE_FLOOR = 1e-10;
/** Smallest time at which the power is taken, s, beside dt/2. */
const TIME_FLOOR = 1e-8;

function flooredTime(t: number, grid: TimeGrid): number {
  return Math.max(t, grid.dt / 2, TIME_FLOOR);
}

/** Cumulative trapezoid of a rate given per frame, read off at the grid's positions. */
function cumulativeAtPositions(grid: TimeGrid, rateOfFrame: (t: number) => number): Float64Array {
  const frames = (grid.positions.at(-1) ?? 0) + 1;
  const sums = new Float64Array(frames);
  let previous = rateOfFrame(flooredTime(grid.t0, grid));
  for (let m = 1; m < frames; m++) {
    const next = rateOfFrame(flooredTime(grid.t0 + m * grid.dt, grid));
    sums[m] = sums[m - 1]! + (previous + next) / 2;
    previous = next;
  }
  return grid.positions.map((m) => sums[m]!);
}

function trapezoidLaw(amplitudeName: string, exponentName: string, constantName: string): TransportLaw {
  const raw = (values: ParameterValues): ((t: number) => number) => {
    const amplitude = valueOf(values, amplitudeName);
    const exponent = valueOf(values, exponentName);
    const constant = valueOf(values, constantName);
    return (t) => amplitude * pow(t, exponent) + constant;
  };
  return {
    parameters: [amplitudeName, exponentName, constantName],
    rate(values, t, grid) {
      return Math.max(raw(values)(flooredTime(t, grid)), RATE_FLOOR);
    },
    cumulative(values, grid) {
      const rate = raw(values);
      return cumulativeAtPositions(grid, (t) => Math.max(rate(t), RATE_FLOOR));
    },
    sensitivities(values, grid) {
      const rate = raw(values);
      const amplitude = valueOf(values, amplitudeName);
      const exponent = valueOf(values, exponentName);
      const unlessFloored = (slope: (t: number) => number): Float64Array =>
        cumulativeAtPositions(grid, (t) => (rate(t) > RATE_FLOOR ? slope(t) : 0));
      return [
        unlessFloored((t) => pow(t, exponent)),
        unlessFloored((t) => amplitude * pow(t, exponent) * log(t)),
        unlessFloored(() => 1),
      ];
    },
    cumulativeAtZero(_values, grid) {
      if (grid.t0 !== 0) throw new Defect('in convention homodyne2 only a window with t0 = 0 has a frame at t = 0');
      return 0;
    },
  };
}

/** J(t) ≥ 1e-10 Å²/s; cumulative sum in Å²/s over steps. */
export const homodyne2TransportLaw: TransportLaw = trapezoidLaw('D0', 'alpha', 'D_offset');

/** γ̇(t) ≥ 1e-10 1/s, so flow cannot reverse; cumulative sum in 1/s over steps. */
export const homodyne2ShearLaw: TransportLaw = trapezoidLaw('gamma_dot_t0', 'beta', 'gamma_dot_t_offset');
