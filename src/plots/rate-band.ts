/**
 * A rate along time with its standard error, by linear propagation of the parameter covariance.
 *
 *   σ_rate(t)² = gᵀ Σ g,   g_k = ∂rate(t)/∂θ_k   (central differences; tied parameters move together)
 */
import type { ParameterValues } from '../model/transport-law.ts';
import type { FitOutcome } from '../nlsq/outcome.ts';
import { shownCovariance } from '../nlsq/shown-errors.ts';

export interface RateCurve {
  /** s */
  readonly time: Float64Array;
  readonly rate: Float64Array;
  /** Standard error of the rate; null with the reason when it is not known. */
  readonly error: Float64Array | null;
  readonly reason: string | null;
}

/** Parameter values of a fit by name. */
export function fittedValues(outcome: FitOutcome): ParameterValues {
  return Object.fromEntries(outcome.parameters.map((parameter) => [parameter.name, parameter.value]));
}

/** `rate` at the given times with the standard error of the kind shown; only `relevant` parameters are moved. */
export function rateCurve(
  rate: (values: ParameterValues, t: number) => number,
  relevant: readonly string[],
  outcome: FitOutcome,
  time: Float64Array,
): RateCurve {
  const values = fittedValues(outcome);
  const curve = { time, rate: time.map((t) => rate(values, t)) };
  const { names, matrix } = shownCovariance(outcome);
  const moved = relevant.filter((name) =>
    outcome.parameters.some((one) => one.name === name && one.vary && one.tie === null),
  );
  const sources = withTies(moved, relevant, outcome);
  if (sources.length === 0) return { ...curve, error: null, reason: 'no free parameter' };
  const index = sources.map((source) => names.indexOf(source.name));
  const unknown = sources.filter((_, k) => {
    const at = index[k]!;
    return at < 0 || !(matrix[at * names.length + at]! >= 0);
  });
  if (unknown.length > 0) {
    const reasons = unknown.map(({ name }) => `${name} (${reasonOf(name, outcome)})`);
    return { ...curve, error: null, reason: `the error is not known of ${reasons.join(', ')}` };
  }
  const gradients = sources.map((source, k) => {
    const centre = values[source.name]!;
    const sigma = Math.sqrt(matrix[index[k]! * names.length + index[k]!]!);
    const step = Math.max(1e-3 * sigma, 1e-7 * Math.abs(centre), Number.MIN_VALUE);
    const at = (value: number): ParameterValues => ({
      ...values,
      ...Object.fromEntries(source.moves.map((name) => [name, value])),
    });
    const [above, below] = [at(centre + step), at(centre - step)];
    return time.map((t) => (rate(above, t) - rate(below, t)) / (2 * step));
  });
  const error = time.map((_, n) => {
    let variance = 0;
    for (let k = 0; k < index.length; k++) {
      for (let l = 0; l < index.length; l++) {
        variance += gradients[k]![n]! * matrix[index[k]! * names.length + index[l]!]! * gradients[l]![n]!;
      }
    }
    return Math.sqrt(Math.max(0, variance));
  });
  if (!error.every(Number.isFinite)) return { ...curve, error: null, reason: 'the covariance is not known' };
  return { ...curve, error, reason: null };
}

function reasonOf(name: string, outcome: FitOutcome): string {
  return outcome.parameters.find((one) => one.name === name)?.uncertainty.reason ?? 'no covariance';
}

/** Free parameters that move the rate, each with the relevant parameters that follow it. */
function withTies(moved: readonly string[], relevant: readonly string[], outcome: FitOutcome) {
  const followers = outcome.parameters.filter((one) => one.tie !== null && relevant.includes(one.name));
  const names = new Set([...moved, ...followers.map((one) => one.tie!)]);
  const free = outcome.parameters.filter((one) => names.has(one.name) && one.vary && one.tie === null);
  return free.map(({ name }) => ({
    name,
    moves: [name, ...followers.filter((one) => one.tie === name).map((one) => one.name)],
  }));
}
