/** Which of the three kinds of error tables, figures and words use: speckle, or independent where that is not known. */
import type { FitOutcome, Uncertainty } from './outcome.ts';

export type ShownKind = 'speckle' | 'independent';

/** Speckle, unless no quantity of the fit has a speckle error and some have an independent one. */
export function shownKind({ parameters, scaling }: Pick<FitOutcome, 'parameters' | 'scaling'>): ShownKind {
  const all: Uncertainty[] = [...parameters, ...scaling.flatMap(({ contrast, offset }) => [contrast, offset])].map(
    ({ uncertainty }) => uncertainty,
  );
  const only = all.every(({ speckle }) => speckle === null) && all.some(({ independent }) => independent !== null);
  return only ? 'independent' : 'speckle';
}

/** The covariance behind the errors shown. */
export function shownCovariance(outcome: FitOutcome): {
  readonly kind: ShownKind;
  readonly names: readonly string[];
  readonly matrix: Float64Array;
} {
  const kind = shownKind(outcome);
  return { kind, names: outcome.covariance.names, matrix: outcome.covariance[kind] };
}
