/** What a user must know about a finished fit beyond its numbers. */
import type { Warning } from '../base/events.ts';
import type { Covariance } from './covariance.ts';
import type { ErrorEstimates } from './errors/estimate-errors.ts';
import { noiseWarnings } from './noise-warnings.ts';
import type { Minimum } from './minima.ts';
import { variancePerPoint, type Objective } from './objective.ts';
import type { FitOutcome, WeakDirection } from './outcome.ts';

/** Physical range of contrast and offset; values outside are reported as they are. */
const CONTRAST_RANGE = [0, 1] as const;
const OFFSET_RANGE = [0.5, 1.5] as const;
const MOST_ANGLES_NAMED = 5;
/** Two minima closer than this in χ², in units of the noise, cannot be told apart by the data. */
const INDISTINCT = 4;

export interface FitFindings {
  readonly outcome: Pick<FitOutcome, 'parameters' | 'scaling'>;
  /** Angles in degrees. */
  readonly phi: Float64Array;
  /** The one that tables show. */
  readonly covariance: Covariance | null;
  readonly estimates: ErrorEstimates | null;
  readonly weakest: readonly WeakDirection[];
  readonly minima: readonly Minimum[];
  readonly objective: Objective;
}

export function findWarnings(findings: FitFindings): Warning[] {
  return [
    ...boundWarnings(findings),
    ...scalingWarnings(findings),
    ...identifiabilityWarnings(findings),
    ...minimaWarnings(findings),
    ...noiseWarnings(findings),
  ];
}

function boundWarnings({ outcome }: FitFindings): Warning[] {
  return outcome.parameters.flatMap(({ name, atBound, value }) =>
    atBound === null
      ? []
      : [{ code: 'parameter-at-bound', text: `${name} ended at its ${atBound} bound ${value}; its error is unknown` }],
  );
}

function scalingWarnings({ outcome, phi }: FitFindings): Warning[] {
  const warnings: Warning[] = [];
  for (const [kind, [lower, upper]] of [
    ['contrast', CONTRAST_RANGE],
    ['offset', OFFSET_RANGE],
  ] as const) {
    const outside = outcome.scaling.flatMap((angle, a) =>
      angle[kind].value >= lower && angle[kind].value <= upper
        ? []
        : [`${Number(angle[kind].value.toPrecision(3))} at φ = ${phi[a]}°`],
    );
    if (outside.length > 0) {
      const text = `the ${kind} that fits best is outside ${lower} … ${upper}: ${named(outside)}`;
      warnings.push({ code: `${kind}-outside-bounds`, text });
    }
    const lost = outcome.scaling.flatMap((angle, a) =>
      angle[kind].uncertainty.reason === 'not determined by the data' ? [`φ = ${phi[a]}°`] : [],
    );
    if (lost.length > 0) {
      const text = `the data do not determine the ${kind} at ${named(lost)}`;
      warnings.push({ code: `${kind}-not-determined`, text });
    }
  }
  return warnings;
}

function identifiabilityWarnings({ covariance, weakest }: FitFindings): Warning[] {
  if (covariance === null) return [];
  return weakest
    .filter((_, k) => !covariance.directions[k]!.determined)
    .map(({ text }) => ({ code: 'not-identifiable', text }));
}

function minimaWarnings({ minima, objective, outcome }: FitFindings): Warning[] {
  const [best, ...others] = minima.filter(({ full }) => full);
  if (best === undefined) return [];
  const limit = best.point.best.cost + 0.5 * INDISTINCT * variancePerPoint(objective, best.point);
  const rival = others.find(({ point }) => point.best.cost < limit);
  if (rival === undefined) return [];
  const values = outcome.parameters
    .filter(({ vary }) => vary)
    .map(({ name }) => `${name} ${Number(rival.point.values[name]!.toPrecision(4))}`);
  return [{ code: 'second-minimum', text: `another minimum fits the data almost as well: ${values.join(', ')}` }];
}

function named(items: readonly string[]): string {
  if (items.length <= MOST_ANGLES_NAMED) return items.join(', ');
  return `${items.slice(0, MOST_ANGLES_NAMED).join(', ')} and ${items.length - MOST_ANGLES_NAMED} more`;
}
