/** What the figures of a posterior are drawn from, and the page they share, on which verdict and likelihood are told. */
import type { PosteriorPredictive, SampledPosterior, Summary, TwoTimePosterior } from '../../bayes/index.ts';
import type { FitOutcome } from '../../nlsq/outcome.ts';
import { dataTitle, drawSheet, type Page, type PageFacts } from '../page.ts';

/** The part of a sampled posterior that is drawn. */
export interface DrawnPosterior extends Pick<
  SampledPosterior,
  'method' | 'importance' | 'chains' | 'settings' | 'quantities' | 'summaries' | 'verdict'
> {
  readonly posterior: Pick<TwoTimePosterior, 'free' | 'priors' | 'theta'>;
}

export interface PosteriorFigureInput {
  readonly sampled: DrawnPosterior;
  /** `independent`: as if all points were independent, which makes every interval too narrow. */
  readonly likelihood: 'adjusted' | 'independent';
  /** The least-squares fit of the same data. */
  readonly fit: Pick<FitOutcome, 'parameters' | 'scaling' | 'covariance' | 'profiles'>;
  readonly predictive: PosteriorPredictive | null;
  readonly facts: PageFacts;
}

/** Draws of one quantity with what is said of them. */
export interface ShownQuantity {
  readonly name: string;
  /** Shape (chains, draws). */
  readonly draws: readonly ArrayLike<number>[];
  readonly summary: Summary;
}

/** The moving parameters, in the order of the model. */
export function shownParameters({ sampled }: PosteriorFigureInput): ShownQuantity[] {
  return shownQuantities(sampled).slice(0, sampled.posterior.free.moving.length);
}

/** Parameters, then contrast, offset and noise of every angle. */
export function shownQuantities({ quantities, summaries }: DrawnPosterior): ShownQuantity[] {
  return quantities.map(({ name, draws }, k) => ({ name, draws, summary: summaries[k]! }));
}

/** All parameters, and as many other quantities as there is room for, those on which chains agree least. */
export function worstQuantities(input: PosteriorFigureInput, room: number): ShownQuantity[] {
  const all = shownQuantities(input.sampled);
  const parameters = all.slice(0, input.sampled.posterior.free.moving.length);
  const badness = ({ summary }: ShownQuantity): number =>
    Number.isNaN(summary.chains?.rHat) ? Infinity : (summary.chains?.rHat ?? 0);
  const chosen = all
    .slice(parameters.length)
    .map((quantity, place) => ({ quantity, place, badness: badness(quantity) }))
    .toSorted((a, b) => (a.badness === b.badness ? a.place - b.place : b.badness > a.badness ? 1 : -1))
    .slice(0, Math.max(0, room - parameters.length))
    .toSorted((a, b) => a.place - b.place);
  return [...parameters, ...chosen.map(({ quantity }) => quantity)].slice(0, room);
}

/** What `worstQuantities` left out, in a sentence; none when it left out nothing. */
export function leftOutNote({ sampled }: PosteriorFigureInput, shown: number): string[] {
  const all = sampled.quantities.length;
  return shown === all
    ? []
    : [`${shown} of ${all} quantities: the parameters, and those of the others on which the chains agree least.`];
}

/** Quantiles of all draws together, with linear interpolation between order statistics. */
export function quantilesOf(draws: readonly ArrayLike<number>[], probabilities: readonly number[]): number[] {
  const sorted = Float64Array.from(draws.flatMap((chain) => Array.from(chain))).sort();
  return probabilities.map((probability) => {
    const position = probability * (sorted.length - 1);
    const below = Math.floor(position);
    const [lower, upper] = [sorted[below] ?? NaN, sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN];
    return lower + (position - below) * (upper - lower);
  });
}

/** A divergent trajectory. */
export interface ShownDivergence {
  readonly chain: number;
  /** Number of the draw, from 0. */
  readonly draw: number;
  /** Parameters where the integration step that failed began. */
  readonly values: Readonly<Record<string, number>>;
}

/** Divergences among the draws, those of the warmup left out; a trajectory that ended at a bound is none. */
export function shownDivergences({ chains, posterior }: DrawnPosterior): ShownDivergence[] {
  return (chains?.chains ?? []).flatMap(({ divergences }) =>
    divergences
      .filter(({ draw, outside }) => draw >= 0 && !outside)
      .map(({ chain, draw, from }) => {
        const values = posterior.free.values(posterior.theta(Float64Array.from(from)));
        return { chain, draw, values };
      }),
  );
}

/** Room for the footer and for legends in one line. */
const NARROWEST = 640;

/** A complete figure. Its subtitle says when numbers must not be reported, its notes which findings and which likelihood. */
export function drawPosteriorPage(
  page: Omit<Page, 'title'>,
  { sampled, likelihood, facts }: PosteriorFigureInput,
): string {
  const { verdict, chains, quantities, method } = sampled;
  const mark = verdict.level === 'do-not-report' ? 'DO NOT REPORT · ' : '';
  const findings = verdict.findings.slice(0, 1).map(({ text }) => `Verdict ${verdict.level}: ${text}.`);
  const narrow =
    likelihood === 'independent'
      ? ['Likelihood as if all points were independent: for measured speckle all intervals are too narrow.']
      : [];
  const draws = quantities[0]?.draws[0]?.length ?? 0;
  const drawn = chains === null ? `${draws} draws` : `${chains.chains.length} × ${draws} draws`;
  const origin = `result ${facts.digest.slice(0, 12)} · ${method}, ${drawn} · verdict ${verdict.level} · ${likelihood} likelihood`;
  return drawSheet(
    {
      ...page,
      width: Math.max(NARROWEST, page.width),
      title: dataTitle(facts),
      subtitle: `${mark}${page.subtitle ?? ''}`,
      notes: [...page.notes, ...findings, ...narrow],
    },
    origin,
    facts.version,
  );
}
