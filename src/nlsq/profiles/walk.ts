/**
 * Walk outward from a minimum along a path and find where the root of a ratio reaches given heights.
 *
 * The root of a likelihood ratio is nearly straight where the ratio is nearly a parabola, so a secant finds a crossing in
 * one or two steps; a bracket holds where it is not. The walk is a generator: it yields the place at which it wants the
 * ratio and is given it, so the same walk can be made once with fits and again from what they found.
 */

/** A place along the path, in standard errors, and the root of the scaled ratio there. */
export interface Sample {
  readonly at: number;
  readonly root: number;
}

/** Why a walk ended before all heights were reached. */
export type WalkEnd = 'edge' | 'lower-minimum' | 'failed' | 'too-long';

export interface Walked {
  /** In the order along the path, the minimum at 0 first. */
  readonly samples: readonly Sample[];
  /** Where each height is reached first; null where it is not. */
  readonly crossings: readonly (number | null)[];
  /** Null when all heights were reached. */
  readonly end: WalkEnd | null;
  /** Where it ended: the last place asked for. */
  readonly last: number;
}

export interface WalkOptions {
  /** Heights of the root, ascending. */
  readonly heights: readonly number[];
  /** Where the path ends; may be infinite, or 0. */
  readonly edge: number;
  /** The longest first step. */
  readonly firstStep: number;
  /** A height to look at beyond the last one, for the curve; absent: none. */
  readonly beyond?: number | undefined;
}

/** A root this near to a height, as a share of it, is good for the last interpolation. */
const NEAR = 1e-3;
/** Steps are at most this share of the way so far, or the first step. */
const GROWTH = 0.5;
/** A bracket this narrow, as a share of its place, is where the root jumps. */
const NARROW = 1e-4;
/** Places tried on one walk. */
const MOST_PLACES = 48;
/** A ratio below this is a lower minimum, and none of rounding or of a valley's floor. */
const LOWER = -0.01;
/** Times the way to a place is halved where no ratio can be found. */
const MOST_HALVINGS = 8;
/** Of so many interpolations of one crossing the last halves its bracket instead. */
const PATIENCE = 3;
/** After so many tries of one crossing brackets are halved only. */
const MOST_TRIES = 9;
/** For interpolation roots count as at most so many times the height, or a steep end would hold all steps near the other. */
const STEEPEST = 2;

/** Yields places; is given the ratio there, NaN when it cannot be found. */
export function* walk(options: WalkOptions): Generator<number, Walked, number> {
  const { heights, edge, firstStep, beyond } = options;
  const samples: Sample[] = [{ at: 0, root: 0 }];
  const crossings: (number | null)[] = heights.map(() => null);
  let last = 0;
  const ended = (end: WalkEnd | null): Walked => ({ samples, crossings, end, last });
  for (const [k, height] of heights.entries()) {
    for (let tries = 0; ; tries++) {
      const found = crossingIn(samples, height);
      if (found !== null) {
        crossings[k] = Math.min(found, edge);
        break;
      }
      const next = nextPlace(samples, height, { edge, firstStep, tries });
      if (next === null) return ended('edge');
      if (samples.length > MOST_PLACES) return ended('too-long');
      let place = next;
      let ratio = yield place;
      for (let halvings = 0; !Number.isFinite(ratio); halvings++) {
        last = place;
        if (halvings === MOST_HALVINGS) return ended('failed');
        place = (place + before(samples, place).at) / 2;
        ratio = yield place;
      }
      last = place;
      if (ratio < LOWER) return ended('lower-minimum');
      insert(samples, { at: place, root: Math.sqrt(Math.max(0, ratio)) });
    }
  }
  if (beyond !== undefined && !samples.some(({ root }) => root >= beyond)) {
    const next = nextPlace(samples, beyond, { edge, firstStep, tries: 0 });
    const ratio = next === null ? NaN : yield next;
    if (next !== null && ratio >= 0 && Number.isFinite(ratio)) insert(samples, { at: next, root: Math.sqrt(ratio) });
  }
  return ended(null);
}

/** The last sample before a place. */
function before(samples: readonly Sample[], place: number): Sample {
  return samples.findLast(({ at }) => at < place)!;
}

function insert(samples: Sample[], sample: Sample): void {
  const place = samples.findIndex(({ at }) => at > sample.at);
  samples.splice(place < 0 ? samples.length : place, 0, sample);
}

/** Index of the first sample at or above a height; −1 when there is none. */
function firstAbove(samples: readonly Sample[], height: number): number {
  return samples.findIndex(({ root }) => root >= height);
}

/** Where the root reaches a height, once a sample is near enough; else null. */
function crossingIn(samples: readonly Sample[], height: number): number | null {
  const above = firstAbove(samples, height);
  const below = samples[above < 0 ? samples.length - 1 : above - 1]!;
  const close = (sample: Sample): boolean => Math.abs(sample.root - height) <= NEAR * height;
  if (above < 0) {
    if (samples.length < 2 || !close(below)) return null;
    return through(samples.at(-2)!, below, height);
  }
  const after = samples[above]!;
  if (after.at - below.at <= NARROW * after.at) return (below.at + after.at) / 2;
  if (!close(below) && !close(after)) return null;
  // Of both interpolations the one that goes less far from the sample that is near: a kink bends the other away.
  const near = close(below) ? below : after;
  const straight = through(below, after, height);
  const bent = bentThrough(samples, above, height) ?? straight;
  return Math.abs(bent - near.at) < Math.abs(straight - near.at) ? bent : straight;
}

/** Where the line through two samples has a height. */
function through(a: Sample, b: Sample, height: number): number {
  return b.root === a.root ? b.at : b.at + ((height - b.root) * (b.at - a.at)) / (b.root - a.root);
}

/** Inverse quadratic interpolation with a third sample; null where the roots do not ascend or it leaves the bracket. */
function bentThrough(samples: readonly Sample[], above: number, height: number): number | null {
  const [a, b] = [samples[above - 1]!, samples[above]!];
  const others = [samples[above - 2], samples[above + 1]].filter((one) => one !== undefined);
  const nearest = others.toSorted((p, q) => Math.abs(p.root - height) - Math.abs(q.root - height))[0];
  if (nearest === undefined) return null;
  const [p, q, r] = [nearest, a, b].toSorted((one, other) => one.at - other.at) as [Sample, Sample, Sample];
  if (!(p.root < q.root && q.root < r.root)) return null;
  const share = (one: Sample, two: Sample, three: Sample): number =>
    (one.at * (height - two.root) * (height - three.root)) / ((one.root - two.root) * (one.root - three.root));
  const place = share(p, q, r) + share(q, p, r) + share(r, p, q);
  return place > a.at && place < b.at ? place : null;
}

function interpolated(samples: readonly Sample[], above: number, height: number): number {
  const [a, b] = [samples[above - 1]!, samples[above]!];
  const highest = STEEPEST * height;
  if (b.root > highest) return through(a, { at: b.at, root: highest }, height);
  return bentThrough(samples, above, height) ?? through(a, b, height);
}

/** The next place to look for a height; null when the path has ended below it. */
function nextPlace(
  samples: readonly Sample[],
  height: number,
  { edge, firstStep, tries }: { readonly edge: number; readonly firstStep: number; readonly tries: number },
): number | null {
  const above = firstAbove(samples, height);
  if (above >= 0) {
    const [a, b] = [samples[above - 1]!, samples[above]!];
    const halve = tries > MOST_TRIES || tries % PATIENCE === PATIENCE - 1;
    const guess = halve ? (a.at + b.at) / 2 : interpolated(samples, above, height);
    const margin = 1e-3 * (b.at - a.at);
    return Math.min(Math.max(guess, a.at + margin), b.at - margin);
  }
  const here = samples.at(-1)!;
  if (here.at >= edge) return null;
  const longest = here.at + Math.max(firstStep, GROWTH * here.at);
  const earlier = samples.at(-2);
  const slope = earlier === undefined ? 1 : (here.root - earlier.root) / (here.at - earlier.at);
  // From a rising root on a straight line; a little farther, so that the height is bracketed.
  const straight = slope > 0 ? here.at + (1.005 * (height - here.root)) / slope : Infinity;
  return Math.min(straight, longest, edge);
}
