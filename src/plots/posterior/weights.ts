/** Figure of importance sampling: the largest weights of both proposals, and how much of the posterior a share of the draws carries. */
import { exp } from '../../math/index.ts';
import type { WeightedDraws } from '../../bayes/index.ts';
import { bottomAxis, FAINT_INK, frame, INK, LABEL_SIZE, leftAxis, type Box } from '../axis.ts';
import { fixed } from '../number-text.ts';
import { linearScale, logScale } from '../scale.ts';
import { text } from '../svg.ts';
import { drawPosteriorPage, type PosteriorFigureInput } from './figure-input.ts';
import { curve, drawLegend, rule } from './panels.ts';

const [LEFT, TOP, WIDTH, HEIGHT, ACROSS, RIGHT] = [70, 46, 340, 230, 84, 24];
const POINTS = 160;
const SMALLEST = 1e-3;
const KINDS = [
  { key: 'normal', stroke: '#1f5fa8', dash: undefined },
  { key: 'student', stroke: '#b04a1a', dash: '5 2' },
  { key: 'mixture', stroke: INK, dash: undefined },
] as const;
const WORDS = { normal: 'normal', student: 'Student t₇', mixture: 'both together' } as const;

interface Shown {
  readonly style: {
    readonly stroke: string;
    readonly 'stroke-width': number;
    readonly 'stroke-dasharray': string | undefined;
  };
  readonly label: string;
  /** Weights over their mean, largest first. */
  readonly weights: Float64Array;
}

export function drawWeights(input: PosteriorFigureInput): string {
  const importance = input.sampled.importance!;
  const { sample, verdict } = importance;
  const shown = KINDS.map(({ key, stroke, dash }): Shown => {
    const drawn = sample[key];
    const share = drawn.effectiveSize / drawn.positions.length;
    return {
      style: { stroke, 'stroke-width': key === 'mixture' ? 2 : 1.3, 'stroke-dasharray': dash },
      label: `${WORDS[key]}: k\u0302 ${number(drawn.kHat)}, ${fixed(100 * share, 0)} % effective`,
      weights: sortedWeights(drawn),
    };
  });
  const boxes = [0, 1].map((k): Box => ({ x: LEFT + k * (WIDTH + ACROSS), y: TOP, width: WIDTH, height: HEIGHT }));
  const outcome = verdict.accepted ? 'may stand as final' : 'may not stand as final';
  return drawPosteriorPage(
    {
      width: LEFT + 2 * WIDTH + ACROSS + RIGHT,
      height: TOP + HEIGHT + 44,
      subtitle: `importance sampling on all data: its answer ${outcome}`,
      body: [
        drawLegend(
          LEFT,
          18,
          shown.map(({ label, style }) => ({ label, style })),
        ),
        drawSizes(boxes[0]!, shown),
        drawShares(boxes[1]!, shown),
      ].join(''),
      notes: [
        'Weights are smoothed at the top (PSIS); 1 is the mean. The flatter, the better the proposal describes the posterior.',
        ...verdict.checks.map(({ text: said, passed }) => `${passed ? 'Passed' : 'Failed'}: ${said}.`),
        ...(sample.failed === 0 ? [] : [`${sample.failed} draws had a density that is not a number.`]),
      ],
    },
    input,
  );
}

function number(value: number): string {
  return Number.isFinite(value) ? fixed(value, 2) : 'unknown';
}

function sortedWeights({ logWeights }: WeightedDraws): Float64Array {
  const size = logWeights.length;
  return logWeights
    .map((value) => size * exp(value))
    .sort()
    .reverse();
}

/** Ranks from 1 to `size`, evenly spaced on a logarithmic axis, each once. */
function logRanks(size: number): number[] {
  return [...new Set(Array.from({ length: POINTS }, (_, k) => Math.round(size ** (k / (POINTS - 1)))))];
}

function drawSizes(box: Box, shown: readonly Shown[]): string {
  const size = Math.max(...shown.map(({ weights }) => weights.length));
  const largest = Math.max(2, ...shown.map(({ weights }) => weights[0]!).filter(Number.isFinite));
  const x = logScale([0.9, size * 1.1], [box.x, box.x + box.width]);
  const y = logScale([SMALLEST, largest * 2], [box.y + box.height, box.y]);
  return [
    rule(box, y(1), 'mean'),
    ...shown.map(({ weights, style }) => {
      const points = logRanks(weights.length).map((rank): [number, number] => {
        const weight = weights[rank - 1]!;
        return [x(rank), weight >= SMALLEST ? y(weight) : NaN];
      });
      return curve(points, style);
    }),
    frame(box),
    text(box.x, box.y - 7, 'weights by size', { size: LABEL_SIZE, fill: INK }),
    bottomAxis(box, x, { label: 'rank, largest first' }),
    leftAxis(box, y, { label: 'weight / mean weight', labelGap: 52 }),
  ].join('');
}

function drawShares(box: Box, shown: readonly Shown[]): string {
  const x = linearScale([0, 1], [box.x, box.x + box.width]);
  const y = linearScale([0, 1.02], [box.y + box.height, box.y]);
  const equal = { stroke: FAINT_INK, 'stroke-width': 0.8, 'stroke-dasharray': '1.5 2' };
  return [
    curve(
      [
        [x(0), y(0)],
        [x(1), y(1)],
      ],
      equal,
    ),
    ...shown.map(({ weights, style }) => {
      const size = weights.length;
      const points: [number, number][] = [[x(0), y(0)]];
      let [carried, next] = [0, 1];
      weights.forEach((weight, k) => {
        carried += weight / size;
        if (k + 1 < Math.round((next * size) / POINTS) && k + 1 < size) return;
        points.push([x((k + 1) / size), y(carried)]);
        next += 1;
      });
      return curve(points, style);
    }),
    frame(box),
    text(box.x, box.y - 7, 'what the heaviest draws carry', { size: LABEL_SIZE, fill: INK }),
    bottomAxis(box, x, { label: 'share of the draws, heaviest first' }),
    leftAxis(box, y, { label: 'share of the posterior', labelGap: 44 }),
  ].join('');
}
