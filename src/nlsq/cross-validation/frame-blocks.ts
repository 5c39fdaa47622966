/** Cut the frames of a data set into blocks that are left out one at a time. */
import type { Physics } from '../../model/two-time-model.ts';
import { correlationTimes } from '../errors/age-blocks.ts';

/** Blocks wanted; there are fewer where correlation times are long. */
const BLOCKS = 10;
/** Fewer blocks say nothing of how certain a difference is. */
export const FEWEST_BLOCKS = 4;
const FEWEST_FRAMES = 3;

/**
 * Blocks of consecutive frames, frames edges[b] ≤ k < edges[b + 1] in block b: each holds a tenth of the frames or more, and
 * at least one correlation time of every angle under every one of the models. What is left at the end joins the last block.
 */
export function frameBlocks(models: readonly Physics[]): Int32Array {
  const frames = models[0]!.c.length;
  const slowest = slowestProgress(models);
  const edges = [0];
  let due = frames / BLOCKS;
  for (let k = 1; k <= frames; k++) {
    const first = edges.at(-1)!;
    // The frame before k is the last of the block; rounding must not put off the last one.
    if (k - first < FEWEST_FRAMES || k < due - 1e-6) continue;
    if (!slowest.every((passed) => passed[k - 1]! - passed[first]! >= 1)) continue;
    edges.push(k);
    due = k + (frames - k) / Math.max(1, Math.round(((frames - k) * BLOCKS) / frames));
  }
  edges[edges.length === 1 ? 1 : edges.length - 1] = frames;
  return Int32Array.from(edges);
}

/** Correlation times passed up to each frame, of every model and angle: shape (N) each. */
function slowestProgress(models: readonly Physics[]): Float64Array[] {
  return models.flatMap((physics) => Array.from(physics.h, (_, a) => correlationTimes(physics, a)));
}
