/**
 * The covariance of the weighted scores, the meat of the sandwich H⁻¹·B·H⁻¹ around the weighted information H.
 *
 * It is that of thermal speckle with the fitted field correlation and of the other noise of the residuals, through the
 * weights as they are. So the errors hold where the weights are only near the best ones, as they are under shear; where
 * the noise is not that of speckle they need not.
 */
import { breathe, type TaskContext } from '../../base/task-context.ts';
import { addAngle, columnMap, projectMeat, type ScoreMeat } from '../errors/score-meat.ts';
import { naturalColumns } from '../natural-columns.ts';
import type { Linearisation, Objective } from '../objective.ts';
import { columnRows, pairTables } from './angle-matrices.ts';
import { independentVariance, scoreVariance } from './score-variance.ts';
import type { SpeckleNoise, SpeckleWeights } from './speckle-weights.ts';
import { weightedColumns } from './weighted-columns.ts';

/** Speckles drawn over all angles, at least, and per angle: 3 to 4 % in a standard error. */
const DRAWS = 512;
const DRAWS_PER_ANGLE = 64;

/** The meat at the minimum of a weighted objective. Throws `Cancelled`. */
export async function weightedMeat(
  objective: Objective,
  point: Linearisation,
  weights: SpeckleWeights,
  noise: SpeckleNoise,
  context: TaskContext,
): Promise<ScoreMeat> {
  const { level, system } = objective;
  const { free } = system;
  const { chart, values, best } = point;
  const { sensitivities } = naturalColumns(free, chart, level.model.sensitivities(values, free.moving));
  const physics = level.model.physics(values);
  const { frames } = level.sweeps.data;
  const map = columnMap(objective, point);
  const total = new Float64Array(map.size * map.size);
  const count = point.sums.parameters.length + 2;
  const draws = Math.max(DRAWS_PER_ANGLE, Math.ceil(DRAWS / weights.angles.length));
  for (const [a, weight] of weights.angles.entries()) {
    await breathe(context);
    const contrast = best.contrast[a]!;
    const tables = pairTables(physics, a, (asked, one) => level.sweeps.shape(asked, one), true);
    const columns = weightedColumns(weight, count, columnRows(tables, sensitivities, a, frames));
    columns.slice(0, count - 2).forEach((column) => scale(column, contrast));
    const m = noise.speckle[a]!;
    // The part of the white noise that is of photons comes with its product with speckle.
    const photonNoise = Math.min(noise.crossed[a]! / m, Math.sqrt(noise.white[a]! / m));
    const rest = Math.max(0, noise.white[a]! - m * photonNoise ** 2);
    const speckle = scoreVariance({ physics, angle: a, contrast, photonNoise, m: tables.m, columns, draws });
    const independent = independentVariance(columns);
    const sum = speckle.map((value, at) => m * value + rest * independent[at]!);
    addAngle(total, map, a, sum, weights.amplitude[a]! ** 2);
  }
  return projectMeat(objective, point, total);
}

function scale(matrix: Float64Array, factor: number): void {
  for (let at = 0; at < matrix.length; at++) matrix[at] = matrix[at]! * factor;
}
