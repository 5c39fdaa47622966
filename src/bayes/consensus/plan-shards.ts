/**
 * Cut the pairs of all angles into shards that are as alike as can be.
 *
 * A shard holds, of every angle, the pairs whose earlier frame lies in one of its strips: runs of consecutive frames, so that
 * neighbouring pairs, whose errors are correlated under speckle, stay together. The strips of a shard are spread over the
 * window. Each shard then sees every age and lag, and knows exponents, offsets, contrast and baseline nearly as well as its
 * share of the points allows; a shard that is one stretch of time knows a rate at one age alone, and is not near normal.
 */
import { InputRefused } from '../../base/errors.ts';
import { rowBlocks, rowStart, type RowStrip, type TriangleStack } from '../../kernels/index.ts';

/** Pairs that are fitted by their earlier frame, all angles together, shape (N). */
export function pointsOfRows(data: TriangleStack): Float64Array {
  const { frames, angles, excluded } = data;
  const points = Float64Array.from({ length: frames }, (_, i) => angles * (frames - 1 - i));
  for (let a = 0; a < angles; a++) {
    if (excluded[a] === 0) continue;
    for (const { first, end, values } of rowBlocks(data, a)) {
      for (let i = first; i < end; i++) {
        const from = rowStart(frames, i) - rowStart(frames, first);
        for (let at = from; at < from + frames - 1 - i; at++) if (Number.isNaN(values[at])) points[i]! -= 1;
      }
    }
  }
  return points;
}

/** The shards of an automatic choice have at least so many points, and there are no more of them than that. */
const POINTS_WANTED = 100_000;
const MOST_SHARDS = 16;
/** Strips per shard of an automatic choice, if each keeps so many frames on average. */
const STRIPS = 8;
const FRAMES_PER_STRIP = 4;

/** Strips begin at even frames. */
const STEP = 2;

/** What may be asked of a plan; the rest follows from the data. */
export interface AskedShards {
  /** K. Default: one per 100,000 points, 16 at most; never the number of workers. */
  readonly shards?: number | undefined;
  /** Runs of frames per shard, spread over the window; 1 makes shards stretches of time. Default 8, or as many as 4 frames allow. */
  readonly strips?: number | undefined;
}

export interface ShardPlan {
  /** Strips of each shard, ascending. */
  readonly shards: readonly (readonly RowStrip[])[];
  /** Strips per shard. */
  readonly strips: number;
}

/**
 * The strips of K shards, equal in points as far as whole frames allow: the rows are cut into K·m strips, and of every K
 * consecutive ones each shard gets one, the emptiest shard the fullest. Depends on the data and what is asked alone.
 * `InputRefused` for more shards than frames can make.
 */
export function planShards(points: Float64Array, asked: AskedShards = {}): ShardPlan {
  const rows = points.length - 1;
  const total = points.reduce((sum, count) => sum + count, 0);
  const count = asked.shards ?? Math.min(MOST_SHARDS, Math.max(1, Math.floor(total / POINTS_WANTED)));
  const most = Math.floor(rows / STEP);
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new InputRefused(`${count} shards are no partition`, { help: 'ask for one shard or more' });
  }
  if (count > most) {
    throw new InputRefused(`${rows + 1} frames cannot be cut into ${count} shards`, {
      help: `ask for ${most} shards or fewer`,
    });
  }
  const wanted = asked.strips ?? Math.min(STRIPS, Math.floor(rows / (FRAMES_PER_STRIP * count)));
  const strips = Math.min(Math.max(1, wanted), Math.floor(most / count));
  const edges = cutEvenly(points, count * strips);
  const shards = Array.from({ length: count }, (): RowStrip[] => []);
  const held = new Float64Array(count);
  const pointsOf = ({ first, end }: RowStrip): number => points.subarray(first, end).reduce((sum, p) => sum + p, 0);
  for (let round = 0; round < strips; round++) {
    const dealt = Array.from({ length: count }, (_, turn) => {
      const k = round * count + turn;
      return { first: edges[k]!, end: edges[k + 1]! };
    });
    const fullest = dealt.toSorted((a, b) => pointsOf(b) - pointsOf(a) || a.first - b.first);
    const emptiest = Array.from(held.keys()).toSorted((a, b) => held[a]! - held[b]! || a - b);
    for (const [turn, shard] of emptiest.entries()) {
      const strip = fullest[turn]!;
      shards[shard]!.push(strip);
      held[shard] = held[shard]! + pointsOf(strip);
    }
  }
  return { shards: shards.toSorted((a, b) => a[0]!.first - b[0]!.first), strips };
}

/** Edges of strips of about equal points, at even rows, shape (strips + 1). */
function cutEvenly(points: Float64Array, strips: number): number[] {
  const rows = points.length - 1;
  const below = new Float64Array(rows + 1);
  for (let i = 0; i < rows; i++) below[i + 1] = below[i]! + points[i]!;
  const edges = [0];
  for (let strip = 1; strip < strips; strip++) {
    const target = (strip / strips) * below[rows]!;
    const last = Math.floor(rows / STEP) * STEP - (strips - strip - 1) * STEP - (rows % STEP === 0 ? STEP : 0);
    let edge = edges.at(-1)! + STEP;
    while (edge + STEP <= last && Math.abs(below[edge + STEP]! - target) <= Math.abs(below[edge]! - target))
      edge += STEP;
    edges.push(edge);
  }
  return [...edges, rows];
}
