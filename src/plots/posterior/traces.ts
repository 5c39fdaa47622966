/** Figure P14: every chain along its draws, with the density of its values beside it and marks where trajectories diverged. */
import { bottomAxis, frame, INK, LABEL_SIZE, labelWithFactor, leftAxis, type Box } from '../axis.ts';
import { linearScale, type Scale } from '../scale.ts';
import { element, text } from '../svg.ts';
import { densityAlong } from './axis-density.ts';
import {
  drawPosteriorPage,
  leftOutNote,
  shownDivergences,
  worstQuantities,
  type PosteriorFigureInput,
  type ShownDivergence,
  type ShownQuantity,
} from './figure-input.ts';
import {
  chainLegend,
  chainStyle,
  COLOURS,
  curve,
  drawLegend,
  placePanels,
  quantityLabel,
  valueScale,
} from './panels.ts';

export const MOST_TRACES = 16;
const [LEFT, RIGHT, TOP] = [84, 20, 42];
const PANEL = { width: 270, height: 92 } as const;
const BESIDE = { gap: 6, width: 74 } as const;
const GAP = { across: 96, down: 40 } as const;
/** Pieces that the draws of all chains of a panel are cut into, about. */
const PIECES = 400;
/** Points of all density curves of a panel. */
const DENSITY_POINTS = 256;
const RUG = 5;
/** Ticks of values, about. */
const TICKS = 3;

export function drawTraces(input: PosteriorFigureInput): string {
  const shown = worstQuantities(input, MOST_TRACES);
  const { sampled, facts } = input;
  const columns = Math.min(2, shown.length);
  const wide = { ...PANEL, width: PANEL.width + BESIDE.gap + BESIDE.width };
  const boxes = placePanels(shown.length, columns, { left: LEFT, top: TOP, ...wide, ...GAP });
  const divergences = shownDivergences(sampled);
  const chains = shown[0]?.draws.length ?? 0;
  const draws = shown[0]?.draws[0]?.length ?? 0;
  const piece = pieceOf(draws, chains);
  const body = shown.map((quantity, k) => {
    const lowest = k + columns >= shown.length;
    return drawTrace({ ...boxes[k]!, width: PANEL.width }, quantity, divergences, { phi: facts.phi, piece, lowest });
  });
  const rows = Math.ceil(shown.length / columns);
  const diverged =
    divergences.length === 0 ? [] : [{ label: 'divergence', style: { stroke: COLOURS.divergence, 'stroke-width': 2 } }];
  return drawPosteriorPage(
    {
      width: LEFT + columns * wide.width + (columns - 1) * GAP.across + RIGHT,
      height: TOP + rows * (PANEL.height + GAP.down) + 6,
      subtitle: 'draws of every chain, and the density of each chain beside them',
      body: drawLegend(LEFT, 18, [...chainLegend(chains), ...diverged]) + body.join(''),
      notes: [
        ...(piece === 1 ? [] : [`Every ${piece} draws are shown by their smallest and their largest value.`]),
        ...leftOutNote(input, shown.length),
        ...(divergences.length === 0
          ? []
          : [
              `${divergences.length} divergences: the draw below, and beside it the value where the integration failed.`,
            ]),
      ],
    },
    input,
  );
}

/** Draws that share one stroke, so that no figure grows with the number of draws. */
function pieceOf(draws: number, chains: number): number {
  return draws * chains <= 2 * PIECES ? 1 : Math.ceil((draws * chains) / PIECES);
}

interface TraceOptions {
  readonly phi: readonly number[];
  readonly piece: number;
  readonly lowest: boolean;
}

function drawTrace(
  box: Box,
  { name, draws }: ShownQuantity,
  divergences: readonly ShownDivergence[],
  { phi, piece, lowest }: TraceOptions,
): string {
  const count = draws[0]?.length ?? 0;
  const x = linearScale([0, Math.max(1, count)], [box.x, box.x + box.width]);
  const y = valueScale(draws, [box.y + box.height, box.y]);
  const beside: Box = { ...box, x: box.x + box.width + BESIDE.gap, width: BESIDE.width };
  const base = box.y + box.height;
  const rug = divergences
    .filter(({ draw }) => draw < count)
    .map(({ draw }) => `M${Math.round(x(draw + 0.5) * 10) / 10} ${base}v${-RUG}`);
  const failed = divergences
    .map(({ values }) => y(values[name] ?? NaN))
    .filter((place) => place >= box.y && place <= base)
    .map((place) => `M${beside.x} ${Math.round(place * 10) / 10}h${RUG}`);
  const strokes = { fill: 'none', stroke: COLOURS.divergence, 'stroke-width': 1.1 };
  return [
    text(box.x, box.y - 6, labelWithFactor(quantityLabel(name, phi), y.ticks(TICKS).factor), {
      size: LABEL_SIZE,
      fill: INK,
    }),
    ...draws.map((chain, c) =>
      curve(thinned(chain, piece, x, y), { ...chainStyle(c), 'stroke-width': 0.6, 'stroke-opacity': 0.75 }),
    ),
    ...drawDensities(beside, draws, y),
    rug.length === 0 ? '' : element('path', { d: rug.join(''), ...strokes }),
    failed.length === 0 ? '' : element('path', { d: failed.join(''), ...strokes }),
    frame(box),
    frame(beside),
    bottomAxis(box, x, { label: lowest ? 'draw' : undefined, labelGap: 32 }),
    leftAxis(box, y, { count: TICKS, factor: 'unit' }),
  ].join('');
}

/** Points of the line through a chain: in each piece the smallest and the largest value, in the order they came. */
function thinned(draws: ArrayLike<number>, piece: number, x: Scale, y: Scale): [number, number][] {
  const points: [number, number][] = [];
  for (let from = 0; from < draws.length; from += piece) {
    const to = Math.min(draws.length, from + piece);
    let [low, high] = [from, from];
    for (let k = from; k < to; k++) {
      if (draws[k]! < draws[low]!) low = k;
      if (draws[k]! > draws[high]!) high = k;
    }
    for (const k of low === high ? [low] : low < high ? [low, high] : [high, low])
      points.push([x(k + 0.5), y(draws[k]!)]);
  }
  return points;
}

/** Density of each chain to the right of its trace, on the same axis of values. */
function drawDensities(box: Box, draws: readonly ArrayLike<number>[], y: Scale): string[] {
  const points = Math.max(24, Math.round(DENSITY_POINTS / draws.length));
  const range = [box.y + box.height, box.y] as const;
  const curves = draws.map((chain) => densityAlong(Float64Array.from(chain, y), range, points));
  // One chain that hardly moves must not flatten the others.
  const peaks = curves.map(({ density }) => Math.max(...density)).toSorted((a, b) => a - b);
  const highest = Math.min(peaks.at(-1)!, 3 * peaks[Math.floor((peaks.length - 1) / 2)]!);
  return curves.map(({ at, density }, c) =>
    curve(
      Array.from(at, (place, k) => [box.x + Math.min(1, density[k]! / highest) * 0.92 * box.width, place]),
      { ...chainStyle(c), 'stroke-width': 1.2 },
    ),
  );
}
