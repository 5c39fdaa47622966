/**
 * From many starts on coarse data to the best minimum on all data.
 *
 * Every start goes down on the coarsest level. Starts that meet are one minimum from then on; minima that the data
 * reject clearly are left behind; the rest climb level by level, best first, and only the last level is a result.
 */
import { isTwotimeError } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import { chartAt, type CoordinateSystem } from './coordinates.ts';
import { quadraticForm } from './linear-algebra.ts';
import { linearise, pointsOf, type Linearisation, type Objective, type Value } from './objective.ts';
import type { TraceEntry } from './outcome.ts';
import { quadraticIn, refine, type Refined, type RefineOptions } from './trust-region.ts';

/** When to stop on the way, and at the end. */
const COARSE = { tolerance: 1e-2, smallestGain: 1e-3, maxIterations: 60 } as const;
const FINAL = { tolerance: 1e-6, smallestGain: 1e-6 } as const;
/** Two points closer than this, in standard errors, are the same minimum. */
const SAME_MINIMUM = 0.1;
/** A minimum this much worse, in units of s² (half of Δχ²), is not worth full sweeps; nor are more than so many. */
const HOPELESS = 25;
const MOST_CANDIDATES = 3;

/** A minimum and the starts that led to it. */
export interface Minimum extends Refined {
  /** Numbers of the starts, the first one first. */
  readonly starts: readonly number[];
  /** Whether `point` is on all data. */
  readonly full: boolean;
}

export interface SearchResult {
  /** Best first; the first ones on all data, then those that were left behind on coarse data. */
  readonly minima: readonly Minimum[];
  readonly trace: readonly TraceEntry[];
  readonly cancelled: boolean;
}

type Record = (entry: Pick<TraceEntry, 'iteration' | 'cost' | 'accepted'>) => void;

/** Search from `starts`, values on the first of `objectives` (coarsest first, all data last). */
export async function search(
  objectives: readonly Objective[],
  system: CoordinateSystem,
  starts: readonly Value[],
  maxIterations: number,
  context: TaskContext,
): Promise<SearchResult> {
  const trace: TraceEntry[] = [];
  const recorder =
    (objective: Objective, start: number): Record =>
    (entry) => {
      const level = objective.level.full ? 'full' : 'coarse';
      trace.push({ level, start, ...entry });
      context.progress?.({ kind: 'iteration', level, start, ...entry });
    };

  const coarsest = objectives[0]!;
  let minima: Minimum[] = [];
  for (const [start, value] of starts.entries()) {
    const options = { ...COARSE, record: recorder(coarsest, start) };
    const refined = await descend(coarsest, system, value, options, context);
    if (refined !== null) minima.push({ ...refined, starts: [start], full: coarsest.level.full });
    if (refined === null || refined.status === 'cancelled') return { minima: sortByCost(minima), trace, cancelled: true };
  }
  minima = merge(coarsest, system, minima);

  const left: Minimum[] = [];
  let below = coarsest;
  for (const objective of objectives.length === 1 ? objectives : objectives.slice(1)) {
    const full = objective.level.full;
    const [kept, dropped] = worthwhile(below, minima);
    left.unshift(...dropped);
    const climbed: Minimum[] = [];
    for (const [k, minimum] of kept.entries()) {
      const record = recorder(objective, minimum.starts[0]!);
      const options = { ...(full ? { ...FINAL, maxIterations } : COARSE), record };
      const refined =
        objective === below
          ? await refine(objective, system, minimum.point, options, context)
          : await descend(objective, system, minimum.point, options, context);
      const iterations = minimum.iterations + (refined?.iterations ?? 0);
      if (refined !== null) climbed.push({ ...refined, iterations, starts: minimum.starts, full });
      if (refined === null || refined.status === 'cancelled') {
        return { minima: [...sortByCost(climbed), ...kept.slice(k), ...left], trace, cancelled: true };
      }
    }
    minima = merge(objective, system, climbed);
    below = objective;
  }
  return { minima: [...minima, ...left], trace, cancelled: false };
}

/** Linearise and refine; null when cancelled before the first sweep was done. */
async function descend(
  objective: Objective,
  system: CoordinateSystem,
  from: Value,
  options: RefineOptions,
  context: TaskContext,
): Promise<Refined | null> {
  let point: Linearisation;
  try {
    point = await linearise(objective, from.theta, from.best, context);
  } catch (error) {
    if (isTwotimeError(error, 'Cancelled')) return null;
    throw error;
  }
  options.record({ iteration: 0, cost: point.best.cost, accepted: true });
  return refine(objective, system, point, options, context);
}

/** s² at a point: the variance of a datum of unit weight. */
export function variancePerPoint(objective: Objective, { best, theta }: Value): number {
  const coefficients = objective.groups.reduce((sum, group) => sum + 2 * group.terms, 0);
  return (2 * best.cost) / Math.max(1, pointsOf(objective) - theta.length - coefficients);
}

/** Points that are the same within a fraction of a standard error become one, under all their start numbers. */
function merge(objective: Objective, system: CoordinateSystem, minima: readonly Minimum[]): Minimum[] {
  const merged: Minimum[] = [];
  for (const minimum of sortByCost(minima)) {
    const same = merged.findIndex((other) => sameMinimum(objective, system, other.point, minimum.point));
    if (same < 0) merged.push(minimum);
    else {
      const starts = [...merged[same]!.starts, ...minimum.starts].sort((a, b) => a - b);
      merged[same] = { ...merged[same]!, starts };
    }
  }
  return merged;
}

function sameMinimum(objective: Objective, system: CoordinateSystem, a: Linearisation, b: Linearisation): boolean {
  const limit = SAME_MINIMUM ** 2 * variancePerPoint(objective, a);
  const chart = chartAt(system, a.theta, new Set());
  const distance = quadraticForm(quadraticIn(chart, a).hessian, chart.locate(b.theta));
  return distance <= limit && 2 * Math.abs(a.best.cost - b.best.cost) <= limit;
}

/** The minima worth full sweeps, best first, and the others. */
function worthwhile(objective: Objective, minima: readonly Minimum[]): [kept: Minimum[], dropped: Minimum[]] {
  const sorted = sortByCost(minima);
  const best = sorted[0];
  if (best === undefined) return [[], []];
  const limit = best.point.best.cost + HOPELESS * variancePerPoint(objective, best.point);
  const kept = sorted.filter(({ point }, k) => k < MOST_CANDIDATES && (k === 0 || point.best.cost <= limit));
  return [kept, sorted.slice(kept.length)];
}

/** Best first; among equals (to rounding) the lower start number; points without a finite cost last. */
function sortByCost(minima: readonly Minimum[]): Minimum[] {
  const cost = ({ point }: Minimum): number => (Number.isFinite(point.best.cost) ? point.best.cost : Infinity);
  const sorted = [...minima].sort((a, b) => cost(a) - cost(b));
  const limit = Math.min(...sorted.map(cost)) * (1 + 1e-9);
  const equal = sorted.filter((minimum) => cost(minimum) <= limit).sort((a, b) => a.starts[0]! - b.starts[0]!);
  return [...equal, ...sorted.slice(equal.length)];
}
