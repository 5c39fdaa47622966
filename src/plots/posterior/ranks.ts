/**
 * Figure P15: ranks of the draws of each chain among those of all chains, in twenty equal bins. Chains that explore the same
 * distribution have as many draws in every bin (Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021, section 4.3).
 */
import { normalQuantile } from '../../bayes/distributions/normal.ts';
import { bottomAxis, frame, INK, LABEL_SIZE, leftAxis, type Box } from '../axis.ts';
import { linearScale } from '../scale.ts';
import { line, text } from '../svg.ts';
import {
  drawPosteriorPage,
  leftOutNote,
  worstQuantities,
  type PosteriorFigureInput,
  type ShownQuantity,
} from './figure-input.ts';
import { area, chainLegend, chainStyle, clampTo, curve, drawLegend, placePanels, quantitySymbol } from './panels.ts';

const MOST_PANELS = 16;
const BINS = 20;
const HIGHEST = 2.5;
const [LEFT, RIGHT, TOP] = [66, 20, 44];
const PANEL = { width: 190, height: 120 } as const;
const GAP = { across: 40, down: 60 } as const;
/** Chance that a bar of a panel leaves the band although the chains agree. */
const CHANCE = 0.01;

export function drawRanks(input: PosteriorFigureInput): string {
  const shown = worstQuantities(input, MOST_PANELS);
  const columns = Math.min(4, shown.length);
  const boxes = placePanels(shown.length, columns, { left: LEFT, top: TOP, ...PANEL, ...GAP });
  const chains = shown[0]?.draws.length ?? 0;
  const body = shown.map((quantity, k) =>
    drawPanel(boxes[k]!, quantity, quantitySymbol(quantity.name, input.facts.phi), k % columns === 0),
  );
  return drawPosteriorPage(
    {
      width: LEFT + columns * PANEL.width + (columns - 1) * GAP.across + RIGHT,
      height: TOP + Math.ceil(shown.length / columns) * (PANEL.height + GAP.down) - 12,
      subtitle: 'ranks of the draws of each chain among all draws',
      body: drawLegend(LEFT, 18, chainLegend(chains)) + body.join(''),
      notes: [
        `Draws of a chain in each twentieth of all ranks, over the number there would be if all chains were alike; more than ${HIGHEST} times is drawn at the edge. ` +
          `Grey: where all lines of a panel stay with ${100 * (1 - CHANCE)} % probability if the chains agree and draws are independent; correlated draws leave it more often.`,
        ...leftOutNote(input, shown.length),
      ],
    },
    input,
  );
}

function drawPanel(box: Box, { draws }: ShownQuantity, label: string, first: boolean): string {
  const x = linearScale([0, 1], [box.x, box.x + box.width]);
  const y = linearScale([0, HIGHEST], [box.y + box.height, box.y]);
  const half = bandHalfWidth(draws);
  const inside = (value: number): number => clampTo(box.y, box.y + box.height, y(value));
  const band = [
    [box.x, inside(1 - half)],
    [box.x + box.width, inside(1 - half)],
    [box.x + box.width, inside(1 + half)],
    [box.x, inside(1 + half)],
  ] as const;
  return [
    area(band, INK, 0.1),
    line(box.x, y(1), box.x + box.width, y(1), { stroke: INK, 'stroke-width': 0.6, 'stroke-dasharray': '3 3' }),
    ...rankShares(draws).map((shares, c) =>
      curve(
        Array.from(shares).flatMap((share, bin): [number, number][] => [
          [x(bin / BINS), inside(share)],
          [x((bin + 1) / BINS), inside(share)],
        ]),
        { ...chainStyle(c), 'stroke-width': 1.2, 'stroke-opacity': 0.85 },
      ),
    ),
    frame(box),
    text(box.x, box.y - 6, label, { size: LABEL_SIZE, fill: INK }),
    bottomAxis(box, x, { label: 'rank / all draws', count: 3, labelGap: 31 }),
    leftAxis(box, y, { label: first ? 'share / equal share' : undefined, count: 3, labelGap: 40 }),
  ].join('');
}

/** Draws of each chain in each bin over the expected number, shape (chains)(bins); equal draws share their places in order. */
function rankShares(draws: readonly ArrayLike<number>[]): Float64Array[] {
  const length = draws[0]?.length ?? 0;
  const all = Float64Array.from(draws.flatMap((chain) => Array.from(chain)));
  const order = Uint32Array.from(all, (_, k) => k).sort(
    (a, b) => all[a]! - all[b]! || (a % length) - (b % length) || a - b,
  );
  const shares = draws.map(() => new Float64Array(BINS));
  order.forEach((k, rank) => {
    const bins = shares[Math.floor(k / length)]!;
    const bin = Math.min(BINS - 1, Math.floor((rank * BINS) / all.length));
    bins[bin] = bins[bin]! + BINS / length;
  });
  return shares;
}

/** Half width of the band for all lines of a panel together (Bonferroni), for independent draws without replacement. */
function bandHalfWidth(draws: readonly ArrayLike<number>[]): number {
  const chains = draws.length;
  const length = draws[0]?.length ?? 0;
  return normalQuantile(1 - CHANCE / (2 * BINS * chains)) * Math.sqrt(((BINS - 1) / length) * (1 - 1 / chains));
}
