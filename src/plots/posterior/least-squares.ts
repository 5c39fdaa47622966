/** What the least-squares fit says of a quantity of the posterior. */
import { shownKind, type ShownKind } from '../../nlsq/shown-errors.ts';
import type { Uncertainty } from '../../nlsq/outcome.ts';
import type { PosteriorFigureInput } from './figure-input.ts';

export interface FittedQuantity {
  readonly value: number;
  readonly uncertainty: Uncertainty;
}

/** Null for the noise, which has no error in the fit. */
export function fittedQuantity({ fit }: PosteriorFigureInput, name: string): FittedQuantity | null {
  const match = /^(contrast|offset)\[(\d+)\]$/.exec(name);
  if (match !== null) return fit.scaling[Number(match[2])]?.[match[1] as 'contrast' | 'offset'] ?? null;
  return fit.parameters.find((one) => one.name === name) ?? null;
}

/** The kind of standard error to compare with: the one that the likelihood was given. */
export function comparedKind({ fit, likelihood }: PosteriorFigureInput): ShownKind {
  return likelihood === 'independent' ? 'independent' : shownKind(fit);
}

/** In the words of a note. */
export const KIND_NOTES: Readonly<Record<ShownKind, string>> = {
  speckle: 'its standard errors under thermal speckle and photon noise',
  independent: 'its standard errors as if all points were independent',
};
