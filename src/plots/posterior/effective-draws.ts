/** Figure P16: how the effective number of draws of each parameter grew, in the bulk and in the tails. */
import { essBulk, essTail } from '../../bayes/index.ts';
import { bottomAxis, FAINT_INK, frame, INK, LABEL_SIZE, leftAxis, type Box } from '../axis.ts';
import { linearScale } from '../scale.ts';
import { text } from '../svg.ts';
import { drawPosteriorPage, shownParameters, type PosteriorFigureInput, type ShownQuantity } from './figure-input.ts';
import { clampTo, curve, drawLegend, marks, placePanels, quantitySymbol, rule } from './panels.ts';

/** Where numbers may be reported. */
const ENOUGH = 400;
/** Places along the draws at which both are computed. */
const PLACES = 8;
const FEWEST = 8;
const [LEFT, RIGHT, TOP] = [70, 24, 44];
const PANEL = { width: 220, height: 150 } as const;
const GAP = { across: 56, down: 62 } as const;
const KINDS = [
  { name: 'bulk', ess: essBulk, style: { stroke: '#1f5fa8', 'stroke-width': 1.6 } },
  { name: 'tail', ess: essTail, style: { stroke: '#b04a1a', 'stroke-width': 1.6, 'stroke-dasharray': '5 2' } },
] as const;
const EQUAL = { stroke: FAINT_INK, 'stroke-width': 0.8, 'stroke-dasharray': '1.5 2' };

export function drawEffectiveDraws(input: PosteriorFigureInput): string {
  const shown = shownParameters(input);
  const columns = Math.min(4, shown.length);
  const boxes = placePanels(shown.length, columns, { left: LEFT, top: TOP, ...PANEL, ...GAP });
  const growth = shown.map(grown);
  const highest = Math.max(1.4 * ENOUGH, ...growth.flat().flatMap(({ sizes }) => sizes.filter(Number.isFinite)));
  const all = Math.max(1, ...growth.flat().map(({ draws }) => draws));
  const body = shown.map(({ name }, k) => {
    const box = boxes[k]!;
    return drawPanel(box, growth[k]!, {
      highest,
      all,
      label: quantitySymbol(name, input.facts.phi),
      first: k % columns === 0,
    });
  });
  const legend = [
    ...KINDS.map(({ name, style }) => ({ label: name, style })),
    { label: 'one effective draw per draw', style: EQUAL },
  ];
  return drawPosteriorPage(
    {
      width: LEFT + columns * PANEL.width + (columns - 1) * GAP.across + RIGHT,
      height: TOP + Math.ceil(shown.length / columns) * (PANEL.height + GAP.down) - 12,
      subtitle: 'effective number of draws against draws of all chains',
      body: drawLegend(LEFT, 18, legend) + body.join(''),
      notes: [
        `Bulk: of the middle of the distribution; tail: of its 5 % and 95 % quantiles, the smaller one. Above the line at ${ENOUGH} numbers may be reported. ` +
          'Lines that stop rising with the draws are those of chains that have not met.',
      ],
    },
    input,
  );
}

interface Grown {
  /** Of all chains. */
  readonly draws: number;
  /** In the order of `KINDS`. */
  readonly sizes: readonly number[];
}

function grown({ draws }: ShownQuantity): Grown[] {
  const length = draws[0]?.length ?? 0;
  const lengths = Array.from({ length: PLACES }, (_, k) => Math.round(((k + 1) * length) / PLACES));
  return [...new Set(lengths)]
    .filter((one) => one >= FEWEST)
    .map((one) => {
      const begun = draws.map((chain) => Array.from({ length: one }, (_, k) => chain[k]!));
      return { draws: one * draws.length, sizes: KINDS.map(({ ess }) => ess(begun)) };
    });
}

interface PanelOptions {
  readonly highest: number;
  readonly all: number;
  readonly label: string;
  readonly first: boolean;
}

function drawPanel(box: Box, growth: readonly Grown[], { highest, all, label, first }: PanelOptions): string {
  const x = linearScale([0, all * 1.04], [box.x, box.x + box.width]);
  const y = linearScale([0, highest * 1.06], [box.y + box.height, box.y]);
  const upper = Math.min(all, y.domain[1]);
  return [
    curve(
      [
        [x(0), y(0)],
        [x(upper), y(upper)],
      ],
      EQUAL,
    ),
    rule(box, y(ENOUGH), String(ENOUGH)),
    ...KINDS.flatMap(({ style }, kind) => {
      const points = growth.map(({ draws, sizes }): [number, number] => [
        x(draws),
        clampTo(box.y, box.y + box.height, y(sizes[kind]!)),
      ]);
      return [curve(points, style), marks(points, style.stroke, 4)];
    }),
    frame(box),
    text(box.x, box.y - 6, label, { size: LABEL_SIZE, fill: INK }),
    bottomAxis(box, x, { label: 'draws of all chains', labelGap: 32, count: 3 }),
    leftAxis(box, y, { label: first ? 'effective draws' : undefined, labelGap: 48 }),
  ].join('');
}
