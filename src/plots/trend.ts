/** Numbers of many fits against one quantity: a panel per number, a colour per group, open circles for doubtful ones. */
import { bottomAxis, frame, INK, leftAxis, TICK_SIZE, type Box } from './axis.ts';
import { drawSheet } from './page.ts';
import { countScale, extent, linearScale, logScale, pad, type Scale } from './scale.ts';
import { dots, element, line, polyline, text } from './svg.ts';
import { fitText } from './text-width.ts';

export interface TrendPoint {
  readonly x: number;
  readonly y: number;
  /** One standard error; null when it is not known. */
  readonly error: number | null;
  /** Index into the groups. */
  readonly group: number;
  /** Drawn open: the fit did not converge, or the value is at a bound. */
  readonly doubtful: boolean;
}

export interface TrendPanel {
  /** `name (unit)`. */
  readonly label: string;
  readonly points: readonly TrendPoint[];
  /** A power of x to compare with, drawn through the middle of the points where both axes are logarithmic. */
  readonly guide?: { readonly exponent: number; readonly label: string };
}

export interface Trend {
  readonly title: string;
  readonly subtitle: string;
  readonly x: { readonly label: string; readonly kind: 'linear' | 'log' | 'count' };
  readonly panels: readonly TrendPanel[];
  /** Names of the groups. */
  readonly groups: readonly string[];
  readonly notes: readonly string[];
  /** Stands in the footer. */
  readonly origin: string;
  readonly version: string;
}

/** Told apart by people who see colours differently, on white. */
const COLOURS = ['#1f5fa8', '#b04a1a', '#2d7d46', '#7a3e9d', '#8a6d00', '#00798c', '#a8325e', '#555555'];
const LEFT = 84;
const PANEL = { width: 330, height: 150 } as const;
const GAP = { across: 92, down: 56 } as const;
const RIGHT = 22;
const LEGEND_LINE = 18;
const LEGEND_ITEM = 190;
/** Values this many times apart are shown on a logarithmic axis. */
const LOG_FROM = 4;

export function drawTrend(trend: Trend): string {
  const { panels, groups } = trend;
  const columns = Math.min(2, Math.max(1, panels.length));
  const rows = Math.ceil(panels.length / columns);
  const width = LEFT + columns * PANEL.width + (columns - 1) * GAP.across + RIGHT;
  const named = groups.length > 1 && groups.length <= COLOURS.length;
  const perLine = Math.max(1, Math.floor((width - LEFT) / LEGEND_ITEM));
  const legend = named ? Math.ceil(groups.length / perLine) * LEGEND_LINE + 8 : 0;
  const xs = extent(panels.flatMap(({ points }) => points.map(({ x }) => x))) ?? [0, 1];
  const body = panels.map((panel, k) => {
    const box: Box = {
      x: LEFT + (k % columns) * (PANEL.width + GAP.across),
      y: legend + 12 + Math.floor(k / columns) * (PANEL.height + GAP.down),
      ...PANEL,
    };
    return drawPanel(box, panel, trend, xs);
  });
  const names = groups.map((name, k) => {
    const [x, y] = [LEFT + (k % perLine) * LEGEND_ITEM, 14 + Math.floor(k / perLine) * LEGEND_LINE];
    const mark = element('circle', { cx: x, cy: y - 4, r: 4, fill: colourOf(k) });
    return mark + text(x + 9, y, fitText(name, TICK_SIZE, LEGEND_ITEM - 20), { size: TICK_SIZE, fill: INK });
  });
  const many = groups.length > COLOURS.length ? [`Colours repeat: there are ${groups.length} groups.`] : [];
  return drawSheet(
    {
      width,
      height: legend + 12 + rows * (PANEL.height + GAP.down),
      title: trend.title,
      subtitle: trend.subtitle,
      body: [...(named ? names : []), ...body].join(''),
      notes: [...trend.notes, ...many],
    },
    trend.origin,
    trend.version,
  );
}

function colourOf(group: number): string {
  return COLOURS[group % COLOURS.length]!;
}

function drawPanel(box: Box, panel: TrendPanel, { x: axis, groups }: Trend, xs: readonly [number, number]): string {
  const range = [box.x + 8, box.x + box.width - 8] as const;
  const linear = axis.kind === 'count' ? countScale : linearScale;
  const x = axis.kind === 'log' ? logScale(widened(xs), range) : linear(pad(xs, 0.02), range);
  const y = scaleOf(panel.points, box, axis.kind === 'log' && panel.guide !== undefined ? 1 : LOG_FROM);
  const parts: string[] = [];
  for (const group of groups.keys()) {
    const own = panel.points.filter((point) => point.group === group).toSorted((a, b) => a.x - b.x);
    if (own.length === 0) continue;
    parts.push(drawGroup(own, x, y, box, colourOf(group)));
  }
  return [
    ...parts,
    panel.guide === undefined ? '' : drawGuide(panel.points, panel.guide, x, y, box),
    frame(box),
    bottomAxis(box, x, { label: axis.label, labelGap: 34 }),
    leftAxis(box, y, { label: panel.label, labelGap: 62 }),
  ].join('');
}

/** A straight line through the geometric mean of the points, as far as the box goes. */
function drawGuide(
  points: readonly TrendPoint[],
  { exponent, label }: NonNullable<TrendPanel['guide']>,
  x: Scale,
  y: Scale,
  box: Box,
): string {
  const usable = points.filter((point) => point.x > 0 && point.y > 0);
  if (x.kind !== 'log' || y.kind !== 'log' || usable.length === 0) return '';
  const meanLog = (of: (point: TrendPoint) => number): number =>
    usable.reduce((sum, point) => sum + Math.log(of(point)), 0) / usable.length;
  const [logX, logY] = [meanLog((point) => point.x), meanLog((point) => point.y)];
  // Where the line meets the ends of either axis.
  const ends = y.domain.map((value) => logX + (Math.log(value) - logY) / exponent).toSorted((a, b) => a - b);
  const from = Math.max(Math.log(x.domain[0]), ends[0]!);
  const to = Math.min(Math.log(x.domain[1]), ends[1]!);
  if (!(to > from)) return '';
  const height = (at: number): number => y(Math.exp(logY + exponent * (at - logX)));
  const stroke = { stroke: '#777777', 'stroke-width': 1, 'stroke-dasharray': '5 4' };
  const drawn = line(x(Math.exp(from)), height(from), x(Math.exp(to)), height(to), stroke);
  return drawn + text(box.x + box.width - 8, box.y + 14, label, { size: TICK_SIZE, fill: '#555555', anchor: 'end' });
}

function drawGroup(points: readonly TrendPoint[], x: Scale, y: Scale, box: Box, colour: string): string {
  const inside = (value: number): number => Math.min(box.y + box.height, Math.max(box.y, y(value)));
  const bars = points.map(({ x: at, y: value, error }) => {
    if (error === null || !Number.isFinite(y(value))) return '';
    const low = value - error > 0 || y.kind === 'linear' ? inside(value - error) : box.y + box.height;
    return line(x(at), low, x(at), inside(value + error), { stroke: colour, 'stroke-width': 1 });
  });
  const place = (point: TrendPoint): [number, number] => [x(point.x), y(point.y)];
  const disc = (chosen: readonly TrendPoint[], size: number, stroke: string): string =>
    element('path', {
      d: dots(chosen.map(place)),
      fill: 'none',
      stroke,
      'stroke-width': size,
      'stroke-linecap': 'round',
    });
  const doubtful = points.filter((point) => point.doubtful);
  return [
    element('path', {
      d: polyline(points.map(place)),
      fill: 'none',
      stroke: colour,
      'stroke-width': 0.8,
      'stroke-opacity': 0.45,
    }),
    ...bars,
    disc(points, 7, colour),
    ...(doubtful.length === 0 ? [] : [disc(doubtful, 4.5, '#ffffff')]),
  ].join('');
}

/**
 * The values decide the range, and errors widen it unless they are far larger than most; logarithmic for values more than
 * `logFrom` times apart.
 */
function scaleOf(points: readonly TrendPoint[], box: Box, logFrom: number): Scale {
  const range = [box.y + box.height, box.y] as const;
  const bare = extent(points.map(({ y }) => y)) ?? [0, 1];
  const ends = points.flatMap(({ y, error }) => (error === null ? [y] : [y - error, y + error]));
  if (bare[0] > 0 && bare[1] / bare[0] > logFrom) {
    const high = Math.min(Math.max(...ends), bare[1] * 3);
    const low = Math.max(Math.min(...ends), bare[0] / 3);
    return logScale([low * 0.85, high * 1.18], range);
  }
  const errors = points.flatMap(({ error }) => (error === null ? [] : [error])).toSorted((a, b) => a - b);
  const usual = 2 * (errors[Math.floor(errors.length / 2)] ?? 0);
  const reach = 1.5 * Math.max(bare[1] - bare[0], 0.1 * Math.abs(bare[1]), usual, Number.MIN_VALUE);
  const low = Math.max(Math.min(...ends), bare[0] - reach);
  const high = Math.min(Math.max(...ends), bare[1] + reach);
  return linearScale(pad([low, high], 0.08), range);
}

function widened([low, high]: readonly [number, number]): [number, number] {
  return [low * 0.93, high * 1.07];
}
