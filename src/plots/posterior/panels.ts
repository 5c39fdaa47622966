/** What the panels of posterior figures share: places on a page, axes of values, labels with units, colours of chains. */
import { parameterInfo } from '../../model/parameters.ts';
import { FAINT_INK, INK, TICK_SIZE, type Box } from '../axis.ts';
import { fixed } from '../number-text.ts';
import { PARAMETER_SYMBOLS } from '../parameter-symbols.ts';
import { extent, linearScale, logScale, pad, type Scale, type Ticks } from '../scale.ts';
import { dots, element, line, polyline, text, type Attributes } from '../svg.ts';
import { textWidth } from '../text-width.ts';

export const COLOURS = { posterior: '#1f5fa8', fit: '#b04a1a', prior: '#6b6b6b', divergence: '#c4008f' } as const;

/** Told apart by people who see colours differently, on white; a fifth chain takes the first colour again, dashed. */
const CHAIN_COLOURS = ['#1f5fa8', '#b04a1a', '#2d7d46', '#7a3e9d'];
const CHAIN_DASHES = [undefined, '5 2', '1.5 1.5'];
/** Chains that a legend names. */
const NAMED_CHAINS = 8;
/** Draws that span more than this factor are shown on a logarithmic axis. */
const WIDE = 20;

export interface LineStyle {
  readonly stroke: string;
  readonly 'stroke-dasharray': string | undefined;
}

export function chainStyle(chain: number): LineStyle {
  const turn = Math.floor(chain / CHAIN_COLOURS.length) % CHAIN_DASHES.length;
  return { stroke: CHAIN_COLOURS[chain % CHAIN_COLOURS.length]!, 'stroke-dasharray': CHAIN_DASHES[turn] };
}

export interface LegendEntry {
  readonly label: string;
  /** Attributes of a short line; `width` and `opacity` make it a band. */
  readonly style: Attributes;
}

/** Entries in one line from the left. */
export function drawLegend(x: number, y: number, entries: readonly LegendEntry[]): string {
  let left = x;
  return entries
    .map(({ label, style }) => {
      const drawn =
        line(left, y - 4, left + 22, y - 4, style) + text(left + 28, y, label, { size: TICK_SIZE, fill: INK });
      left += 28 + textWidth(label, TICK_SIZE) + 20;
      return drawn;
    })
    .join('');
}

/** The chains by name, as far as there is room. */
export function chainLegend(chains: number): LegendEntry[] {
  return Array.from({ length: Math.min(chains, NAMED_CHAINS) }, (_, chain) => ({
    label: `chain ${chain + 1}`,
    style: { ...chainStyle(chain), 'stroke-width': 1.8 },
  }));
}

/** `D₀`, `contrast, φ = 45.0°`. */
export function quantitySymbol(name: string, phi: readonly number[]): string {
  const match = /^(contrast|offset|sigma)\[(\d+)\]$/.exec(name);
  if (match === null) return PARAMETER_SYMBOLS[name] ?? name;
  const angle = phi[Number(match[2])];
  const word = match[1] === 'sigma' ? 'σ of c₂' : match[1]!;
  return `${word}, φ = ${angle === undefined ? '?' : fixed(angle, 1)}°`;
}

/** The symbol with its unit: `D₀ (Å²/s)`. */
export function quantityLabel(name: string, phi: readonly number[]): string {
  const unit = quantityUnit(name);
  return unit === '' ? quantitySymbol(name, phi) : `${quantitySymbol(name, phi)} (${unit})`;
}

/** As figures write it; empty for pure numbers. */
export function quantityUnit(name: string): string {
  if (name.includes('[')) return '';
  return parameterInfo(name).unit.replaceAll('Angstrom', 'Å').replaceAll('^2', '²');
}

/** Places of equal panels, row by row. */
export function placePanels(
  count: number,
  columns: number,
  {
    left,
    top,
    width,
    height,
    across,
    down,
  }: Readonly<Record<'left' | 'top' | 'width' | 'height' | 'across' | 'down', number>>,
): Box[] {
  return Array.from({ length: count }, (_, k) => ({
    x: left + (k % columns) * (width + across),
    y: top + Math.floor(k / columns) * (height + down),
    width,
    height,
  }));
}

/** Whether values between these are shown on a logarithmic axis. */
export function isWide([low, high]: readonly [number, number]): boolean {
  return low > 0 && high / low > WIDE;
}

/** An axis that holds all values, logarithmic where they are positive and span a wide range. */
export function valueScale(
  values: readonly ArrayLike<number>[],
  range: readonly [number, number],
  padding = 0.04,
): Scale {
  const ends = values.flatMap((some) => extent(Array.from(some)) ?? []);
  const [low, high] = extent(ends) ?? [0, 1];
  if (isWide([low, high])) {
    const [a, b] = pad([Math.log10(low), Math.log10(high)], padding);
    return logScale([10 ** a, 10 ** b], range);
  }
  return linearScale(pad([low, high], padding), range);
}

/** About how many ticks a horizontal axis may have without their labels meeting. */
export function fittingTicks(scale: Scale, width: number, most = 4): number {
  const needed = (count: number): number => {
    const { ticks } = scale.ticks(count);
    return ticks.reduce((sum, { label }) => sum + (label === '' ? 0 : textWidth(label, TICK_SIZE) + 8), 0);
  };
  for (let count = most; count > 1; count--) if (needed(count) <= width) return count;
  return 1;
}

/** The same axis without the labels of ticks that would stand out of the panel by more than `slack`. */
export function labelsInside(scale: Scale, { x, width }: Box, slack: number): Scale {
  const fits = (value: number, label: string): boolean => {
    const half = textWidth(label, TICK_SIZE) / 2;
    return scale(value) - half >= x - slack && scale(value) + half <= x + width + slack;
  };
  const ticks = (count: number): Ticks => {
    const all = scale.ticks(count);
    return { ...all, ticks: all.ticks.map(({ value, label }) => ({ value, label: fits(value, label) ? label : '' })) };
  };
  return Object.assign((value: number) => scale(value), { kind: scale.kind, domain: scale.domain, ticks });
}

/** A tenth of a pixel is enough for lines through many draws. */
export function tenths(points: Iterable<readonly [x: number, y: number]>): [number, number][] {
  return Array.from(points, ([x, y]) => [Math.round(x * 10) / 10, Math.round(y * 10) / 10]);
}

export function curve(points: Iterable<readonly [x: number, y: number]>, style: Attributes): string {
  return element('path', { d: polyline(tenths(points)), fill: 'none', ...style });
}

export function area(points: Iterable<readonly [x: number, y: number]>, fill: string, opacity: number): string {
  return element('path', { d: `${polyline(tenths(points))}Z`, fill, 'fill-opacity': opacity });
}

export function marks(
  points: Iterable<readonly [x: number, y: number]>,
  stroke: string,
  size: number,
  opacity?: number,
): string {
  const style = { stroke, 'stroke-width': size, 'stroke-linecap': 'round', 'stroke-opacity': opacity };
  return element('path', { d: dots(tenths(points)), fill: 'none', ...style });
}

/** A rule across a panel with a word above or below its right end, inside. */
export function rule(box: Box, y: number, word: string, side: 'above' | 'below' = 'above'): string {
  return (
    line(box.x, y, box.x + box.width, y, { stroke: FAINT_INK, 'stroke-width': 0.8, 'stroke-dasharray': '3 3' }) +
    text(box.x + box.width - 4, side === 'above' ? y - 4 : y + 12, word, {
      anchor: 'end',
      size: TICK_SIZE - 1,
      fill: FAINT_INK,
    })
  );
}

/** Pixel of a value on a horizontal axis, moved to its ends when it lies beyond; a logarithm cannot take what is not positive. */
export function onAxis({ x, width }: Box, scale: Scale, value: number): number {
  const place = scale(value);
  return Number.isNaN(place) ? x : clampTo(x, x + width, place);
}

/** Keeps a place within the panel. */
export function clampTo(low: number, high: number, value: number): number {
  return Math.min(Math.max(low, high), Math.max(Math.min(low, high), value));
}
