/** Figure P22: posterior, least squares and prior of each parameter as curves, and all their intervals below one another. */
import { exp } from '../../math/index.ts';
import { bottomAxis, frame, INK, type Box } from '../axis.ts';
import { extent, type Scale } from '../scale.ts';
import { line } from '../svg.ts';
import { densityAlong } from './axis-density.ts';
import {
  drawPosteriorPage,
  quantilesOf,
  shownParameters,
  type PosteriorFigureInput,
  type ShownQuantity,
} from './figure-input.ts';
import { fittedQuantity } from './least-squares.ts';
import {
  area,
  clampTo,
  COLOURS,
  curve,
  drawLegend,
  isWide,
  marks,
  onAxis,
  placePanels,
  quantityLabel,
  quantitySymbol,
  valueScale,
  type LegendEntry,
} from './panels.ts';

const [LEFT, RIGHT, TOP] = [24, 24, 46];
const WIDTH = 300;
const GAP = { across: 28, down: 64 } as const;
/** Height of the curves; intervals stand below. */
const CURVES = 96;
const ROW = 14;
const POINTS = 96;
const [Z68, Z95] = [0.9945, 1.96];
const INDEPENDENT = '#d98d2b';
const PROFILE = '#2d7d46';
/** Errors of the fit widen the axis to this many times the range of the draws at most. */
const WIDEST = 3;

/** Median or value, and the ends of the 68 % and 95 % intervals; null where there is no limit. */
interface Row {
  readonly label: string;
  readonly colour: string;
  readonly centre: number;
  readonly inner: readonly [number | null, number | null];
  readonly outer: readonly [number | null, number | null];
}

export function drawCompared(input: PosteriorFigureInput): string {
  const shown = shownParameters(input);
  const columns = Math.min(3, shown.length);
  const bars = shown.map((quantity) => rowsOf(input, quantity));
  const height = CURVES + 8 + ROW * Math.max(1, ...bars.map((rows) => rows.length));
  const boxes = placePanels(shown.length, columns, { left: LEFT, top: TOP, width: WIDTH, height, ...GAP });
  const body = shown.map((quantity, k) => drawPanel(boxes[k]!, quantity, bars[k]!, input));
  const profiled = bars.flat().some(({ label }) => label === 'profile');
  const legend: LegendEntry[] = [
    { label: 'posterior', style: { stroke: COLOURS.posterior, 'stroke-width': 2 } },
    { label: 'prior', style: { stroke: COLOURS.prior, 'stroke-width': 1.4, 'stroke-dasharray': '1.5 2' } },
    { label: 'least squares, speckle errors', style: { stroke: COLOURS.fit, 'stroke-width': 1.6 } },
    {
      label: 'least squares, independent errors',
      style: { stroke: INDEPENDENT, 'stroke-width': 1.6, 'stroke-dasharray': '5 2' },
    },
  ];
  if (profiled) legend.push({ label: 'profile likelihood', style: { stroke: PROFILE, 'stroke-width': 5 } });
  return drawPosteriorPage(
    {
      width: Math.max(720, LEFT + columns * WIDTH + (columns - 1) * GAP.across + RIGHT),
      height: TOP + Math.ceil(shown.length / columns) * (height + GAP.down) - 16,
      subtitle: 'least squares and posterior side by side',
      body: drawLegend(LEFT, 18, legend) + body.join(''),
      notes: [
        `Every curve is scaled to its own height. Bars: thick 68 %, thin 95 %${profiled ? '; profile: limits of the profile likelihood' : ''}. Independent errors take all points as independent: ` +
          'too narrow for measured speckle.',
        ...unknownNotes(input, shown),
      ],
    },
    input,
  );
}

/** Parameters without any error of least squares, by the reason. */
function unknownNotes(input: PosteriorFigureInput, shown: readonly ShownQuantity[]): string[] {
  const unknown = shown.flatMap(({ name }) => {
    const { speckle, independent, reason } = fittedQuantity(input, name)!.uncertainty;
    return speckle === null && independent === null ? [{ name, reason: reason ?? 'no reason given' }] : [];
  });
  if (unknown.length === 0) return [];
  const told = [...Map.groupBy(unknown, ({ reason }) => reason)].map(
    ([reason, some]) => `${some.map(({ name }) => quantitySymbol(name, input.facts.phi)).join(', ')} (${reason})`,
  );
  return [`No error of least squares: ${told.join('; ')}.`];
}

function rowsOf(input: PosteriorFigureInput, { name, draws }: ShownQuantity): Row[] {
  const [low95, low68, median, high68, high95] = quantilesOf(draws, [0.025, 0.16, 0.5, 0.84, 0.975]);
  const rows: Row[] = [
    {
      label: 'posterior',
      colour: COLOURS.posterior,
      centre: median!,
      inner: [low68!, high68!],
      outer: [low95!, high95!],
    },
  ];
  const fitted = fittedQuantity(input, name);
  for (const [kind, colour] of [
    ['speckle', COLOURS.fit],
    ['independent', INDEPENDENT],
  ] as const) {
    const error = fitted?.uncertainty[kind] ?? null;
    if (fitted === null || error === null) continue;
    const ends = (z: number): [number, number] => [fitted.value - z * error, fitted.value + z * error];
    rows.push({ label: kind, colour, centre: fitted.value, inner: ends(Z68), outer: ends(Z95) });
  }
  const profile = input.fit.profiles?.parameters.find((one) => one.name === name);
  if (profile !== undefined && profile.reason === null) {
    const [inner, outer] = profile.intervals.map(({ lower, upper }): Row['inner'] => [lower.value, upper.value]);
    if (inner !== undefined && outer !== undefined) {
      rows.push({ label: 'profile', colour: PROFILE, centre: profile.estimate, inner, outer });
    }
  }
  return rows;
}

function drawPanel(
  box: Box,
  { name, draws }: ShownQuantity,
  rows: readonly Row[],
  input: PosteriorFigureInput,
): string {
  const range = [box.x, box.x + box.width] as const;
  const all = Float64Array.from(draws.flatMap((chain) => Array.from(chain)));
  const [low, high] = extent(all) ?? [0, 1];
  const reach = ((WIDEST - 1) / 2) * (high - low);
  const lowest = isWide([low, high]) ? low / WIDEST : low - reach;
  const ends = rows.flatMap(({ outer }) => outer.filter((end) => end !== null));
  const x = valueScale([all, ends.map((end) => clampTo(lowest, high + reach, end))], range);
  const top = box.y + 6;
  const base = box.y + CURVES;
  const height = (share: number): number => base - share * (base - top);
  const { priors, free } = input.sampled.posterior;
  const prior = priors[free.source(name)]!;
  const walls = [prior.lower, prior.upper].map(x).filter((wall) => wall > range[0] && wall < range[1]);
  const { at, density } = densityAlong(all.map(x), range, POINTS, walls);
  const highest = Math.max(...density);
  const points = Array.from(at, (place, k): [number, number] => [place, height(density[k]! / highest)]);
  const normals = rows
    .filter(({ label }) => label === 'speckle' || label === 'independent')
    .map(({ label, colour, centre, inner }) => {
      const error = (inner[1]! - centre) / Z68;
      const style = {
        stroke: colour,
        'stroke-width': 1.6,
        'stroke-dasharray': label === 'independent' ? '5 2' : undefined,
      };
      return curve(normalPoints(box, x, centre, error, height), style);
    });
  return [
    area([[at[0]!, base], ...points, [at.at(-1)!, base]], COLOURS.posterior, 0.12),
    curve(points, { stroke: COLOURS.posterior, 'stroke-width': 1.8 }),
    curve(priorPoints(x, prior, height), { stroke: COLOURS.prior, 'stroke-width': 1.2, 'stroke-dasharray': '1.5 2' }),
    ...normals,
    ...rows.map((row, k) => drawRow(box, x, row, base + 12 + k * ROW)),
    frame(box),
    bottomAxis(box, x, { label: quantityLabel(name, input.facts.phi), count: 4 }),
  ].join('');
}

function normalPoints(
  box: Box,
  x: Scale,
  centre: number,
  error: number,
  height: (share: number) => number,
): [number, number][] {
  return Array.from({ length: POINTS }, (_, k) => {
    const z = -4 + (8 * k) / (POINTS - 1);
    const place = x(centre + z * error);
    return place >= box.x && place <= box.x + box.width ? [place, height(exp(-0.5 * z * z))] : [NaN, NaN];
  });
}

/** The prior over the range shown; on a logarithmic axis the density of the logarithm. */
function priorPoints(
  x: Scale,
  prior: { at(value: number): { readonly value: number } },
  height: (share: number) => number,
): [number, number][] {
  const [low, high] = x.domain;
  const values = Array.from({ length: POINTS }, (_, k) => {
    const share = k / (POINTS - 1);
    return x.kind === 'log' ? low * (high / low) ** share : low + (high - low) * share;
  });
  const logs = values.map((value) => prior.at(value).value + (x.kind === 'log' ? Math.log(value) : 0));
  const highest = Math.max(...logs);
  return values.map((value, k) => [x(value), logs[k]! > -Infinity ? height(exp(logs[k]! - highest)) : NaN]);
}

function drawRow(box: Box, x: Scale, { colour, centre, inner, outer }: Row, y: number): string {
  const [left, right] = [box.x, box.x + box.width];
  const bar = (ends: Row['inner'], width: number): string => {
    const from = ends[0] === null ? left : onAxis(box, x, ends[0]);
    const to = ends[1] === null ? right : onAxis(box, x, ends[1]);
    return line(from, y, to, y, { stroke: colour, 'stroke-width': width });
  };
  const at = x(centre);
  return [bar(outer, 1.4), bar(inner, 5), at >= left && at <= right ? marks([[at, y]], INK, 4.5) : ''].join('');
}
