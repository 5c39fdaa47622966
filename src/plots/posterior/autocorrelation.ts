/** Figure P17: autocorrelation of the draws of each chain, with the band that independent draws keep to. */
import { bottomAxis, frame, INK, LABEL_SIZE, leftAxis, type Box } from '../axis.ts';
import { linearScale } from '../scale.ts';
import { line, text } from '../svg.ts';
import { drawPosteriorPage, shownParameters, type PosteriorFigureInput, type ShownQuantity } from './figure-input.ts';
import { area, chainLegend, chainStyle, clampTo, curve, drawLegend, placePanels, quantitySymbol } from './panels.ts';

const MOST_LAGS = 100;
const Z95 = 1.96;
const LOWEST = -0.4;
const [LEFT, RIGHT, TOP] = [66, 20, 44];
const PANEL = { width: 220, height: 120 } as const;
const GAP = { across: 40, down: 60 } as const;

export function drawAutocorrelation(input: PosteriorFigureInput): string {
  const shown = shownParameters(input);
  const columns = Math.min(4, shown.length);
  const boxes = placePanels(shown.length, columns, { left: LEFT, top: TOP, ...PANEL, ...GAP });
  const chains = shown[0]?.draws.length ?? 0;
  const draws = shown[0]?.draws[0]?.length ?? 0;
  const lags = Math.min(MOST_LAGS, draws - 1);
  const body = shown.map((quantity, k) =>
    drawPanel(boxes[k]!, quantity, lags, {
      label: quantitySymbol(quantity.name, input.facts.phi),
      first: k % columns === 0,
    }),
  );
  return drawPosteriorPage(
    {
      width: LEFT + columns * PANEL.width + (columns - 1) * GAP.across + RIGHT,
      height: TOP + Math.ceil(shown.length / columns) * (PANEL.height + GAP.down) - 12,
      subtitle: 'autocorrelation of the draws of each chain',
      body: drawLegend(LEFT, 18, chainLegend(chains)) + body.join(''),
      notes: [
        `Grey: ±${Z95}/√${draws}, where 95 % of the lags of independent draws lie. Below zero draws know more about a mean than independent ones.`,
      ],
    },
    input,
  );
}

interface PanelOptions {
  readonly label: string;
  readonly first: boolean;
}

function drawPanel(box: Box, { draws }: ShownQuantity, lags: number, { label, first }: PanelOptions): string {
  const x = linearScale([0, Math.max(1, lags)], [box.x, box.x + box.width]);
  const y = linearScale([LOWEST, 1.04], [box.y + box.height, box.y]);
  const half = Z95 / Math.sqrt(draws[0]?.length ?? 1);
  const [low, high] = [y(Math.max(LOWEST, -half)), y(Math.min(1, half))];
  const band = [
    [box.x, low],
    [box.x + box.width, low],
    [box.x + box.width, high],
    [box.x, high],
  ] as const;
  return [
    area(band, INK, 0.1),
    line(box.x, y(0), box.x + box.width, y(0), { stroke: INK, 'stroke-width': 0.5 }),
    ...draws.map((chain, c) =>
      curve(
        Array.from(correlations(chain, lags), (rho, lag) => [x(lag), clampTo(box.y, box.y + box.height, y(rho))]),
        { ...chainStyle(c), 'stroke-width': 1, 'stroke-opacity': 0.85 },
      ),
    ),
    frame(box),
    text(box.x, box.y - 6, label, { size: LABEL_SIZE, fill: INK }),
    bottomAxis(box, x, { label: 'lag (draws)', labelGap: 31, count: 4 }),
    leftAxis(box, y, { label: first ? 'autocorrelation' : undefined, labelGap: 42, count: 3 }),
  ].join('');
}

/** Biased estimate for lags 0 to `lags`; NaN for draws that do not move. */
function correlations(draws: ArrayLike<number>, lags: number): Float64Array {
  const count = draws.length;
  let sum = 0;
  for (let k = 0; k < count; k++) sum += draws[k]!;
  const deviations = Float64Array.from({ length: count }, (_, k) => draws[k]! - sum / count);
  const rho = new Float64Array(lags + 1);
  for (let lag = 0; lag <= lags; lag++) {
    let product = 0;
    for (let k = lag; k < count; k++) product += deviations[k]! * deviations[k - lag]!;
    rho[lag] = product;
  }
  const variance = rho[0]!;
  return rho.map((product) => product / variance);
}
