/** The covariance of the scores of one angle over its whole window, in as few blocks of frames as it can be had. */
import { breathe, type TaskContext } from '../../base/task-context.ts';
import { compiledProducts } from '../../kernels/banded-products.ts';
import { pairsOf } from '../../kernels/triangles.ts';
import { openTaskKernels } from '../../parallel/index.ts';
import { mergeBlocks, speckleBlocks, type AgeBlocks } from './age-blocks.ts';
import { blockFields, type BlockFields } from './block-fields.ts';
import type { AngleColumns } from './score-columns.ts';
import { scoreCovariances, type ScoreCovariances, type ScoreSupport } from './speckle-scores.ts';

/** Share of the pairs of two blocks that are fitted, shape (B, B); null: all of them. */
export type PresentShare = (blocks: AgeBlocks) => Float64Array | null;

/** Blocks of the costliest term over those of the others. */
const COARSER = 2;
/** Fewer blocks than this are not merged. */
const FEWEST_COARSE = 36;

/** A piece of the window, which stands for so many like it. */
interface Piece {
  readonly weight: number;
  readonly fields: BlockFields;
  readonly scores: ScoreCovariances;
}

/**
 * `most`: blocks of frames that may be used, about; `squares`: Σ w²·M² of all pairs that are fitted, and `meanSquare` the mean
 * of w², w the weights of the columns. Throws `Cancelled` when stopped.
 */
export async function angleScores(
  columns: AngleColumns,
  times: Float64Array,
  present: PresentShare,
  most: number,
  squares: number,
  context: TaskContext,
  meanSquare = 1,
): Promise<ScoreCovariances> {
  const { physics, angle, count } = columns;
  const support = (used: AgeBlocks): ScoreSupport => ({
    fields: blockFields(physics, angle, used),
    present: present(used),
  });
  const { kernels, region } = await openTaskKernels();
  using room = region;
  const products = compiledProducts(kernels, room);
  const pieces: Piece[] = [];
  for (const { blocks, weight } of speckleBlocks(physics, angle, times, most)) {
    await breathe(context);
    const fine = support(blocks);
    const coarse = blocks.count < FEWEST_COARSE ? fine : support(mergeBlocks(blocks, COARSER));
    pieces.push({ weight, fields: fine.fields, scores: scoreCovariances(columns, fine, coarse, products) });
  }
  if (pieces.length === 1) return pieces[0]!.scores;
  // Pairs across the ends of a piece are missing: of all columns but the offset about as many as of M.
  const whites = pieces.reduce((sum, { weight, scores }) => sum + weight * scores.white.at(-1)!, 0);
  const enlarge = (k: number): number => (k === count - 2 ? 1 : Math.sqrt(squares / whites));
  const add = (pick: (scores: ScoreCovariances) => Float64Array): Float64Array =>
    pieces[0]!.scores.square.map((_, at) => {
      const factor = enlarge(Math.floor(at / count)) * enlarge(at % count);
      return pieces.reduce((sum, { weight, scores }) => sum + factor * weight * pick(scores)[at]!, 0);
    });
  const total = {
    square: add((scores) => scores.square),
    cube: add((scores) => scores.cube),
    linear: add((scores) => scores.linear),
    crossedSquare: add((scores) => scores.crossedSquare),
    white: add((scores) => scores.white),
  };
  // Pairs of frames of different pieces have decayed: only the offset sees them.
  const areas = pieces.map(({ weight, fields }) => ({ weight, ...areaOf(fields) }));
  const area = areas.reduce((sum, one) => sum + one.weight * one.area, 0);
  const frames = columns.physics.c.length;
  const offset = (count - 2) * (count + 1);
  const within = (pick: (one: (typeof areas)[number]) => number): number =>
    areas.reduce((sum, one) => sum + one.weight * pick(one), 0);
  total.square[offset]! += 0.5 * meanSquare * (area * area - within((one) => one.area * one.area));
  total.linear[offset]! += meanSquare * (frames * area - within((one) => one.frames * one.area));
  total.white[offset] = meanSquare * pairsOf(frames);
  return total;
}

/** Σ_ik M_ik over all frames of the blocks. */
function areaOf({ count, sizes, intensity }: BlockFields): { area: number; frames: number } {
  let area = 0;
  let frames = 0;
  for (let b = 0; b < count; b++) {
    frames += sizes[b]!;
    for (let d = 0; d < count; d++) area += sizes[b]! * sizes[d]! * intensity[b * count + d]!;
  }
  return { area, frames };
}
