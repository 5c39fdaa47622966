/** Figure P25: how each chain moved: acceptance along its draws, lengths of its trajectories, and its step size. */
import { bottomAxis, frame, INK, LABEL_SIZE, leftAxis, type Box } from '../axis.ts';
import type { Chain } from '../../bayes/index.ts';
import { significant } from '../number-text.ts';
import { extent, linearScale, pad } from '../scale.ts';
import { line, text } from '../svg.ts';
import { drawPosteriorPage, type PosteriorFigureInput } from './figure-input.ts';
import { chainLegend, chainStyle, curve, drawLegend, rule } from './panels.ts';

const [LEFT, RIGHT, TOP] = [66, 22, 46];
const HEIGHT = 190;
const WIDTHS = [380, 250, 170] as const;
const ACROSS = 74;
/** Means along the draws of a chain, at most. */
const PIECES = 40;

export function drawSteps(input: PosteriorFigureInput): string {
  const chains = input.sampled.chains?.chains ?? [];
  const { targetAcceptance, maxDepth, warmup } = input.sampled.settings;
  const boxes = WIDTHS.map((width, k) => ({
    x: LEFT + WIDTHS.slice(0, k).reduce((sum, one) => sum + one + ACROSS, 0),
    ...{ y: TOP, width, height: HEIGHT },
  }));
  const longest = Math.max(...chains.map(({ draws }) => draws.length));
  const piece = Math.ceil(longest / PIECES);
  const gradients = chains.reduce((sum, chain) => sum + chain.gradients, 0);
  return drawPosteriorPage(
    {
      width: boxes[2]!.x + WIDTHS[2] + RIGHT,
      height: TOP + HEIGHT + 44,
      subtitle: `how the chains moved: ${warmup} transitions of warmup each, then the draws; ${gradients} gradients in all`,
      body: [
        drawLegend(LEFT, 18, chainLegend(chains.length)),
        drawAcceptance(boxes[0]!, chains, piece, targetAcceptance),
        drawDepths(boxes[1]!, chains, maxDepth),
        drawStepSizes(boxes[2]!, chains),
      ].join(''),
      notes: [
        `Acceptance: means over ${piece === 1 ? 'single trajectories' : `${piece} trajectories`}; the warmup aimed at ${targetAcceptance}. Depth n: a trajectory of up to 2ⁿ − 1 steps; ` +
          `trajectories are cut off at ${maxDepth}.`,
      ],
    },
    input,
  );
}

function drawAcceptance(box: Box, chains: readonly Chain[], piece: number, target: number): string {
  const longest = Math.max(1, ...chains.map(({ draws }) => draws.length));
  const x = linearScale([0, longest], [box.x, box.x + box.width]);
  const y = linearScale([0, 1.02], [box.y + box.height, box.y]);
  const lines = chains.map(({ draws }, c) => {
    const points: [number, number][] = [];
    for (let from = 0; from < draws.length; from += piece) {
      const some = draws.slice(from, from + piece);
      const mean = some.reduce((sum, { acceptance }) => sum + acceptance, 0) / some.length;
      points.push([x(from + some.length / 2), y(mean)]);
    }
    return curve(points, { ...chainStyle(c), 'stroke-width': 1.2 });
  });
  return [
    rule(box, y(target), `aim ${target}`, 'below'),
    ...lines,
    frame(box),
    text(box.x, box.y - 7, 'acceptance', { size: LABEL_SIZE, fill: INK }),
    bottomAxis(box, x, { label: 'draw' }),
    leftAxis(box, y, { label: 'mean acceptance', labelGap: 42 }),
  ].join('');
}

function drawDepths(box: Box, chains: readonly Chain[], maxDepth: number): string {
  const deepest = Math.min(
    maxDepth,
    chains.reduce((most, { draws }) => draws.reduce((deep, { depth }) => Math.max(deep, depth), most), 1),
  );
  const shares = chains.map(({ draws }) => {
    const counts = new Float64Array(deepest + 1);
    for (const { depth } of draws) counts[depth] = counts[depth]! + 1 / draws.length;
    return counts;
  });
  const x = linearScale([-0.5, deepest + 0.5], [box.x, box.x + box.width]);
  const y = linearScale(
    [0, 1.05 * Math.max(0.01, ...shares.flatMap((one) => Array.from(one)))],
    [box.y + box.height, box.y],
  );
  const slot = 0.8 / chains.length;
  const bars = shares.flatMap((counts, c) =>
    Array.from(counts, (share, depth) => {
      const at = x(depth - 0.4 + (c + 0.5) * slot);
      const width = Math.max(0.5, 0.85 * (x(slot) - x(0)));
      return share === 0 ? '' : line(at, y(0), at, y(share), { stroke: chainStyle(c).stroke, 'stroke-width': width });
    }),
  );
  return [
    ...bars,
    frame(box),
    text(box.x, box.y - 7, 'length of trajectories', { size: LABEL_SIZE, fill: INK }),
    bottomAxis(box, x, { label: 'tree depth (doublings)', count: deepest + 1 }),
    leftAxis(box, y, { label: 'share of the draws', labelGap: 44 }),
  ].join('');
}

function drawStepSizes(box: Box, chains: readonly Chain[]): string {
  const sizes = chains.map(({ state }) => state.stepSize);
  const x = linearScale([0.5, chains.length + 0.5], [box.x, box.x + box.width]);
  const [low, high] = extent(sizes) ?? [0, 1];
  const y = linearScale([0, pad([low, high], 0.1)[1] * 1.15], [box.y + box.height, box.y]);
  const named = chains.length <= 4;
  const bars = sizes.flatMap((size, c) => {
    const at = x(c + 1);
    const width = Math.max(1, (0.5 * box.width) / chains.length);
    const bar = line(at, y(0), at, y(size), { stroke: chainStyle(c).stroke, 'stroke-width': width });
    return named
      ? [bar, text(at, y(size) - 5, significant(size, 2), { anchor: 'middle', size: 10, fill: INK })]
      : [bar];
  });
  return [
    ...bars,
    frame(box),
    text(box.x, box.y - 7, 'step size', { size: LABEL_SIZE, fill: INK }),
    bottomAxis(box, x, { label: 'chain', count: Math.min(8, chains.length) }),
    leftAxis(box, y, { label: 'step size (sd)', labelGap: 52 }),
  ].join('');
}
