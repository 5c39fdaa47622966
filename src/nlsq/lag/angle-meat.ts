/**
 * The covariance of the scores of one angle with weights by lag: speckle and its product with photon noise in closed form as for
 * ordinary fits, with columns times weights; what the residuals have beyond these at each lag as independent noise.
 */
import type { TaskContext } from '../../base/task-context.ts';
import { pairsOf, rowStart } from '../../kernels/triangles.ts';
import type { AngleWork } from '../angle-work.ts';
import type { AgeBlocks } from '../errors/age-blocks.ts';
import { blocksPerAngle } from '../errors/angle-findings.ts';
import { angleScores, type PresentShare } from '../errors/angle-scores.ts';
import { scaleScores } from '../errors/estimate-errors.ts';
import { angleColumns, between } from '../errors/score-columns.ts';
import type { GramQuestion } from '../gram-sweeps.ts';
import { expectedVariance, type SpeckleAmplitudes } from './expected-variance.ts';
import { lagGramOfAngle } from './lag-rows.ts';
import type { LagAxis } from './lag-table.ts';

export interface LagMeatOfAngle extends GramQuestion {
  /** Number of all angles. */
  readonly angles: number;
  /** Contrast of the speckle that makes the noise. */
  readonly beta: number;
  /** Pairs left out. */
  readonly excluded: number;
  readonly axis: LagAxis;
  /** Weights and σ² of the residuals by lag. */
  readonly weights: Float64Array;
  readonly variance: Float64Array;
  readonly amplitudes: SpeckleAmplitudes;
  /** Times of the frames, s. */
  readonly times: Float64Array;
}

/** Shape (K + 2, K + 2): ∂M/∂parameter, 1, M. Throws `Cancelled` when stopped. */
export async function lagMeatOfAngle(question: LagMeatOfAngle, context: TaskContext): Promise<Float64Array> {
  const { physics, sensitivities, angle, angles, values, contrast, beta, excluded } = question;
  const { axis, weights, variance, amplitudes, times } = question;
  const { places } = axis;
  const frames = physics.c.length;
  const gramOf = async (weight: Float64Array): Promise<Float64Array> =>
    columnsOnly(await lagGramOfAngle({ ...question, places, weight }, context), contrast);
  const squares = weights.map((value) => value * value);
  const plain = await gramOf(squares);
  const r = Math.sqrt(plain.length);
  const expected = expectedVariance(physics, angle, beta, amplitudes, axis);
  const white = await gramOf(variance.map((value, lag) => Math.max(0, value - expected[lag]!) * squares[lag]!));
  const columns = {
    ...angleColumns(physics, sensitivities, angle, 1),
    weight: (from: number, to: number) => interpolated(weights, distance(places, from, to)),
  };
  const present: PresentShare = excluded > 0 ? presentShare(values, frames) : () => null;
  const meanSquare = plain[(r - 2) * (r + 1)]! / (pairsOf(frames) - excluded);
  const most = blocksPerAngle(angles);
  const scores = await angleScores(columns, times, present, most, plain.at(-1)!, context, meanSquare);
  const { speckle, crossed } = scaleScores(scores, contrast, beta);
  const { speckle: m, crossed: x } = amplitudes;
  return white.map((value, at) => value + m * speckle[at]! + x * crossed[at]!);
}

export const lagMeatWork: AngleWork<LagMeatOfAngle, Float64Array> = {
  task: { name: 'fit.lag-meat', version: 1, module: import.meta.url, export: 'lagMeatOfAngle' },
  run: lagMeatOfAngle,
  fewestPoints: 1_000_000,
};

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
function presentShare(values: Float32Array, frames: number): PresentShare {
  return ({ count, edges }: AgeBlocks) => {
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
