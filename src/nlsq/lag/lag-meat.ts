/**
 * The covariance of the scores of a fit with weights by lag: speckle and its product with photon noise in closed form as for
 * ordinary fits, with columns times weights; what the residuals have beyond these at each lag as independent noise.
 */
import type { TaskContext } from '../../base/task-context.ts';
import { pairsOf, readRows, rowStart, type TriangleStack } from '../../kernels/triangles.ts';
import type { TimeGrid } from '../../model/time-grid.ts';
import { blocksPerAngle } from '../errors/angle-findings.ts';
import type { AgeBlocks } from '../errors/age-blocks.ts';
import { angleScores, type PresentShare } from '../errors/angle-scores.ts';
import { scaleScores, speckleContrasts } from '../errors/estimate-errors.ts';
import { angleColumns, between } from '../errors/score-columns.ts';
import { addAngle, columnMap, projectMeat, type ScoreMeat } from '../errors/score-meat.ts';
import { naturalColumns } from '../natural-columns.ts';
import type { Linearisation, Objective } from '../objective.ts';
import { expectedVariance, type SpeckleAmplitudes } from './expected-variance.ts';
import { weightedGram } from './lag-rows.ts';
import { mapTable, ofAngle, type LagTable } from './lag-table.ts';

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
export async function lagMeat(question: LagMeatQuestion, context: TaskContext): Promise<ScoreMeat | null> {
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
  const squared = mapTable(weights, (value) => value * value);
  const { places } = weights.axis;
  for (let a = 0; a < data.angles; a++) {
    const [contrast, offset] = [best.contrast[a]!, best.offset[a]!];
    const gramOf = async (by: Float64Array): Promise<Float64Array> =>
      weightedGram({ physics, data, angle: a, sensitivities, contrast, offset, places, weight: by }, context);
    const squares = ofAngle(squared, a);
    const plain = columnsOnly(await gramOf(squares), contrast);
    const r = Math.sqrt(plain.length);
    const expected = expectedVariance(physics, a, contrasts[a]!, amplitudes[a]!, weights.axis);
    const rest = ofAngle(variance, a).map((value, lag) => Math.max(0, value - expected[lag]!) * squares[lag]!);
    const white = columnsOnly(await gramOf(rest), contrast);
    const byLag = ofAngle(weights, a);
    const columns = {
      ...angleColumns(physics, sensitivities, a, 1),
      weight: (from: number, to: number) => interpolated(byLag, distance(places, from, to)),
    };
    const present: PresentShare = data.excluded[a]! > 0 ? presentShare(data, a) : () => null;
    const meanSquare = plain[(r - 2) * (r + 1)]! / (pairsOf(data.frames) - data.excluded[a]!);
    const scores = angleScores(columns, grid.times, present, blocksPerAngle(data.angles), plain.at(-1)!, meanSquare);
    const { speckle, crossed } = scaleScores(scores, contrast, contrasts[a]!);
    const { speckle: m, crossed: x } = amplitudes[a]!;
    const sum = white.map((value, at) => value + m * speckle[at]! + x * crossed[at]!);
    addAngle(total, map, a, sum, weight[a]! ** 2);
  }
  return projectMeat(objective, point, total);
}

/** A Gram matrix without the residual, its physical columns times the contrast. */
function columnsOnly(gram: Float64Array, contrast: number): Float64Array {
  const size = Math.sqrt(gram.length);
  const r = size - 1;
  const factor = (k: number): number => (k < r - 2 ? contrast : 1);
  return Float64Array.from({ length: r * r }, (_, at) => {
    const [k, l] = [Math.floor(at / r), at % r];
    return factor(k) * factor(l) * gram[k * size + l]!;
  });
}

/** Lag between two places on the frame axis, in frames of the grid. */
function distance(places: Int32Array, from: number, to: number): number {
  return between(places, to) - between(places, from);
}

/** A number by lag at a lag that need not be whole, at least 1. */
function interpolated(byLag: Float64Array, lag: number): number {
  return between(byLag, Math.max(1, lag));
}

/** Share of the pairs of two blocks that are fitted. */
function presentShare(data: TriangleStack, angle: number): PresentShare {
  return ({ count, edges }: AgeBlocks) => {
    const { frames } = data;
    const values = readRows(data, angle, 0, frames);
    const blockOf = new Int32Array(frames);
    for (let b = 0; b < count; b++) blockOf.fill(b, edges[b], edges[b + 1]);
    const all = new Float64Array(count * count);
    const present = new Float64Array(count * count);
    for (let i = edges[0]!; i < edges[count]!; i++) {
      const start = rowStart(frames, i) - i - 1;
      for (let j = i + 1; j < edges[count]!; j++) {
        const at = blockOf[i]! * count + blockOf[j]!;
        const value = values[start + j]!;
        all[at] = all[at]! + 1;
        if (value === value) present[at] = present[at]! + 1;
      }
    }
    const share = new Float64Array(count * count);
    for (let b = 0; b < count; b++) {
      for (let d = b; d < count; d++) {
        const at = b * count + d;
        share[at] = share[d * count + b] = all[at]! > 0 ? present[at]! / all[at]! : 1;
      }
    }
    return share;
  };
}
