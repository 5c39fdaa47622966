/** The covariance of the weighted scores of one angle under speckle and what else is noise. A task that any thread can do. */
import type { TaskContext } from '../../base/task-context.ts';
import type { Physics, Sensitivities } from '../../model/two-time-model.ts';
import type { AngleWork } from '../angle-work.ts';
import { columnRows, pairTables } from './angle-matrices.ts';
import type { MarkovWeight } from './markov-weight.ts';
import { independentVariance, scoreVariance } from './score-variance.ts';
import { weightedColumns } from './weighted-columns.ts';

export interface AngleMeatQuestion {
  readonly physics: Physics;
  readonly sensitivities: Sensitivities;
  readonly angle: number;
  readonly contrast: number;
  readonly weight: MarkovWeight;
  /** The amplitudes of the noise: 1/M, speckle times photon noise, σ_w². */
  readonly speckle: number;
  readonly crossed: number;
  readonly white: number;
  /** Speckles to draw. */
  readonly draws: number;
}

/** Shape (K + 2, K + 2): ∂M/∂parameter, 1, M. Throws `Cancelled` when stopped. */
export async function weightedMeatOfAngle(question: AngleMeatQuestion, context: TaskContext): Promise<Float64Array> {
  const { physics, sensitivities, angle, contrast, weight, speckle: m, crossed, white, draws } = question;
  const { c, g, h } = sensitivities;
  const physical = c.length + g.length + h.length;
  const tables = pairTables(physics, angle);
  const fill = columnRows(tables, sensitivities, angle, physics.c.length);
  const columns = weightedColumns(weight, physical + 2, fill);
  for (const column of columns.slice(0, physical)) scale(column, contrast);
  // The part of the white noise that is of photons comes with its product with speckle.
  const photonNoise = Math.min(crossed / m, Math.sqrt(white / m));
  const rest = Math.max(0, white - m * photonNoise ** 2);
  const ofSpeckle = await scoreVariance(
    { physics, angle, contrast, photonNoise, m: tables.m, columns, draws },
    context,
  );
  const independent = independentVariance(columns);
  return ofSpeckle.map((value, at) => m * value + rest * independent[at]!);
}

function scale(matrix: Float64Array, factor: number): void {
  for (let at = 0; at < matrix.length; at++) matrix[at] = matrix[at]! * factor;
}

export const weightedMeatWork: AngleWork<AngleMeatQuestion, Float64Array> = {
  task: { name: 'fit.weighted-meat', version: 1, module: import.meta.url, export: 'weightedMeatOfAngle' },
  run: weightedMeatOfAngle,
  fewestPoints: 100_000,
};
