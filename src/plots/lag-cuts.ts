/** c2 against lag at several ages with the model line, one panel per angle. */
import { bottomAxis, frame, INK, LABEL_SIZE, leftAxis, TICK_SIZE } from './axis.ts';
import type { Box } from './axis.ts';
import { colourAt } from './colour-map.ts';
import type { AgeWindow, LagCut } from './lag-average.ts';
import { fixed } from './number-text.ts';
import { dataTitle, drawPage } from './page.ts';
import type { PageFacts } from './page.ts';
import { extent, linearScale, logScale, pad } from './scale.ts';
import { dots, element, line, polyline, text } from './svg.ts';
import { textWidth } from './text-width.ts';

export interface CutAngle {
  /** Degrees. */
  readonly phi: number;
  /** One per age window. */
  readonly cuts: readonly LagCut[];
}

const LEFT = 64;
const RIGHT = 18;
const GAP = 20;
const LEGEND = 34;
const LABEL_ROOM = 16;

/** Columns and panel size for a number of angles. */
function layout(count: number): { columns: number; width: number; height: number } {
  if (count === 1) return { columns: 1, width: 620, height: 360 };
  if (count === 2) return { columns: 2, width: 340, height: 280 };
  if (count <= 6) return { columns: Math.min(3, count === 4 ? 2 : count), width: count === 4 ? 340 : 250, height: 210 };
  if (count <= 12) return { columns: 4, width: 186, height: 160 };
  return { columns: 5, width: 150, height: 128 };
}

/** Panels on one page. */
export const CUTS_PER_PAGE = 30;

/** Axis limits shared by all panels of a run. */
export interface CutDomains {
  readonly lag: readonly [number, number];
  readonly level: readonly [number, number];
}

export function chooseCutDomains(angles: readonly CutAngle[]): CutDomains {
  const all = angles.flatMap((angle) => angle.cuts);
  const lags = extent(all.flatMap((cut) => [...cut.lag])) ?? [1, 10];
  const levels = extent(all.flatMap((cut) => [...cut.measured, ...cut.model])) ?? [0, 1];
  const [low, high] = pad(levels, 0.06);
  // Room for the angle below all curves.
  const share = LABEL_ROOM / layout(Math.min(angles.length, CUTS_PER_PAGE)).height;
  return { lag: [lags[0] * 0.85, lags[1] * 1.15], level: [low - (share / (1 - share)) * (high - low), high] };
}

/** One page of panels; `page` says which one where there are several. */
export function drawLagCuts(
  angles: readonly CutAngle[],
  windows: readonly AgeWindow[],
  domains: CutDomains,
  facts: PageFacts,
  page = '',
): string {
  const { columns, width, height } = layout(angles.length);
  const rows = Math.ceil(angles.length / columns);
  const colours = windows.map((_, w) => colourAt('viridis', (0.88 * w) / Math.max(1, windows.length - 1)));
  const pageWidth = LEFT + columns * width + (columns - 1) * GAP + RIGHT;
  const small = columns > 2;
  const parts = [legend(windows, colours, pageWidth - LEFT - RIGHT)];
  const legendHeight = LEGEND + 18 * (legendRows(windows, pageWidth - LEFT - RIGHT) - 1);
  angles.forEach((angle, n) => {
    const [row, column] = [Math.floor(n / columns), n % columns];
    const box: Box = { x: LEFT + column * (width + GAP), y: legendHeight + row * (height + GAP), width, height };
    const x = logScale(domains.lag, [box.x, box.x + width]);
    const y = linearScale(domains.level, [box.y + height, box.y]);
    // A panel carries the axis of its column when none stands below it.
    const lowest = n + columns >= angles.length;
    parts.push(frame(box));
    angle.cuts.forEach((cut, w) => parts.push(drawCut(cut, x, y, colours[w]!, small)));
    parts.push(
      bottomAxis(box, x, {
        label: lowest ? 'lag τ = t₂ − t₁ (s)' : undefined,
        tickLabels: lowest,
        count: Math.max(3, Math.round(width / 50)),
      }),
      leftAxis(box, y, { label: column === 0 ? 'c₂' : undefined, tickLabels: column === 0, labelGap: 48 }),
      text(box.x + 8, box.y + height - 9, `φ = ${fixed(angle.phi, 1)}°`, {
        size: small ? TICK_SIZE : LABEL_SIZE,
        fill: INK,
      }),
    );
  });
  return drawPage(
    {
      width: pageWidth,
      height: legendHeight + rows * (height + GAP) - GAP + 46,
      title: dataTitle(
        facts,
        angles.map((angle) => angle.phi),
      ),
      subtitle: `two-time correlation against lag at several ages${page}`,
      body: parts.join(''),
      notes: [
        'Points: measured, lines: model; both are means over the same pairs, whose age (t₁ + t₂)/2 lies within the window given and whose lag lies in one ' +
          'bin (one frame wide at first, then 20 per decade).',
      ],
    },
    facts,
  );
}

function drawCut(
  cut: LagCut,
  x: (v: number) => number,
  y: (v: number) => number,
  colour: string,
  small: boolean,
): string {
  const points = (values: Float64Array): [number, number][] => Array.from(cut.lag, (lag, k) => [x(lag), y(values[k]!)]);
  return (
    element('path', {
      d: dots(points(cut.measured)),
      fill: 'none',
      stroke: colour,
      'stroke-width': small ? 3 : 4,
      'stroke-linecap': 'round',
      'stroke-opacity': 0.55,
    }) +
    element('path', { d: polyline(points(cut.model)), fill: 'none', stroke: colour, 'stroke-width': small ? 1.1 : 1.5 })
  );
}

const HEAD = 'age (s):';

function entries(windows: readonly AgeWindow[]): string[] {
  const narrowest = Math.min(...windows.map((window) => window.halfWidth));
  const decimals = Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(narrowest))));
  return windows.map(({ age, halfWidth }) => `${fixed(age - halfWidth, decimals)}–${fixed(age + halfWidth, decimals)}`);
}

/** Place of every legend entry, from the left of the panels; wraps where the line is full. */
function places(windows: readonly AgeWindow[], width: number): [x: number, row: number][] {
  let x = textWidth(HEAD, TICK_SIZE) + 12;
  const first = x;
  let row = 0;
  return entries(windows).map((label) => {
    const wide = 34 + textWidth(label, TICK_SIZE) + 18;
    if (x + wide > width + 18 && x > first) {
      x = first;
      row++;
    }
    const place: [number, number] = [x, row];
    x += wide;
    return place;
  });
}

function legendRows(windows: readonly AgeWindow[], width: number): number {
  return Math.max(...places(windows, width).map(([, row]) => row), 0) + 1;
}

function legend(windows: readonly AgeWindow[], colours: readonly string[], width: number): string {
  const labels = entries(windows);
  const parts = [text(LEFT, 16, HEAD, { size: TICK_SIZE, fill: INK })];
  places(windows, width).forEach(([x, row], w) => {
    const [left, y] = [LEFT + x, 12 + 18 * row];
    parts.push(
      line(left, y, left + 26, y, { stroke: colours[w], 'stroke-width': 1.5 }),
      element('path', {
        d: dots([[left + 13, y]]),
        stroke: colours[w],
        'stroke-width': 5,
        'stroke-linecap': 'round',
        'stroke-opacity': 0.55,
      }),
      text(left + 32, y + 4, labels[w]!, { size: TICK_SIZE, fill: INK }),
    );
  });
  return parts.join('');
}
