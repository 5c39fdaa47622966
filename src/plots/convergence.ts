/**
 * How the cost fell: excess over the best cost against steps, all starts, reduced and full data apart.
 *
 * A start goes through stages: some frames, then more and more of them, then all data. Its iterations count from the
 * beginning in each. Costs of different data cannot be compared, so the excess on reduced data is that over the best
 * cost of the same stage.
 */
import type { FitOutcome, TraceEntry } from '../nlsq/outcome.ts';
import { bottomAxis, FAINT_INK, frame, INK, LABEL_SIZE, leftAxis } from './axis.ts';
import type { Box } from './axis.ts';
import { significant } from './number-text.ts';
import { dataTitle, drawPage } from './page.ts';
import type { PageFacts } from './page.ts';
import { linearScale, logScale } from './scale.ts';
import type { Scale } from './scale.ts';
import { dots, element, line, polyline, text } from './svg.ts';

const LEVELS = {
  coarse: { title: 'some of the frames', colour: '#8a5a00' },
  full: { title: 'all data', colour: '#1f5fa8' },
} as const;
type Level = keyof typeof LEVELS;

/** Relative excess below which a cost counts as the best one. */
const FLOOR = 1e-12;
const LEFT = 72;
const GAP = 26;
const RIGHT = 22;
const HEIGHT = 290;
const TOP = 24;

export function drawConvergence(outcome: FitOutcome, facts: PageFacts): string {
  const { trace, starts, startsAtBest } = outcome.solver;
  const levels = (['coarse', 'full'] as const).filter((level) => trace.some((entry) => entry.level === level));
  const side = levels.length === 1 ? 520 : 372;
  const curves = levels.map((level) => excesses(trace, level));
  const smallest = Math.min(
    1,
    ...curves.flatMap((curve) => curve.map((point) => point.excess)).filter((e) => e > FLOOR),
  );
  const largest = Math.max(1e-2, ...curves.flatMap((curve) => curve.map((point) => point.excess)));
  const floor = 10 ** (Math.floor(Math.log10(smallest)) - 1);
  const domain: [number, number] = [floor * 0.5, largest * 2];
  const best = bestStart(trace);
  const body = levels.map((level, n) => {
    const box: Box = { x: LEFT + n * (side + GAP), y: TOP, width: side, height: HEIGHT };
    const y = logScale(domain, [box.y + box.height, box.y]);
    return drawLevel(box, y, curves[n]!, { level, floor, first: n === 0, best });
  });
  if (levels.length === 0) {
    body.push(text(LEFT, 60, 'No iteration was needed: no parameter is free.', { size: LABEL_SIZE, fill: INK }));
  }
  const shown = Math.max(1, levels.length);
  return drawPage(
    {
      width: LEFT + shown * side + (shown - 1) * GAP + RIGHT,
      height: TOP + HEIGHT + 44,
      title: dataTitle(facts),
      subtitle: `convergence: ${startsAtBest} of ${starts} starts reached the best minimum; ${outcome.solver.fullSweeps} passes over all data`,
      body: body.join(''),
      notes: [
        'Excess: (cost − best cost of the same data)/best cost, cost = ½χ². Bold: the start that ended best; faint: the others; open circles: rejected steps. ' +
          `Points on the dashed line have no excess above ${significant(floor, 1)}.`,
      ],
    },
    facts,
  );
}

interface Point {
  readonly start: number;
  /** Steps of this start on this kind of data so far. */
  readonly step: number;
  /** 0 for the first data a start sees, then 1, 2, … */
  readonly stage: number;
  readonly accepted: boolean;
  readonly excess: number;
}

function excesses(trace: readonly TraceEntry[], level: Level): Point[] {
  const places = new Map<number, { stage: number; offset: number; last: number }>();
  const entries = trace
    .filter((entry) => entry.level === level && Number.isFinite(entry.cost))
    .map((entry) => {
      const place = places.get(entry.start) ?? { stage: 0, offset: 0, last: 0 };
      if (entry.iteration < place.last) {
        place.stage++;
        place.offset += place.last;
      }
      place.last = entry.iteration;
      places.set(entry.start, place);
      return { ...entry, stage: place.stage, step: place.offset + entry.iteration };
    });
  const key = (entry: { stage: number }): number => (level === 'full' ? 0 : entry.stage);
  const lowest = new Map<number, number>();
  for (const entry of entries) lowest.set(key(entry), Math.min(entry.cost, lowest.get(key(entry)) ?? Infinity));
  return entries.map(({ cost, ...entry }) => {
    const best = lowest.get(key(entry))!;
    return { ...entry, excess: (cost - best) / Math.max(best, Number.MIN_VALUE) };
  });
}

/** The start with the lowest cost, on all data where there are any. */
function bestStart(trace: readonly TraceEntry[]): number {
  const full = trace.filter((entry) => entry.level === 'full');
  let winner: TraceEntry | undefined;
  for (const entry of full.length > 0 ? full : trace) {
    if (winner === undefined || entry.cost < winner.cost) winner = entry;
  }
  return winner?.start ?? -1;
}

/** A line ends where the data change, or where the same start climbs once more from elsewhere. */
function stages(points: readonly Point[]): Point[][] {
  return [...Map.groupBy(points, (point) => point.stage).values()];
}

interface LevelOptions {
  readonly level: Level;
  readonly floor: number;
  readonly first: boolean;
  /** The start drawn bold. */
  readonly best: number;
}

function drawLevel(box: Box, y: Scale, points: readonly Point[], { level, floor, first, best }: LevelOptions): string {
  const { title, colour } = LEVELS[level];
  const last = Math.max(1, ...points.map((point) => point.step));
  const x = linearScale([-0.03 * last, last * 1.03], [box.x, box.x + box.width]);
  const place = (point: Point): [number, number] => [x(point.step), y(Math.max(point.excess, floor))];
  const starts = [...new Set(points.map((point) => point.start))].sort(
    (a, b) => Number(a === best) - Number(b === best) || a - b,
  );
  const parts = [
    line(box.x, y(floor), box.x + box.width, y(floor), {
      stroke: FAINT_INK,
      'stroke-width': 0.8,
      'stroke-dasharray': '4 3',
    }),
  ];
  for (const start of starts) {
    const accepted = points.filter((point) => point.start === start && point.accepted);
    const bold = start === best;
    parts.push(
      element('path', {
        d: stages(accepted)
          .map((stage) => polyline(stage.map(place)))
          .join(''),
        fill: 'none',
        stroke: colour,
        'stroke-width': bold ? 2.2 : 1,
        'stroke-opacity': bold ? 1 : 0.35,
      }),
      element('path', {
        d: dots(accepted.map(place)),
        fill: 'none',
        stroke: colour,
        'stroke-width': bold ? 6 : 4,
        'stroke-linecap': 'round',
        'stroke-opacity': bold ? 1 : 0.35,
      }),
    );
    for (const point of points.filter((one) => one.start === start && !one.accepted)) {
      const [cx, cy] = place(point);
      parts.push(element('circle', { cx, cy, r: 3, fill: 'none', stroke: colour, 'stroke-opacity': bold ? 1 : 0.5 }));
    }
  }
  parts.push(
    frame(box),
    text(box.x, box.y - 8, title, { size: LABEL_SIZE, fill: colour }),
    bottomAxis(box, x, { label: 'step', count: Math.min(last, 8) }),
    leftAxis(box, y, { label: first ? 'relative excess cost' : undefined, tickLabels: first, labelGap: 54 }),
  );
  return parts.join('');
}
