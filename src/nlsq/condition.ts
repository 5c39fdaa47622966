/** How nearly singular the whole linearised problem is, scaling included, whatever the units of its unknowns. */
import { congruence, symmetricEigen, transposeTimes } from './linear-algebra.ts';
import { borderOf, type Linearisation, type Objective } from './objective.ts';
import type { ScalingGroup } from './scaling.ts';

/** Eigenvalues below this share of the largest are rounding. */
const ROUNDING = 1e-15;

/**
 * Condition number of the full information matrix (free physical parameters, at a bound or not, contrasts and offsets) scaled
 * to unit diagonal; at most 1e15, and null without free physical parameters. A contrast that no pair can show is left out.
 */
export function conditionNumber(objective: Objective, point: Linearisation): number | null {
  const n = point.theta.length;
  if (n === 0) return null;
  const { matrix, size } = fullInformation(objective, point);
  const shown = Array.from({ length: size }, (_, i) => i).filter((i) => i < n || matrix[i * size + i]! > 0);
  const scale = shown.map((i) => 1 / Math.sqrt(matrix[i * size + i]!));
  if (!scale.every(Number.isFinite)) return 1 / ROUNDING;
  const scaled = Float64Array.from(
    shown.flatMap((i, a) => shown.map((j, b) => matrix[i * size + j]! * scale[a]! * scale[b]!)),
  );
  const { values } = symmetricEigen(scaled, shown.length);
  const largest = values.at(-1)!;
  return largest / Math.max(values[0]!, ROUNDING * largest);
}

/** The arrowhead matrix: physical parameters first, then the scaling coefficients group by group. */
function fullInformation({ groups }: Objective, point: Linearisation): { matrix: Float64Array; size: number } {
  const { theta, sums, columns, chart } = point;
  const n = theta.length;
  const natural = congruence(sums.hessian, sums.parameters.length, columns, n);
  const physical = congruence(natural, n, chart.inverse, n);
  const size = n + groups.reduce((sum, group) => sum + 2 * group.terms, 0);
  const full = new Float64Array(size * size);
  for (let i = 0; i < n; i++) full.set(physical.subarray(i * n, (i + 1) * n), i * size);
  let start = n;
  for (const { group, matrix } of point.best.factors) {
    const coefficients = 2 * group.terms;
    const border = borderInUser(point, group);
    for (let s = 0; s < coefficients; s++) {
      for (let i = 0; i < n; i++) {
        full[i * size + start + s] = border[i * coefficients + s]!;
        full[(start + s) * size + i] = border[i * coefficients + s]!;
      }
      for (let t = 0; t < coefficients; t++) full[(start + s) * size + start + t] = matrix[s * coefficients + t]!;
    }
    start += coefficients;
  }
  return { matrix: full, size };
}

/** Coupling of θ to a group's coefficients, shape (n, 2·terms). */
function borderInUser(point: Linearisation, group: ScalingGroup): Float64Array {
  const n = point.theta.length;
  const coefficients = 2 * group.terms;
  const natural = borderOf(point, group);
  const border = new Float64Array(natural.length);
  for (let s = 0; s < coefficients; s++) {
    const column = Float64Array.from({ length: n }, (_, i) => natural[i * coefficients + s]!);
    transposeTimes(point.chart.inverse, n, n, column).forEach((value, i) => (border[i * coefficients + s] = value));
  }
  return border;
}
