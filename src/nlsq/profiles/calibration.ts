/**
 * What makes a likelihood ratio of correlated points one whose thresholds are those of χ².
 *
 * With independent points the ratio of one parameter follows the parabola (θ − θ̂)²/Var_independent, while θ̂ varies by
 * Var_speckle. Scaled by Var_independent/Var_speckle, the ratio of the two diagonal entries of s²·H⁻¹ and H⁻¹·B·H⁻¹, it has
 * the right curvature and, at the truth, the χ² distribution with one degree of freedom: Rotnitzky & Jewell 1990, for
 * composite likelihoods Pace, Salvan & Sartori, Statistica Sinica 21, 129 (2011). For two parameters the scale depends on the
 * direction u from the estimate, uᵀΣ_speckle⁻¹u / uᵀΣ_independent⁻¹u: the vertical scaling of Chandler & Bate, Biometrika 94,
 * 167 (2007), here with u measured in the coordinates in which the problem is nearly straight.
 */
import type { Covariance } from '../covariance.ts';
import type { ErrorEstimates } from '../errors/estimate-errors.ts';
import { defaultCovariance } from '../fitted-errors.ts';
import { factorise, quadraticForm, solve } from '../linear-algebra.ts';
import type { Linearisation } from '../objective.ts';

export interface Calibration {
  /** Covariance of the parameters asked for that tables show, (m, m) row-major. */
  readonly shown: Float64Array;
  /** As if all points were independent. */
  readonly independent: Float64Array;
  readonly nearDegenerate: boolean;
}

/** The calibration of parameters with these indices of θ; null where a variance is no number. */
export function calibrate(
  estimates: ErrorEstimates,
  point: Linearisation,
  indices: readonly number[],
): Calibration | null {
  const { independent } = estimates;
  const shown = defaultCovariance(estimates);
  const known = indices.every((i) => shown.reasons[i] === null && independent.reasons[i] === null);
  const block = (covariance: Covariance): Float64Array => {
    const size = covariance.names.length;
    if (known) return pairs(indices, (i, j) => covariance.matrix[i * size + j]!);
    return withoutBounds(covariance, point, indices);
  };
  const calibration = { shown: block(shown), independent: block(independent) };
  const m = indices.length;
  const usable = Object.values(calibration).every((matrix) =>
    indices.every((_, k) => matrix[k * (m + 1)]! > 0 && Number.isFinite(matrix[k * (m + 1)]!)),
  );
  const undetermined = indices.some((i) => shown.reasons[i] === 'not determined by the data');
  return usable
    ? { ...calibration, nearDegenerate: undetermined || indices.some((i) => shown.nearDegenerate[i] === true) }
    : null;
}

/** The covariance as it would be without bounds and limits on what is called determined. */
function withoutBounds(
  { directions }: Covariance,
  { chart, theta }: Linearisation,
  indices: readonly number[],
): Float64Array {
  const n = theta.length;
  const effects = directions.map(({ natural, length }) =>
    Float64Array.from({ length: n }, (_, i) => {
      let sum = 0;
      for (let c = 0; c < n; c++) sum += chart.jacobian[i * n + c]! * natural[c]!;
      return length * sum;
    }),
  );
  return pairs(indices, (i, j) => effects.reduce((sum, effect) => sum + effect[i]! * effect[j]!, 0));
}

function pairs(indices: readonly number[], entry: (i: number, j: number) => number): Float64Array {
  return Float64Array.from(indices.flatMap((i) => indices.map((j) => entry(i, j))));
}

/** By what the independent ratio is multiplied in the direction u; for one parameter whatever u is. */
export function scaleAlong({ shown, independent }: Calibration, u: Float64Array): number {
  return inverseForm(shown, u) / inverseForm(independent, u);
}

/** uᵀ·A⁻¹·u. */
function inverseForm(matrix: Float64Array, u: Float64Array): number {
  if (u.length === 1) return u[0]! ** 2 / matrix[0]!;
  const solved = solve(factorise(matrix, u.length, 0), u);
  return quadraticForm(matrix, solved);
}
