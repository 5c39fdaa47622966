/**
 * The covariance of the weighted scores, the meat of the sandwich H⁻¹·B·H⁻¹ around the weighted information H.
 *
 * It is that of thermal speckle with the fitted field correlation and of the other noise of the residuals, through the
 * weights as they are. So the errors hold where the weights are only near the best ones, as they are under shear; where
 * the noise is not that of speckle they need not.
 */
import type { TaskContext } from '../../base/task-context.ts';
import type { ExecutionBackend } from '../../parallel/protocol.ts';
import { eachAngle } from '../angle-work.ts';
import { addAngle, columnMap, projectMeat, type ScoreMeat } from '../errors/score-meat.ts';
import { naturalColumns } from '../natural-columns.ts';
import type { Linearisation, Objective } from '../objective.ts';
import { weightedMeatWork, type AngleMeatQuestion } from './angle-meat.ts';
import type { SpeckleNoise, SpeckleWeights } from './speckle-weights.ts';

/** Speckles drawn over all angles, at least, and per angle: 3 to 4 % in a standard error. */
const DRAWS = 512;
const DRAWS_PER_ANGLE = 64;

/** The meat at the minimum of a weighted objective. Throws `Cancelled`. */
export async function weightedMeat(
  objective: Objective,
  point: Linearisation,
  weights: SpeckleWeights,
  noise: SpeckleNoise,
  threads: ExecutionBackend | null,
  context: TaskContext,
): Promise<ScoreMeat> {
  const { level, system } = objective;
  const { free } = system;
  const { chart, values, best } = point;
  const { sensitivities } = naturalColumns(free, chart, level.model.sensitivities(values, free.moving));
  const physics = level.model.physics(values);
  const map = columnMap(objective, point);
  const total = new Float64Array(map.size * map.size);
  const draws = Math.max(DRAWS_PER_ANGLE, Math.ceil(DRAWS / weights.angles.length));
  const ask = (angle: number): AngleMeatQuestion => ({
    ...{ physics, sensitivities, angle, draws, contrast: best.contrast[angle]!, weight: weights.angles[angle]! },
    speckle: noise.speckle[angle]!,
    crossed: noise.crossed[angle]!,
    white: noise.white[angle]!,
  });
  const found = await eachAngle(weightedMeatWork, level.sweeps.data, ask, threads, context);
  found.forEach((sum, a) => addAngle(total, map, a, sum, weights.amplitude[a]! ** 2));
  return projectMeat(objective, point, total);
}
