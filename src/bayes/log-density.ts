/** What is sampled: the logarithm of a density in unconstrained coordinates, with its gradient. */

export interface Evaluation {
  /** ln density up to a constant; −∞ outside the support, NaN where it cannot be computed. */
  readonly value: number;
  /** ∂value/∂position, shape (d). */
  readonly gradient: Float64Array;
  /** Numbers worth keeping of the position should it become a draw. */
  readonly aside?: readonly number[] | undefined;
}

/** One gradient is one sweep over the data, which may run elsewhere: hence a promise. */
export type LogDensity = (position: Float64Array) => Promise<Evaluation>;

/** The value alone, where that is cheaper. */
export type LogValue = (position: Float64Array) => Promise<Pick<Evaluation, 'value' | 'aside'>>;

/** Whether value and gradient are numbers. */
export function isFinite({ value, gradient }: Evaluation): boolean {
  return Number.isFinite(value) && gradient.every((slope) => Number.isFinite(slope));
}
