/** All figures of a run, one after the other, from what the fit answered and the data it saw. */
import type { Dataset } from '../data/dataset.ts';
import { isResident, pairsOf, readRows } from '../kernels/triangles.ts';
import type { TwoTimeModel } from '../model/two-time-model.ts';
import type { FitOutcome } from '../nlsq/outcome.ts';
import type { SequentialMap } from './colour-map.ts';
import { drawConvergence } from './convergence.ts';
import type { PngCodec } from './png.ts';
import { averageOverLag, chooseLagBins } from './lag-average.ts';
import { chooseCutDomains, CUTS_PER_PAGE, drawLagCuts } from './lag-cuts.ts';
import type { CutAngle } from './lag-cuts.ts';
import type { PageFacts } from './page.ts';
import { pagesOf } from './pages-of.ts';
import { blockFor, mapPairs } from './pair-map.ts';
import { drawProfiles, panelsOf, PROFILES_PER_PAGE } from './profiles.ts';
import { drawRates } from './rates.ts';
import { chooseMapColours, drawMaps, drawSmallMaps, SMALL_MAPS_PER_PAGE } from './two-time-map.ts';
import type { MapAngle, MapStyle } from './two-time-map.ts';

export interface FigureInput {
  readonly dataset: Dataset;
  readonly model: TwoTimeModel;
  readonly outcome: FitOutcome;
  /** σ per angle, shape (P). */
  readonly sigma: Float64Array;
  /** M of one angle's pairs in triangle order at the fitted parameters, used until the next is asked for. */
  readonly shape: (angle: number) => Float64Array;
  readonly facts: PageFacts;
  readonly codec: PngCodec;
  /** Default `viridis`. */
  readonly colours?: SequentialMap;
}

export interface Figure {
  /** File name without extension. */
  readonly name: string;
  readonly svg: string;
}

/** Angles drawn large; the worst ones when there are more. */
const LARGE_MAPS = 4;
/** Most pixels along a side of a map. */
const LARGE_PIXELS = 360;
const SMALL_PIXELS = 140;
/** Beyond so many angles small maps get fewer pixels, because all are held until their common colours are known. */
const MANY_MAPS = 64;
const PIXELS_OF_MANY = 100;

/**
 * Figures `rates`, `convergence`, `profiles` where they were asked for, `c2-maps` (and `c2-maps-others` beyond four angles), `lag-cuts`; numbered pages where
 * there are very many angles. Made one by one, those that take least work first, so that a caller can write one while
 * the next is drawn. Null stands for a piece of work done, a moment to let something else go on.
 */
export function* drawFigures(input: FigureInput): Generator<Figure | null, void, undefined> {
  const { outcome, model, facts, dataset } = input;
  const { grid } = dataset;
  yield { name: 'rates', svg: drawRates(model, outcome, facts) };
  yield { name: 'convergence', svg: drawConvergence(outcome, facts) };
  const { profiles } = outcome;
  if (profiles !== null && profiles.reason === null) {
    for (const { shown, suffix, told } of pagesOf(panelsOf(profiles), PROFILES_PER_PAGE)) {
      yield { name: `profiles${suffix}`, svg: drawProfiles(shown, profiles.errors, facts, told) };
    }
  }

  const order = worstFirst(outcome.cost.chi2PerPoint);
  const large = new Set(order.slice(0, LARGE_MAPS));
  const smallPixels = order.length > MANY_MAPS ? PIXELS_OF_MANY : SMALL_PIXELS;
  const bins = chooseLagBins(grid);
  const maps: MapAngle[] = [];
  const cuts: CutAngle[] = [];
  const buffer = isResident(dataset.triangles) ? undefined : new Float32Array(pairsOf(dataset.triangles.frames));
  for (let a = 0; a < dataset.phi.length; a++) {
    const pairs = anglePairs(input, a, buffer);
    const { contrast, offset } = pairs;
    maps.push({
      phi: dataset.phi[a]!,
      chi2PerPoint: outcome.cost.chi2PerPoint[a]!,
      contrast,
      offset,
      maps: mapPairs(grid, pairs, blockFor(grid, large.has(a) ? LARGE_PIXELS : smallPixels)),
    });
    cuts.push({ phi: dataset.phi[a]!, cuts: averageOverLag(grid, pairs, bins) });
    yield null;
  }
  const style: MapStyle = {
    colours: chooseMapColours(maps, input.colours ?? 'viridis'),
    facts,
    codec: input.codec,
  };
  yield* drawAllMaps(maps, order, grid, style);
  const domains = chooseCutDomains(cuts);
  for (const { shown, suffix, told } of pagesOf(cuts, CUTS_PER_PAGE)) {
    yield { name: `lag-cuts${suffix}`, svg: drawLagCuts(shown, bins.windows, domains, facts, told) };
  }
}

function* drawAllMaps(
  maps: readonly MapAngle[],
  order: readonly number[],
  grid: Dataset['grid'],
  style: MapStyle,
): Generator<Figure> {
  if (maps.length <= LARGE_MAPS) {
    yield { name: 'c2-maps', svg: drawMaps(maps, grid, style, 'measured, model and residual of every angle') };
    return;
  }
  const worst = order.slice(0, LARGE_MAPS);
  const rest = maps.filter((_, a) => !worst.includes(a));
  const told = `the ${LARGE_MAPS} of ${maps.length} angles with the largest χ² per point, worst first`;
  const shownLarge = worst.map((a) => maps[a]!);
  yield { name: 'c2-maps', svg: drawMaps(shownLarge, grid, style, told) };
  const which =
    rest.length === 1 ? `the other one of ${maps.length} angles` : `the other ${rest.length} of ${maps.length} angles`;
  for (const { shown, suffix, told: page } of pagesOf(rest, SMALL_MAPS_PER_PAGE)) {
    yield { name: `c2-maps-others${suffix}`, svg: drawSmallMaps(shown, grid, style, `${which}${page}`) };
  }
}

/** Indices of the angles, largest χ² per point first; ties in the order of the file. */
function worstFirst(chi2PerPoint: Float64Array): number[] {
  const known = (value: number): number => (Number.isFinite(value) ? value : Infinity);
  return Array.from(chi2PerPoint.keys()).sort((a, b) => {
    const [one, other] = [known(chi2PerPoint[a]!), known(chi2PerPoint[b]!)];
    return one === other ? a - b : other > one ? 1 : -1;
  });
}

function anglePairs({ dataset, outcome, sigma, shape }: FigureInput, angle: number, buffer: Float32Array | undefined) {
  return {
    measured: readRows(dataset.triangles, angle, 0, dataset.triangles.frames, buffer),
    shape: shape(angle),
    contrast: outcome.scaling[angle]!.contrast.value,
    offset: outcome.scaling[angle]!.offset.value,
    sigma: sigma[angle]!,
  };
}
