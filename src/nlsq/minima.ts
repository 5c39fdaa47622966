/** Minima: which starts led to them, which are the same, and which are worth more work. */
import { quadraticForm } from './linear-algebra.ts';
import { variancePerPoint, type Linearisation, type Objective } from './objective.ts';
import type { Refined } from './trust-region.ts';

/** Two points closer than this, in standard errors, are the same minimum. */
const SAME_MINIMUM = 0.1;
/** A minimum this much worse, in units of s² (half of Δχ²), is not worth full sweeps; nor are more than so many. */
const HOPELESS = 25;
const MOST_CANDIDATES = 3;

/** A minimum and the starts that led to it. */
export interface Minimum extends Refined {
  /** Number of the start it was first reached from. */
  readonly origin: number;
  /** Numbers of the starts that end here; none when they went on to a better mirror image. */
  readonly starts: readonly number[];
  /** Whether `point` is on all data. */
  readonly full: boolean;
}

/** Points that are the same within a fraction of a standard error become one, under all their start numbers. */
export function merge(objective: Objective, minima: readonly Minimum[]): Minimum[] {
  const merged: Minimum[] = [];
  for (const minimum of sortByCost(minima)) {
    const same = merged.findIndex((other) => sameMinimum(objective, other.point, minimum.point));
    if (same < 0) merged.push(minimum);
    else {
      const starts = [...merged[same]!.starts, ...minimum.starts].sort((a, b) => a - b);
      merged[same] = { ...merged[same]!, origin: Math.min(merged[same]!.origin, minimum.origin), starts };
    }
  }
  return merged;
}

function sameMinimum(objective: Objective, a: Linearisation, b: Linearisation): boolean {
  const limit = SAME_MINIMUM ** 2 * variancePerPoint(objective, a);
  const distance = quadraticForm(a.information, a.chart.locate(b.theta));
  return distance <= limit && 2 * Math.abs(a.best.cost - b.best.cost) <= limit;
}

/** The minima worth full sweeps, best first, and the others. */
export function worthwhile(objective: Objective, minima: readonly Minimum[]): [kept: Minimum[], dropped: Minimum[]] {
  const sorted = sortByCost(minima);
  const best = sorted[0];
  if (best === undefined) return [[], []];
  const limit = best.point.best.cost + HOPELESS * variancePerPoint(objective, best.point);
  const kept = sorted.filter(({ point }, k) => k < MOST_CANDIDATES && (k === 0 || point.best.cost <= limit));
  return [kept, sorted.slice(kept.length)];
}

/** Best first; among equals (to rounding) the lower start number; points without a finite cost last. */
export function sortByCost(minima: readonly Minimum[]): Minimum[] {
  const cost = ({ point }: Minimum): number => (Number.isFinite(point.best.cost) ? point.best.cost : Infinity);
  const sorted = [...minima].sort((a, b) => cost(a) - cost(b));
  const limit = Math.min(...sorted.map(cost)) * (1 + 1e-9);
  const equal = sorted.filter((minimum) => cost(minimum) <= limit).sort((a, b) => a.origin - b.origin);
  return [...equal, ...sorted.slice(equal.length)];
}
