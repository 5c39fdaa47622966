/**
 * What one angle says about the errors of a fit: sums of its residuals, and the covariance of its scores under speckle.
 *
 * Angles do not depend on each other, so each is a task that any worker can do.
 */
import type { TaskContext } from '../../base/task-context.ts';
import type { Physics, Sensitivities } from '../../model/two-time-model.ts';
import type { Task } from '../../parallel/protocol.ts';
import { correlationTimes, type AgeBlocks } from './age-blocks.ts';
import { angleScores, type PresentShare } from './angle-scores.ts';
import { residualPass, type ResidualSums } from './residual-pass.ts';
import { angleColumns } from './score-columns.ts';
import type { ScoreCovariances } from './speckle-scores.ts';

export interface AngleQuestion {
  readonly physics: Physics;
  readonly sensitivities: Sensitivities;
  /** Number of this angle, and of all. */
  readonly angle: number;
  readonly angles: number;
  /** The fitted scaling. */
  readonly contrast: number;
  readonly offset: number;
  /** Pairs of this angle in triangle order, and how many of them are excluded. */
  readonly values: Float32Array;
  readonly excluded: number;
  /** Σ M² of the pairs that are fitted. */
  readonly squares: number;
  /** Times of the frames, s. */
  readonly times: Float64Array;
  /** Whether the covariance of the scores is asked for. */
  readonly withScores: boolean;
}

export interface AngleFindings {
  readonly sums: ResidualSums;
  readonly correlationTimes: number;
  /** Of the columns with contrast 1; null when not asked for. */
  readonly scores: ScoreCovariances | null;
}

export const angleTask: Task<AngleQuestion, AngleFindings> = {
  name: 'fit.errors-of-angle',
  version: 1,
  module: import.meta.url,
  export: 'lookAtAngle',
};

/** Blocks of frames for the speckle covariance of one angle, at most; all angles together. */
const MOST_BLOCKS = 128;
const BLOCKS_OF_ALL_ANGLES = 512;
const FEWEST_BLOCKS = 64;

/** Throws `Cancelled` when stopped. */
export async function lookAtAngle(question: AngleQuestion, context: TaskContext): Promise<AngleFindings> {
  const { physics, sensitivities, angle, angles, contrast, offset, values, excluded } = question;
  const columns = angleColumns(physics, sensitivities, angle, contrast);
  const sums = await residualPass(values, columns, offset, angles, context);
  const present: PresentShare = excluded > 0 ? presentShare(sums) : () => null;
  const plain = angleColumns(physics, sensitivities, angle, 1);
  const scores = question.withScores
    ? await angleScores(plain, question.times, present, blocksPerAngle(angles), question.squares, context)
    : null;
  return { sums, correlationTimes: correlationTimes(physics, angle).at(-1)!, scores };
}

/** Blocks of frames for the speckle covariance of each of so many angles, at most. */
export function blocksPerAngle(angles: number): number {
  return Math.min(MOST_BLOCKS, Math.max(FEWEST_BLOCKS, BLOCKS_OF_ALL_ANGLES / angles));
}

/** Which share of the pairs of other blocks is fitted, read from the blocks of the pass. */
function presentShare({ blocks, pairs }: ResidualSums): PresentShare {
  const blockOf = new Int32Array(blocks.edges.at(-1)!);
  for (let b = 0; b < blocks.count; b++) blockOf.fill(b, blocks.edges[b], blocks.edges[b + 1]);
  const share = (b: number, d: number): number => {
    const rows = blocks.edges[b + 1]! - blocks.edges[b]!;
    const all = b === d ? (rows * (rows - 1)) / 2 : rows * (blocks.edges[d + 1]! - blocks.edges[d]!);
    return all === 0 ? 1 : pairs[b * blocks.count + d]! / all;
  };
  return ({ count, edges }: AgeBlocks) => {
    const result = new Float64Array(count * count);
    const middle = (b: number): number => blockOf[Math.floor((edges[b]! + edges[b + 1]! - 1) / 2)]!;
    for (let b = 0; b < count; b++) {
      for (let d = b; d < count; d++) {
        result[b * count + d] = result[d * count + b] = share(middle(b), middle(d));
      }
    }
    return result;
  };
}
