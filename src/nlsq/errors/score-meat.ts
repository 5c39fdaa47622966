/** The covariance of the scores of all unknowns, put together from that of each angle's own columns. */
import { borderOf, type Linearisation, type Objective } from '../objective.ts';
import { solveGroups } from '../directions.ts';
import { factorise, solve } from '../linear-algebra.ts';

/**
 * B in the coordinates of a linearisation: z of the free parameters, then the scaling coefficients (groups one after the
 * other, offset terms first), with the scaling projected out of the scores of z.
 */
export interface ScoreMeat {
  /** Shape (n, n). */
  readonly projected: Float64Array;
  /** Shape (n, coefficients). */
  readonly coupling: Float64Array;
  /** Shape (coefficients, coefficients). */
  readonly scaling: Float64Array;
}

/** How the columns of each angle enter the unknowns: shape (size, R) per angle, weight 1/σ_a² not included. */
export interface ColumnMap {
  /** n and scaling coefficients. */
  readonly size: number;
  readonly angles: readonly Float64Array[];
  /** The unknowns that the columns of each angle enter. */
  readonly unknowns: readonly (readonly number[])[];
}

export function columnMap({ groups, weight }: Objective, { theta, columns, sums }: Linearisation): ColumnMap {
  const n = theta.length;
  const count = sums.parameters.length;
  const r = count + 2;
  const size = n + groups.reduce((sum, group) => sum + 2 * group.terms, 0);
  const angles = Array.from(weight, () => {
    const map = new Float64Array(size * r);
    for (let i = 0; i < n; i++) for (let k = 0; k < count; k++) map[i * r + k] = columns[k * n + i]!;
    return map;
  });
  let start = n;
  for (const { angles: members, terms, basis } of groups) {
    members.forEach((a, row) => {
      for (let t = 0; t < terms; t++) {
        angles[a]![(start + t) * r + count] = basis[row * terms + t]!;
        angles[a]![(start + terms + t) * r + count + 1] = basis[row * terms + t]!;
      }
    });
    start += 2 * terms;
  }
  const unknowns = angles.map((rows) =>
    Array.from({ length: size }, (_, i) => i).filter((i) => rows.subarray(i * r, (i + 1) * r).some((one) => one !== 0)),
  );
  return { size, angles, unknowns };
}

/** factor·map·B·mapᵀ added to `total`, for B of the columns of one angle. */
export function addAngle(total: Float64Array, map: ColumnMap, a: number, b: Float64Array, factor: number): void {
  const { size } = map;
  const rows = map.angles[a]!;
  const r = rows.length / size;
  // Of the scaling only the coefficients of the angle's own group take part.
  const used = map.unknowns[a]!;
  const half = new Float64Array(r);
  for (const i of used) {
    half.fill(0);
    for (let k = 0; k < r; k++) {
      const value = rows[i * r + k]!;
      if (value === 0) continue;
      for (let l = 0; l < r; l++) half[l] = half[l]! + value * b[k * r + l]!;
    }
    for (const j of used) {
      let sum = 0;
      for (let l = 0; l < r; l++) sum += half[l]! * rows[j * r + l]!;
      total[i * size + j] = total[i * size + j]! + factor * sum;
    }
  }
}

/** Project the scaling out of the scores of z: s_z − (border)·N⁻¹·s_coefficients. */
export function projectMeat(objective: Objective, point: Linearisation, total: Float64Array): ScoreMeat {
  const n = point.theta.length;
  const size = Math.sqrt(total.length);
  const coefficients = size - n;
  const answers = projectionRows(objective, point);
  const scaling = new Float64Array(coefficients * coefficients);
  for (let s = 0; s < coefficients; s++) {
    for (let t = 0; t < coefficients; t++) scaling[s * coefficients + t] = total[(n + s) * size + n + t]!;
  }
  const coupling = new Float64Array(n * coefficients);
  const projected = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let s = 0; s < coefficients; s++) {
      let value = total[i * size + n + s]!;
      for (let t = 0; t < coefficients; t++) value -= answers[i]![t]! * scaling[t * coefficients + s]!;
      coupling[i * coefficients + s] = value;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let value = total[i * size + j]!;
      for (let t = 0; t < coefficients; t++) {
        value -= answers[i]![t]! * total[(n + t) * size + j]! + coupling[i * coefficients + t]! * answers[j]![t]!;
      }
      projected[i * n + j] = value;
    }
  }
  return { projected: symmetric(projected, n), coupling, scaling };
}

/**
 * mapᵀ·H⁻¹·map of each angle, shape (R, R): with B the covariance of the scores of its columns, tr of the product with B is
 * by how much the fit lowers Σ r² of that angle.
 */
export function leverages(objective: Objective, point: Linearisation, map: ColumnMap): Float64Array[] {
  const n = point.theta.length;
  const { size } = map;
  const answers = projectionRows(objective, point);
  const factored = factorise(point.information, n);
  return map.angles.map((rows, a) => {
    const r = rows.length / size;
    const scaling = map.unknowns[a]!.filter((i) => i >= n);
    const result = new Float64Array(r * r);
    const columns = Array.from({ length: r }, (_, k) => {
      const own = new Float64Array(size - n);
      for (const i of scaling) own[i - n] = rows[i * r + k]!;
      const z = Float64Array.from({ length: n }, (_one, i) =>
        scaling.reduce((sum, s) => sum - answers[i]![s - n]! * own[s - n]!, rows[i * r + k]!),
      );
      return { own, z, solvedOwn: solveGroups(point.best.factors, own), solvedZ: solve(factored, z) };
    });
    for (let k = 0; k < r; k++) {
      for (let l = 0; l < r; l++) {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += columns[k]!.z[i]! * columns[l]!.solvedZ[i]!;
        for (const s of scaling) sum += columns[k]!.own[s - n]! * columns[l]!.solvedOwn[s - n]!;
        result[k * r + l] = sum;
      }
    }
    return result;
  });
}

/** tr(H⁻¹·B): by how much a fit lowers Σ w·r² when B is the covariance of its scores. */
export function expectedDecrease(
  { theta, information, best }: Linearisation,
  { projected, scaling }: ScoreMeat,
): number {
  const n = theta.length;
  let trace = 0;
  const factored = factorise(information, n);
  for (let i = 0; i < n; i++) trace += solve(factored, projected.subarray(i * n, (i + 1) * n))[i]!;
  const coefficients = Math.sqrt(scaling.length);
  let start = 0;
  for (const { group, factor } of best.factors) {
    const size = 2 * group.terms;
    for (let s = 0; s < size; s++) {
      const at = (start + s) * coefficients + start;
      trace += solve(factor, scaling.subarray(at, at + size))[s]!;
    }
    start += size;
  }
  return trace;
}

/** N⁻¹·(border of z_i), one row per free parameter. */
function projectionRows({ groups }: Objective, point: Linearisation): Float64Array[] {
  const borders = groups.map((group) => ({ border: borderOf(point, group), size: 2 * group.terms }));
  return Array.from(point.theta, (_, i) => {
    const right = borders.flatMap(({ border, size }) => [...border.subarray(i * size, (i + 1) * size)]);
    return solveGroups(point.best.factors, Float64Array.from(right));
  });
}

function symmetric(matrix: Float64Array, n: number): Float64Array {
  return matrix.map((value, at) => (value + matrix[(at % n) * n + Math.floor(at / n)]!) / 2);
}
