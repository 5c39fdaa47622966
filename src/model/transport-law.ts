/**
 * A transport law turns a rate, J(t) or γ̇(t), into its cumulative integral at the frame times, with derivatives.
 *
 * The kernels see a law only through the N numbers it returns (E depends on C_j − C_i, S on G_j − G_i), so a new rate
 * (spline, stretched exponential, piecewise) is a new object of this type and nothing else.
 */
import type { TimeGrid } from './time-grid.ts';

/** Parameter values by name, in the user's units (Å²/s, 1/s, degrees). */
export type ParameterValues = Readonly<Record<string, number>>;

export interface TransportLaw {
  /** Parameters the law reads, in the order of its sensitivities. */
  readonly parameters: readonly string[];
  /** The rate at one time t > 0 (s), as the law integrates it (clamps and floors included). */
  rate(values: ParameterValues, t: number, grid: TimeGrid): number;
  /** Cumulative integral at the grid times, shape (N). Only differences matter; the anchor belongs to the law. */
  cumulative(values: ParameterValues, grid: TimeGrid): Float64Array;
  /** ∂cumulative/∂parameter, one vector of shape (N) per entry of `parameters`. */
  sensitivities(values: ParameterValues, grid: TimeGrid): Float64Array[];
  /**
   * The cumulative integral at t = 0, on the scale of `cumulative`; infinite where the integral to t = 0 diverges.
   * Fits never use it; a simulated file has a frame there.
   */
  cumulativeAtZero(values: ParameterValues, grid: TimeGrid): number;
}

/** Pull an adjoint dL/dC (shape N) back to dL/dparameter: the inner products with the sensitivities. */
export function pullBack(sensitivities: readonly Float64Array[], adjoint: Float64Array): Float64Array {
  return Float64Array.from(sensitivities, (column) => {
    let sum = 0;
    for (let k = 0; k < column.length; k++) sum += column[k]! * adjoint[k]!;
    return sum;
  });
}
