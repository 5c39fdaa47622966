/**
 * Figure P10: profile likelihoods. One panel per parameter, the scaled ratio against its value with thresholds, intervals
 * and the quadratic of the standard error; one per pair, with contours and ellipses.
 */
import { parameterInfo } from '../model/parameters.ts';
import { ROOTS_OF_ONE, ROOTS_OF_TWO } from '../nlsq/index.ts';
import type { FitProfiles, PairProfile, ParameterProfile } from '../nlsq/index.ts';
import { bottomAxis, FAINT_INK, frame, INK, LABEL_SIZE, leftAxis, TICK_SIZE } from './axis.ts';
import type { Box } from './axis.ts';
import { dataTitle, drawPage } from './page.ts';
import type { PageFacts } from './page.ts';
import { PARAMETER_SYMBOLS } from './parameter-symbols.ts';
import { smoothRoot } from './profile-curve.ts';
import { extent, linearScale, logScale, pad } from './scale.ts';
import type { Scale } from './scale.ts';
import { dots, element, line, polyline, text } from './svg.ts';

const COLOURS = { curve: '#1f5fa8', quadratic: '#8a5a00', limits: '#b04a1a' } as const;
const LEVEL_WORDS = ['68 %', '95 %'] as const;
const [LEFT, RIGHT, GAP, TOP, BELOW] = [64, 46, 100, 14, 62];
const HIGHEST = 6.4;
/** Curves of more than this factor are drawn against a logarithmic axis. */
const WIDE = 20;
const CURVE_POINTS = 161;

export const PROFILES_PER_PAGE = 6;

/** A panel: a single parameter, or a pair. */
export type ProfilePanel = ParameterProfile | PairProfile;

export function panelsOf({ parameters, pairs }: FitProfiles): ProfilePanel[] {
  return [...parameters, ...pairs];
}

/** One page of panels; `page` says which one where there are several. */
export function drawProfiles(
  panels: readonly ProfilePanel[],
  errors: FitProfiles['errors'],
  facts: PageFacts,
  page = '',
): string {
  const columns = panels.length === 1 ? 1 : panels.length === 2 || panels.length === 4 ? 2 : 3;
  const width = panels.length === 1 ? 500 : 290;
  const height = panels.length === 1 ? 330 : 230;
  const rows = Math.ceil(panels.length / columns);
  const notes: string[] = [];
  const body = panels.map((panel, n) => {
    const [row, column] = [Math.floor(n / columns), n % columns];
    const box: Box = { x: LEFT + column * (width + GAP), y: TOP + row * (height + BELOW), width, height };
    const drawn = 'names' in panel ? drawPair(box, panel) : drawSingle(box, panel);
    notes.push(...drawn.notes);
    return drawn.svg;
  });
  const shown = [
    'Λ: rise of χ² over its minimum, all other parameters fitted again, scaled so that its curvature at the minimum is that of ' +
      `the ${errors} standard error. Dashed: the parabola or ellipse of that error. Dots: where the fits were made.`,
  ];
  return drawPage(
    {
      width: LEFT + columns * width + (columns - 1) * GAP + RIGHT,
      height: TOP + rows * (height + BELOW) - BELOW + 46,
      title: dataTitle(facts),
      subtitle: `profile likelihood and its 68 % and 95 % limits${page}`,
      body: body.join(''),
      notes: [...shown, ...notes],
    },
    facts,
  );
}

interface Drawn {
  readonly svg: string;
  readonly notes: readonly string[];
}

function drawSingle(box: Box, profile: ParameterProfile): Drawn {
  const { name, estimate, error, reason, intervals, values, ratio } = profile;
  const y = linearScale([0, HIGHEST], [box.y + box.height, box.y]);
  const label = axisLabel(name);
  if (reason !== null || error === null) return emptyPanel(box, label, name, reason);
  const x = valueScale(profile, box);
  const parabola = sampled(x.domain, x.kind).map((value): [number, number] => [
    x(value),
    y(((value - estimate) / error) ** 2),
  ]);
  const curve = smoothRoot(values, ratio, estimate, CURVE_POINTS).map(([value, height]): [number, number] => [
    x(value),
    y(height),
  ]);
  const limits = intervals.flatMap(({ lower, upper }, k) =>
    [lower, upper].flatMap(({ value }) => (value === null ? [] : [limitMark(box, x(value), y(ROOTS_OF_ONE[k]! ** 2))])),
  );
  const made = Array.from(values, (value, k): [number, number] => [x(value), y(ratio[k]!)]);
  const svg = [
    ...ROOTS_OF_ONE.map((root, k) => threshold(box, y(root ** 2), LEVEL_WORDS[k]!)),
    path(inBox(parabola, box), COLOURS.quadratic, 1.2, '5 4'),
    path(inBox(curve, box), COLOURS.curve, 1.8),
    element('path', {
      d: dots(made.filter((point) => isInside(point, box))),
      fill: 'none',
      stroke: COLOURS.curve,
      'stroke-width': 5,
      'stroke-linecap': 'round',
    }),
    ...limits,
    frame(box),
    bottomAxis(box, x, { label, count: 4 }),
    leftAxis(box, y, { label: 'Λ', labelGap: 38 }),
  ].join('');
  const told = intervals.flatMap(({ level, lower, upper }) =>
    [lower, upper].flatMap(({ reason: why, note }, side) => {
      const head = `${name}, ${side === 0 ? 'lower' : 'upper'} limit at ${(100 * level).toFixed(0)} %`;
      if (why !== null) return [`${head}: none, ${why}.`];
      return note === null ? [] : [`${head}: ${note}.`];
    }),
  );
  return { svg, notes: [...told, ...degenerate(profile)] };
}

function drawPair(box: Box, profile: PairProfile): Drawn {
  const { names, estimate, covariance, reason, contours, values } = profile;
  const [first, second] = names.map(axisLabel) as [string, string];
  if (reason !== null || covariance === null) return emptyPanel(box, first, names.join(' and '), reason, second);
  const ellipses = ROOTS_OF_TWO.map((root) => ellipse(estimate, covariance, root));
  const lines = contours.map(({ points }) => pointsOf(points));
  const seen = lines.some((points) => points.length > 0) ? lines.flat() : ellipses.flat();
  const x = linearScale(pad(extent(seen.map(([a]) => a))!, 0.12), [box.x, box.x + box.width]);
  const y = linearScale(pad(extent(seen.map(([, b]) => b))!, 0.12), [box.y + box.height, box.y]);
  const placed = (points: readonly (readonly [number, number])[]): [number, number][] =>
    points.map(([a, b]) => [x(a), y(b)]);
  const made = placed(pointsOf(values)).filter((point) => isInside(point, box));
  const svg = [
    ...ellipses.map((points) => path(inBox(placed([...points, points[0]!]), box), COLOURS.quadratic, 1.1, '5 4')),
    ...lines.flatMap((points, k) =>
      points.length === 0 ? [] : [path(placed([...points, points[0]!]), COLOURS.curve, k === 0 ? 2.2 : 1.5)],
    ),
    element('path', {
      d: dots(made),
      fill: 'none',
      stroke: COLOURS.curve,
      'stroke-width': 2.4,
      'stroke-linecap': 'round',
      'stroke-opacity': 0.7,
    }),
    cross(x(estimate[0]), y(estimate[1])),
    frame(box),
    bottomAxis(box, x, { label: first, count: 4 }),
    leftAxis(box, y, { label: second, labelGap: 52, count: 5 }),
  ].join('');
  const told = contours.flatMap(({ level, reason: why }) =>
    why === null ? [] : [`${names.join(' and ')}, ${(100 * level).toFixed(0)} %: ${why}.`],
  );
  const outer = `${names.join(' and ')}: inner line 68 %, outer line 95 %, of both together.`;
  return { svg, notes: [outer, ...told, ...degenerate(profile)] };
}

function degenerate({ nearDegenerate, ...profile }: ProfilePanel): string[] {
  if (!nearDegenerate) return [];
  const name = 'names' in profile ? profile.names.join(' and ') : profile.name;
  return [`${name}: near-degenerate; the scale of Λ is that at the minimum and only rough elsewhere.`];
}

function emptyPanel(box: Box, label: string, name: string, reason: string | null, other = 'Λ'): Drawn {
  const told = text(box.x + box.width / 2, box.y + box.height / 2, 'no profile', {
    anchor: 'middle',
    size: LABEL_SIZE,
    fill: FAINT_INK,
  });
  const axes = text(box.x + box.width / 2, box.y + box.height + 36, other === 'Λ' ? label : `${label}, ${other}`, {
    anchor: 'middle',
    size: LABEL_SIZE,
    fill: INK,
  });
  return { svg: frame(box) + told + axes, notes: [`${name}: no profile, ${reason ?? 'no reason given'}.`] };
}

/** The part of the profile below the top of the panel; logarithmic where a positive parameter spans a wide range. */
function valueScale({ estimate, error, values, ratio, intervals }: ParameterProfile, box: Box): Scale {
  const shown = Array.from(values).filter((_, k) => ratio[k]! <= HIGHEST);
  const ends = intervals.flatMap(({ lower, upper }) => [lower.value, upper.value]).filter((value) => value !== null);
  const [low, high] = extent([...shown, ...ends]) ?? [estimate - 3 * error!, estimate + 3 * error!];
  const range = [box.x, box.x + box.width] as const;
  if (low > 0 && high / low > WIDE) {
    const [a, b] = pad([Math.log10(low), Math.log10(high)], 0.06);
    return logScale([10 ** a, 10 ** b], range);
  }
  return linearScale(pad([low, high], 0.06), range);
}

function sampled([low, high]: readonly [number, number], kind: Scale['kind']): number[] {
  return Array.from({ length: CURVE_POINTS }, (_, k) => {
    const share = k / (CURVE_POINTS - 1);
    return kind === 'log' ? low * (high / low) ** share : low + (high - low) * share;
  });
}

function axisLabel(name: string): string {
  const { unit } = parameterInfo(name);
  const written = unit.replaceAll('Angstrom^2', 'Å²').replaceAll('Angstrom', 'Å');
  const symbol = PARAMETER_SYMBOLS[name] ?? name;
  return written === '' ? symbol : `${symbol} (${written})`;
}

function threshold(box: Box, y: number, word: string): string {
  return (
    line(box.x, y, box.x + box.width, y, { stroke: FAINT_INK, 'stroke-width': 0.8, 'stroke-dasharray': '2 3' }) +
    text(box.x + box.width + 5, y + 4, word, { size: TICK_SIZE, fill: FAINT_INK })
  );
}

/** From the crossing of a threshold down to the axis. */
function limitMark(box: Box, x: number, y: number): string {
  return line(x, y, x, box.y + box.height, { stroke: COLOURS.limits, 'stroke-width': 1.1 });
}

function cross(x: number, y: number): string {
  const style = { stroke: INK, 'stroke-width': 1.2 };
  return line(x - 5, y, x + 5, y, style) + line(x, y - 5, x, y + 5, style);
}

function path(points: readonly (readonly [number, number])[], stroke: string, width: number, dash?: string): string {
  return element('path', {
    d: polyline(points),
    fill: 'none',
    stroke,
    'stroke-width': width,
    'stroke-dasharray': dash,
    'stroke-linejoin': 'round',
  });
}

function isInside([x, y]: readonly [number, number], box: Box): boolean {
  return x >= box.x - 0.5 && x <= box.x + box.width + 0.5 && y >= box.y - 0.5 && y <= box.y + box.height + 0.5;
}

/** Points outside the panel break the line. */
function inBox(points: readonly (readonly [number, number])[], box: Box): (readonly [number, number])[] {
  return points.map((point) => (isInside(point, box) ? point : [NaN, NaN]));
}

function ellipse([a, b]: readonly [number, number], covariance: Float64Array, root: number): [number, number][] {
  const first = Math.sqrt(covariance[0]!);
  const across = covariance[1]! / first;
  const second = Math.sqrt(Math.max(0, covariance[3]! - across * across));
  return Array.from({ length: 96 }, (_, k) => {
    const [c, s] = [Math.cos((2 * Math.PI * k) / 96), Math.sin((2 * Math.PI * k) / 96)];
    return [a + root * first * c, b + root * (across * c + second * s)];
  });
}

function pointsOf(points: Float64Array): [number, number][] {
  return Array.from({ length: points.length / 2 }, (_, k) => [points[2 * k]!, points[2 * k + 1]!]);
}
