/**
 * Figure P19: the free parameters in pairs. Lines that hold 39 % and 86 % of the draws, which are one and two standard deviations of
 * a normal distribution, with the ellipses of the least-squares covariance at the same shares.
 */
import { bottomAxis, FAINT_INK, frame, INK, LABEL_SIZE, leftAxis, TICK_SIZE, type Box } from '../axis.ts';
import { fixed } from '../number-text.ts';
import type { Scale } from '../scale.ts';
import { element, line, polyline, text } from '../svg.ts';
import { densityAlong, densityOfPairs, levelHolding } from './axis-density.ts';
import { contourLines } from './contour.ts';
import {
  drawPosteriorPage,
  shownDivergences,
  shownParameters,
  type PosteriorFigureInput,
  type ShownDivergence,
} from './figure-input.ts';
import { comparedKind, KIND_NOTES } from './least-squares.ts';
import {
  COLOURS,
  curve,
  drawLegend,
  fittingTicks,
  labelsInside,
  marks,
  quantityLabel,
  quantitySymbol,
  tenths,
  valueScale,
} from './panels.ts';

const SHARES = [0.393, 0.865] as const;
/** Draws shown as dots in a panel, and divergences. */
const MOST_DOTS = 250;
const MOST_DIVERGENCES = 200;
const CURVE_POINTS = 72;
const [LEFT, RIGHT, TOP, GAP] = [96, 26, 40, 14];

interface Axis {
  readonly name: string;
  /** All chains together. */
  readonly draws: Float64Array;
  /** Of the fit: value, and standard error if one is known. */
  readonly value: number;
  readonly sd: number | null;
  /** Index in the covariance of the fit, or −1. */
  readonly index: number;
  readonly walls: readonly [number, number];
}

export function drawPairs(input: PosteriorFigureInput): string {
  const { sampled, fit, facts } = input;
  const { free, priors } = sampled.posterior;
  const kind = comparedKind(input);
  const { names } = fit.covariance;
  const matrix = fit.covariance[kind];
  const axes = shownParameters(input)
    .filter(({ name }) => free.names.includes(name))
    .map(({ name, draws }): Axis => {
      const index = names.indexOf(name);
      const variance = index < 0 ? NaN : matrix[index * (names.length + 1)]!;
      const prior = priors[free.names.indexOf(name)]!;
      return {
        ...{ name, index, walls: [prior.lower, prior.upper], sd: variance > 0 ? Math.sqrt(variance) : null },
        value: fit.parameters.find((one) => one.name === name)?.value ?? NaN,
        draws: Float64Array.from(draws.flatMap((chain) => Array.from(chain))),
      };
    });
  const divergences = spread(shownDivergences(sampled), MOST_DIVERGENCES);
  const side = axes.length <= 3 ? 170 : axes.length <= 5 ? 136 : 112;
  const parts: string[] = [];
  axes.forEach((row, i) => {
    axes.slice(0, i + 1).forEach((column, j) => {
      const box: Box = { x: LEFT + j * (side + GAP), y: TOP + i * (side + GAP), width: side, height: side };
      const x = valueScale([column.draws], [box.x, box.x + side]);
      const y = valueScale([row.draws], [box.y + side, box.y]);
      if (i === j) parts.push(drawSingle(box, x, column));
      else {
        const covariance = row.index < 0 || column.index < 0 ? NaN : matrix[row.index * names.length + column.index]!;
        parts.push(drawPair(box, [x, y], [column, row], covariance, divergences));
        const mirror: Box = { ...box, x: LEFT + i * (side + GAP), y: TOP + j * (side + GAP) };
        parts.push(drawCorrelation(mirror, [column, row], covariance, facts.phi));
      }
      const lowest = i === axes.length - 1;
      parts.push(
        frame(box),
        bottomAxis(box, labelsInside(x, box, GAP / 2 - 1), {
          label: lowest ? quantityLabel(column.name, facts.phi) : undefined,
          tickLabels: lowest,
          count: fittingTicks(x, side),
          factor: 'unit',
        }),
      );
      if (j === 0 && i > 0)
        parts.push(
          leftAxis(box, y, { label: quantityLabel(row.name, facts.phi), count: 3, labelGap: 66, factor: 'unit' }),
        );
    });
  });
  const legend = [
    { label: 'posterior', style: { stroke: COLOURS.posterior, 'stroke-width': 1.8 } },
    { label: 'least squares', style: { stroke: COLOURS.fit, 'stroke-width': 1.8, 'stroke-dasharray': '5 2' } },
    ...(divergences.length === 0
      ? []
      : [{ label: 'divergence', style: { stroke: COLOURS.divergence, 'stroke-width': 4 } }]),
  ];
  const all = axes[0]?.draws.length ?? 0;
  const told = shownDivergences(sampled).length;
  return drawPosteriorPage(
    {
      width: Math.max(LEFT + axes.length * (side + GAP) - GAP + RIGHT, 560),
      height: TOP + axes.length * (side + GAP) - GAP + 46,
      subtitle: 'free parameters in pairs',
      body: drawLegend(LEFT, 18, legend) + parts.join(''),
      notes: [
        `Lines hold 39 % and 86 % (one and two standard deviations of a normal distribution); those of least squares are ellipses of ${KIND_NOTES[kind]}, its cross is the best fit; r: correlation of the draws and of the fit.`,
        ...(all > MOST_DOTS ? [`Dots: ${MOST_DOTS} of ${all} draws, evenly chosen; lines and curves are of all.`] : []),
        ...(told > divergences.length ? [`${divergences.length} of ${told} divergences are shown.`] : []),
      ],
    },
    input,
  );
}

/** At most so many, evenly chosen. */
function spread<T>(items: readonly T[], most: number): T[] {
  const count = Math.min(most, items.length);
  return Array.from({ length: count }, (_, k) => items[Math.floor((k * items.length) / count)]!);
}

function drawSingle(box: Box, x: Scale, { draws, value, sd, walls }: Axis): string {
  const range = [box.x, box.x + box.width] as const;
  const inside = walls.map(x).filter((wall) => wall > range[0] && wall < range[1]);
  const { at, density } = densityAlong(draws.map(x), range, CURVE_POINTS, inside);
  const height = (share: number): number => box.y + box.height - 0.9 * share * box.height;
  const highest = Math.max(...density);
  const points = Array.from(at, (place, k): [number, number] => [place, height(density[k]! / highest)]);
  return (
    curve(points, { stroke: COLOURS.posterior, 'stroke-width': 1.8 }) +
    (sd === null ? '' : normalCurve(box, x, value, sd, height))
  );
}

/** The normal distribution of the fit, as high as the posterior. */
function normalCurve(box: Box, x: Scale, value: number, sd: number, height: (share: number) => number): string {
  const points = Array.from({ length: CURVE_POINTS }, (_, k): [number, number] => {
    const z = -3.5 + (7 * k) / (CURVE_POINTS - 1);
    return [x(value + z * sd), height(Math.exp(-0.5 * z * z))];
  });
  return curve(broken(points, box), { stroke: COLOURS.fit, 'stroke-width': 1.4, 'stroke-dasharray': '5 2' });
}

function drawPair(
  box: Box,
  [x, y]: readonly [Scale, Scale],
  [first, second]: readonly [Axis, Axis],
  covariance: number,
  divergences: readonly ShownDivergence[],
): string {
  const across = first.draws.map(x);
  const up = second.draws.map(y);
  const chosen = spread(Array.from(across.keys()), MOST_DOTS).map((k): [number, number] => [across[k]!, up[k]!]);
  const density = densityOfPairs(across, up);
  const limits = [wallsOn(first, x), wallsOn(second, y)] as const;
  const lines =
    density === null
      ? []
      : SHARES.flatMap((share) => {
          const level = levelHolding(density.density, share);
          return contourLines(density.density, density.nodes, level).map((points) =>
            points.map(([i, j]) => withinWalls(density.pixel(i, j), limits)),
          );
        });
  const failed = divergences.map(({ values }): [number, number] => [x(values[first.name]!), y(values[second.name]!)]);
  return [
    marks(chosen, COLOURS.posterior, 1.6, 0.35),
    ...lines.map((points) => closed(broken([...points, points[0]!], box), COLOURS.posterior)),
    ...ellipses(first, second, covariance).map((points) =>
      curve(
        broken(
          points.map(([a, b]) => [x(a), y(b)]),
          box,
        ),
        { stroke: COLOURS.fit, 'stroke-width': 1.2, 'stroke-dasharray': '5 2' },
      ),
    ),
    ...cross(box, x(first.value), y(second.value)),
    marks(broken(failed, box), COLOURS.divergence, 3.2),
  ].join('');
}

function closed(points: readonly (readonly [number, number])[], stroke: string): string {
  return element('path', { d: polyline(tenths(points)), fill: 'none', stroke, 'stroke-width': 1.4 });
}

/** Pixels of the limits of a parameter that lie on its axis. */
function wallsOn({ walls }: Axis, scale: Scale): [number, number] {
  const [a, b] = [scale(walls[0]), scale(walls[1])].map((wall, k) =>
    Number.isFinite(wall) ? wall : scale(scale.domain[k]!),
  );
  return [Math.min(a!, b!), Math.max(a!, b!)];
}

/** Smoothing leaks over limits that no draw can cross. */
function withinWalls(
  [x, y]: readonly [number, number],
  [across, up]: readonly [readonly [number, number], readonly [number, number]],
): [number, number] {
  return [Math.min(across[1], Math.max(across[0], x)), Math.min(up[1], Math.max(up[0], y))];
}

/** Ellipses of one and two standard deviations; none where the covariance is not known. */
function ellipses(first: Axis, second: Axis, covariance: number): [number, number][][] {
  if (first.sd === null || second.sd === null || !Number.isFinite(covariance)) return [];
  const [a, b] = [first.sd, second.sd];
  const slope = covariance / a;
  const rest = Math.sqrt(Math.max(0, b * b - slope * slope));
  return [1, 2].map((root) =>
    Array.from({ length: CURVE_POINTS + 1 }, (_, k): [number, number] => {
      const turn = (2 * Math.PI * k) / CURVE_POINTS;
      const [c, s] = [Math.cos(turn), Math.sin(turn)];
      return [first.value + root * a * c, second.value + root * (slope * c + rest * s)];
    }),
  );
}

/** Correlation coefficients in the panel opposite. */
function drawCorrelation(
  box: Box,
  [first, second]: readonly [Axis, Axis],
  covariance: number,
  phi: readonly number[],
): string {
  const middle = { anchor: 'middle', size: TICK_SIZE } as const;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const fitted = covariance / (first.sd ?? NaN) / (second.sd ?? NaN);
  const pair = `${quantitySymbol(first.name, phi)}, ${quantitySymbol(second.name, phi)}`;
  return [
    text(x, y - 16, pair, { ...middle, fill: FAINT_INK }),
    text(x, y + 2, `r = ${fixed(correlation(first.draws, second.draws), 2)}`, {
      ...middle,
      size: LABEL_SIZE,
      fill: COLOURS.posterior,
    }),
    ...(Number.isFinite(fitted)
      ? [text(x, y + 18, `r = ${fixed(fitted, 2)}`, { ...middle, size: LABEL_SIZE, fill: COLOURS.fit })]
      : []),
  ].join('');
}

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [cross, squareA, squareB] = [0, 0, 0];
  for (let k = 0; k < a.length; k++) {
    cross += (a[k]! - meanA) * (b[k]! - meanB);
    squareA += (a[k]! - meanA) ** 2;
    squareB += (b[k]! - meanB) ** 2;
  }
  return cross / Math.sqrt(squareA * squareB);
}

/** Points outside the panel break a line. */
function broken(points: readonly (readonly [number, number])[], box: Box): (readonly [number, number])[] {
  return points.map(([x, y]) =>
    x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height ? [x, y] : [NaN, NaN],
  );
}

function cross(box: Box, x: number, y: number): string[] {
  if (!(x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height)) return [];
  const style = { stroke: INK, 'stroke-width': 1.3 };
  return [line(x - 5, y, x + 5, y, style), line(x, y - 5, x, y + 5, style)];
}
