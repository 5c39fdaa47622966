/** All figures of a posterior, one after the other. */
import type { Figure } from '../draw-figures.ts';
import { pagesOf } from '../pages-of.ts';
import { drawAutocorrelation } from './autocorrelation.ts';
import { drawCompared } from './compared.ts';
import { drawEffectiveDraws } from './effective-draws.ts';
import { drawEnergy } from './energy.ts';
import { shownParameters, shownQuantities, type PosteriorFigureInput, type ShownQuantity } from './figure-input.ts';
import { drawIntervals, ROWS_PER_PAGE } from './intervals.ts';
import { drawPairs } from './pairs.ts';
import { ANGLES_ON_A_PAGE, CUTS_ON_A_PAGE, drawPredictive, drawPredictiveRanks } from './predictive.ts';
import { drawRanks } from './ranks.ts';
import { drawSteps } from './steps.ts';
import { drawTraces } from './traces.ts';
import { drawWeights } from './weights.ts';

/**
 * Figures of a sampled posterior, made when they are asked for, so that a caller can write one before the next is drawn:
 * `posterior-and-fit`, `posterior-intervals` (and `posterior-intervals-angles`), `posterior-pairs`; of chains also
 * `posterior-traces`, `-ranks`, `-effective-draws`, `-autocorrelation`, `-energy`, `-steps`; `posterior-weights` where there
 * was importance sampling; `posterior-predictive` and `posterior-predictive-ranks` where predictions were looked at.
 */
export function* posteriorFigures(input: PosteriorFigureInput): Generator<Figure, void, undefined> {
  const { sampled, predictive } = input;
  yield { name: 'posterior-and-fit', svg: drawCompared(input) };
  yield* intervalPages(input);
  if (sampled.posterior.free.names.length > 1) yield { name: 'posterior-pairs', svg: drawPairs(input) };
  if (sampled.chains !== null) {
    yield { name: 'posterior-traces', svg: drawTraces(input) };
    if (sampled.chains.chains.length > 1) yield { name: 'posterior-ranks', svg: drawRanks(input) };
    yield { name: 'posterior-effective-draws', svg: drawEffectiveDraws(input) };
    yield { name: 'posterior-autocorrelation', svg: drawAutocorrelation(input) };
    yield { name: 'posterior-energy', svg: drawEnergy(input) };
    yield { name: 'posterior-steps', svg: drawSteps(input) };
  }
  if (sampled.importance !== null) yield { name: 'posterior-weights', svg: drawWeights(input) };
  if (predictive === null) return;
  for (const { shown, suffix, told } of pagesOf(predictive.cuts, CUTS_ON_A_PAGE)) {
    yield { name: `posterior-predictive${suffix}`, svg: drawPredictive(input, shown, told) };
  }
  for (const { shown, suffix, told } of pagesOf(Array.from(predictive.angles.keys()), ANGLES_ON_A_PAGE)) {
    yield { name: `posterior-predictive-ranks${suffix}`, svg: drawPredictiveRanks(input, shown, told) };
  }
}

/** Parameters on one page, each on its own axis; contrast, offset and noise of the angles on others. */
function* intervalPages(input: PosteriorFigureInput): Generator<Figure> {
  const parameters = shownParameters(input);
  yield {
    name: 'posterior-intervals',
    svg: drawIntervals(
      input,
      parameters.map((one) => [one]),
    ),
  };
  const others = shownQuantities(input.sampled).slice(parameters.length);
  const kindOf = ({ name }: ShownQuantity): string => name.slice(0, name.indexOf('['));
  const kinds = [...Map.groupBy(others, kindOf).values()];
  const angles = Array.from(kinds[0] ?? [], (_, angle) => angle);
  for (const { shown, suffix, told } of pagesOf(angles, Math.floor(ROWS_PER_PAGE / Math.max(1, kinds.length)))) {
    const blocks = kinds.map((kind) => shown.map((angle) => kind[angle]!));
    yield { name: `posterior-intervals-angles${suffix}`, svg: drawIntervals(input, blocks, `, of the angles${told}`) };
  }
}
