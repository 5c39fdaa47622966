/** The covariance of the scores of a fit with weights by lag, angle by angle. */
import type { TaskContext } from '../../base/task-context.ts';
import { readRows } from '../../kernels/triangles.ts';
import type { TimeGrid } from '../../model/time-grid.ts';
import type { ExecutionBackend } from '../../parallel/protocol.ts';
import { eachAngle } from '../angle-work.ts';
import { speckleContrasts } from '../errors/estimate-errors.ts';
import { addAngle, columnMap, projectMeat, type ScoreMeat } from '../errors/score-meat.ts';
import { naturalColumns } from '../natural-columns.ts';
import type { Linearisation, Objective } from '../objective.ts';
import { lagMeatWork, type LagMeatOfAngle } from './angle-meat.ts';
import type { SpeckleAmplitudes } from './expected-variance.ts';
import { ofAngle, type LagTable } from './lag-table.ts';

export interface LagMeatQuestion {
  /** With the weights by lag. */
  readonly objective: Objective;
  readonly point: Linearisation;
  readonly weights: LagTable;
  /** σ² of the residuals. */
  readonly variance: LagTable;
  /** m and x of each angle; their white part is not used. */
  readonly amplitudes: readonly SpeckleAmplitudes[];
  readonly grid: TimeGrid;
}

/** The meat at the minimum; null where no contrast can be one. Throws `Cancelled` when stopped. */
export async function lagMeat(
  question: LagMeatQuestion,
  threads: ExecutionBackend | null,
  context: TaskContext,
): Promise<ScoreMeat | null> {
  const { objective, point, weights, variance, amplitudes, grid } = question;
  const { level, system, weight } = objective;
  const { data } = level.sweeps;
  const { values, best } = point;
  const { free } = system;
  const contrasts = speckleContrasts(best.contrast);
  if (contrasts === null) return null;
  const { sensitivities } = naturalColumns(free, point.chart, level.model.sensitivities(values, free.moving));
  const physics = level.model.physics(values);
  const map = columnMap(objective, point);
  const total = new Float64Array(map.size * map.size);
  const ask = (angle: number, room: Float32Array | undefined): LagMeatOfAngle => ({
    ...{ physics, sensitivities, angle, angles: data.angles, axis: weights.axis, times: grid.times },
    contrast: best.contrast[angle]!,
    offset: best.offset[angle]!,
    beta: contrasts[angle]!,
    values: readRows(data, angle, 0, data.frames, room),
    excluded: data.excluded[angle]!,
    weights: ofAngle(weights, angle),
    variance: ofAngle(variance, angle),
    amplitudes: amplitudes[angle]!,
  });
  const found = await eachAngle(lagMeatWork, data, ask, threads, context);
  found.forEach((sum, a) => addAngle(total, map, a, sum, weight[a]! ** 2));
  return projectMeat(objective, point, total);
}
