/** Figure P18: intervals of every quantity, posterior above least squares, with R̂ and effective draws beside them. */
import { bottomAxis, FAINT_INK, frame, INK, LABEL_SIZE, TICK_SIZE, type Box } from '../axis.ts';
import { fixed, significant } from '../number-text.ts';
import { extent, type Scale } from '../scale.ts';
import { line, text } from '../svg.ts';
import { drawPosteriorPage, quantilesOf, type PosteriorFigureInput, type ShownQuantity } from './figure-input.ts';
import { comparedKind, fittedQuantity, KIND_NOTES } from './least-squares.ts';
import {
  COLOURS,
  drawLegend,
  fittingTicks,
  isWide,
  marks,
  onAxis,
  quantitySymbol,
  quantityUnit,
  valueScale,
} from './panels.ts';

/** Rows of angles on one page. */
export const ROWS_PER_PAGE = 30;
const [LEFT, TOP, ROW, BELOW] = [150, 54, 26, 44];
const WIDTH = 420;
/** Right ends of the columns beside the panel, from its right side. */
const COLUMNS = [
  { head: 'median', end: 92 },
  { head: 'R\u0302', end: 146 },
  { head: 'ESS bulk', end: 214 },
  { head: 'ESS tail', end: 278 },
] as const;
/** Half widths of the central intervals of 50 % and 95 % of a normal distribution, in standard errors. */
const [Z50, Z95] = [0.6745, 1.96];
/** An interval of the fit may widen the axis to so many times that of the posterior. */
const WIDEST = 3;

/** Quantities that share an axis, one row each. */
export type IntervalBlock = readonly ShownQuantity[];

/** `page` says which of several pages this is. */
export function drawIntervals(input: PosteriorFigureInput, blocks: readonly IntervalBlock[], page = ''): string {
  const { phi } = input.facts;
  const body: string[] = [];
  const withChains = input.sampled.chains !== null;
  const columns = withChains ? COLUMNS : COLUMNS.slice(0, 1);
  const told: Told = { unknown: new Set(), outside: new Set() };
  let y = TOP;
  for (const block of blocks) {
    const box: Box = { x: LEFT, y, width: WIDTH, height: block.length * ROW + 8 };
    body.push(drawBlock(box, block, input, told));
    y += box.height + BELOW;
  }
  const right = LEFT + WIDTH;
  const heads = columns.map(({ head, end }) =>
    text(right + end, TOP - 10, head, { anchor: 'end', size: TICK_SIZE, fill: FAINT_INK }),
  );
  const legend = drawLegend(LEFT, 18, [
    { label: 'posterior', style: { stroke: COLOURS.posterior, 'stroke-width': 5 } },
    { label: 'least squares', style: { stroke: COLOURS.fit, 'stroke-width': 5 } },
  ]);
  const named = (names: ReadonlySet<string>): string => [...names].map((name) => quantitySymbol(name, phi)).join(', ');
  return drawPosteriorPage(
    {
      width: right + columns.at(-1)!.end + 24,
      height: y,
      subtitle: `intervals of posterior and least squares${page}`,
      body: [legend, ...heads, ...body].join(''),
      notes: [
        `Thick: 50 %, thin: 95 %, dot: median. Least squares: value and normal intervals of ${KIND_NOTES[comparedKind(input)]}.`,
        ...(withChains ? ['R\u0302 should be below 1.01, both effective sample sizes (ESS) above 400.'] : []),
        ...(told.unknown.size === 0 ? [] : [`Open dot: no standard error is known, of ${named(told.unknown)}.`]),
        ...(told.outside.size === 0 ? [] : [`Least squares lies outside the axis: ${named(told.outside)}.`]),
      ],
    },
    input,
  );
}

/** Names of quantities that a note has to explain. */
interface Told {
  /** Their least-squares error is not known. */
  readonly unknown: Set<string>;
  /** Their least-squares value is not on the axis. */
  readonly outside: Set<string>;
}

function drawBlock(box: Box, block: IntervalBlock, input: PosteriorFigureInput, told: Told): string {
  const rows = block.map((quantity, k) => {
    const fitted = fittedQuantity(input, quantity.name);
    const error = fitted?.uncertainty[comparedKind(input)] ?? null;
    if (fitted !== null && error === null) told.unknown.add(quantity.name);
    return { quantity, fitted, error, middle: box.y + 4 + (k + 0.5) * ROW, ends: quantilesOf(quantity.draws, ENDS) };
  });
  const posterior = extent(rows.flatMap(({ ends }) => ends)) ?? [0, 1];
  const reach = (WIDEST - 1) * (posterior[1] - posterior[0]);
  const lowest = isWide(posterior) ? 0 : posterior[0] - reach;
  const near = (end: number): boolean => end > lowest && end <= posterior[1] + reach;
  const fitted = rows.flatMap(({ fitted, error }) =>
    fitted === null ? [] : [fitted.value, fitted.value - Z95 * (error ?? 0), fitted.value + Z95 * (error ?? 0)],
  );
  const x = valueScale([posterior, fitted.filter(near)], [box.x, box.x + box.width], 0.05);
  for (const { quantity, fitted } of rows)
    if (fitted !== null && !inside(box, x(fitted.value))) told.outside.add(quantity.name);
  const unit = quantityUnit(block[0]!.name);
  const drawn = rows.map(({ quantity, fitted, error, middle, ends }) => {
    const upper = fitted === null ? middle : middle - 5;
    return [
      text(box.x - 10, middle + 4, quantitySymbol(quantity.name, input.facts.phi), {
        anchor: 'end',
        size: LABEL_SIZE,
        fill: INK,
      }),
      interval(box, x, ends, upper, COLOURS.posterior),
      marks([[x(ends[2]!), upper]], INK, 4.5),
      ...(fitted === null ? [] : [fittedMarks(box, x, fitted.value, error, middle + 6)]),
      ...cells(quantity, ends[2]!).map((cell, k) =>
        text(box.x + box.width + COLUMNS[k]!.end, middle + 4, cell, { anchor: 'end', size: TICK_SIZE, fill: INK }),
      ),
    ].join('');
  });
  const axis = bottomAxis(box, x, {
    label: unit === '' ? undefined : unit,
    labelGap: 33,
    count: fittingTicks(x, box.width, 7),
  });
  return [...drawn, frame(box), axis].join('');
}

const ENDS = [0.025, 0.25, 0.5, 0.75, 0.975] as const;

/** Thin from the first to the last of five quantiles, thick between the inner ones. */
function interval(box: Box, x: Scale, ends: readonly number[], y: number, stroke: string): string {
  const at = ends.map((end) => onAxis(box, x, end));
  return (
    line(at[0]!, y, at[4]!, y, { stroke, 'stroke-width': 1.4 }) +
    line(at[1]!, y, at[3]!, y, { stroke, 'stroke-width': 5 })
  );
}

function fittedMarks(box: Box, x: Scale, value: number, error: number | null, y: number): string {
  const shown = inside(box, x(value));
  if (error === null)
    return shown ? marks([[x(value), y]], COLOURS.fit, 6) + marks([[x(value), y]], '#ffffff', 3.5) : '';
  const ends = [-Z95, -Z50, 0, Z50, Z95].map((z) => value + z * error);
  return interval(box, x, ends, y, COLOURS.fit) + (shown ? marks([[x(value), y]], INK, 4.5) : '');
}

function inside({ x, width }: Box, place: number): boolean {
  return place >= x && place <= x + width;
}

function cells({ summary }: ShownQuantity, median: number): string[] {
  const { chains, sd } = summary;
  const digits =
    sd > 0 && median !== 0 ? Math.min(7, Math.max(2, Math.ceil(Math.log10(Math.abs(median) / sd)) + 2)) : 3;
  const known = (value: number, decimals: number): string => (Number.isFinite(value) ? fixed(value, decimals) : 'none');
  const first = significant(median, digits);
  if (chains === null) return [first];
  return [first, known(chains.rHat, 3), known(chains.essBulk, 0), known(chains.essTail, 0)];
}
