/** Follow a profile along a path, one fit after the other, and take the walk up again from what it found. */
import type { TaskContext } from '../../base/task-context.ts';
import { signalOf, variancePerPoint, type Linearisation, type Objective, type Point } from '../objective.ts';
import { fitHeld } from './held-fit.ts';
import type { ProfilePath } from './paths.ts';
import { walk, type Walked, type WalkOptions } from './walk.ts';

/**
 * Where the model has lost all but this share of the correlations of the minimum, nothing answers to the parameters any
 * more: a fit that ends there has not found the best of the others.
 */
const SMALLEST_SIGNAL = 0.02;

export interface Ray {
  readonly path: ProfilePath;
  /** By what the independent ratio is multiplied at a point. */
  readonly scaleAt: (point: Point) => number;
  readonly heights: readonly number[];
  readonly beyond?: number | undefined;
}

/** A walk with the points behind its samples. */
export interface FollowedRay extends Walked {
  readonly ray: Ray;
  /** One per sample. */
  readonly points: readonly Point[];
  /** The point that is below the minimum, when the walk ended in one. */
  readonly lower: Point | null;
}

/** Λ of a point: the rise of χ² in units of the noise, scaled. */
function ratioOf(objective: Objective, minimum: Linearisation, { scaleAt }: Ray, point: Point): number {
  return (scaleAt(point) * 2 * (point.best.cost - minimum.best.cost)) / variancePerPoint(objective, minimum);
}

/**
 * The points of a walk in the order in which they were asked for; the cost of one whose fit did not end is NaN. Throws
 * `Cancelled`.
 */
export async function followRay(
  objective: Objective,
  minimum: Linearisation,
  ray: Ray,
  record: () => void,
  context: TaskContext,
): Promise<Point[]> {
  const { path } = ray;
  const found: { readonly at: number; readonly point: Linearisation }[] = [{ at: 0, point: minimum }];
  const asked: Point[] = [];
  const signal = signalOf(objective, minimum);
  const walker = walk(walkOptions(ray));
  for (let step = walker.next(); step.done !== true;) {
    const at: number = step.value;
    // Outward: what is farther out may lie in another valley.
    const near = found.reduce((best, one) => (one.at <= at && one.at > best.at ? one : best)).point;
    const held = { indices: path.indices, values: path.at(at) };
    const end = await fitHeld(objective, near, held, record, context);
    const point = end !== null && signalOf(objective, end) > SMALLEST_SIGNAL * signal ? end : null;
    if (point !== null) found.push({ at, point });
    asked.push(point ?? { ...near, best: { ...near.best, cost: NaN } });
    step = walker.next(point === null ? NaN : ratioOf(objective, minimum, ray, point));
  }
  return asked;
}

/** The same walk from its points. */
export function walkAgain(
  objective: Objective,
  minimum: Linearisation,
  ray: Ray,
  points: readonly Point[],
): FollowedRay {
  const places = new Map<number, Point>([[0, minimum]]);
  const walker = walk(walkOptions(ray));
  let step = walker.next();
  for (let k = 0; step.done !== true; k++) {
    const point = points[k]!;
    places.set(step.value, point);
    step = walker.next(ratioOf(objective, minimum, ray, point));
  }
  const walked = step.value;
  const lower = walked.end === 'lower-minimum' ? places.get(walked.last)! : null;
  return { ...walked, ray, points: walked.samples.map(({ at }) => places.get(at)!), lower };
}

function walkOptions({ path, heights, beyond }: Ray): WalkOptions {
  return { heights, beyond, edge: path.edge, firstStep: path.firstStep };
}
