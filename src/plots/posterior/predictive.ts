/**
 * Figure P21: single points of c2 against what the posterior predicts for them, along cuts at one frame; and where they fall
 * in their predictive distributions, which is uniform where model and noise are right.
 */
import { normalQuantile } from '../../bayes/distributions/normal.ts';
import type { PredictiveCut, PredictiveShares } from '../../bayes/index.ts';
import { bottomAxis, frame, INK, LABEL_SIZE, leftAxis, TICK_SIZE, type Box } from '../axis.ts';
import { fixed, significant } from '../number-text.ts';
import { extent, linearScale, logScale, pad, type Scale } from '../scale.ts';
import { element, line, text } from '../svg.ts';
import { drawPosteriorPage, quantilesOf, type PosteriorFigureInput } from './figure-input.ts';
import { area, clampTo, drawLegend, marks, placePanels } from './panels.ts';

export const CUTS_ON_A_PAGE = 12;
export const ANGLES_ON_A_PAGE = 20;
/** Lags of a cut that are drawn. */
const MOST_LAGS = 90;
const [MODEL, POINTS] = ['#1f5fa8', '#8a5a00'];
const BINS = 10;
/** Chance that a bar of a histogram leaves the band although all is right. */
const CHANCE = 0.01;

export function drawPredictive(input: PosteriorFigureInput, cuts: readonly PredictiveCut[], page = ''): string {
  const columns = Math.min(3, cuts.length);
  const [left, top, across] = [66, 46, 50];
  const [width, height, down] = columns === 1 ? [560, 300, 66] : [270, 170, 66];
  const boxes = placePanels(cuts.length, columns, { left, top, width, height, across, down });
  const chosen = cuts.map(({ lags }) => chooseLags(lags));
  const fewer = cuts.some(({ lags }, k) => chosen[k]!.length < lags.length);
  const levels = extent(cuts.flatMap((cut, k) => chosen[k]!.map((l) => cut.observed[l]!)));
  const body = cuts.map((cut, k) => drawCut(boxes[k]!, cut, chosen[k]!, levels ?? [0, 1], input, k % columns === 0));
  return drawPosteriorPage(
    {
      width: left + columns * width + (columns - 1) * across + 24,
      height: top + Math.ceil(cuts.length / columns) * (height + down) - 16,
      subtitle: `single points of c₂ and what the posterior predicts for them${page}`,
      body:
        drawLegend(left, 18, [
          {
            label: 'measured',
            style: { stroke: POINTS, 'stroke-width': 3, 'stroke-linecap': 'round', 'stroke-dasharray': '.01 7' },
          },
          { label: 'model, 95 %', style: { stroke: MODEL, 'stroke-width': 6, 'stroke-opacity': 0.7 } },
          {
            label: 'model and noise of one point, 95 %',
            style: { stroke: MODEL, 'stroke-width': 10, 'stroke-opacity': 0.2 },
          },
        ]) + body.join(''),
      notes: [
        `Bands: from ${input.predictive?.draws ?? 0} draws. Measured points are single pairs (t₁, t₁ + lag), not means.` +
          (fewer ? ` Of the lags of a cut up to ${MOST_LAGS} are shown, evenly spaced on the axis.` : ''),
      ],
    },
    input,
  );
}

/** Indices of lags, all where there are few, else evenly spaced in their logarithm, each once. */
function chooseLags(lags: Float64Array): number[] {
  if (lags.length <= MOST_LAGS) return Array.from(lags.keys());
  const [first, last] = [Math.log(lags[0]!), Math.log(lags.at(-1)!)];
  const chosen: number[] = [];
  let from = 0;
  for (let k = 0; k < MOST_LAGS; k++) {
    const wanted = Math.exp(first + ((last - first) * k) / (MOST_LAGS - 1));
    while (from < lags.length - 1 && lags[from]! < wanted * (1 - 1e-9)) from += 1;
    if (chosen.at(-1) !== from) chosen.push(from);
  }
  return chosen;
}

function drawCut(
  box: Box,
  { angle, time, lags, observed, model, replicate }: PredictiveCut,
  chosen: readonly number[],
  levels: readonly [number, number],
  { facts }: PosteriorFigureInput,
  first: boolean,
): string {
  const x = logScale([lags[0]! * 0.85, lags.at(-1)! * 1.15], [box.x, box.x + box.width]);
  const y = linearScale(pad(levels, 0.14), [box.y + box.height, box.y]);
  const band = (values: Float64Array, opacity: number): string => {
    const ends = chosen.map((l) => quantilesOf([column(values, lags.length, l)], [0.025, 0.975]));
    const edge = (side: 0 | 1): [number, number][] =>
      chosen.map((l, k) => [x(lags[l]!), clampTo(box.y, box.y + box.height, y(ends[k]![side]!))]);
    return area([...edge(1), ...edge(0).reverse()], MODEL, opacity);
  };
  const points = chosen.map((l): [number, number] => [x(lags[l]!), y(observed[l]!)]);
  return [
    band(replicate, 0.15),
    band(model, 0.6),
    marks(points, POINTS, 3),
    frame(box),
    text(box.x, box.y - 7, `φ = ${fixed(facts.phi[angle] ?? NaN, 1)}°, t₁ = ${significant(time, 3)} s`, {
      size: LABEL_SIZE,
      fill: INK,
    }),
    bottomAxis(box, x, { label: 'lag τ (s)' }),
    leftAxis(box, y, { label: first ? 'c₂' : undefined, labelGap: 48, count: 4 }),
  ].join('');
}

function column(values: Float64Array, width: number, place: number): Float64Array {
  return Float64Array.from({ length: values.length / width }, (_, s) => values[s * width + place]!);
}

/** Histograms of the predictive probabilities of the points of all cuts of an angle; `angles` are indices. */
export function drawPredictiveRanks(input: PosteriorFigureInput, angles: readonly number[], page = ''): string {
  const { cuts, angles: shares } = input.predictive!;
  const columns = Math.min(4, angles.length);
  const [left, top, across, down] = [62, 30, 40, 86];
  const [width, height] = columns === 1 ? [420, 220] : [200, 130];
  const boxes = placePanels(angles.length, columns, { left, top, width, height, across, down });
  const body = angles.map((angle, k) => {
    const ranks = cuts
      .filter((cut) => cut.angle === angle)
      .flatMap(({ pit }) => Array.from(pit).filter(Number.isFinite));
    return drawHistogram(
      boxes[k]!,
      ranks,
      shares[angle],
      `φ = ${fixed(input.facts.phi[angle] ?? NaN, 1)}°`,
      k % columns === 0,
    );
  });
  return drawPosteriorPage(
    {
      width: Math.max(560, left + columns * width + (columns - 1) * across + 24),
      height: top + Math.ceil(angles.length / columns) * (height + down) - 26,
      subtitle: `where measured points fall in their predictive distributions${page}`,
      body: body.join(''),
      notes: [
        'Probability of a prediction below the measured point, of the points of all cuts of an angle. Uniform where model and noise are right; a hump: the noise is too large, ' +
          'a trough: too small, a slope: the model misses. Grey: where all bars stay with ' +
          `${100 * (1 - CHANCE)} % probability if points are independent; those of speckle are not and leave it more often.`,
      ],
    },
    input,
  );
}

function drawHistogram(
  box: Box,
  ranks: readonly number[],
  shares: PredictiveShares | undefined,
  label: string,
  first: boolean,
): string {
  const counts = new Float64Array(BINS);
  for (const rank of ranks) {
    const bin = Math.min(BINS - 1, Math.floor(rank * BINS));
    counts[bin] = counts[bin]! + 1;
  }
  const expected = ranks.length / BINS;
  const half = normalQuantile(1 - CHANCE / (2 * BINS)) * Math.sqrt((BINS - 1) / Math.max(1, ranks.length));
  const heights = counts.map((count) => count / Math.max(expected, Number.MIN_VALUE));
  const x = linearScale([0, 1], [box.x, box.x + box.width]);
  const y = linearScale([0, Math.max(1 + 1.4 * half, 1.1 * Math.max(...heights), 2)], [box.y + box.height, box.y]);
  const percent = (share: number): string => fixed(100 * share, 0);
  const told =
    shares === undefined
      ? []
      : [
          text(
            box.x,
            box.y + box.height + 50,
            `in 50/90/95 %: ${percent(shares.within50)}/${percent(shares.within90)}/${percent(shares.within95)} % of ${shares.points}`,
            { size: TICK_SIZE - 1, fill: INK },
          ),
        ];
  return [
    bandOf(box, y, half),
    ...Array.from(heights, (height, bin) => bar(x, y, bin, height)),
    line(box.x, y(1), box.x + box.width, y(1), { stroke: INK, 'stroke-width': 0.7, 'stroke-dasharray': '3 3' }),
    frame(box),
    text(box.x, box.y - 7, label, { size: LABEL_SIZE, fill: INK }),
    bottomAxis(box, x, { label: 'predictive probability', count: 3, labelGap: 33 }),
    leftAxis(box, y, { label: first ? 'share / equal share' : undefined, count: 3, labelGap: 38 }),
    ...told,
  ].join('');
}

function bandOf(box: Box, y: Scale, half: number): string {
  const [low, high] = [y(Math.max(0, 1 - half)), y(1 + half)];
  return element('rect', { x: box.x, y: high, width: box.width, height: low - high, fill: INK, 'fill-opacity': 0.1 });
}

function bar(x: Scale, y: Scale, bin: number, height: number): string {
  const [from, to] = [x(bin / BINS) + 0.5, x((bin + 1) / BINS) - 0.5];
  return element('rect', {
    x: from,
    y: y(height),
    width: to - from,
    height: y(0) - y(height),
    fill: MODEL,
    'fill-opacity': 0.6,
  });
}
