/**
 * Figure P20: energies of the draws beside their changes from one draw to the next. Where changes are much narrower than
 * energies, the chain crawls through the tails (Betancourt, arXiv:1604.00695).
 */
import { energyFraction } from '../../bayes/index.ts';
import { bottomAxis, frame, INK, LABEL_SIZE, type Box } from '../axis.ts';
import { fixed } from '../number-text.ts';
import { linearScale, pad, extent } from '../scale.ts';
import { text } from '../svg.ts';
import { densityAlong } from './axis-density.ts';
import { drawPosteriorPage, type PosteriorFigureInput } from './figure-input.ts';
import { area, curve, drawLegend, placePanels } from './panels.ts';

const MOST_PANELS = 12;
const POINTS = 80;
const ENOUGH = 0.3;
const [LEFT, RIGHT, TOP] = [40, 20, 44];
const PANEL = { width: 210, height: 140 } as const;
const GAP = { across: 24, down: 62 } as const;
const STYLES = [
  { label: 'energy of the draws, minus its mean', stroke: '#1f5fa8' },
  { label: 'change of energy between draws', stroke: '#b04a1a' },
] as const;

export function drawEnergy(input: PosteriorFigureInput): string {
  const all = (input.sampled.chains?.chains ?? []).map(({ draws }, chain) => {
    const energies = Float64Array.from(draws, ({ energy }) => energy);
    return { chain, energies, fraction: energyFraction(energies) };
  });
  const shown = all
    .toSorted((a, b) => a.fraction - b.fraction || a.chain - b.chain)
    .slice(0, MOST_PANELS)
    .toSorted((a, b) => a.chain - b.chain);
  const columns = Math.min(4, shown.length);
  const boxes = placePanels(shown.length, columns, { left: LEFT, top: TOP, ...PANEL, ...GAP });
  const body = shown.map(({ chain, energies, fraction }, k) =>
    drawPanel(boxes[k]!, energies, `chain ${chain + 1}: E-BFMI ${fixed(fraction, 2)}`, k % columns === 0),
  );
  return drawPosteriorPage(
    {
      width: LEFT + columns * PANEL.width + (columns - 1) * GAP.across + RIGHT,
      height: TOP + Math.ceil(shown.length / columns) * (PANEL.height + GAP.down) - 12,
      subtitle: 'energy of the draws, and its changes',
      body:
        drawLegend(
          LEFT,
          18,
          STYLES.map(({ label, stroke }) => ({ label, style: { stroke, 'stroke-width': 1.8 } })),
        ) + body.join(''),
      notes: [
        `E-BFMI: mean square of the changes over the variance of the energy; should be above ${ENOUGH}.` +
          (shown.length < all.length ? ` The ${shown.length} of ${all.length} chains with the smallest.` : ''),
      ],
    },
    input,
  );
}

function drawPanel(box: Box, energies: Float64Array, label: string, first: boolean): string {
  const mean = energies.reduce((sum, energy) => sum + energy, 0) / energies.length;
  const marginal = energies.map((energy) => energy - mean);
  const changes = energies.slice(1).map((energy, k) => energy - energies[k]!);
  const ends = extent([...marginal, ...changes]) ?? [-1, 1];
  const range = [box.x, box.x + box.width] as const;
  const x = linearScale(pad(ends, 0.05), range);
  const perPixel = box.width / (x.domain[1] - x.domain[0]);
  const densities = [marginal, changes].map((values) => {
    const { at, density } = densityAlong(values.map(x), range, POINTS);
    return { at, density: density.map((value) => value * perPixel) };
  });
  const highest = Math.max(...densities.flatMap(({ density }) => Array.from(density)));
  const y = linearScale([0, 1.08 * highest], [box.y + box.height, box.y]);
  return [
    ...densities.flatMap(({ at, density }, k) => {
      const points = Array.from(at, (place, n): [number, number] => [place, y(density[n]!)]);
      const { stroke } = STYLES[k]!;
      const closed: [number, number][] = [[at[0]!, y(0)], ...points, [at.at(-1)!, y(0)]];
      return [area(closed, stroke, 0.12), curve(points, { stroke, 'stroke-width': 1.6 })];
    }),
    frame(box),
    text(box.x, box.y - 6, label, { size: LABEL_SIZE, fill: INK }),
    bottomAxis(box, x, { label: 'energy (nats)', labelGap: 32, count: 4 }),
    first ? sideLabel(box, 'density') : '',
  ].join('');
}

function sideLabel(box: Box, label: string): string {
  const place = { anchor: 'middle', size: LABEL_SIZE, fill: INK, rotate: -90 } as const;
  return text(box.x - 14, box.y + box.height / 2, label, place);
}
