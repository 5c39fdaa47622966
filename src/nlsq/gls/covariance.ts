/**
 * The covariance of the weighted estimate: the sandwich H⁻¹·B·H⁻¹ with the covariance B of the weighted scores.
 *
 * H = Σ_a w_a·T_aᵀG_aT_a and B = Σ_a w_a²·T_aᵀB_aT_a, where G_a are the weighted products of the columns of an angle,
 * B_a the covariance of the scores of one speckle over M_a with what other noise adds, and T_a says which quantities move which column. So the errors are
 * right where the weight is only near the best one; where the noise is not that of speckle they are not.
 */
import { chartAt } from '../coordinates.ts';
import { factorise, invert, congruence } from '../linear-algebra.ts';
import { naturalColumns } from '../natural-columns.ts';
import { openParameters, type Objective, type Value } from '../objective.ts';
import { throwIfCancelled, type TaskContext } from '../../base/task-context.ts';
import { columnRows, pairTables } from './angle-matrices.ts';
import { independentVariance, scoreVariance } from './score-variance.ts';
import type { SpeckleNoise, SpeckleWeights } from './speckle-weights.ts';
import { weightedColumns } from './weighted-columns.ts';

/** Speckles drawn over all angles, at least, and per angle: 4 % and less in a standard error. */
const DRAWS = 512;
const DRAWS_PER_ANGLE = 64;

export interface WeightedCovariance {
  /** Free physical parameters, then contrast[0], offset[0], … (none of them when the scaling is fixed). */
  readonly names: readonly string[];
  /** Row-major; rows and columns of parameters at a bound are 0. */
  readonly matrix: Float64Array;
}

/** The sandwich at the minimum `value` of a weighted objective. */
export async function weightedCovariance(
  objective: Objective,
  value: Value,
  weights: SpeckleWeights,
  noise: SpeckleNoise,
  context: TaskContext,
): Promise<WeightedCovariance> {
  const { level, system, groups } = objective;
  const { free } = system;
  const n = free.names.length;
  const angles = weights.angles.length;
  const chart = chartAt(system, value.theta);
  const { sensitivities, columns } = naturalColumns(free, chart, level.model.sensitivities(value.values, free.moving));
  const physics = level.model.physics(value.values);
  const parameters = sensitivities.c.length + sensitivities.g.length + sensitivities.h.length;
  const count = parameters + 2;
  const coefficients = groups.reduce((sum, group) => sum + 2 * group.terms, 0);
  const unknowns = n + coefficients;
  const information = new Float64Array(unknowns * unknowns);
  const meat = new Float64Array(unknowns * unknowns);
  const draws = Math.max(DRAWS_PER_ANGLE, Math.ceil(DRAWS / angles));
  for (let a = 0; a < angles; a++) {
    throwIfCancelled(context);
    const contrast = value.best.contrast[a]!;
    const tables = pairTables(physics, a, true);
    const fill = columnRows(tables, sensitivities, a, level.sweeps.data.frames);
    const scores = weightedColumns(weights.angles[a]!, count, fill);
    // The part of the white noise that is of photons comes with its product with speckle.
    const speckle = noise.speckle[a]!;
    const photonNoise = Math.min(noise.crossed[a]! / speckle, Math.sqrt(noise.white[a]! / speckle));
    const variance = scoreVariance({ physics, angle: a, contrast, photonNoise, m: tables.m, columns: scores, draws });
    const independent = independentVariance(scores);
    const rest = Math.max(0, noise.white[a]! - speckle * photonNoise ** 2);
    const products = productsWith(scores, fill, level.sweeps.data.frames);
    const moves = movesOf(objective, columns, a, contrast, parameters);
    const w = weights.amplitude[a]!;
    addTo(information, congruence(products, count, moves, unknowns), w);
    addTo(meat, congruence(variance, count, moves, unknowns), w * w * speckle);
    addTo(meat, congruence(independent, count, moves, unknowns), w * w * rest);
  }
  // A parameter at a bound stays there.
  const open = new Set(openParameters(objective, value));
  for (let i = 0; i < n; i++) {
    if (open.has(i)) continue;
    for (let j = 0; j < unknowns; j++) information[i * unknowns + j] = information[j * unknowns + i] = 0;
  }
  const inverse = invert(factorise(information, unknowns));
  const estimates = congruence(meat, unknowns, inverse, unknowns);
  const scalingNames = groups.length === 0 ? 0 : angles;
  const names = [
    ...free.names,
    ...Array.from({ length: scalingNames }, (_, a) => [`contrast[${a}]`, `offset[${a}]`]).flat(),
  ];
  return {
    names,
    matrix: congruence(estimates, unknowns, answers(objective, chart.jacobian, names.length), names.length),
  };
}

/** T: how the columns of an angle (∂M/∂parameter, 1, M) follow the unknowns (z, scaling coefficients). */
function movesOf(
  { groups, system }: Objective,
  columns: Float64Array,
  angle: number,
  contrast: number,
  parameters: number,
): Float64Array {
  const n = system.free.names.length;
  const unknowns = n + groups.reduce((sum, group) => sum + 2 * group.terms, 0);
  const moves = new Float64Array((parameters + 2) * unknowns);
  for (let k = 0; k < parameters; k++) {
    for (let i = 0; i < n; i++) moves[k * unknowns + i] = contrast * columns[k * n + i]!;
  }
  let first = n;
  for (const { angles, terms, basis } of groups) {
    const row = angles.indexOf(angle);
    for (let t = 0; t < terms && angles.includes(angle); t++) {
      moves[parameters * unknowns + first + t] = basis[row * terms + t]!;
      moves[(parameters + 1) * unknowns + first + terms + t] = basis[row * terms + t]!;
    }
    first += 2 * terms;
  }
  return moves;
}

/** ∂(unknowns)/∂… transposed: how θ, contrasts and offsets follow the unknowns, shape (unknowns, quantities). */
function answers({ groups, system }: Objective, jacobian: Float64Array, quantities: number): Float64Array {
  const n = system.free.names.length;
  const unknowns = n + groups.reduce((sum, group) => sum + 2 * group.terms, 0);
  const result = new Float64Array(unknowns * quantities);
  for (let i = 0; i < n; i++) for (let z = 0; z < n; z++) result[z * quantities + i] = jacobian[i * n + z]!;
  let first = n;
  for (const { angles, terms, basis } of groups) {
    angles.forEach((a, row) => {
      for (let t = 0; t < terms; t++) {
        result[(first + terms + t) * quantities + n + 2 * a] = basis[row * terms + t]!;
        result[(first + t) * quantities + n + 2 * a + 1] = basis[row * terms + t]!;
      }
    });
    first += 2 * terms;
  }
  return result;
}

/** Σ_{i<j} (𝒲J_k)_ij·J_l,ij, shape (K, K). */
function productsWith(
  scores: readonly Float64Array[],
  fill: (i: number, rows: readonly Float64Array[]) => void,
  frames: number,
): Float64Array {
  const count = scores.length;
  const rows = scores.map(() => new Float64Array(frames));
  const products = new Float64Array(count * count);
  for (let i = 0; i < frames; i++) {
    fill(i, rows);
    for (let k = 0; k < count; k++) {
      for (let l = 0; l < count; l++) {
        let sum = 0;
        for (let j = 0; j < i; j++) sum += scores[k]![i * frames + j]! * rows[l]![j]!;
        products[k * count + l] = products[k * count + l]! + sum;
      }
    }
  }
  for (let k = 0; k < count; k++) {
    for (let l = 0; l < k; l++) {
      const mean = (products[k * count + l]! + products[l * count + k]!) / 2;
      products[k * count + l] = mean;
      products[l * count + k] = mean;
    }
  }
  return products;
}

function addTo(total: Float64Array, part: Float64Array, factor: number): void {
  for (let at = 0; at < total.length; at++) total[at] = total[at]! + factor * part[at]!;
}
